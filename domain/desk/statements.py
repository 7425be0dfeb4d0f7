"""A fund's statements: as of a day, by booking day, as known at a seal; every figure opens to its postings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Literal, TypeVar

from sqlmodel import Session

from domain import cash_flow as flows
from domain import statements as rules
from domain.calendar import in_words
from domain.cash_flow import CashFlow, FlowName
from domain.currencies import Rate
from domain.desk.day_rates import DayRates, day_rates
from domain.desk.known import Cut, cut_of
from domain.errors import InputRefused, NotFound, Problem
from domain.money import Money
from domain.periods import open_day
from domain.statements import BalanceSheet, IncomeStatement, TrialBalance
from domain.store import periods, seals
from domain.store import statements as store
from domain.store.balances import balances
from domain.store.periods import PeriodLine
from domain.store.statements import Account, PostingLine, PostingPlace, PostingRange

T = TypeVar("T")
ByDay = Literal["booked_on", "effective_on"]

__all__ = [
    "Account", "AccountStatement", "ByDay", "CashFlow", "FundStatement", "PostingLine", "StatementHead", "WholeAccount",
    "account_statement", "balance_sheet", "cash_flow", "income", "trial_balance", "whole_account",
]  # fmt: skip

POSTINGS_PER_PAGE_MAX = 200


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
class FundStatement(Generic[T]):
    """A statement: what it says of itself, and its figures."""

    head: StatementHead
    figures: T


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A posting with the balance after it."""

    posting: PostingLine
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A page of an account's postings: the balance before them, each with the balance after it, and the last one.

    ``opening`` and ``closing`` are the whole span's; ``before`` is the balance where this page begins, ``next`` the
    place where the next one goes on, None on the last. With a ``flow`` it tells the part of cash that moved for it,
    and the balance is the sum so far. Debit is above zero, credit below.
    """

    account: Account
    flow: FlowName | None
    opening: Money
    before: Money
    lines: tuple[AccountLine, ...]
    closing: Money
    count: int
    next: str | None


@dataclass(frozen=True, slots=True)
class WholeAccount:
    """All of an account's postings of a span; ``lines`` are read once, while the transaction is open."""

    head: StatementHead
    account: Account
    opening: Money
    lines: Iterator[AccountLine]


def trial_balance(
    session: Session, *, fund_code: str, as_of: date, seal: int | None = None, by: ByDay = "booked_on"
) -> FundStatement[TrialBalance]:
    """Return every account's balance. Refused: an unknown fund, a seal beyond the head, a day not reached."""
    cut = _cut(session, fund_code=fund_code, as_of=as_of, seal=seal, by=by)
    held = _balances(session, cut, as_of, by=by)
    figures = rules.trial_balance(held, _kinds(session, cut))
    currencies = rules.currencies_of([held], currency=cut.currency)
    return FundStatement(_head(session, cut, currencies, by=by), figures)


def balance_sheet(
    session: Session, *, fund_code: str, as_of: date, seal: int | None = None
) -> FundStatement[BalanceSheet]:
    """Return assets against liabilities and capital. Refused: as for the trial balance."""
    cut = _cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    held = _balances(session, cut, as_of)
    currencies = rules.currencies_of([held], currency=cut.currency)
    rates = day_rates(session, cut, currencies, on=as_of)
    figures = rules.balance_sheet(held, _kinds(session, cut), currencies=currencies, translate=rates.translate)
    return FundStatement(_head(session, cut, currencies, rates=rates), figures)


def income(
    session: Session, *, fund_code: str, first: date | None, as_of: date, seal: int | None = None
) -> FundStatement[IncomeStatement]:
    """Return what the days from ``first`` (None: the first of the year) to ``as_of`` earned and cost.

    Refused, in this order: an unknown fund, a seal beyond the head, a day that the book has not reached, a first day
    after the last.
    """
    cut = _cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = _first_day(first, cut)
    before, after = _balances(session, cut, _evening_before(begin)), _balances(session, cut, as_of)
    currencies = rules.currencies_of([before, after], currency=cut.currency)
    rates_before, rates = _span_rates(session, cut, currencies, begin, before)
    figures = rules.income_statement(
        before, after, _kinds(session, cut), currencies=currencies, translate_before=rates_before.translate,
        translate=rates.translate,
    )  # fmt: skip
    head = _head(session, cut, currencies, first=begin, rates_before=rates_before, rates=rates)
    return FundStatement(head, figures)


