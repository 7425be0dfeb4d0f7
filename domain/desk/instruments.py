"""What happens under a contract: drawdowns, receipts, revenue, cancellations, and the interest that the night books.

Every act locks its deal first, so two officers at two desks come one after the other; every act carries a key, so the
same request made twice books once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.authority import NIGHT, Act, Actor
from domain.calendar import in_words
from domain.deals import (
    PAYING_STAGES,
    SIGNED_STAGES,
    CommitmentExceeded,
    DayRefused,
    DealNotInForce,
    DrawStop,
    InstrumentKind,
)
from domain.desk.authority import permitted_on_deal, require_role
from domain.desk.days import booking_day, night_day, require_amount, require_kept_here
from domain.desk.dues import DueLine, due_days, due_instalments, schedule_of, schedules
from domain.desk.figures import PRINCIPAL_ACCOUNT, figures_of
from domain.desk.limits import deal_headroom
from domain.desk.receipts import ReceiptBooked, ReceiptPart, preview_receipt, record_receipt
from domain.errors import InputRefused, Problem
from domain.ledger import Entry, KeyUsedForAnotherRequest, Posting, transfer
from domain.limits import check_limits
from domain.loans import DrawnAfterLastInstalment, interest_to, parse_loan_terms
from domain.money import Money
from domain.royalties import RoyaltyDue, parse_royalty_terms, royalty_due
from domain.store import audit, deal_queries, fund_queries, instrument_queries, ledger
from domain.store.deal_queries import DealState
from domain.store.deals import RevenueRow
from domain.store.instrument_queries import InstrumentState

STATE_REVENUE = "record revenue"

__all__ = [
    "DueLine",
    "ReceiptBooked",
    "ReceiptPart",
    "accrue_interest",
    "cancel_undrawn",
    "draw_down",
    "due_days",
    "due_instalments",
    "pay_out_agreed",
    "preview_receipt",
    "record_receipt",
    "schedule_of",
    "schedules",
    "state_revenue",
]


def draw_down(
    session: Session,
    *,
    instrument_id: UUID,
    minor: int,
    effective_on: date,
    booked_on: date | None = None,
    by: Actor,
    key: str,
) -> int:
    """Pay out under a commitment and return the entry's number. The same key again returns the first one's.

    Refused, in this order: the role, an unknown instrument, an amount that is not above zero, a conflict of interest
    and more than the person pays out alone, then as ``pay_out_agreed``.
    """
    require_role(session, Act.PAY_OUT, by=by)
    instrument = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.lock_deal(session, instrument.deal_id)
    require_amount(minor)
    asked = Money(minor, instrument.currency)
    by = permitted_on_deal(session, Act.PAY_OUT, by=by, deal=deal, amount=asked, key=key)
    return pay_out_agreed(
        session, instrument, deal, asked=asked, effective_on=effective_on, booked_on=booked_on, by=by, key=key
    )


def pay_out_agreed(
    session: Session,
    instrument: InstrumentState,
    deal: DealState,
    *,
    asked: Money,
    effective_on: date,
    booked_on: date | None = None,
    by: Actor,
    key: str,
) -> int:
    """Pay out what may be paid out by who does it; the deal is locked. Return the entry's number.

    Refused, in this order: a key used for another request, a position of a statement, a contract not in force, a value
    day before its signing or on or after a loan's last due day, days that the fund's book has no place for, a
    draw-stop, more than is left of the commitment, the fund's limits, too little cash.
    """
    minor = asked.minor
    reason = f"drawdown of {instrument.code}"
    if before := instrument_queries.entry_by_key(session, by=by, key=key):
        said = (before.kind, before.reason, before.effective_on, before.by_account.get("cash"))
        return _same(said == ("drawdown", reason, effective_on, -minor), before.id, key)
    require_kept_here(instrument)
    if deal.stage not in PAYING_STAGES or deal.signed_on is None:
        raise DealNotInForce(deal=deal.code, stage=deal.stage, wanted="a drawdown")
    _require_drawdown_day(instrument, effective_on, signed_on=deal.signed_on)
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    booked = booking_day(session, fund, effective_on=effective_on, booked_on=booked_on)
    if causes := deal_queries.draw_stops(session, deal.id):
        raise DrawStop(deal=deal.code, causes=[str(cause) for cause in causes])
    figures = figures_of(session, [instrument])[instrument.id]
    undrawn = figures.undrawn
    if minor > undrawn.minor:
        raise CommitmentExceeded(undrawn=undrawn, asked=asked)
    check_limits(deal_headroom(session, deal=deal, on=effective_on))
    entry = _entry(
        instrument,
        "drawdown",
        reason,
        *_pair(instrument, minor, debit=PRINCIPAL_ACCOUNT[instrument.kind], credit="cash"),
        *_pair(instrument, minor, debit="commitments_given", credit="commitments_undrawn"),
        effective_on=effective_on,
        booked_on=booked,
    )
    entry_id = ledger.post(session, entry, fund_id=deal.fund_id, by=by, key=key)
    _tell(
        session, Act.PAY_OUT, instrument, by=by, amount=asked, effective_on=effective_on, entry=entry_id,
        before={"undrawn": str(undrawn), "drawn": str(figures.drawn)},
        after={"undrawn": str(undrawn - asked), "drawn": str(figures.drawn + asked)},
    )  # fmt: skip
    return entry_id


def cancel_undrawn(
    session: Session,
    *,
    instrument_id: UUID,
    minor: int | None = None,
    effective_on: date,
    booked_on: date | None = None,
    reason: str,
    by: Actor,
    key: str,
) -> int:
    """Cancel what is undrawn of a commitment (None: all of it), or a part, and return the entry's number.

    Refused, in this order: the role, an unknown instrument, a position of a statement, a contract not in force, a key
    used for another request, a day before the signing, days that the fund's book has no place for, more than is
    undrawn (or nothing).
    """
    require_role(session, Act.CANCEL, by=by)
    instrument = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.lock_deal(session, instrument.deal_id)
    undrawn = figures_of(session, [instrument])[instrument.id].undrawn
    asked = undrawn if minor is None else Money(minor, instrument.currency)
    by = permitted_on_deal(session, Act.CANCEL, by=by, deal=deal, amount=asked, key=key)
    require_kept_here(instrument)
    if deal.stage not in SIGNED_STAGES or deal.signed_on is None:
        raise DealNotInForce(deal=deal.code, stage=deal.stage, wanted="a cancellation")
    if before := instrument_queries.entry_by_key(session, by=by, key=key):
        said = (before.kind, before.instrument_id, before.effective_on)
        return _same(said == ("cancellation", instrument_id, effective_on), before.id, key)
    if effective_on < deal.signed_on:
        raise DayRefused(on=effective_on, why=f"the contract was signed on {in_words(deal.signed_on)}")
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    booked = booking_day(session, fund, effective_on=effective_on, booked_on=booked_on)
    if not 0 < asked.minor <= undrawn.minor:
        raise CommitmentExceeded(undrawn=undrawn, asked=asked)
    entry = _entry(
        instrument,
        "cancellation",
        reason or f"cancellation of {instrument.code}",
        *_pair(instrument, asked.minor, debit="commitments_given", credit="commitments_undrawn"),
        effective_on=effective_on,
        booked_on=booked,
    )
    entry_id = ledger.post(session, entry, fund_id=deal.fund_id, by=by, key=key)
    _tell(
        session, Act.CANCEL, instrument, by=by, amount=asked, effective_on=effective_on, entry=entry_id,
        before={"undrawn": str(undrawn)}, after={"undrawn": str(undrawn - asked)},
    )  # fmt: skip
    return entry_id


def state_revenue(
    session: Session,
    *,
    instrument_id: UUID,
    period_start: date,
    period_end: date,
    revenue_minor: int,
    booked_on: date | None = None,
    by: Actor,
    key: str,
) -> int:
    """Record an investee's revenue for a royalty's period and book what becomes due on it.

    Return the entry's number, 0 where nothing becomes due (no revenue, or the cap is reached): the statement is kept
    all the same. The same statement again returns the first one's number; a period whose entry was reversed can be
    stated again, under another key. Refused, in this order: the role, an unknown instrument, one that is no royalty, a
    contract not in force, a key used for another request, negative revenue, days out of order or stated before or after
    the royalty's end, days that the fund's book has no place for.
    """
    require_role(session, Act.RECORD_RECEIPT, by=by)
    royalty = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.lock_deal(session, royalty.deal_id)
    stated = Money(revenue_minor, royalty.currency)
    by = permitted_on_deal(session, Act.RECORD_RECEIPT, by=by, deal=deal, amount=stated, key=key)
    if royalty.kind is not InstrumentKind.ROYALTY:
        what = f"{royalty.code} is a {royalty.kind}; revenue is stated for a royalty"
        raise InputRefused([Problem("instrument", what)], subject="the revenue")
    if deal.stage not in SIGNED_STAGES:
        raise DealNotInForce(deal=deal.code, stage=deal.stage, wanted="a statement of revenue")
    before = _stated_before(session, (instrument_id, period_start, period_end, revenue_minor), by=by, key=key)
    if before is not None:
        return before
    due = _due_for(session, royalty, period_start=period_start, period_end=period_end, revenue_minor=revenue_minor)
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    booked = booking_day(session, fund, effective_on=period_end, booked_on=booked_on)
    entry_id = None
    if due.due_minor:
        entry = _royalty_entry(royalty, due.due_minor, period_start, period_end, booked)
        entry_id = ledger.post(session, entry, fund_id=deal.fund_id, by=by, key=key)
    session.add(
        RevenueRow(
            fund_id=deal.fund_id,
            recorded_by=by.id,
            instrument_id=instrument_id,
            period_start=period_start,
            period_end=period_end,
            revenue_minor=revenue_minor,
            due_minor=due.due_minor,
            entry_id=entry_id,
            version=instrument_queries.revenue_version(session, instrument_id=instrument_id, period_end=period_end),
        )
    )
    session.flush()
    due_now = Money(due.due_minor, royalty.currency)
    _tell(
        session, STATE_REVENUE, royalty, by=by, amount=due_now, effective_on=period_end, entry=entry_id,
        after={"revenue": str(Money(revenue_minor, royalty.currency)), "due": str(due_now)},
    )  # fmt: skip
    return entry_id or 0


def _royalty_entry(royalty: InstrumentState, minor: int, period_start: date, period_end: date, booked: date) -> Entry:
    return _entry(
        royalty,
        "royalty_due",
        f"royalty on revenue of {in_words(period_start)} to {in_words(period_end)}",
        *_pair(royalty, minor, debit="royalty_receivable", credit="royalty_income"),
        effective_on=period_end,
        booked_on=booked,
    )


def _stated_before(session: Session, said: tuple[UUID, date, date, int], *, by: Actor, key: str) -> int | None:
    """Return what a statement that comes again was answered: the entry's number, or 0; None for a new one."""
    instrument_id, period_start, period_end, revenue_minor = said
    if booked := instrument_queries.entry_by_key(session, by=by, key=key):
        return _same(said == instrument_queries.revenue_of_entry(session, booked.id), booked.id, key)
    stands = instrument_queries.revenue_stated(session, instrument_id=instrument_id, period_end=period_end)
    if stands is not None and stands[:2] == (period_start, revenue_minor):
        return stands[2] or 0
    return None


