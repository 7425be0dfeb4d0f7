"""Lines of a CSV file that somebody gives us, and a list of everything that is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import InputRefused, Problem

FILE_BYTES_MAX = 32 * 1024 * 1024
"""A statement of 9,000 loans has 3.4 MB; ten times that is nonsense, and would not fit the memory promised."""

PROBLEMS_MAX = 200
"""So many problems are told one by one; of the rest only the number."""


SHOWN_LENGTH_MAX = 60


def shown(value: str) -> str:
    """Return a cell's text as a message quotes it: short, and without signs that a terminal would obey."""
    cleaned = "".join(char if char.isprintable() else "�" for char in value[:SHOWN_LENGTH_MAX])
    return f"“{cleaned}{'…' if len(value) > SHOWN_LENGTH_MAX else ''}”"


@dataclass(slots=True)
class Problems:
    """What was found wrong so far: the first ones in words, the others counted."""

    told: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str) -> None:
        """Note one more."""
        self.count += 1
        if len(self.told) < PROBLEMS_MAX:
            self.told.append(Problem(where, what))

    def refuse(self, subject: str) -> None:
        """Raise what was found (``InputRefused``), if anything was."""
        if self.told:
            raise InputRefused(self.told, subject=subject, count=self.count)


def lines_of(path: Path, problems: Problems, *, what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty as its cells, with the number it starts on; ``what`` says what was expected.

    Refused at once (``InputRefused``): what is no file or cannot be read, more than ``FILE_BYTES_MAX``, text that is
    not UTF-8. A byte order mark and either kind of line end are fine. Where the file stops being CSV, that is noted
    and the lines end.
    """
    text = _text_of(path, problems, what)
    problems.refuse(path.name)
    return _lines(text, problems)


def _lines(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as refused:
            problems.add(f"line {start}", f"this is not CSV: {refused}")
            return
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _text_of(path: Path, problems: Problems, what: str) -> str:
    """Return the file's text, or an empty one with the problem noted."""
    try:
        if not path.is_file():
            problems.add(str(path), "there is no such file" if not path.exists() else "this is not a file")
            return ""
        if (size := path.stat().st_size) > FILE_BYTES_MAX:
            problems.add(
                "the whole file",
                f"{size / 1024 / 1024:,.0f} MB is not {what}; expected at most {FILE_BYTES_MAX // 1024 // 1024} MB",
            )
            return ""
        content = path.read_bytes()
    except OSError as refused:
        problems.add(str(path), f"it cannot be read: {refused.strerror}")
        return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        line = content.count(b"\n", 0, refused.start) + 1
        problems.add(
            f"line {line}",
            f"byte {content[refused.start]:#04x} at position {refused.start:,} of the file is not UTF-8; "
            "save the file as UTF-8 (it may be in latin-1 or UTF-16)",
        )
        return ""