def cash_flow(
    session: Session, *, fund_code: str, first: date | None, as_of: date, seal: int | None = None
) -> FundStatement[CashFlow]:
    """Return what moved cash from ``first`` (None: the first of the year) to ``as_of``. Refused: as for ``income``."""
    cut = _cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = _first_day(first, cut)
    before, after = _balances(session, cut, _evening_before(begin)), _balances(session, cut, as_of)
    currencies = rules.currencies_of([before, after], currency=cut.currency)
    moved = store.cash_movements(
        session, fund_id=cut.fund_id, first=begin, last=as_of, position=cut.known.position
    )  # fmt: skip
    rates_before, rates = _span_rates(session, cut, currencies, begin, before)
    figures = flows.cash_flow(
        moved, before=before, after=after, currencies=currencies, translate_before=rates_before.translate,
        translate=rates.translate,
    )  # fmt: skip
    head = _head(session, cut, currencies, first=begin, rates_before=rates_before, rates=rates)
    return FundStatement(head, figures)


def account_statement(
    session: Session,
    *,
    fund_code: str,
    code: str,
    as_of: date,
    currency: str | None = None,
    first: date | None = None,
    seal: int | None = None,
    by: ByDay = "booked_on",
    flow: FlowName | None = None,
    after: str | None = None,
    limit: int = 100,
) -> FundStatement[AccountStatement]:
    """Return a page of an account's postings, by day; ``currency`` None is the fund's, ``first`` None its first day.

    ``after`` is ``next`` of the page before. A ``flow`` is a line of the cash flow: only for cash, by booking day.
    Refused, in this order: an unknown fund, a seal beyond the head, a day not reached (by booking day), an unknown
    account, a first day after the last, a flow of another account, an unreadable ``after``.
    """
    cut, account, asked = _asked(
        session, fund_code=fund_code, code=code, as_of=as_of, currency=currency, first=first, seal=seal, by=by,
        flow=flow,
    )  # fmt: skip
    place = None if after is None else _place(after)
    opening = 0 if flow else _opening(session, cut, asked)
    before = opening + (store.sum_of_postings(session, asked, until=place)[0] if place else 0)
    moved, count = store.sum_of_postings(session, asked)
    size = max(1, min(limit, POSTINGS_PER_PAGE_MAX))
    found = store.postings(session, asked, after=place, limit=size + 1)
    shown = found[:size]
    figures = AccountStatement(
        account=account,
        flow=flow,
        opening=Money(opening, account.currency),
        before=Money(before, account.currency),
        lines=tuple(_running(shown, before, account.currency)),
        closing=Money(opening + moved, account.currency),
        count=count,
        next=_place_words(shown[-1]) if len(found) > size else None,
    )
    return FundStatement(_head(session, cut, (account.currency,), first=asked.first, by=by), figures)


def whole_account(
    session: Session,
    *,
    fund_code: str,
    code: str,
    as_of: date,
    currency: str | None = None,
    first: date | None = None,
    seal: int | None = None,
    by: ByDay = "booked_on",
    flow: FlowName | None = None,
) -> WholeAccount:
    """Return an account's postings of a span, all of them, read while they are taken. Refused: as for a page."""
    cut, account, asked = _asked(
        session, fund_code=fund_code, code=code, as_of=as_of, currency=currency, first=first, seal=seal, by=by,
        flow=flow,
    )  # fmt: skip
    opening = 0 if flow else _opening(session, cut, asked)
    head = _head(session, cut, (account.currency,), first=asked.first, by=by)
    lines = _running(store.all_postings(session, asked), opening, account.currency)
    return WholeAccount(head, account, Money(opening, account.currency), lines)


def _cut(session: Session, *, fund_code: str, as_of: date, seal: int | None, by: ByDay = "booked_on") -> Cut:
    """Return the cut of a statement; refused is a booking day of which the book can tell nothing yet."""
    cut = cut_of(session, fund_code=fund_code, as_of=as_of, seal=seal)
    if by == "booked_on" and as_of > cut.reached:
        last = open_day(business_day=cut.reached, closed_to=periods.closed_to(session, cut.fund_id))
        if as_of > last:
            told = (
                f"the book of {cut.fund_code} has reached {in_words(cut.reached)}; ask for that day or an earlier one"
            )
            raise InputRefused([Problem("as_of", told)], subject="the statement")
    return cut