def _due_for(
    session: Session, royalty: InstrumentState, *, period_start: date, period_end: date, revenue_minor: int
) -> RoyaltyDue:
    booked = instrument_queries.booked_sums(session, instrument_ids=[royalty.id])[royalty.id]
    return royalty_due(
        terms=parse_royalty_terms(royalty.terms),
        revenue_minor=revenue_minor,
        period_start=period_start,
        period_end=period_end,
        stated=instrument_queries.revenue_periods(session, royalty.id),
        due_before_minor=booked.get(("royalty_due", "royalty_receivable"), 0),
    )


def accrue_interest(session: Session, *, fund_id: UUID, day: date, loan_id: UUID | None = None) -> int:
    """Book the interest that a fund's loans (or one of them) have earned up to a day; return how many entries were new.

    What is booked is all that was earned, rounded once, less what was booked before, so a missed night or a receipt
    that was dated back is made good. A loan that owes nothing and for which nothing is to be put right is passed over,
    as is one for which this day's entry exists. What comes up on a day that is closed is booked on the open one.
    """
    booked = night_day(session, fund_queries.fund_by_id(session, fund_id), day)
    accruing = instrument_queries.accruing_loans(session, fund_id=fund_id)
    loans = [loan for loan in accruing if loan_id in (None, loan.id)]
    deal_queries.lock_deals(session, [loan.deal_id for loan in loans])
    ids = [loan.id for loan in loans]
    moved = instrument_queries.movements(session, instrument_ids=ids, account="loan_principal")
    posted = instrument_queries.movements(session, instrument_ids=ids, account="interest_receivable", kind="interest")
    entries = []
    for loan in loans:
        earned = interest_to(terms=parse_loan_terms(loan.terms), movements=moved[loan.id], to=day)
        difference = earned - sum(minor for on, minor in posted[loan.id] if on <= day)
        if difference:
            postings = _pair(loan, difference, debit="interest_receivable", credit="interest_income")
            reason = f"interest on {loan.code} to {in_words(day)}"
            entry = _entry(loan, "interest", reason, *postings, effective_on=day, booked_on=booked)
            entries.append((f"interest:{loan.id}:{day}", entry))
    return instrument_queries.post_many(session, entries, fund_id=fund_id, by=NIGHT)


