"""What requests and answers of every capability share: money, texts, pages of a list."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain import money
from domain.codes import CODE_PATTERN

T = TypeVar("T", bound=BaseModel)


class Asked(BaseModel):
    """A request's body: what is not known here is refused, and nothing is quietly turned into something else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """An answer's body, read from the desk's value of the same names."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def _without_controls(text: str) -> str:
    """Refuse what no pen writes: control characters and halves of characters."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text):
        raise ValueError("contains control characters")
    return text


Words = Annotated[str, StringConstraints(max_length=100), AfterValidator(_without_controls)]
"""What somebody looks for."""
Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(_without_controls)
]
Prose = Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(_without_controls)]
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN, strip_whitespace=True)]
"""A code as ``domain/codes.py`` has it."""


def _iso_day(value: object) -> object:
    """Refuse what is no day in words of a calendar: a moment, a number, digits of another script."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("write a day such as 2026-03-31")


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_iso_day)]
"""A day as somebody states it: an ISO date and nothing else."""


class MoneyAsked(Asked):
    """An amount as somebody states it: plain digits, and a currency."""

    amount: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

    def minor_in(self, currency: str) -> int:
        """Return whole minor units. Refused: another currency, what is no amount in plain digits."""
        if self.currency != currency:
            raise money.CurrenciesDiffer(self.currency, currency, wanted=True)
        return money.parse_minor(self.amount, currency)


class MoneyAnswer(Answer):
    """An exact amount, e.g. ``{"amount": "1250.00", "currency": "EUR"}``."""

    amount: str
    currency: str


class Listed(BaseModel, Generic[T]):
    """A part of a list; ``next`` is the ``after`` of the part that follows, null at the end."""

    items: list[T]
    next: str | None


def listed(model: type[T], found: Sequence[Any], *, limit: int, cursor: str) -> Listed[T]:
    """Shape a part of a list from one row more than asked; ``cursor`` names what the list is ordered by."""
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    # The model is chosen at run time, as pydantic allows and a type checker cannot follow.
    return Listed[model](  # type: ignore[valid-type]
        items=[model.model_validate(row, from_attributes=True) for row in shown],
        next=None if last is None else str(last[cursor] if isinstance(last, dict) else getattr(last, cursor)),
    )


class ProblemLine(BaseModel):
    """One thing that is wrong in a request, and where."""

    where: str
    what: str


class ProblemDetails(BaseModel):
    """A refusal or failure (RFC 9457); the refusal's own facts stand beside these members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/input-refused"])
    title: str
    status: int
    detail: str
    trace_id: str
    problems: list[ProblemLine] | None = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemDetails, "description": "Refused, in words", "content": {"application/problem+json": {}}},
    "5XX": {"model": ProblemDetails, "description": "Failed", "content": {"application/problem+json": {}}},
}
