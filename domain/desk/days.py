"""What every booking asks first: an amount above zero, days that the book has a place for, an instrument kept here."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from domain.calendar import in_words
from domain.deals import DayRefused, InstrumentKind, MovedByStatement
from domain.errors import InputRefused, Problem
from domain.ledger import PeriodClosed
from domain.money import AMOUNT_MINOR_MAX
from domain.periods import open_day
from domain.store import periods
from domain.store.funds import FundRow
from domain.store.instrument_queries import InstrumentState


def require_amount(minor: int) -> None:
    """Let an amount above zero pass that the book has a place for, or refuse it."""
    if minor <= 0:
        raise InputRefused([Problem("amount", "an amount above zero is expected")], subject="the entry")
    if minor > AMOUNT_MINOR_MAX:
        raise InputRefused([Problem("amount", "it is larger than any amount this book holds")], subject="the entry")


def booking_day(session: Session, fund: FundRow, *, effective_on: date, booked_on: date | None) -> date:
    """Return the day an entry is booked on: the fund's open day unless it is given. A late fact keeps its value day.

    A fund's business day is the last one whose night has run; it is open unless its period was closed, then the day
    after it is. An entry may also be booked on the day after the business day by naming that day. Refused, in this
    order: a value day before the fund was opened (``DayRefused``), a booking day in a closed period
    (``PeriodClosed``), one after the open day, a value day after the booking day (``DayRefused``).
    """
    closed_to = periods.closed_to(session, fund.fund_id)
    booked = booked_on or open_day(business_day=fund.business_day, closed_to=closed_to)
    if effective_on < fund.opened_on:
        raise DayRefused(on=effective_on, why=f"the fund was opened on {in_words(fund.opened_on)}")
    if closed_to is not None and booked <= closed_to:
        raise PeriodClosed(booked)
    if (booked - fund.business_day).days > 1:
        raise DayRefused(on=booked, why=f"the fund's book stands at {in_words(fund.business_day)}")
    if effective_on > booked:
        raise DayRefused(on=effective_on, why=f"it lies after the booking day, {in_words(booked)}")
    return booked


def night_day(session: Session, fund: FundRow, day: date) -> date:
    """Return the day on which a night books what came up on ``day``: that day, or the open one where it is closed."""
    closed_to = periods.closed_to(session, fund.fund_id)
    if closed_to is None or day > closed_to:
        return day
    return open_day(business_day=fund.business_day, closed_to=closed_to)


def require_kept_here(instrument: InstrumentState) -> None:
    """Let an instrument pass that the bank services itself, or refuse (``MovedByStatement``) one a statement tells."""
    if instrument.kind is InstrumentKind.LOAN and not instrument.accrues:
        raise MovedByStatement(instrument=instrument.code)
