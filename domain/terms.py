"""Reading what a contract's terms say, from stored JSON or from a request.

Each reader returns the value, or adds a problem in words to a list: so that a person learns all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from domain.errors import Problem

LAST_YEAR = 2200
"""No contract of this book runs longer."""

_Word = TypeVar("_Word", bound=StrEnum)


def read_share(
    terms: Mapping[str, object], name: str, problems: list[Problem], *, least: Decimal, most: Decimal
) -> Decimal | None:
    """Read a decimal text between two bounds, both allowed; else add a problem and return None."""
    said = terms.get(name)
    text = said.strip() if isinstance(said, str) else ""
    if not (text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 20):
        problems.append(Problem(name, f"write a decimal number such as 0.0325, not {_quoted(said)}"))
        return None
    if not least <= Decimal(text) <= most:
        problems.append(Problem(name, f"{text} does not lie between {least} and {most}"))
        return None
    return Decimal(text)


def read_word(terms: Mapping[str, object], name: str, words: type[_Word], problems: list[Problem]) -> _Word | None:
    """Read one word of a closed list; else add a problem and return None."""
    said = terms.get(name)
    if isinstance(said, str) and said in set(words):
        return words(said)
    problems.append(Problem(name, f"one of {', '.join(words)} is expected, not {_quoted(said)}"))
    return None


def read_day(terms: Mapping[str, object], name: str, problems: list[Problem]) -> date | None:
    """Read a day as YYYY-MM-DD; else add a problem and return None."""
    said = terms.get(name)
    try:
        day = date.fromisoformat(said) if isinstance(said, str) and len(said) == 10 else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= LAST_YEAR:
        problems.append(Problem(name, f"a day such as 2026-03-31 is expected, not {_quoted(said)}"))
        return None
    return day


def read_count(terms: Mapping[str, object], name: str, problems: list[Problem], *, most: int) -> int:
    """Read a whole number from 1 to ``most``; else add a problem and return 0."""
    said = terms.get(name)
    if isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= most:
        return said
    problems.append(Problem(name, f"a whole number from 1 to {most} is expected, not {_quoted(said)}"))
    return 0


def unknown_terms(terms: Mapping[str, object], *, known: Sequence[str]) -> list[Problem]:
    """Return a problem for each term that the contract's kind does not know: a misspelt term must not pass unseen."""
    return [Problem(str(name)[:40], "these terms do not know it") for name in terms if name not in known]


def _quoted(said: object) -> str:
    return "nothing" if said is None else f"“{str(said)[:40]}”"
