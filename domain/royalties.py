"""A royalty: a share of what an investee takes in, period by period, until a cap is reached or its time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.calendar import in_words
from domain.errors import InputRefused, Problem, Refusal
from domain.money import AMOUNT_MINOR_MAX, Money, share_of
from domain.terms import read_day, read_share, unknown_terms


class RevenueNegative(Refusal):
    """Revenue below zero."""

    def __init__(self, revenue_minor: int) -> None:
        super().__init__("revenue cannot be negative; a refund is stated in the period in which it was paid back")
        self.revenue_minor = revenue_minor


class RevenuePeriodRefused(Refusal):
    """A period for which no revenue can be stated: its days are out of order, or the royalty has ended before it."""

    def __init__(self, *, period_start: date, period_end: date, why: str) -> None:
        super().__init__(f"no revenue can be stated for {in_words(period_start)} to {in_words(period_end)}: {why}")
        self.period_start, self.period_end, self.why = period_start, period_end, why


class RoyaltyRunsOn(Refusal):
    """A deal is not closed while its royalty can still make something due."""

    def __init__(self, *, royalty: str, left: Money, until: date) -> None:
        super().__init__(
            f"{royalty} may still bring in {left} until {in_words(until)}; "
            "its deal is closed when the cap is reached or that day is over"
        )
        self.royalty, self.left, self.until = royalty, left, until


@dataclass(frozen=True, slots=True)
class RoyaltyTerms:
    """What the contract of a royalty says: the share of revenue, the most it pays in all, and its last day."""

    share_of_revenue: Decimal
    cap_minor: int
    until: date


@dataclass(frozen=True, slots=True)
class RoyaltyDue:
    """What becomes due for a period in minor units, and what the cap leaves for later ones."""

    due_minor: int
    left_under_cap_minor: int


def parse_royalty_terms(terms: Mapping[str, object]) -> RoyaltyTerms:
    """Read a royalty's terms as they are stored or sent; every problem is told at once (``InputRefused``)."""
    problems: list[Problem] = []
    share = read_share(terms, "share_of_revenue", problems, least=Decimal(0), most=Decimal(1))
    cap = terms.get("cap_minor")
    if not isinstance(cap, int) or isinstance(cap, bool) or not 0 < cap <= AMOUNT_MINOR_MAX:
        problems.append(Problem("cap_minor", "the most that the royalty pays, in whole minor units, is expected"))
    until = read_day(terms, "until", problems)
    problems += unknown_terms(terms, known=("share_of_revenue", "cap_minor", "until"))
    if problems or share is None or until is None or not isinstance(cap, int):
        raise InputRefused(problems, subject="the royalty's terms")
    return RoyaltyTerms(share, cap, until)


def royalty_due(
    *,
    terms: RoyaltyTerms,
    revenue_minor: int,
    period_start: date,
    period_end: date,
    stated: Sequence[tuple[date, date]],
    due_before_minor: int,
) -> RoyaltyDue:
    """Return what a period's revenue makes due: its share, rounded once, and never more than the cap leaves.

    ``stated`` are the periods for which revenue was stated before, ``due_before_minor`` what became due for them.
    Refused, in this order: negative revenue, days out of order, days stated before, a period after the royalty's end.
    """
    if revenue_minor < 0:
        raise RevenueNegative(revenue_minor)
    why = ""
    if period_start > period_end:
        why = "it ends before it starts"
    elif overlap := [(start, end) for start, end in stated if start <= period_end and period_start <= end]:
        why = f"revenue was stated for {overlap[0][0]} to {overlap[0][1]} before"
    elif period_start > terms.until:
        why = f"the royalty ended on {in_words(terms.until)}"
    if why:
        raise RevenuePeriodRefused(period_start=period_start, period_end=period_end, why=why)
    left = max(0, terms.cap_minor - due_before_minor)
    due = min(share_of(revenue_minor, terms.share_of_revenue), left)
    return RoyaltyDue(due, left - due)


def royalty_to_come(*, terms: RoyaltyTerms, due_minor: int, on: date) -> int:
    """Return the most that a royalty can still make due in minor units: what its cap leaves, nothing after its end."""
    return 0 if on > terms.until else max(0, terms.cap_minor - due_minor)
