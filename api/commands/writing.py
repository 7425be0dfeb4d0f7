"""What commands that read a fund share: the options by which it is asked, and where their answer is written."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from api.commands.printing import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.files.sheets import Sheet

DAY = ["%Y-%m-%d"]

FundOption = Annotated[str, typer.Option("--fund", help="The fund's code.")]
DayOption = Annotated[datetime, typer.Option("--as-of", formats=DAY, help="The last day that is told.")]
SealOption = Annotated[
    int | None, typer.Option("--seal", min=0, help="Read it as known at this seal; without it, at the fund's last one.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write to this file instead of standard output.")]


class FileFormat(StrEnum):
    """How something is printed or written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


FileFormatOption = Annotated[FileFormat, typer.Option("--format", help="How to print or write it.")]


def day_of(moment: datetime | None) -> date | None:
    """Return the day of an option; None where it was left out."""
    return moment.date() if moment else None


@contextmanager
def writing(out: Path | None) -> Iterator[IO[bytes]]:
    """Give the file to write to; a file that cannot be written ends the command in words."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        with out.open("wb") as file:
            yield file
        typer.echo(f"written: {out}", err=True)
    except OSError as failure:
        typer.echo(f"refused: {out} cannot be written: {failure.strerror}", err=True)
        raise typer.Exit(1) from failure


def write_text(text: str, out: Path | None) -> None:
    """Write a text."""
    with writing(out) as file:
        file.write(text.encode())


def write_json(told: Any, out: Path | None) -> None:
    """Write one JSON object."""
    write_text(json.dumps(plain(told), ensure_ascii=False, indent=2) + "\n", out)


def write_file(sheet: Sheet, form: FileFormat, out: Path | None) -> None:
    """Write a sheet as CSV or as a workbook. Refused: a workbook on a terminal."""
    from api.files.downloads import write_sheet

    if form is FileFormat.XLSX and out is None and sys.stdout.isatty():
        raise typer.BadParameter("a workbook is no text: name a file with --out")
    with writing(out) as file:
        write_sheet(sheet, file, kind="xlsx" if form is FileFormat.XLSX else "csv")
