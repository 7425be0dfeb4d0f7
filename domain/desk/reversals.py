"""Whether an entry may be taken back: asked before its reversal is booked, and of the books once it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.calendar import in_words
from domain.currencies import POSITION
from domain.deals import SIGNED_STAGES, DayRefused, DealNotInForce, InstrumentKind
from domain.desk.days import booking_day, require_kept_here
from domain.desk.figures import PRINCIPAL_ACCOUNT
from domain.desk.limits import deal_headroom
from domain.ledger import Entry, EntryAlreadyReversed
from domain.limits import check_limits
from domain.loans import parse_loan_terms
from domain.money import Money
from domain.reversals import (
    NEVER_BELOW_ZERO,
    TAKES_TWO,
    LaterEntriesRestOnEntry,
    LoanBooked,
    Movements,
    ReversalTakesTwo,
    balance_taken_below_zero,
    interest_taken_below_zero,
    receipt_without_drawdown,
)
from domain.store import balances, deal_queries, fund_queries, instrument_queries, rates
from domain.store.deal_queries import DealState
from domain.store.funds import FundRow
from domain.store.instrument_queries import InstrumentState


@dataclass(frozen=True, slots=True)
class InstrumentBooked:
    """What was booked on an instrument: movements by account, and of its drawdowns and receipts alone."""

    by_account: Mapping[str, Movements]
    drawn: Movements
    received: Movements
    interest_received: Movements


@dataclass(frozen=True, slots=True)
class DealBooked:
    """The books before an entry is taken back: of its deal, which is locked, and of a contribution its fund's cash."""

    deal: DealState | None
    instruments: tuple[InstrumentState, ...]
    booked: tuple[InstrumentBooked, ...]
    fund: FundRow
    cash: Movements


def check_before(session: Session, *, entry_id: int, entry: Entry, fund: FundRow, by_two: bool = False) -> DealBooked:
    """Lock the entry's deal, where it has one, and return its books as they stand.

    Refused, in this order: an entry that is a reversal, a position that a statement tells, a deal that is not in force,
    an entry that takes two people where they are not ``by_two``.
    """
    if entry.reverses_id is not None:
        raise EntryAlreadyReversed(entry_id)
    deal = deal_queries.lock_deal(session, entry.deal_id) if entry.deal_id else None
    ids = sorted({posting.instrument_id for posting in entry.postings if posting.instrument_id})
    instruments = tuple(instrument_queries.instrument_state(session, instrument_id) for instrument_id in ids)
    for instrument in instruments:
        require_kept_here(instrument)
    if deal is not None and deal.stage not in SIGNED_STAGES:
        raise DealNotInForce(deal=deal.code, stage=deal.stage, wanted="a reversal")
    if entry.kind in TAKES_TWO and not by_two:
        raise ReversalTakesTwo(entry_id=entry_id, kind=entry.kind)
    if foreign := _converted(entry, fund):
        rates.lock_position(session, fund_id=fund.fund_id, currency=foreign)
    cash = fund_queries.cash_movements(session, fund) if entry.kind == "contribution" else ()
    booked = tuple(_booked(session, instrument) for instrument in instruments)
    return DealBooked(deal, instruments, booked, fund, cash)


def party_of(session: Session, *, deal_id: UUID | None, entry_id: int | None) -> UUID | None:
    """Return whose tie binds: a deal's investee, or who paid in the contribution that an entry booked; else None."""
    if deal_id is not None:
        return deal_queries.deal_state(session, deal_id).investee_id
    return fund_queries.contributor(session, entry_id) if entry_id is not None else None


def size_of(session: Session, entry: Entry, *, fund_id: UUID) -> Money:
    """Return what an entry moves: the largest of its postings in the fund's own currency."""
    currency = fund_queries.fund_by_id(session, fund_id).currency
    own = [abs(posting.amount_minor) for posting in entry.postings if posting.currency == currency]
    return Money(max(own, default=0), currency)


def reversal_day(session: Session, fund: FundRow, *, entry: Entry, booked_on: date | None) -> date:
    """Return the day that a reversal is booked on: the fund's open day unless it is given.

    Refused: a day that the fund's book has no place for or that is closed, a day before the entry was booked.
    """
    booked = booking_day(session, fund, effective_on=entry.effective_on, booked_on=booked_on)
    if booked < entry.booked_on:
        raise DayRefused(on=booked, why=f"the entry was booked on {in_words(entry.booked_on)}")
    return booked


