"""Files that somebody downloads: written whole before the answer begins, so that a failure is told as one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Literal
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from api.files.sheets import Sheet, csv_lines, write_xlsx

SheetFormat = Literal["csv", "xlsx"]
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "beancount": "text/plain; charset=utf-8",
}
MEMORY_BYTES_MAX = 2 * 1024 * 1024
"""So much of a file is held in memory; the rest of a larger one lies in a temporary file while it is sent."""
CHUNK_BYTES = 64 * 1024


def download(write: Callable[[IO[bytes]], None], *, name: str, kind: str) -> StreamingResponse:
    """Answer with a file that ``write`` fills; ``kind`` is the end of its name and a key of ``MEDIA_TYPES``."""
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX)  # noqa: SIM115 - it is closed when it is sent
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename=\"{plain}.{kind}\"; filename*=UTF-8''{quote(name)}.{kind}",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_chunks(file), media_type=MEDIA_TYPES[kind], headers=headers)


def sheet_download(sheet: Sheet, *, name: str, kind: SheetFormat) -> StreamingResponse:
    """Answer with a sheet as a file."""
    return download(lambda out: write_sheet(sheet, out, kind=kind), name=name, kind=kind)


def write_sheet(sheet: Sheet, out: IO[bytes], *, kind: SheetFormat) -> None:
    """Write a sheet in one of its two forms."""
    if kind == "xlsx":
        write_xlsx([sheet], out)
    else:
        out.writelines(line.encode() for line in csv_lines(sheet))


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
