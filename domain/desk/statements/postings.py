"""What figures are made of: the postings of an account one by one, a page at a time or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session

from domain.cash_flow import FlowName
from domain.desk.known import Cut
from domain.desk.statements.heads import (
    ByDay,
    FundStatement,
    StatementHead,
    evening_before,
    first_after_last,
    head_of,
    statement_cut,
)
from domain.errors import InputRefused, NotFound, Problem
from domain.ledger import AccountKind
from domain.money import Money
from domain.store import statements as store
from domain.store.statements import Account, PostingLine, PostingPlace, PostingRange

POSTINGS_PER_PAGE_MAX = 200
EVERY_ACCOUNT = "all"
"""In the place of an account's code: everything that tells what an instrument stands at, for its own statement."""


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
    and the balance is the sum so far; with an ``instrument`` only its postings. ``EVERY_ACCOUNT`` stands for all that
    tell what an instrument stands at. Debit is above zero, credit below.
    """

    account: Account
    flow: FlowName | None
    instrument: str | None
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
    instrument: str | None
    opening: Money
    lines: Iterator[AccountLine]


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
    instrument: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> FundStatement[AccountStatement]:
    """Return a page of an account's postings, by day; ``currency`` None is the fund's, ``first`` None its first day.

    ``after`` is ``next`` of the page before. A ``flow`` is a line of the cash flow: only for cash, by booking day. An
    ``instrument`` leaves its postings only; with ``EVERY_ACCOUNT`` as code they are its own statement of account.
    Refused, in this order: an unknown fund, a seal beyond the head, a day not reached (by booking day), an instrument
    that the fund does not have, an unknown account, a first day after the last, a flow of another account or of an
    instrument, an unreadable ``after``.
    """
    cut, account, asked = _asked(
        session, fund_code=fund_code, code=code, as_of=as_of, currency=currency, first=first, seal=seal, by=by,
        flow=flow, instrument=instrument,
    )  # fmt: skip
    place = None if after is None else _place(after)
    opening = 0 if flow else _opening(session, asked)
    before = opening + (store.sum_of_postings(session, asked, until=place)[0] if place else 0)
    moved, count = store.sum_of_postings(session, asked)
    size = max(1, min(limit, POSTINGS_PER_PAGE_MAX))
    found = store.postings(session, asked, after=place, limit=size + 1)
    shown = found[:size]
    figures = AccountStatement(
        account=account,
        flow=flow,
        instrument=instrument,
        opening=Money(opening, account.currency),
        before=Money(before, account.currency),
        lines=tuple(_running(shown, before, account.currency)),
        closing=Money(opening + moved, account.currency),
        count=count,
        next=_place_words(shown[-1]) if len(found) > size else None,
    )
    return FundStatement(head_of(session, cut, (account.currency,), first=asked.first, by=by), figures)


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
    instrument: str | None = None,
) -> WholeAccount:
    """Return an account's postings of a span, all of them, read while they are taken. Refused: as for a page."""
    cut, account, asked = _asked(
        session, fund_code=fund_code, code=code, as_of=as_of, currency=currency, first=first, seal=seal, by=by,
        flow=flow, instrument=instrument,
    )  # fmt: skip
    opening = 0 if flow else _opening(session, asked)
    head = head_of(session, cut, (account.currency,), first=asked.first, by=by)
    lines = _running(store.all_postings(session, asked), opening, account.currency)
    return WholeAccount(head, account, instrument, Money(opening, account.currency), lines)


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
    instrument: str | None,
) -> tuple[Cut, Account, PostingRange]:
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal, by=by)
    instrument_id = store.instrument_id(session, fund_id=cut.fund_id, code=instrument) if instrument else None
    if instrument and code == EVERY_ACCOUNT:
        account = Account(EVERY_ACCOUNT, currency or cut.currency, AccountKind.ASSET.value)
    else:
        account = _account(session, cut, code=code, currency=currency or cut.currency)
    if first is not None and first > as_of:
        raise first_after_last(first, as_of)
    if flow is not None and (code != "cash" or by != "booked_on"):
        raise InputRefused([Problem("flow", "it tells cash by booking day, and no other account")], subject="the page")
    if flow is not None and instrument:
        told = Problem("instrument", "a line of the cash flow is told for all instruments")
        raise InputRefused([told], subject="the page")
    asked = PostingRange(
        fund_id=cut.fund_id,
        code=None if code == EVERY_ACCOUNT else code,
        currency=account.currency,
        first=first or date.min,
        last=as_of,
        position=cut.known.position,
        by=by,
        flow=flow,
        instrument_id=instrument_id,
    )
    return cut, account, asked


def _running(postings: Iterator[PostingLine] | tuple[PostingLine, ...], before: int, of: str) -> Iterator[AccountLine]:
    balance = before
    for one in postings:
        balance += one.minor
        yield AccountLine(one, Money(one.minor, of), Money(balance, of))


def _opening(session: Session, asked: PostingRange) -> int:
    if asked.first == date.min:
        return 0
    before = replace(asked, first=date.min, last=evening_before(asked.first))
    return store.sum_of_postings(session, before)[0]


def _account(session: Session, cut: Cut, *, code: str, currency: str) -> Account:
    for one in store.accounts(session, fund_id=cut.fund_id):
        if (one.code, one.currency) == (code, currency):
            return one
    raise NotFound("account", f"{code} in {currency}")


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