def check_after(session: Session, *, entry_id: int, entry: Entry, books: DealBooked) -> None:
    """Let a reversal that was just booked stand, or refuse it.

    Refused: a balance below zero on any day, interest received that was not earned, a receipt before the first drawdown
    (``LaterEntriesRestOnEntry``); a commitment that comes back above the fund's limits (``LimitExceeded``). Without a
    contribution the fund's cash is not below zero on any value day: what was paid out with the money rests on it.
    """
    fund = books.fund
    if entry.kind == "contribution":
        below = balance_taken_below_zero(before=books.cash, after=fund_queries.cash_movements(session, fund))
        if below:
            left = Money(below[1], fund.currency)
            raise LaterEntriesRestOnEntry(
                entry_id=entry_id, instrument=f"fund {fund.code}", what="cash", on=below[0], left=left
            )
    if foreign := _converted(entry, fund):
        _require_position_holds(session, entry_id=entry_id, fund=fund, currency=foreign)
    for instrument, before in zip(books.instruments, books.booked, strict=True):
        found = _first_impossible(instrument, before=before, after=_booked(session, instrument))
        if found:
            what, on, minor = found
            raise LaterEntriesRestOnEntry(
                entry_id=entry_id,
                instrument=instrument.code,
                what=what,
                on=on,
                left=Money(minor, instrument.currency),
            )
    if entry.kind == "cancellation" and books.deal is not None:
        deal_queries.lock_limits(session, books.deal.fund_id)
        check_limits(deal_headroom(session, deal=books.deal, on=entry.effective_on))


def _converted(entry: Entry, fund: FundRow) -> str | None:
    """Return the other currency of a conversion; None for every other entry."""
    return next(
        (line.currency for line in entry.postings if line.code == POSITION and line.currency != fund.currency), None
    )


def _require_position_holds(session: Session, *, entry_id: int, fund: FundRow, currency: str) -> None:
    """Refuse the reversal of a conversion that later ones went out of: a position of nothing would have a cost."""
    held = -balances.balances(session, fund_id=fund.fund_id, as_of=date.max, account=POSITION)[POSITION, currency]
    sides = rates.own_sides(session, fund_id=fund.fund_id, base=fund.currency, as_of=date.max, position=None)
    cost = next((cost for other, cost, _ in sides if other == currency), 0)
    if (held == 0 and cost != 0) or held * cost < 0:
        raise LaterEntriesRestOnEntry(
            entry_id=entry_id,
            instrument=f"{Money(held, currency)}",
            what="the cost",
            on=fund.business_day,
            left=Money(cost, fund.currency),
        )


def _first_impossible(
    instrument: InstrumentState, *, before: InstrumentBooked, after: InstrumentBooked
) -> tuple[str, date, int] | None:
    for account in NEVER_BELOW_ZERO:
        if below := balance_taken_below_zero(before=before.by_account[account], after=after.by_account[account]):
            return account.replace("_", " "), *below
    if instrument.kind is InstrumentKind.LOAN:
        below = interest_taken_below_zero(
            terms=parse_loan_terms(instrument.terms),
            before=LoanBooked(before.by_account["loan_principal"], before.interest_received),
            after=LoanBooked(after.by_account["loan_principal"], after.interest_received),
        )
        if below:
            return "interest earned and not received", *below
    if after.drawn != before.drawn:
        early = receipt_without_drawdown(drawn=after.drawn, received=after.received)
        if early:
            return "the money paid out", early, 0
    return None


def _booked(session: Session, instrument: InstrumentState) -> InstrumentBooked:
    def moved(account: str, kind: str | None = None) -> Movements:
        found = instrument_queries.movements(session, instrument_ids=[instrument.id], account=account, kind=kind)
        return found[instrument.id]

    interest = moved("interest_receivable", "receipt") if instrument.kind is InstrumentKind.LOAN else []
    return InstrumentBooked(
        by_account={account: moved(account) for account in NEVER_BELOW_ZERO},
        drawn=moved(PRINCIPAL_ACCOUNT[instrument.kind], "drawdown"),
        received=moved("cash", "receipt"),
        interest_received=[(day, -minor) for day, minor in interest],
    )
