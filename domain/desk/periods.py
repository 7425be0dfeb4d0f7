"""Closing a fund's periods: for good, with every account's balance kept, and with nobody posting meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.desk.known import require_reached
from domain.errors import InputRefused, NotFound, Refusal
from domain.money import Money
from domain.periods import closing_problems, days_that_may_close, open_day
from domain.store import audit, balances, fund_queries, ledger, request_queries, seals
from domain.store import periods as store
from domain.store.periods import PeriodLine
from domain.trial_balance import trial_balance

__all__ = [
    "ClosingPreview",
    "PeriodClosing",
    "PeriodLine",
    "PeriodsOfFund",
    "close",
    "hold",
    "periods",
    "preview",
]

REQUESTS_LOOKED_AT = 1000


class ClosingCameBetween(Refusal):
    """A closing whose transaction wrote before it waited for those who were posting; asked again, it goes through."""

    def __init__(self, period_end: date) -> None:
        super().__init__(f"somebody was posting while the period to {in_words(period_end)} closed; ask again")
        self.period_end = period_end


@dataclass(frozen=True, slots=True)
class PeriodClosing:
    """A period that is closed: ``closed_now`` tells whether by this act or by an earlier one."""

    fund: str
    period_end: date
    closed_seal: int | None
    closed_now: bool


@dataclass(frozen=True, slots=True)
class PeriodsOfFund:
    """A fund's closed periods, the day its book is open on, and up to which days it may be closed now."""

    fund: str
    fund_name: str
    closed_to: date | None
    open_day: date
    may_close: tuple[date, ...]
    closed: tuple[PeriodLine, ...]


@dataclass(frozen=True, slots=True)
class ClosingPreview:
    """What stands in a book that is to be closed up to a day: who closes it looks at this before.

    ``debits`` and ``credits`` are the trial balance of that day, per currency, memorandum apart. ``unsealed`` is how
    many of its entries wait for their seal: closing seals them. ``asked`` is how many requests of the fund stand open.
    """

    period_end: date
    nights_to: date
    debits: tuple[Money, ...]
    credits: tuple[Money, ...]
    unsealed: int
    asked: int


def preview(session: Session, *, fund_code: str, period_end: date, by: Actor) -> ClosingPreview:
    """Return what a closing would close over. Refused: the role, an unknown fund."""
    permit(Act.CLOSE_PERIOD, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    position = seals.known_at(session, fund.fund_id).position
    held = balances.balances(session, fund_id=fund.fund_id, as_of=period_end, position=position)
    sums = trial_balance(held, ledger.account_kinds(session, fund.fund_id), opening=held, moved={}).sums
    every = request_queries.requests(session, only_open=True, limit=REQUESTS_LOOKED_AT)
    return ClosingPreview(
        period_end=period_end,
        nights_to=fund.business_day,
        debits=tuple(one.debit for one in sums),
        credits=tuple(one.credit for one in sums),
        unsealed=store.unsealed_in(session, fund_id=fund.fund_id, period_end=period_end),
        asked=sum(one.fund_id == fund.fund_id for one in every),
    )


def hold(session: Session, *, fund_code: str, by: Actor) -> None:
    """Let nobody post into a fund until this transaction ends: the first thing that a closing asks, before any write.

    Refused, in this order: the role, an unknown fund.
    """
    permit(Act.CLOSE_PERIOD, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    store.hold(session, fund_id=fund.fund_id)


def close(session: Session, *, fund_code: str, period_end: date, by: Actor) -> PeriodClosing:
    """Close a fund's book up to the end of a month, for good; a period that is closed already stays as it was.

    Takes the night's database role. Everything booked in the period is sealed first, as far as no older transaction is
    still running; the balances of all accounts are kept in the same transaction. Refused, in this order: the role, an
    unknown fund, everything that stands against the day, at once (``InputRefused``).
    """
    hold(session, fund_code=fund_code, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    for line in store.periods(session, fund_id=fund.fund_id):
        if line.period_end == period_end:
            return PeriodClosing(fund.code, period_end, line.seal, closed_now=False)
    closed_to = store.closed_to(session, fund.fund_id)
    wrong = closing_problems(period_end, opened_on=fund.opened_on, closed_to=closed_to, business_day=fund.business_day)
    if wrong:
        raise InputRefused(wrong, subject="the closing")
    if store.own_transaction_is_too_old(session, fund_id=fund.fund_id, period_end=period_end):
        raise ClosingCameBetween(period_end)
    seals.seal_facts(session)
    left_out = store.unsealed_in(session, fund_id=fund.fund_id, period_end=period_end)
    closed_seal = None if left_out else seals.known_at(session, fund.fund_id).number
    store.add(session, fund_id=fund.fund_id, period_end=period_end, closed_seal=closed_seal, by=by)
    audit.record(
        session,
        by=by,
        act=Act.CLOSE_PERIOD,
        subject_kind="period",
        subject=f"{fund.code} {period_end}",
        fund_id=fund.fund_id,
        detail={"period_end": period_end, "closed_before": closed_to, "seal": closed_seal},
        before={"closed_to": closed_to},
        after={"closed_to": period_end},
    )
    return PeriodClosing(fund.code, period_end, closed_seal, closed_now=True)


def periods(session: Session, *, fund_code: str) -> PeriodsOfFund:
    """Return what is closed of a fund's book and what may be. Refused: an unknown fund (``NotFound``)."""
    fund = fund_queries.fund_by_code(session, fund_code)
    closed = store.periods(session, fund_id=fund.fund_id)
    closed_to = closed[0].period_end if closed else None
    return PeriodsOfFund(
        fund=fund.code,
        fund_name=fund.name,
        closed_to=closed_to,
        open_day=open_day(business_day=fund.business_day, closed_to=closed_to),
        may_close=days_that_may_close(opened_on=fund.opened_on, closed_to=closed_to, business_day=fund.business_day),
        closed=closed,
    )


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account's balance in each of its currencies, debit above zero, as of a day and as known at a seal."""

    fund: str
    account: str
    kind: str
    as_of: date
    by: str
    seal: int
    balances: tuple[Money, ...]


def balance(
    session: Session, *, fund_code: str, account: str, as_of: date | None, by: str, seal: int | None
) -> AccountBalance:
    """Return an account's balance by booking or by value day; without a day as of the fund's business day.

    Refused, in this order: an unknown fund, an account that it lacks (``NotFound``), a seal that does not exist yet, a
    booking day that the book has not reached.
    """
    fund = fund_queries.fund_by_code(session, fund_code)
    kinds = {code: kind for (code, _), kind in ledger.account_kinds(session, fund.fund_id).items()}
    if account not in kinds:
        raise NotFound("account", account)
    known = seals.known_at(session, fund.fund_id, seal)
    day = as_of or fund.business_day
    if by == "booked_on":
        require_reached(session, fund.fund_id, code=fund.code, reached=fund.business_day, day=day, where="as_of")
    found = balances.balances(session, fund_id=fund.fund_id, as_of=day, position=known.position, by=by, account=account)
    moneys = tuple(Money(minor, currency) for (_, currency), minor in found.items())
    return AccountBalance(fund.code, account, kinds[account], day, by, known.number, moneys)