def _pair(instrument: InstrumentState, minor: int, *, debit: str, credit: str) -> tuple[Posting, ...]:
    return transfer(debit=debit, credit=credit, minor=minor, currency=instrument.currency, instrument_id=instrument.id)


def _entry(
    instrument: InstrumentState, kind: str, reason: str, *postings: Posting, effective_on: date, booked_on: date
) -> Entry:
    return Entry(
        kind=kind,
        reason=reason,
        booked_on=booked_on,
        effective_on=effective_on,
        postings=postings,
        deal_id=instrument.deal_id,
    )


def _require_drawdown_day(instrument: InstrumentState, day: date, *, signed_on: date) -> None:
    if day < signed_on:
        raise DayRefused(on=day, why=f"the contract was signed on {in_words(signed_on)}")
    if instrument.kind is InstrumentKind.LOAN:
        last = parse_loan_terms(instrument.terms).due_days[-1]
        if day >= last:
            raise DrawnAfterLastInstalment(last_due_on=last, on=day)


def _same(same: bool, entry_id: int, key: str) -> int:
    if not same:
        raise KeyUsedForAnotherRequest(key)
    return entry_id


def _tell(
    session: Session,
    act: str,
    instrument: InstrumentState,
    *,
    by: Actor,
    amount: Money,
    effective_on: date,
    entry: int | None,
    after: Mapping[str, object],
    before: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        session,
        by=by,
        act=act,
        subject_kind="instrument",
        subject=instrument.code,
        fund_id=instrument.fund_id,
        detail={"amount": str(amount), "effective_on": effective_on, "entry": entry},
        before=before,
        after=after,
    )