def _period(session: Session, cut: Cut) -> PeriodLine | None:
    """Return the closed period in which a cut's day lies."""
    held = [one for one in periods.periods(session, fund_id=cut.fund_id) if one.period_end >= cut.as_of]
    return min(held, key=lambda one: one.period_end, default=None)


def _asked(
    session: Session,
    *,
    fund_code: str,
    code: str,
    as_of: date,
    currency: str | None,
    first: date | None,
    seal: int | None,
    by: ByDay,
    flow: FlowName | None,
) -> tuple[Cut, Account, PostingRange]:
    cut = _cut(session, fund_code=fund_code, as_of=as_of, seal=seal, by=by)
    account = _account(session, cut, code=code, currency=currency or cut.currency)
    if first is not None and first > as_of:
        raise _first_after_last(first, as_of)
    if flow is not None and (code != "cash" or by != "booked_on"):
        raise InputRefused([Problem("flow", "it tells cash by booking day, and no other account")], subject="the page")
    asked = PostingRange(
        cut.fund_id, account.code, account.currency, first or date.min, as_of, cut.known.position, by, flow
    )
    return cut, account, asked


def _running(postings: Iterator[PostingLine] | tuple[PostingLine, ...], before: int, of: str) -> Iterator[AccountLine]:
    balance = before
    for one in postings:
        balance += one.minor
        yield AccountLine(one, Money(one.minor, of), Money(balance, of))


def _opening(session: Session, cut: Cut, asked: PostingRange) -> int:
    if asked.first == date.min:
        return 0
    whole = PostingRange(
        asked.fund_id, asked.code, asked.currency, date.min, _evening_before(asked.first), cut.known.position, asked.by
    )
    return store.sum_of_postings(session, whole)[0]


def _account(session: Session, cut: Cut, *, code: str, currency: str) -> Account:
    for one in store.accounts(session, fund_id=cut.fund_id):
        if (one.code, one.currency) == (code, currency):
            return one
    raise NotFound("account", f"{code} in {currency}")


def _balances(session: Session, cut: Cut, as_of: date, *, by: ByDay = "booked_on") -> dict[tuple[str, str], int]:
    return balances(session, fund_id=cut.fund_id, as_of=as_of, position=cut.known.position, by=by)


def _kinds(session: Session, cut: Cut) -> dict[tuple[str, str], str]:
    return {(one.code, one.currency): one.kind for one in store.accounts(session, fund_id=cut.fund_id)}


def _head(
    session: Session,
    cut: Cut,
    currencies: tuple[str, ...],
    *,
    first: date | None = None,
    by: ByDay = "booked_on",
    rates_before: DayRates | None = None,
    rates: DayRates | None = None,
) -> StatementHead:
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


def _span_rates(
    session: Session, cut: Cut, currencies: Sequence[str], begin: date, before: Mapping[tuple[str, str], int]
) -> tuple[DayRates, DayRates]:
    """Return the rates of the evening before a span, for what was held then, and of its last day."""
    held_before = rules.currencies_of([before], currency=cut.currency)
    return (
        day_rates(session, cut, held_before, on=_evening_before(begin)),
        day_rates(session, cut, currencies, on=cut.as_of),
    )


def _first_day(first: date | None, cut: Cut) -> date:
    if first is None:
        return cut.as_of.replace(month=1, day=1)
    if first > cut.as_of:
        raise _first_after_last(first, cut.as_of)
    return first


def _first_after_last(first: date, last: date) -> InputRefused:
    return InputRefused([Problem("from", f"{first} lies after the last day, {last}")], subject="the statement")


def _evening_before(day: date) -> date:
    """Return the day before; before the calendar's first day lies nothing, and nothing was booked on it."""
    return day - timedelta(days=1) if day > date.min else day


def _place(words: str) -> PostingPlace:
    try:
        day, entry_id, line = words.split("~")
        if not (entry_id + line).isascii() or not (entry_id + line).isdigit() or len(entry_id + line) > 18:
            raise ValueError
        return PostingPlace(date.fromisoformat(day), int(entry_id), int(line))
    except ValueError:
        told = Problem("after", "give what `next` said in the page before")
        raise InputRefused([told], subject="the request") from None


def _place_words(posting: PostingLine) -> str:
    return f"{posting.day}~{posting.entry_id}~{posting.line}"
