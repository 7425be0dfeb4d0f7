"""What every booking asks first: an amount above zero, days that the book has a place for, an instrument kept here."""

from __future__ import annotations

from datetime import date

from domain.calendar import in_words
from domain.deals import DayRefused, InstrumentKind, MovedByStatement
from domain.errors import InputRefused, Problem
from domain.money import AMOUNT_MINOR_MAX
from domain.store.funds import FundRow
from domain.store.instrument_queries import InstrumentState


def require_amount(minor: int) -> None:
    """Let an amount above zero pass, or refuse it."""
    if not 0 < minor <= AMOUNT_MINOR_MAX:
        raise InputRefused([Problem("amount", "an amount above zero is expected")], subject="the entry")


def booking_day(fund: FundRow, *, effective_on: date, booked_on: date | None) -> date:
    """Return the day an entry is booked on: the fund's business day unless it is given.

    A fund's business day is the last one whose night has run, so an entry may also be booked on the day after it, which
    is open, by naming that day. Refused (``DayRefused``), in this order: a value day before the fund was opened, a
    booking day after the open day, a value day after the booking day.
    """
    booked = booked_on or fund.business_day
    if effective_on < fund.opened_on:
        raise DayRefused(on=effective_on, why=f"the fund was opened on {in_words(fund.opened_on)}")
    if (booked - fund.business_day).days > 1:
        raise DayRefused(on=booked, why=f"the fund's book stands at {in_words(fund.business_day)}")
    if effective_on > booked:
        raise DayRefused(on=effective_on, why=f"it lies after the booking day, {in_words(booked)}")
    return booked


def require_kept_here(instrument: InstrumentState) -> None:
    """Let an instrument pass that the bank services itself, or refuse (``MovedByStatement``) one a statement tells."""
    if instrument.kind is InstrumentKind.LOAN and not instrument.accrues:
        raise MovedByStatement(instrument=instrument.code)
