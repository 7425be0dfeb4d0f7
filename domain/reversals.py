"""When an entry may be taken back: never so that the book says what cannot be.

A reversal takes effect on the day of the entry that it takes back, so everything that was booked on later days must
still hold: what stands on an account of an instrument is never below zero, and no loan has received more interest than
it has earned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.calendar import in_words
from domain.errors import Refusal
from domain.loans import interest_to
from domain.money import Money
from domain.schedule import LoanTerms

Movements = Sequence[tuple[date, int]]
"""What moved on an account: (value day, minor units)."""

NEVER_BELOW_ZERO = (
    "loan_principal",
    "interest_receivable",
    "royalty_receivable",
    "equity_at_cost",
    "royalty_at_cost",
    "commitments_undrawn",
)
"""Accounts on which an instrument can hold something or nothing, but never less."""

TAKES_TWO = frozenset({"contribution", "commitment"})
"""Kinds of entries that one person alone does not take back: what the board decided, and what a contributor paid in."""


class ReversalTakesTwo(Refusal):
    """One person alone does not take back what the board decided or what a contributor paid in."""

    def __init__(self, *, entry_id: int, kind: str) -> None:
        super().__init__(
            f"entry {entry_id} is a {kind}, which takes two people to reverse: "
            "ask for the reversal, and somebody who may approve it decides"
        )
        self.entry_id, self.kind = entry_id, kind


class LaterEntriesRestOnEntry(Refusal):
    """Without the entry, an account of its instrument would hold less than nothing on some day."""

    def __init__(self, *, entry_id: int, instrument: str, what: str, on: date, left: Money) -> None:
        super().__init__(
            f"entry {entry_id} cannot be reversed: later entries rest on it; reverse them first "
            f"(without it, {what} of {instrument} on {in_words(on)} would be {left})"
        )
        self.entry_id, self.instrument, self.what, self.on, self.left = entry_id, instrument, what, on, left


@dataclass(frozen=True, slots=True)
class LoanBooked:
    """What was booked on a loan: ``principal`` as it moved, and the interest that came in (positive)."""

    principal: Movements
    received: Movements


def balance_taken_below_zero(*, before: Movements, after: Movements) -> tuple[date, int] | None:
    """Return the first day on which an account stands below zero and lower than before, and where; None if none.

    What stood below zero already is not the reversal's doing.
    """
    days = (day for day, _ in (*before, *after))
    return _first_below(days, before=lambda day: _sum_to(before, day), after=lambda day: _sum_to(after, day))


def interest_taken_below_zero(*, terms: LoanTerms, before: LoanBooked, after: LoanBooked) -> tuple[date, int] | None:
    """Return the first day on which a loan would have received more interest than it has earned, and by how much.

    The figure is negative: interest earned less interest received. None where there is no such day.
    """
    days = (day for day, _ in (*before.received, *after.received))

    def left(booked: LoanBooked, day: date) -> int:
        return interest_to(terms=terms, movements=booked.principal, to=day) - _sum_to(booked.received, day)

    return _first_below(days, before=lambda day: left(before, day), after=lambda day: left(after, day))


def receipt_without_drawdown(*, drawn: Movements, received: Movements) -> date | None:
    """Return the first day on which something came in although nothing had been drawn by then; None if none."""
    first = min((day for day, minor in drawn if minor > 0), default=date.max)
    return min((day for day, _ in received if day < first), default=None)


def _sum_to(movements: Movements, day: date) -> int:
    return sum(minor for on, minor in movements if on <= day)


def _first_below(
    days: Iterable[date], *, before: Callable[[date], int], after: Callable[[date], int]
) -> tuple[date, int] | None:
    for day in sorted(set(days)):
        if after(day) < min(0, before(day)):
            return day, after(day)
    return None
