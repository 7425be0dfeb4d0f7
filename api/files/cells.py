"""One cell of a book: from its text to what it holds, or the words that say why not. Nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache

from api.files.book_format import Column, Kind
from domain.codes import is_code
from domain.desk.book.lines import Cell

TEXT_LENGTH_MAX = 2_000
NUMBER_MAX = Decimal(10) ** 15
SHOWN_LENGTH_MAX = 60

_PLAIN = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_DAY = re.compile(r"(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}")
_COUNT = re.compile(r"[0-9]{1,6}")
_EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
_FORMULA = ("=", "+", "-", "@")


class NotReadable(Exception):
    """Why a cell cannot be read, in words; the reader adds file, row, column and what was expected."""


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes that are known, past ones too."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def shown(value: str) -> str:
    """Return a cell's text as a message quotes it: short, and without signs that a terminal would obey."""
    cleaned = "".join(char if char.isprintable() else "�" for char in value)
    return f"“{cleaned[:SHOWN_LENGTH_MAX]}{'…' if len(cleaned) > SHOWN_LENGTH_MAX else ''}”"


def read_cell(column: Column, raw: str) -> Cell:
    """Return what the cell holds; amounts stay exact numbers until the row's currency is known.

    Raises ``NotReadable`` with the reason in words.
    """
    value = raw.strip()
    if not value:
        if column.blank:
            return None
        raise NotReadable("the cell is blank")
    if column.words:
        if value not in column.words:
            raise NotReadable("no such word")
        return value
    return READERS[column.kind](value)


def _code(value: str) -> str:
    if value.startswith(_FORMULA):
        raise NotReadable("a formula, not a code")
    if not is_code(value):
        raise NotReadable("not a code")
    return value


def _text(value: str) -> str:
    if value.startswith(_FORMULA):
        raise NotReadable("a spreadsheet would run this as a formula")
    if len(value) > TEXT_LENGTH_MAX:
        raise NotReadable(f"a text of {len(value):,} characters")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        raise NotReadable("a line break or another sign that cannot be printed")
    return value


def _day(value: str) -> date:
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise NotReadable("the calendar has no such day") from None
    raise NotReadable("not a day")


def _count(value: str) -> int:
    if not _COUNT.fullmatch(value) or int(value) > 100_000:
        raise NotReadable("not a whole number within bounds")
    return int(value)


def _exact(value: str) -> Decimal:
    if value.startswith(("=", "@")):
        raise NotReadable("a formula, not a number")
    if not _PLAIN.fullmatch(value):
        raise NotReadable("not a number in plain digits")
    return Decimal(value)


def _amount(value: str) -> Decimal:
    exact = _exact(value)
    if exact < 0:
        raise NotReadable("a negative amount")
    if exact == 0:
        raise NotReadable("an amount of nothing")
    if exact > NUMBER_MAX:
        raise NotReadable("larger than any amount this book holds")
    return exact


def _number(value: str) -> Decimal:
    exact = _exact(value)
    if abs(exact) > NUMBER_MAX:
        raise NotReadable("larger than any figure this book holds")
    if exact != round(exact, 6):
        raise NotReadable("more than 6 decimals")
    return exact


def _share(value: str) -> Decimal:
    exact = _exact(value)
    if not 0 <= exact <= 1:
        raise NotReadable("not within 0 and 1")
    if exact != round(exact, 8):
        raise NotReadable("more than 8 decimals")
    return exact


def _currency(value: str) -> str:
    if value not in currencies():
        raise NotReadable("no such currency")
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value) or len(value) > 254:
        raise NotReadable("not an address")
    return value


def _yes_no(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise NotReadable("neither yes nor no")
    return value == "yes"


READERS: dict[Kind, Callable[[str], Cell]] = {
    Kind.CODE: _code,
    Kind.TEXT: _text,
    Kind.DAY: _day,
    Kind.COUNT: _count,
    Kind.AMOUNT: _amount,
    Kind.NUMBER: _number,
    Kind.SHARE: _share,
    Kind.CURRENCY: _currency,
    Kind.EMAIL: _email,
    Kind.YES_NO: _yes_no,
}
