"""What a column, a reference and a file of a book are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a cell holds; the value is the sentence that says what was expected."""

    CODE = "letters, digits and . _ - (64 at most), beginning with a letter or digit"
    TEXT = "text in one line (2,000 characters at most) that does not begin with = + - or @"
    DAY = "a day as YYYY-MM-DD, 1900 to 2199"
    COUNT = "a whole number from 0 to 100,000, in plain digits"
    AMOUNT = "an amount above 0 in plain digits with a decimal point, such as 1250.00"
    NUMBER = "a number in plain digits with at most 6 decimals, no larger than 1000000000000000"
    SHARE = "a share from 0 to 1 in plain digits with a decimal point, such as 0.0325"
    CURRENCY = "an ISO 4217 code such as EUR"
    EMAIL = "an address in lower case such as officer@bank.example"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, whether it may be blank, and the closed list of words if there is one."""

    name: str
    kind: Kind
    says: str
    blank: bool = False
    words: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What may stand in the cell, in words."""
        wanted = "one of " + ", ".join(self.words) if self.words else str(self.kind)
        return f"{wanted}, or nothing" if self.blank else wanted


@dataclass(frozen=True, slots=True)
class Reference:
    """``columns`` name a row of one of the ``files``, where the same values stand in ``named``."""

    columns: tuple[str, ...]
    files: tuple[str, ...]
    named: tuple[str, ...] = ("code",)


@dataclass(frozen=True, slots=True)
class BookFile:
    """One file: what its rows are, its columns, what makes a row itself (``key``), and whom it refers to."""

    name: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv"


def code(says: str = "the row's own code; other files refer to it") -> Column:
    return Column("code", Kind.CODE, says)


def named(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.CODE, says, blank)


def words(name: str, says: str, *choices: str) -> Column:
    return Column(name, Kind.CODE, says, words=choices)


def text(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.TEXT, says, blank)


def day(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.DAY, says, blank)


def amount(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.AMOUNT, says, blank)


def number(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.NUMBER, says, blank)


def share(name: str, says: str) -> Column:
    return Column(name, Kind.SHARE, says)


def count(name: str, says: str) -> Column:
    return Column(name, Kind.COUNT, says)


def person(name: str, says: str) -> Column:
    return Column(name, Kind.CODE, says)


def to(column: str, *files: str) -> Reference:
    return Reference((column,), files or (f"{column}s",))


SOURCE = text("source", "where this is written: document and page, or “invented for the demonstration”")
