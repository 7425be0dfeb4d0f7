"""What every statement says of itself, and the cut through the book that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Literal, TypeVar

from sqlmodel import Session

from domain.currencies import Rate
from domain.desk.day_rates import DayRates
from domain.desk.known import Cut, cut_of, require_reached
from domain.errors import InputRefused, Problem
from domain.store import periods, seals
from domain.store.periods import PeriodLine

OF_THE_MOMENT = ("reached", "last_seal", "seal_asked", "period")
"""What a head says of the hour in which it was read: on pages and terminals, in no file and no answer."""

T = TypeVar("T")
ByDay = Literal["booked_on", "effective_on"]


@dataclass(frozen=True, slots=True)
class StatementHead:
    """What every statement says of itself: the fund, the days, and what was known.

    ``first`` is the span's first day; None for a statement of one day. ``reached`` is how far the book had come
    towards ``as_of`` when it was read, ``last_seal`` the fund's last seal then: what was read at an earlier one is
    what was known at that one. ``currencies`` are those that hold something, the fund's own first; ``rates`` are those
    of the last day by which totals are made, ``first_rates`` those of the evening before the span. ``seal_asked`` tells
    whether somebody named the seal, ``period`` the closed period in which the last day lies; None while it is open.
    """

    fund: str
    fund_name: str
    currency: str
    currencies: tuple[str, ...]
    opened_on: date
    reached: date
    first: date | None
    as_of: date
    by: ByDay
    seal: int
    sealed_at: datetime | None
    last_seal: int
    rates: tuple[Rate, ...] = ()
    first_rates: tuple[Rate, ...] = ()
    missing_rates: tuple[str, ...] = ()
    seal_asked: bool = False
    period: PeriodLine | None = None

    @property
    def is_old(self) -> bool:
        """Whether more is known today than this statement knows."""
        return self.seal < self.last_seal


@dataclass(frozen=True, slots=True)
class ComparedStatement(Generic[T]):
    """The figures of another day or span, read at the same seal, and the rates of its own days.

    ``asked`` tells whether somebody named the day; else it is a year earlier.
    """

    first: date | None
    as_of: date
    figures: T
    rates: tuple[Rate, ...] = ()
    first_rates: tuple[Rate, ...] = ()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class FundStatement(Generic[T]):
    """A statement: what it says of itself, its figures, and beside them those of another day; None where none stand."""

    head: StatementHead
    figures: T
    compared: ComparedStatement[T] | None = None


def statement_cut(session: Session, *, fund_code: str, as_of: date, seal: int | None, by: ByDay = "booked_on") -> Cut:
    """Return the cut of a statement; refused is a booking day of which the book can tell nothing yet."""
    cut = cut_of(session, fund_code=fund_code, as_of=as_of, seal=seal)
    if by == "booked_on":
        expect_reached(session, cut, as_of, where="as_of")
    return cut


def expect_reached(session: Session, cut: Cut, day: date, *, where: str) -> None:
    """Refuse (``InputRefused``) a booking day of which the book can tell nothing yet."""
    require_reached(session, cut.fund_id, code=cut.fund_code, reached=cut.reached, day=day, where=where)


def _period(session: Session, cut: Cut) -> PeriodLine | None:
    """Return the closed period in which a cut's day lies."""
    held = [one for one in periods.periods(session, fund_id=cut.fund_id) if one.period_end >= cut.as_of]
    return min(held, key=lambda one: one.period_end, default=None)


def head_of(
    session: Session,
    cut: Cut,
    currencies: tuple[str, ...],
    *,
    first: date | None = None,
    by: ByDay = "booked_on",
    rates_before: DayRates | None = None,
    rates: DayRates | None = None,
) -> StatementHead:
    """Return what a statement of a cut says of itself."""
    missing = {one for them in (rates_before, rates) if them for one in them.missing}
    return StatementHead(
        fund=cut.fund_code,
        fund_name=cut.fund_name,
        currency=cut.currency,
        currencies=currencies,
        opened_on=cut.opened_on,
        reached=cut.reached,
        first=None if first == date.min else first,
        as_of=cut.as_of,
        by=by,
        seal=cut.known.number,
        sealed_at=cut.known.sealed_at,
        last_seal=seals.known_at(session, cut.fund_id).number,
        rates=rates.rates if rates else (),
        first_rates=rates_before.rates if rates_before else (),
        missing_rates=tuple(sorted(missing)),
        seal_asked=cut.seal_asked,
        period=_period(session, cut),
    )


def first_day(first: date | None, cut: Cut) -> date:
    """Return a span's first day; None is the first of its last day's year. Refused: one after the last day."""
    if first is None:
        return cut.as_of.replace(month=1, day=1)
    if first > cut.as_of:
        raise first_after_last(first, cut.as_of)
    return first


def first_after_last(first: date, last: date) -> InputRefused:
    """Return the refusal of a span that ends before it begins."""
    return InputRefused([Problem("from", f"{first} lies after the last day, {last}")], subject="the statement")


def evening_before(day: date) -> date:
    """Return the day before; before the calendar's first day lies nothing, and nothing was booked on it."""
    return day - timedelta(days=1) if day > date.min else day
