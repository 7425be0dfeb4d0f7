"""A book's rows once they could be read: each knows its file and row, and gives each cell as what it is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.errors import Problem

Cell = str | int | bool | date | Decimal | None
"""What a cell can be once it was read; None is a blank one."""


@dataclass(frozen=True, slots=True)
class BookLine:
    """One row: ``file`` without ``.csv``, ``row`` as a spreadsheet counts it (the header is row 1).

    Amounts are whole minor units of the currency that the row, or the fund it leads to, is kept in.
    """

    file: str
    row: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """Return a text; a blank cell is an empty one."""
        cell = self.cells.get(column)
        assert cell is None or isinstance(cell, str), f"{self.file}.{column} is no text"
        return cell or ""

    def day(self, column: str) -> date:
        cell = self.cells[column]
        assert isinstance(cell, date), f"{self.file}.{column} is no day"
        return cell

    def whole(self, column: str) -> int:
        """Return a count, or an amount in minor units."""
        cell = self.cells[column]
        assert isinstance(cell, int), f"{self.file}.{column} is no whole number"
        return cell

    def whole_or_none(self, column: str) -> int | None:
        return None if self.cells.get(column) is None else self.whole(column)

    def number(self, column: str) -> Decimal:
        cell = self.cells[column]
        assert isinstance(cell, Decimal), f"{self.file}.{column} is no number"
        return cell

    def number_or_none(self, column: str) -> Decimal | None:
        return None if self.cells.get(column) is None else self.number(column)

    def yes(self, column: str) -> bool:
        return self.cells[column] is True

    def problem(self, what: str, column: str = "") -> Problem:
        """Say what is wrong here, with file, row and column."""
        place = f", column {column}" if column else ""
        return Problem(f"{self.file}.csv, row {self.row}{place}", what)

    def content(self) -> dict[str, str]:
        """Return every cell as one plain text, the same for the same content however the file was written."""
        return {name: plain(cell) for name, cell in sorted(self.cells.items())}


def plain(cell: object) -> str:
    """Return a cell, or a value that the database gave back, as one plain text; nothing is an empty one."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell.normalize() if cell else Decimal(0), "f")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


@dataclass(frozen=True, slots=True)
class Book:
    """All rows of a book by file. ``keys`` names, per file, the columns that make a row itself."""

    name: str
    lines: Mapping[str, Sequence[BookLine]]
    keys: Mapping[str, Sequence[str]]
    _by_code: dict[tuple[str, str], BookLine] = field(default_factory=dict, compare=False, repr=False)
    _groups: dict[tuple[str, str], dict[str, list[BookLine]]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for file, lines in self.lines.items():
            if "code" in self.keys.get(file, ()):
                self._by_code.update({(file, line.text("code")): line for line in lines})

    def of(self, file: str) -> Sequence[BookLine]:
        """Return a file's rows, none where the book has no such file."""
        return self.lines.get(file, ())

    def grouped(self, file: str, column: str) -> Mapping[str, Sequence[BookLine]]:
        """Return a file's rows by the code that stands in a column."""
        if (file, column) not in self._groups:
            groups: dict[str, list[BookLine]] = defaultdict(list)
            for line in self.of(file):
                groups[line.text(column)].append(line)
            self._groups[file, column] = dict(groups)
        return self._groups[file, column]

    def under(self, file: str, column: str, code: str) -> Sequence[BookLine]:
        """Return the file's rows whose column names a code."""
        return self.grouped(file, column).get(code, ())

    def coded(self, file: str, code: str) -> BookLine:
        """Return the row of that code; the reader has checked that it is there."""
        return self._by_code[file, code]

    def instrument(self, code: str) -> BookLine:
        """Return the loan, equity stake or royalty of that code."""
        for file in INSTRUMENT_FILES:
            if (found := self._by_code.get((file, code))) is not None:
                return found
        raise KeyError(code)

    def instruments(self) -> Iterator[BookLine]:
        for file in INSTRUMENT_FILES:
            yield from self.of(file)

    def key_of(self, line: BookLine) -> str:
        """Return what makes a row itself within its file, as one text."""
        return " · ".join(plain(line.cells.get(column)) for column in self.keys[line.file])

    def fund_of(self, line: BookLine) -> str:
        """Return the code of the fund a row belongs to, directly or through its deal; empty where to none."""
        cells = line.cells
        if "fund" in cells:
            return line.text("fund")
        if line.file == "funds":
            return line.text("code")
        if "deal" in cells:
            return self.coded("deals", line.text("deal")).text("fund")
        if "instrument" in cells:
            return self.fund_of(self.instrument(line.text("instrument")))
        if "covenant" in cells:
            return self.fund_of(self.coded("covenants", line.text("covenant")))
        return ""


INSTRUMENT_FILES = {"loans": "loan", "equity_stakes": "equity", "royalties": "royalty"}
"""The files of instruments, and the kind that each holds."""


def fingerprint(line: BookLine) -> str:
    """Return 16 hex digits that differ when any cell does."""
    return hashlib.sha256(json.dumps(line.content(), ensure_ascii=False).encode()).hexdigest()[:16]
