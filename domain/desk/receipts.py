"""Money that comes in from an investee: how it is split, and how it is booked.

The split is computed in one place, for the preview and for the booking alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor
from domain.calendar import in_words
from domain.deals import SIGNED_STAGES, DayRefused, DealNotInForce, InstrumentKind
from domain.desk.authority import permitted_on_deal, require_role
from domain.desk.days import booking_day, require_amount, require_kept_here
from domain.desk.figures import PRINCIPAL_ACCOUNT
from domain.equity import lots_from, sell_stake
from domain.errors import InputRefused, Problem
from domain.ledger import Entry, KeyUsedForAnotherRequest, Posting, transfer
from domain.loans import MoreThanOwed, allocate_receipt, interest_to, owed_on, parse_loan_terms
from domain.money import Money
from domain.store import audit, deal_queries, fund_queries, instrument_queries, ledger
from domain.store.deal_queries import DealState
from domain.store.instrument_queries import BookedEntry, InstrumentState

ReceiptPart = Literal["debt_service", "royalty", "dividend", "sale"]

PART_OF_KIND: dict[InstrumentKind, tuple[ReceiptPart, ...]] = {
    InstrumentKind.LOAN: ("debt_service",),
    InstrumentKind.EQUITY: ("dividend", "sale"),
    InstrumentKind.ROYALTY: ("royalty",),
}
"""What can come in on each kind of instrument."""


@dataclass(frozen=True, slots=True)
class ReceiptBooked:
    """A receipt and what it paid. ``entry_id`` is None in a preview.

    ``interest`` and ``principal`` are a loan's; ``income`` is a dividend or a royalty; ``cost`` and ``gain`` (negative:
    a loss) are a sale's. ``left`` is what the instrument still owes on the value day, or the cost that is still held.
    ``interest_booked_to`` is told in a preview only: the last day of interest that was booked after the value day.
    """

    entry_id: int | None
    instrument_id: UUID
    part: ReceiptPart
    effective_on: date
    booked_on: date
    received: Money
    interest: Money
    principal: Money
    income: Money
    cost: Money
    gain: Money
    left: Money
    interest_booked_to: date | None = None


def preview_receipt(
    session: Session,
    *,
    instrument_id: UUID,
    minor: int,
    effective_on: date,
    booked_on: date | None = None,
    by: Actor,
    part: ReceiptPart | None = None,
    cost_minor: int | None = None,
) -> ReceiptBooked:
    """Return how a receipt would be split, booking nothing; refused as ``record_receipt`` would be."""
    require_role(session, Act.RECORD_RECEIPT, by=by)
    instrument = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.deal_state(session, instrument.deal_id)
    asked = Money(minor, instrument.currency)
    permitted_on_deal(session, Act.RECORD_RECEIPT, by=by, deal=deal, amount=asked, key="")
    chosen = _check(session, instrument, deal, minor=minor, effective_on=effective_on, part=part)
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    booked = booking_day(session, fund, effective_on=effective_on, booked_on=booked_on)
    received = Money(minor, instrument.currency)
    split = _split(session, instrument, chosen, received, effective_on, booked, cost_minor)
    return replace(split, interest_booked_to=_interest_after(session, instrument, effective_on))


def record_receipt(
    session: Session,
    *,
    instrument_id: UUID,
    minor: int,
    effective_on: date,
    booked_on: date | None = None,
    by: Actor,
    key: str,
    part: ReceiptPart | None = None,
    cost_minor: int | None = None,
) -> ReceiptBooked:
    """Book a receipt and return its split. ``part`` is needed for equity only; a sale of a part names its cost.

    On a loan, interest up to the value day is booked first where the night has not done it. The same key again returns
    the first split. Refused, in this order: the role, an unknown instrument, the amount, a part that the instrument
    does not have, a key used for another request, a position of a statement, a contract not in force, a value day
    before the first drawdown, days that the fund's book has no place for, more than is owed or held.
    """
    require_role(session, Act.RECORD_RECEIPT, by=by)
    instrument = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.lock_deal(session, instrument.deal_id)
    asked = Money(minor, instrument.currency)
    by = permitted_on_deal(session, Act.RECORD_RECEIPT, by=by, deal=deal, amount=asked, key=key)
    chosen = _part(instrument, part)
    require_amount(minor)
    if before := instrument_queries.entry_by_key(session, by=by, key=key):
        return _as_booked(instrument, before, chosen, minor=minor, effective_on=effective_on, key=key)
    _check(session, instrument, deal, minor=minor, effective_on=effective_on, part=part)
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    booked = booking_day(session, fund, effective_on=effective_on, booked_on=booked_on)
    received = Money(minor, instrument.currency)
    split = _split(session, instrument, chosen, received, effective_on, booked, cost_minor)
    if instrument.kind is InstrumentKind.LOAN:
        _book_interest(session, instrument, effective_on=effective_on, booked_on=booked, by=by, key=key)
    entry_id = ledger.post(session, _entry(instrument, split), fund_id=instrument.fund_id, by=by, key=key)
    detail = {"part": chosen, "received": str(received), "effective_on": effective_on, "entry": entry_id}
    audit.record(
        session,
        by=by,
        act=Act.RECORD_RECEIPT,
        subject_kind="instrument",
        subject=instrument.code,
        fund_id=instrument.fund_id,
        detail=detail,
        before={"left": str(_left_before(split))},
        after={"left": str(split.left)},
    )
    return replace(split, entry_id=entry_id)


def _left_before(split: ReceiptBooked) -> Money:
    """Return what was owed or held before a receipt: a dividend takes nothing of it, and a sale its cost."""
    match split.part:
        case "dividend":
            return split.left
        case "sale":
            return split.left + split.cost
        case _:
            return split.left + split.received


def _interest_after(session: Session, instrument: InstrumentState, day: date) -> date | None:
    posted = instrument_queries.movements(
        session, instrument_ids=[instrument.id], account="interest_receivable", kind="interest"
    )[instrument.id]
    return max((on for on, _ in posted if on > day), default=None)


def _part(instrument: InstrumentState, part: ReceiptPart | None) -> ReceiptPart:
    choices = PART_OF_KIND[instrument.kind]
    if part is None and len(choices) == 1:
        return choices[0]
    if part not in choices:
        what = f"one of {', '.join(choices)} comes in on an instrument of kind {instrument.kind}"
        raise InputRefused([Problem("part", what)], subject="the receipt")
    return part


def _check(
    session: Session,
    instrument: InstrumentState,
    deal: DealState,
    *,
    minor: int,
    effective_on: date,
    part: ReceiptPart | None,
) -> ReceiptPart:
    chosen = _part(instrument, part)
    require_amount(minor)
    require_kept_here(instrument)
    if deal.stage not in SIGNED_STAGES:
        raise DealNotInForce(deal=deal.code, stage=deal.stage, wanted="a receipt")
    drawn = instrument_queries.movements(
        session, instrument_ids=[instrument.id], account=PRINCIPAL_ACCOUNT[instrument.kind], kind="drawdown"
    )[instrument.id]
    if not drawn:
        raise DayRefused(on=effective_on, why=f"nothing has been drawn of {instrument.code}")
    if effective_on < drawn[0][0]:
        raise DayRefused(on=effective_on, why=f"the first drawdown of {instrument.code} was on {drawn[0][0]}")
    return chosen


def _split(
    session: Session,
    instrument: InstrumentState,
    part: ReceiptPart,
    received: Money,
    effective_on: date,
    booked_on: date,
    cost_minor: int | None,
) -> ReceiptBooked:
    interest = principal = income = cost = gain = left = 0
    account = PRINCIPAL_ACCOUNT[instrument.kind]
    if part == "debt_service":
        moved = instrument_queries.movements(session, instrument_ids=[instrument.id], account=account)[instrument.id]
        owed = owed_on(
            terms=parse_loan_terms(instrument.terms),
            movements=moved,
            interest_received_minor=-_booked(session, instrument, "receipt", "interest_receivable"),
            day=effective_on,
        )
        paid = allocate_receipt(received=received, owed=owed, on=effective_on)
        interest, principal = paid.interest_minor, paid.principal_minor
        left = owed.total_minor - received.minor
    elif part == "royalty":
        due = sum(_booked(session, instrument, kind, "royalty_receivable") for kind in ("royalty_due", "receipt"))
        if received.minor > due:
            raise MoreThanOwed(owed=Money(due, received.currency), received=received, on=effective_on)
        income, left = received.minor, due - received.minor
    elif part == "sale":
        moved = instrument_queries.movements(session, instrument_ids=[instrument.id], account=account)[instrument.id]
        sale = sell_stake(lots=lots_from(moved), cost_minor=cost_minor, proceeds=received)
        cost, gain, left = sale.cost_minor, sale.gain_minor, sum(lot.cost_minor for lot in sale.lots)
    else:
        income, left = received.minor, _booked(session, instrument, None, account)

    def money(minor: int) -> Money:
        return Money(minor, received.currency)

    return ReceiptBooked(
        entry_id=None,
        instrument_id=instrument.id,
        part=part,
        effective_on=effective_on,
        booked_on=booked_on,
        received=received,
        interest=money(interest),
        principal=money(principal),
        income=money(income),
        cost=money(cost),
        gain=money(gain),
        left=money(left),
    )


def _booked(session: Session, instrument: InstrumentState, kind: str | None, account: str) -> int:
    moved = instrument_queries.movements(session, instrument_ids=[instrument.id], account=account, kind=kind)
    return sum(minor for _, minor in moved[instrument.id])


def _entry(instrument: InstrumentState, split: ReceiptBooked) -> Entry:
    credited = {
        "interest_receivable": split.interest.minor,
        "loan_principal": split.principal.minor,
        "royalty_receivable" if split.part == "royalty" else "dividend_income": split.income.minor,
        "equity_at_cost": split.cost.minor,
        "realised_gains": max(0, split.gain.minor),
        "losses": min(0, split.gain.minor),
    }
    lines = [Posting("cash", split.received.minor, instrument.currency, instrument.id)]
    lines += [Posting(code, -minor, instrument.currency, instrument.id) for code, minor in credited.items() if minor]
    return Entry(
        kind="receipt",
        reason=f"{split.part.replace('_', ' ')} on {instrument.code}",
        booked_on=split.booked_on,
        effective_on=split.effective_on,
        postings=tuple(lines),
        deal_id=instrument.deal_id,
    )


def _book_interest(
    session: Session, instrument: InstrumentState, *, effective_on: date, booked_on: date, by: Actor, key: str
) -> None:
    """Book what the loan has earned since interest was last booked; for a receipt dated before that, nothing."""
    moved = instrument_queries.movements(session, instrument_ids=[instrument.id], account="loan_principal")
    posted = instrument_queries.movements(
        session, instrument_ids=[instrument.id], account="interest_receivable", kind="interest"
    )[instrument.id]
    earned = interest_to(
        terms=parse_loan_terms(instrument.terms), movements=moved[instrument.id], to=effective_on
    ) - sum(minor for _, minor in posted)
    if earned == 0 or any(day > effective_on for day, _ in posted):
        return
    ledger.post(
        session,
        Entry(
            kind="interest",
            reason=f"interest on {instrument.code} to {in_words(effective_on)}",
            booked_on=booked_on,
            effective_on=effective_on,
            postings=transfer(
                debit="interest_receivable",
                credit="interest_income",
                minor=earned,
                currency=instrument.currency,
                instrument_id=instrument.id,
            ),
            deal_id=instrument.deal_id,
        ),
        fund_id=instrument.fund_id,
        by=by,
        key=f"{key}:interest",
    )


def _as_booked(
    instrument: InstrumentState,
    before: BookedEntry,
    part: ReceiptPart,
    *,
    minor: int,
    effective_on: date,
    key: str,
) -> ReceiptBooked:
    """Return the first answer for a request that comes again, or refuse a key used for another one."""
    said = (before.kind, before.reason, before.instrument_id, before.effective_on, before.by_account.get("cash"))
    if said != ("receipt", f"{part.replace('_', ' ')} on {instrument.code}", instrument.id, effective_on, minor):
        raise KeyUsedForAnotherRequest(key)

    def credit(*codes: str) -> Money:
        return Money(-sum(before.by_account.get(code, 0) for code in codes), instrument.currency)

    return ReceiptBooked(
        entry_id=before.id,
        instrument_id=instrument.id,
        part=part,
        effective_on=before.effective_on,
        booked_on=before.booked_on,
        received=Money(minor, instrument.currency),
        interest=credit("interest_receivable"),
        principal=credit("loan_principal"),
        income=credit("royalty_receivable", "dividend_income"),
        cost=credit("equity_at_cost"),
        gain=credit("realised_gains", "losses"),
        left=Money(0, instrument.currency),
    )
