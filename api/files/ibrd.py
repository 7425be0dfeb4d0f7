"""Read the World Bank's IBRD Statement of Loans: every line, or every reason why not.

The statement is one CSV file per release. Releases differ in how they write: days as ``2018-10-31T00:00:00`` or
``10/31/2018 12:00:00 AM``, columns with or without "(US$)" and "/ Economy", with or without a byte order mark. What
they say is the same, and so is what this module returns for it. Sums carry the noise of somebody's floating point
(−0.000000000466): a value within ``NOISE`` of a whole cent is that cent, and one that is further off is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from api.files.lines import Problems, lines_of, shown
from domain.money import AMOUNT_MINOR_MAX
from domain.positions import Figures, Position, Statement

SOURCE, CURRENCY = "ibrd", "USD"

NOISE = Decimal("0.000001")
"""How far from a whole cent a value may lie and still be meant as that cent, in dollars. The largest noise in the
releases of 2018 and 2020 is 0.000000179."""

AMOUNTS = {
    "Original Principal Amount": "original_principal",
    "Cancelled Amount": "cancelled",
    "Undisbursed Amount": "undisbursed",
    "Disbursed Amount": "disbursed",
    "Repaid to IBRD": "repaid",
    "Due to IBRD": "due",
    "Exchange Adjustment": "exchange_adjustment",
    "Borrower's Obligation": "obligation",
    "Sold 3rd Party": "sold",
    "Repaid 3rd Party": "repaid_third_party",
    "Due 3rd Party": "due_third_party",
    "Loans Held": "held",
}
DAYS = {
    "First Repayment Date": "first_due_on",
    "Last Repayment Date": "last_due_on",
    "Agreement Signing Date": "signed_on",
    "Board Approval Date": "approved_on",
    "Effective Date (Most Recent)": "effective_on",
    "Closed Date (Most Recent)": "closed_on",
    "Last Disbursement Date": "",  # checked and kept with the line; the book has no use for it
}
TEXTS = (
    "End of Period", "Loan Number", "Region", "Country Code", "Country", "Borrower", "Guarantor Country Code",
    "Guarantor", "Loan Type", "Loan Status", "Interest Rate", "Currency of Commitment", "Project ID", "Project Name",
)  # fmt: skip
COLUMNS = (*TEXTS, *AMOUNTS, *DAYS)

_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,4})?", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?", re.ASCII)
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: \d{1,2}:\d\d(?::\d\d)? ?[AP]M)?", re.ASCII)
_LOAN_NUMBER = re.compile(r"[A-Za-z0-9]{1,40}", re.ASCII)
_CENT = Decimal("0.01")
_HIGHEST_DIGIT = len(str(AMOUNT_MINOR_MAX)) - 3


class _Unreadable(Exception):
    """What is wrong with one cell, in words."""


def read_statement(path: Path) -> Statement:
    """Read one release whole.

    Refused (``InputRefused``, with every problem at once): what ``lines_of`` cannot read; a missing, unknown or
    doubled column; a line with too few or too many cells; and every cell that cannot be read. Nothing is guessed and
    nothing is left out.
    """
    problems = Problems()
    lines = lines_of(path, problems, what="a statement of loans")
    _, header = next(lines, (1, []))
    columns = _columns(header, problems)
    problems.refuse(path.name)
    positions, period_end, content = _positions(lines, columns, problems)
    if not positions and not problems.count:
        problems.add("line 2", "there is no loan in the file")
    problems.refuse(path.name)
    assert period_end is not None, "a line without its period was a problem"
    return Statement(SOURCE, CURRENCY, period_end, path.name, content, tuple(positions))


def _plain(name: str) -> str:
    """Bring a column's name to the form in which all releases agree."""
    name = name.strip().casefold().replace("’", "'").replace("(us$)", "").replace("/ economy", "")
    return " ".join(name.split())


_NAMES = {_plain(name): name for name in COLUMNS}


def _columns(header: list[str], problems: Problems) -> list[str]:
    """Return our name of each column of the file, in the file's order."""
    found: list[str] = []
    for number, cell in enumerate(header, 1):
        name = _NAMES.get(_plain(cell))
        if name is None:
            problems.add(f"line 1, column {number}", f"{shown(cell)} is no column of a statement of loans")
        elif name in found:
            problems.add(f"line 1, column {number}", f"the column “{name}” is there twice")
        else:
            found.append(name)
    for name in COLUMNS:
        if name not in found:
            problems.add("line 1", f"the column “{name}” is missing")
    return found


def _positions(
    lines: Iterator[tuple[int, list[str]]], columns: list[str], problems: Problems
) -> tuple[list[Position], date | None, str]:
    """Read all lines; return the positions, the one end of period, and the hash of what the lines say."""
    positions: list[Position] = []
    period_end: date | None = None
    seen: dict[str, int] = {}
    cells_of = _Cells(problems)
    content = hashlib.sha256()
    for number, cells in lines:
        if len(cells) != len(columns):
            problems.add(
                f"line {number}", f"{len(cells)} cells; expected {len(columns)}, one under each column of line 1"
            )
            continue
        said = dict(zip(columns, map(str.strip, cells), strict=True))
        loan = said["Loan Number"]
        cells_of.at(number, loan)
        ends = cells_of.period_end(said["End of Period"])
        if period_end is not None and ends is not None and ends != period_end:
            cells_of.refuse("End of Period", said["End of Period"], f"expected {period_end}, as on the lines before")
        period_end = period_end or ends
        if loan in seen:
            cells_of.refuse("Loan Number", loan, f"this loan is already on line {seen[loan]}; expected once")
        seen.setdefault(loan, number)
        positions.append(_position(said, cells_of))
        content.update("\x1f".join([said[name] for name in COLUMNS]).encode() + b"\x1e")
    return positions, period_end, content.hexdigest()


