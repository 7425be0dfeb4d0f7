"""Tables as files that other programs open: CSV and XLSX. Exact, harmless, and the same bytes for the same rows.

A spreadsheet runs a cell that begins like a formula, so such a text comes with an apostrophe before it. Amounts stay
numbers: in CSV as decimal text with all of the currency's digits, in XLSX as number cells. A number cell keeps fifteen
digits and no more; a larger amount is written as text, whole, instead of nearly right.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, TextIO, TypeAlias

from domain.errors import Refusal
from domain.money import Money, minor_digits

Format: TypeAlias = Any
Workbook: TypeAlias = Any
Worksheet: TypeAlias = Any
"""The writer's own things; it brings no types."""

FORMULA_SIGNS = "=+-@＝＋－＠"
"""What a spreadsheet takes for the beginning of a formula; the wide ones are what some input methods write."""

NUMBER_CELL_DIGITS = 15
"""A spreadsheet's number keeps so many digits. An amount with more is text there."""

SHEET_ROWS_MAX = 1_048_576
SHEET_TITLE_LENGTH_MAX = 31
CELL_LENGTH_MAX = 32_767
_NOT_IN_A_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))
_MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's moments bear no zone; one for all, so that bytes repeat

Value = str | int | date | Money | None
"""What a cell holds; an ``int`` is a count or a number of the book, never an amount."""


class SheetTooLong(Refusal):
    """More rows than a sheet of a workbook can hold."""

    def __init__(self, rows_max: int) -> None:
        super().__init__(f"a sheet holds {rows_max:,} rows and this has more; ask for csv, or for fewer days")
        self.rows_max = rows_max


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and how many letters wide it is; figures stand on the right."""

    heading: str
    width: int = 16
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its title. ``about`` is what a reader must know of it: a workbook tells it on a sheet of its own.

    ``marks`` are a heading and a value each that CSV, which has no other place, puts before every row. ``rows`` are
    read once, so they may come straight from a query.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]
    about: tuple[tuple[str, Value], ...] = ()
    marks: tuple[tuple[str, Value], ...] = ()


def harmless(words: str) -> str:
    """Return a text that no spreadsheet runs and that every file can hold.

    Signs that cannot be printed become ``�``, line breaks become spaces; what begins like a formula, even after
    spaces, gets an apostrophe before it.
    """
    clean = "".join(
        " " if sign in "\r\n\t" else "�" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in words
    )
    begins = clean.lstrip()[:1]
    return f"'{clean}" if begins and begins in FORMULA_SIGNS else clean


def csv_text(value: Value) -> str:
    """Return a cell as CSV has it: an amount is plain digits with its currency's decimals, a day is ISO 8601."""
    match value:
        case None:
            return ""
        case Money():
            return value.amount
        case str():
            return harmless(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """Yield a sheet's lines as CSV (RFC 4180, UTF-8), the headings first; one row of the sheet is in memory at a time.

    A line may hold quoted cells, never a line break: ``harmless`` took them.
    """
    made = io.StringIO()
    writer = csv.writer(made)
    marks = [csv_text(value) for _, value in sheet.marks]
    writer.writerow(
        [harmless(heading) for heading, _ in sheet.marks] + [harmless(one.heading) for one in sheet.columns]
    )
    for row in sheet.rows:
        yield made.getvalue()
        made.seek(0)
        made.truncate()
        writer.writerow([*marks, *(csv_text(value) for value in row)])
    yield made.getvalue()


def write_csv(sheet: Sheet, out: TextIO) -> None:
    """Write a sheet as CSV to a text stream that was opened with ``newline=""``."""
    out.writelines(csv_lines(sheet))


def write_xlsx(sheets: Sequence[Sheet], out: IO[bytes]) -> None:
    """Write sheets into one workbook: headings stay in view, amounts have their currency's digits.

    Refused (``SheetTooLong``): more rows than a sheet holds. The same sheets give the same bytes.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # it brings no types

    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": harmless(sheets[0].title), "author": "Missionbook", "created": _MADE_ON})
    looks = _Looks(book)
    titles: set[str] = set()
    try:
        for sheet in sheets:
            page = book.add_worksheet(_title(sheet.title, titles))
            _fill(page, sheet, looks)
        for sheet in sheets:
            if sheet.about:
                _tell_about(book.add_worksheet(_title("About", titles)), sheet, looks)
    finally:
        book.close()


class _Looks:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def of(self, name: str, **said: Any) -> Format:
        """Return the format of a name, made from what is said at first."""
        if name not in self._made:
            self._made[name] = self._book.add_format(said)
        return self._made[name]

    @property
    def day(self) -> Format:
        return self.of("day", num_format="yyyy-mm-dd", align="left")

    @property
    def label(self) -> Format:
        return self.of("label", bold=True)

    def heading(self, *, figure: bool) -> Format:
        align = "right" if figure else "left"
        return self.of(f"heading {align}", bold=True, bottom=1, align=align, text_wrap=True)

    def amount(self, currency: str) -> Format:
        digits = minor_digits(currency)
        return self.of(f"amount {digits}", num_format="#,##0" + ("." + "0" * digits if digits else ""))

    @property
    def amount_as_text(self) -> Format:
        return self.of("amount as text", num_format="@", align="right")


def _title(words: str, taken: set[str]) -> str:
    """Return a worksheet's name: what workbooks do not allow replaced, no longer than they allow, and not twice."""
    base = harmless(words).translate(_NOT_IN_A_TITLE)[:SHEET_TITLE_LENGTH_MAX].strip("- ") or "Sheet"
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base[: SHEET_TITLE_LENGTH_MAX - 4]} {number}", number + 1
    taken.add(name.casefold())
    return name


def _fill(page: Worksheet, sheet: Sheet, looks: _Looks) -> None:
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
        page.write_string(0, number, harmless(column.heading), looks.heading(figure=column.figure))
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_paper(9)
    page.set_header("&L" + harmless(sheet.title).replace("&", "&&")[:200])
    page.set_footer("&R&P / &N")
    for line, row in enumerate(sheet.rows, start=1):
        if line >= SHEET_ROWS_MAX:
            raise SheetTooLong(SHEET_ROWS_MAX - 1)
        for number, value in enumerate(row):
            _put(page, line, number, value, looks)


def _tell_about(page: Worksheet, sheet: Sheet, looks: _Looks) -> None:
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 60)
    for line, (label, value) in enumerate(sheet.about):
        page.write_string(line, 0, harmless(label), looks.label)
        _put(page, line, 1, value, looks)


def _put(page: Worksheet, line: int, number: int, value: Value, looks: _Looks) -> None:
    match value:
        case None:
            return
        case Money() if len(str(abs(value.minor))) > NUMBER_CELL_DIGITS:
            page.write_string(line, number, value.amount, looks.amount_as_text)
        case Money():
            exact = Decimal(value.amount)
            page.write_number(line, number, exact, looks.amount(value.currency))
        case str():
            page.write_string(line, number, harmless(value)[:CELL_LENGTH_MAX])
        case date():
            page.write_datetime(line, number, value, looks.day)
        case _ if len(str(abs(value))) > NUMBER_CELL_DIGITS:
            page.write_string(line, number, str(value))
        case _:
            page.write_number(line, number, value)
