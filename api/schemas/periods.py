"""Periods and balances of accounts, as they are asked for and answered."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.schemas.common import Answer, Asked, Day, MoneyAnswer


class ClosingAsked(Asked):
    """The last day of the period: the end of a month that has passed."""

    period_end: Day = Field(examples=["2026-03-31"])


class ClosingAnswer(Answer):
    """A closed period; ``closed_now`` is false where it had been closed before and stays as it was.

    ``closed_seal`` is the fund's seal number by which everything in it was sealed; null where the last entries are
    sealed with the closing itself, in a moment.
    """

    fund: str
    period_end: date
    closed_seal: int | None
    closed_now: bool


class PeriodAnswer(Answer):
    """A closed period; ``seal`` is the fund's seal number by which all of it was sealed."""

    period_end: date
    closed_at: datetime
    closed_by: str
    seal: int | None


class PeriodsAnswer(Answer):
    """What is closed of a fund's book, the day it is open on, and up to which days it may be closed now."""

    fund: str
    closed_to: date | None
    open_day: date
    may_close: list[date]
    closed: list[PeriodAnswer]


class BalanceAnswer(Answer):
    """An account's balance (debit above zero) in each currency it is kept in, as of a day, as known at a seal."""

    fund: str
    account: str
    kind: str
    as_of: date
    by: str
    seal: int
    balances: list[MoneyAnswer]