def _position(said: dict[str, str], cells: _Cells) -> Position:
    """Return what one line says; a cell that cannot be read is noted and stands as nothing."""
    if not _LOAN_NUMBER.fullmatch(said["Loan Number"]):
        cells.refuse("Loan Number", said["Loan Number"], "expected letters and digits, such as IBRD00010")
    if said["Currency of Commitment"] and not re.fullmatch("[A-Z]{3}", said["Currency of Commitment"]):
        cells.refuse("Currency of Commitment", said["Currency of Commitment"], "expected an ISO 4217 code or nothing")
    for column in TEXTS:
        if "\0" in said[column]:
            cells.refuse(column, said[column], "expected text without NUL bytes")
    figures = Figures(**{name: cells.minor(column, said[column]) for column, name in AMOUNTS.items()})
    if figures.original_principal < 0:
        cells.refuse("Original Principal Amount", said["Original Principal Amount"], "expected 0 or more")
    days = {name: cells.day(column, said[column]) for column, name in DAYS.items()}
    days.pop("")
    investee = " ".join(said["Borrower"].split()) or said["Country"]
    if not investee:
        cells.refuse("Country", "", "expected a country where the borrower is empty")
    return Position(
        loan_number=said["Loan Number"],
        country_code=said["Country Code"],
        country=said["Country"],
        investee=investee,
        project_code=said["Project ID"],
        project_name=said["Project Name"],
        status=said["Loan Status"],
        rate=cells.rate("Interest Rate", said["Interest Rate"]),
        figures=figures,
        **days,
        columns=said,
    )


class _Cells:
    """Reads the cells of one line after the other; remembers texts it has read, because most of them repeat."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._where = ""
        self._minors: dict[str, int] = {}
        self._days: dict[str, date] = {}
        self._rates: dict[str, Decimal | None] = {"": None}

    def at(self, line: int, loan: str) -> None:
        """Say which line the next cells are on."""
        self._where = f"line {line}, loan {shown(loan)}"

    def refuse(self, column: str, value: str, what: str) -> None:
        """Note what is wrong with a cell."""
        self._problems.add(f"{self._where}, column “{column}”", f"{shown(value)}: {what}")

    def minor(self, column: str, text: str) -> int:
        """Return an amount in cents; an unreadable one is noted and counts 0."""
        if (known := self._minors.get(text)) is not None:
            return known
        try:
            self._minors[text] = minor = _minor(text)
        except _Unreadable as refused:
            self.refuse(column, text, str(refused))
            return 0
        return minor

    def day(self, column: str, text: str) -> date | None:
        """Return a day; None for an empty cell, and for an unreadable one after noting it."""
        if not text:
            return None
        if (known := self._days.get(text)) is not None:
            return known
        try:
            self._days[text] = day = _day(text)
        except _Unreadable as refused:
            self.refuse(column, text, str(refused))
            return None
        return day

    def period_end(self, text: str) -> date | None:
        """Return the end of the period, which every line must have."""
        if not text:
            self.refuse("End of Period", text, "expected a day")
        return self.day("End of Period", text)

    def rate(self, column: str, text: str) -> Decimal | None:
        """Return a yearly share for a percentage; None where the source gives 0 or nothing."""
        if text not in self._rates:
            try:
                self._rates[text] = _rate(text)
            except _Unreadable as refused:
                self.refuse(column, text, str(refused))
                return None
        return self._rates[text]


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise _Unreadable("expected a number in plain digits, such as 250000000.00")
    return Decimal(text)


def _minor(text: str) -> int:
    """Read dollars as whole cents, rounded half to even where only noise is rounded away."""
    exact = _number(text)
    if exact and exact.adjusted() >= _HIGHEST_DIGIT:
        raise _Unreadable("this is larger than any amount of money; expected less than 1e15")
    whole = exact.quantize(_CENT, ROUND_HALF_EVEN)
    if abs(exact - whole) >= NOISE:
        raise _Unreadable("expected whole cents")
    return int(whole.scaleb(2))


def _rate(text: str) -> Decimal | None:
    percent = _number(text)
    if not 0 <= percent <= 100:
        raise _Unreadable("expected a yearly rate in per cent, from 0 to 100")
    return (percent / 100).normalize() if percent else None


def _day(text: str) -> date:
    """Read a day in either of the two ways in which releases write it."""
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _US_DAY.fullmatch(text):
        month, day, year = map(int, found.groups())
    else:
        raise _Unreadable("expected a day as 2018-10-31T00:00:00 or 10/31/2018 12:00:00 AM")
    try:
        return date(year, month, day)
    except ValueError:
        raise _Unreadable("there is no such day in the calendar") from None
