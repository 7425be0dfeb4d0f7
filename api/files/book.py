"""Read a book: a folder of CSV files. Every problem is found and told before anything is loaded.

The reading has two stages, and each tells everything it can. The first is the files themselves (folder, size, encoding,
header, cells) and what rows say of each other (a code used twice, a code that stands nowhere, the currency of an
amount), asked of every row that can be read at least in part. The second, for a book whose files are sound, is the
business (``domain.desk.book.checks``). What only the rules see while the load runs comes third
(``domain.desk.book.loading``): every refusal is told with the row it came from, and all is rolled back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from api.files.book_codes import astray, doubled
from api.files.book_format import FILES, BookFile, Column, Kind
from api.files.cells import NotReadable, read_cell, shown
from domain.desk.book.checks import problems_of
from domain.desk.book.lines import Book, BookLine, Cell
from domain.errors import InputRefused, Problem
from domain.money import AmountUnreadable, minor_digits, parse_minor

FILE_BYTES_MAX = 64 * 1024 * 1024
"""No file of a book is larger; a book of 500,000 receipts is about half of it."""
PROBLEMS_MAX = 1_000
"""So many problems are told at most, and a file that has so many is read no further: mending these shows the rest."""

KEYS = {name: file.key for name, file in FILES.items()}


def read_book(folder: Path) -> Book:
    """Read and check the book in ``folder``, or refuse it with every problem (``InputRefused``)."""
    problems: list[Problem] = []
    unsure: set[str] = set()
    files = list(_files_of(folder, problems))
    if problems:  # a file under another name: what is missing may stand in it
        unsure |= FILES.keys() - {file.name for _, file in files}
    lines = {file.name: tuple(_read_file(path, file, problems, unsure)) for path, file in files}
    book = Book(folder.resolve().name, lines, KEYS)
    problems += doubled(book)
    problems += astray(book, unsure=unsure)
    book = _with_money(book, problems)
    _stop(problems, folder)
    problems += problems_of(book)
    _stop(problems, folder)
    return book


def _stop(problems: list[Problem], folder: Path) -> None:
    if problems:
        told = problems[:PROBLEMS_MAX]
        if len(problems) > PROBLEMS_MAX:
            told.append(Problem("and more", "there are more problems; they are told when these are mended"))
        raise InputRefused(told, subject=f"the book {folder.resolve().name}")


def _files_of(folder: Path, problems: list[Problem]) -> Iterator[tuple[Path, BookFile]]:
    if not folder.is_dir():
        problems.append(Problem(str(folder), "there is no such folder"))
        return
    found = 0
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != ".csv":
            continue
        file = FILES.get(path.stem)
        if file is None or not path.is_file():
            known = ", ".join(f"{name}.csv" for name in FILES)
            problems.append(Problem(path.name, f"a book has no file of this name; expected one of {known}"))
            continue
        found += 1
        yield path, file
    if not found:
        problems.append(Problem(str(folder), "no file of a book is in it; expected funds.csv, missions.csv and others"))


def _read_file(path: Path, file: BookFile, problems: list[Problem], unsure: set[str]) -> Iterator[BookLine]:
    """Yield every row with the cells that can be read; ``unsure`` gets the file where whole rows cannot."""
    text = _text_of(path, problems)
    if text is None:
        unsure.add(file.name)
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        columns = _header(path.name, header, file, problems)
        if columns is None:
            unsure.add(file.name)
            return
        row, before = 1, len(problems)
        for cells in reader:
            row += 1
            if len(problems) - before > PROBLEMS_MAX:
                unsure.add(file.name)
                return
            if any(cell.strip() for cell in cells):
                line = _read_row(path.name, row, cells, columns, file, problems)
                if line is None:
                    unsure.add(file.name)
                else:
                    yield line
    except csv.Error as refused:
        unsure.add(file.name)
        problems.append(Problem(f"{path.name}, line {reader.line_num}", f"not a row of a CSV file: {refused}"))


def _text_of(path: Path, problems: list[Problem]) -> str | None:
    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        most = FILE_BYTES_MAX // 1024 // 1024
        problems.append(Problem(path.name, f"the file has {size / 1024 / 1024:,.0f} MB; expected {most} MB at most"))
        return None
    raw = path.read_bytes()
    if (nul := raw.find(b"\0")) >= 0:
        line = raw.count(b"\n", 0, nul) + 1
        problems.append(Problem(f"{path.name}, line {line}", "a NUL byte; expected a text file in UTF-8"))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as refused:
        line = raw.count(b"\n", 0, refused.start) + 1
        byte = raw[refused.start]
        words = f"byte {byte:02X} is not UTF-8 (a file saved as latin-1 or Windows-1252?); expected UTF-8"
        problems.append(Problem(f"{path.name}, line {line}", words))
        return None


def _header(name: str, header: list[str] | None, file: BookFile, problems: list[Problem]) -> list[Column] | None:
    wanted = {column.name: column for column in file.columns}
    listed = ", ".join(wanted)
    if not header:
        problems.append(Problem(f"{name}, row 1", f"the file is empty; expected the columns {listed}"))
        return None
    found = [cell.strip() for cell in header]
    place = f"{name}, row 1"
    strange = [cell for cell in found if cell not in wanted]
    problems += [Problem(place, f"{shown(cell)} is no column of this file; expected {listed}") for cell in strange]
    twice = sorted({cell for cell in found if found.count(cell) > 1 and cell in wanted})
    problems += [Problem(place, f"the column {cell} stands here twice; expected it once") for cell in twice]
    missing = [cell for cell in wanted if cell not in found]
    problems += [Problem(place, f"the column {cell} is missing; expected {listed}") for cell in missing]
    return None if strange or twice or missing else [wanted[cell] for cell in found]


def _read_row(
    name: str, row: int, cells: list[str], columns: list[Column], file: BookFile, problems: list[Problem]
) -> BookLine | None:
    if len(cells) != len(columns):
        stray = f": {shown(cells[len(columns)])} stands beside the last column" if len(cells) > len(columns) else ""
        words = f"{len(cells)} cells{stray}; expected {len(columns)}, as in the header"
        problems.append(Problem(f"{name}, row {row}", words))
        return None
    read: dict[str, Cell] = {}
    for column, raw in zip(columns, cells, strict=True):
        try:
            read[column.name] = read_cell(column, raw)
        except NotReadable as refused:
            words = f"{shown(raw)}: {refused}; expected {column.expected}"
            problems.append(Problem(f"{name}, row {row}, column {column.name}", words))
    return BookLine(file.name, row, read)


def _with_money(book: Book, problems: list[Problem]) -> Book:
    """Turn exact amounts into minor units of the currency that the row, or its fund, is kept in."""
    currency_of = {line.text("code"): line.text("currency") for line in book.of("funds") if "currency" in line.cells}
    changed: dict[str, tuple[BookLine, ...]] = {}
    for file, lines in book.lines.items():
        columns = [column.name for column in FILES[file].columns if column.kind is Kind.AMOUNT]
        changed[file] = (
            tuple(_in_minor(book, line, columns, currency_of, problems) for line in lines) if columns else tuple(lines)
        )
    return Book(book.name, changed, book.keys)


def _in_minor(
    book: Book, line: BookLine, columns: list[str], currency_of: Mapping[str, str], problems: list[Problem]
) -> BookLine:
    try:
        currency = line.text("currency") if "currency" in line.cells else currency_of[book.fund_of(line)]
    except LookupError:  # its currency, or a code that leads to it, is a problem that is told already
        return line
    cells = dict(line.cells)
    for column in columns:
        exact = cells.get(column)
        if not isinstance(exact, Decimal):
            continue
        if not currency:
            problems.append(line.problem("an amount without a currency; expected both or neither", column))
            continue
        try:
            cells[column] = parse_minor(format(exact, "f"), currency)
        except AmountUnreadable:
            digits = minor_digits(currency)
            words = f"“{exact}” has too many decimals; expected {digits} at most in {currency}"
            problems.append(line.problem(words, column))
    return BookLine(line.file, line.row, cells)
