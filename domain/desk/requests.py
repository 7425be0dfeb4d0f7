"""What two people do: one asks for a reversal or a payout, another approves it and so carries it out, or refuses it.

Asking changes nothing in the ledger. Approving asks everything anew, in the transaction that carries it out: where the
world has changed since, the act is refused in words and the request stays open. Two who decide at once come one after
the other, and the second is told.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, ConflictOfInterest, Permission, permit
from domain.desk import ledger, reversals
from domain.desk.authority import may_now, permitted, permitted_on_deal, require_role
from domain.desk.days import require_amount
from domain.desk.instruments import pay_out_agreed
from domain.errors import InputRefused, Problem
from domain.ledger import EntryAlreadyReversed
from domain.money import Money
from domain.requests import (
    ASKED_BY,
    DECIDED_BY,
    Decision,
    RequestDecided,
    RequestKind,
    RequestNotNeeded,
    RequestOfAnother,
    RequestStandsOpen,
)
from domain.reversals import TAKES_TWO
from domain.store import audit, authority_queries, deal_queries, instrument_queries
from domain.store import ledger as ledger_store
from domain.store import request_queries as store
from domain.store.funds import FundRow
from domain.store.request_queries import RequestLine

REASON_MAX = 1000
REQUESTS_PER_PAGE_MAX = 200

__all__ = [
    "RequestLine",
    "approve",
    "ask_payout",
    "ask_reversal",
    "may_ask_reversal",
    "may_decide",
    "open_request",
    "open_requests_of_deal",
    "refuse",
    "request_line",
    "requests",
    "withdraw",
]


def ask_reversal(session: Session, *, entry_id: int, reason: str, by: Actor) -> int:
    """Ask for the reversal of an entry that takes two people; return the request's number.

    Refused, in this order: the role, an unknown entry, a conflict of interest with the deal's investee, no reason, an
    entry that one person reverses alone, what ``reversals.check_before`` refuses, an entry that is reversed, the same
    request that stands open.
    """
    require_role(session, Act.REVERSE, by=by)
    fund_id, entry = ledger_store.entry_by_id(session, entry_id)
    by = permitted(
        session,
        Act.REVERSE,
        by=by,
        fund_id=fund_id,
        party_id=reversals.party_of(session, deal_id=entry.deal_id, entry_id=entry_id),
        amount=reversals.size_of(session, entry, fund_id=fund_id),
    )
    reason = _reason(reason)
    if entry.reverses_id is None and entry.kind not in TAKES_TWO:
        raise RequestNotNeeded(f"entry {entry_id} is a {entry.kind.replace('_', ' ')}")
    fund = session.get_one(FundRow, fund_id)
    reversals.check_before(session, entry_id=entry_id, entry=entry, fund=fund, by_two=True)
    if store.is_reversed(session, entry_id):
        raise EntryAlreadyReversed(entry_id)
    if standing := store.open_request_of(session, entry_id=entry_id):
        raise RequestStandsOpen(request_id=standing[0].id)
    number = store.add_request(
        session,
        kind=RequestKind.REVERSAL,
        fund_id=fund_id,
        deal_id=entry.deal_id,
        entry_id=entry_id,
        reason=reason,
        by=by,
    )
    said = {"request": number, "reason": reason}
    audit.record(
        session, by=by, act="ask for a reversal", subject_kind="entry", subject=entry_id, fund_id=fund_id, detail=said,
        after={"request": number, "decision": "open"},
    )  # fmt: skip
    return number


def ask_payout(session: Session, *, instrument_id: UUID, minor: int, effective_on: date, reason: str, by: Actor) -> int:
    """Ask for a payout above what the person pays out alone; return the request's number.

    Refused, in this order: the role, an unknown instrument, an amount that is not above zero, a conflict of interest,
    no reason, an amount that the person pays out alone, the same request that stands open. Whether it may be paid at
    all is asked when it is approved.
    """
    require_role(session, Act.PAY_OUT, by=by)
    instrument = instrument_queries.instrument_state(session, instrument_id)
    deal = deal_queries.lock_deal(session, instrument.deal_id)
    require_amount(minor)
    by = permitted_on_deal(session, Act.PAY_OUT, by=by, deal=deal)
    reason = _reason(reason)
    asked = Money(minor, instrument.currency)
    alone = may_now(
        session,
        Act.PAY_OUT,
        by=by,
        fund_id=deal.fund_id,
        party_id=deal.investee_id,
        deal_id=deal.id,
        amount=asked,
        key="",
    )
    if alone.allowed:
        raise RequestNotNeeded(f"to pay out {asked} of {instrument.code}")
    for standing in store.open_request_of(session, instrument_id=instrument_id):
        if (standing.amount, standing.effective_on) == (asked, effective_on):
            raise RequestStandsOpen(request_id=standing.id)
    number = store.add_request(
        session,
        kind=RequestKind.PAYOUT,
        fund_id=deal.fund_id,
        deal_id=deal.id,
        instrument_id=instrument_id,
        amount_minor=minor,
        effective_on=effective_on,
        reason=reason,
        by=by,
    )
    said = {"request": number, "amount": str(asked), "effective_on": effective_on, "reason": reason}
    audit.record(
        session,
        by=by,
        act="ask for a payout",
        subject_kind="instrument",
        subject=instrument.code,
        fund_id=deal.fund_id,
        detail=said,
        after={"request": number, "decision": "open"},
    )
    return number


def approve(session: Session, *, request_id: int, by: Actor, key: str) -> int:
    """Approve what was asked for and carry it out; return the number of the entry that it booked.

    Refused, in this order: an unknown request, one that is decided, the role, the second person, a conflict of interest
    and the amount, a conflict of interest of who asked or for whom, then whatever refuses the act itself (the request
    then stays open).
    """
    line, by = _decide(session, request_id=request_id, by=by, key=key)
    asked_by = (line.asked_by, line.asked_for)
    if tied := authority_queries.tie(session, people=asked_by, party_id=_party(session, line)):
        raise ConflictOfInterest(ASKED_BY[line.kind], name=tied[0], party=tied[1])
    entry_id = _carry_out(session, line, by=by, key=key)
    _close(session, line, Decision.APPROVED, reason="", by=by, entry_id=entry_id)
    return entry_id


def refuse(session: Session, *, request_id: int, reason: str, by: Actor) -> None:
    """Refuse what was asked for, in words.

    Refused, in this order: an unknown request, one that is decided, the role, the second person, a conflict of interest
    and the amount, no reason.
    """
    line, by = _decide(session, request_id=request_id, by=by)
    _close(session, line, Decision.REFUSED, reason=_reason(reason), by=by)


def withdraw(session: Session, *, request_id: int, by: Actor) -> None:
    """Withdraw a request: by who made it, or for whom it was made.

    Refused, in this order: an unknown request, one that is decided, somebody else's (``RequestOfAnother``).
    """
    permit(Act.READ_BOOK, by=by)
    line = _open(session, request_id)
    if by.id not in (line.asked_by, line.asked_for):
        raise RequestOfAnother(request_id=request_id)
    _close(session, line, Decision.WITHDRAWN, reason="", by=by)


def may_ask_reversal(session: Session, *, entry_id: int, by: Actor) -> Permission:
    """Find whether a person may ask for the reversal of an entry, with every reason against it."""
    fund_id, entry = ledger_store.entry_by_id(session, entry_id)
    party_id = reversals.party_of(session, deal_id=entry.deal_id, entry_id=entry_id)
    amount = reversals.size_of(session, entry, fund_id=fund_id)
    return may_now(session, Act.REVERSE, by=by, fund_id=fund_id, party_id=party_id, amount=amount)


def open_request(session: Session, *, entry_id: int, by: Actor) -> RequestLine | None:
    """Return the request for an entry's reversal that nobody has decided; None where there is none."""
    permit(Act.READ_BOOK, by=by)
    return next(iter(store.open_request_of(session, entry_id=entry_id)), None)


def open_requests_of_deal(session: Session, *, deal_id: UUID, by: Actor) -> tuple[RequestLine, ...]:
    """Return what is asked for on a deal and not decided, newest first. Refused: who stands outside."""
    permit(Act.READ_BOOK, by=by)
    return store.open_request_of(session, deal_id=deal_id)


def may_decide(session: Session, line: RequestLine, *, by: Actor) -> Permission:
    """Find whether a person may decide a request, with every reason against it."""
    return may_now(
        session,
        DECIDED_BY[line.kind],
        by=by,
        fund_id=line.fund_id,
        party_id=_party(session, line),
        deal_id=line.deal_id,
        prepared_by=(line.asked_by, line.asked_for),
        amount=line.amount,
        key="",
    )


def requests(
    session: Session, *, by: Actor, only_open: bool = False, after: int | None = None, limit: int = 50
) -> tuple[RequestLine, ...]:
    """Return requests newest first, at most ``limit`` before the number ``after``. Refused: who stands outside."""
    permit(Act.READ_BOOK, by=by)
    return store.requests(session, only_open=only_open, after=after, limit=max(1, min(limit, REQUESTS_PER_PAGE_MAX)))


def decided(session: Session, *, by: Actor, after: int | None = None, limit: int = 50) -> tuple[RequestLine, ...]:
    """Return the requests that are decided, newest first, before the number ``after``. Refused: who stands outside."""
    permit(Act.READ_BOOK, by=by)
    return store.decided(session, after=after, limit=max(1, min(limit, REQUESTS_PER_PAGE_MAX)))


def request_behind(session: Session, *, entry_id: int, by: Actor) -> RequestLine | None:
    """Return the request that an entry carried out; None where one person booked it. Refused: who stands outside."""
    permit(Act.READ_BOOK, by=by)
    return store.request_behind(session, entry_id)


def request_line(session: Session, *, request_id: int, by: Actor) -> RequestLine:
    """Return a request. Refused: who stands outside, an unknown one (``NotFound``)."""
    permit(Act.READ_BOOK, by=by)
    return store.request(session, request_id)


def _decide(session: Session, *, request_id: int, by: Actor, key: str | None = None) -> tuple[RequestLine, Actor]:
    """Return an open request and who decides it; with the ``key`` that books it, what they approved before counts."""
    permit(Act.READ_BOOK, by=by)
    line = _open(session, request_id)
    if line.deal_id is not None:
        deal_queries.lock_deal(session, line.deal_id)
    by = permitted(
        session,
        DECIDED_BY[line.kind],
        by=by,
        fund_id=line.fund_id,
        party_id=_party(session, line),
        deal_id=line.deal_id,
        prepared_by=(line.asked_by, line.asked_for),
        amount=line.amount,
        key=key,
    )
    return line, by


def _party(session: Session, line: RequestLine) -> UUID | None:
    return reversals.party_of(session, deal_id=line.deal_id, entry_id=line.entry_id)


def _open(session: Session, request_id: int) -> RequestLine:
    """Take a request for this transaction alone and return it, or refuse one that is decided."""
    authority_queries.lock(session, f"request {request_id}")
    line = store.request(session, request_id)
    if line.decision is not None:
        raise RequestDecided(request_id=request_id, decision=line.decision)
    return line


def _carry_out(session: Session, line: RequestLine, *, by: Actor, key: str) -> int:
    if line.kind is RequestKind.REVERSAL:
        assert line.entry_id is not None, "the database holds no other"
        return ledger.take_back(session, entry_id=line.entry_id, reason=line.reason, by=by, key=key, by_two=True)
    assert line.instrument_id is not None, "the database holds no other"
    assert line.effective_on is not None, "the database holds no other"
    instrument = instrument_queries.instrument_state(session, line.instrument_id)
    deal = deal_queries.lock_deal(session, instrument.deal_id)
    return pay_out_agreed(session, instrument, deal, asked=line.amount, effective_on=line.effective_on, by=by, key=key)


def _close(
    session: Session, line: RequestLine, decision: Decision, *, reason: str, by: Actor, entry_id: int | None = None
) -> None:
    store.add_decision(
        session,
        request_id=line.id,
        fund_id=line.fund_id,
        decision=decision,
        reason=reason,
        by=by,
        entry_id=entry_id,
    )
    act = ASKED_BY[line.kind] if decision is Decision.WITHDRAWN else DECIDED_BY[line.kind]
    said = {"request": line.id, "decision": decision, "asked_by": line.asked_by, "reason": reason, "entry": entry_id}
    audit.record(
        session,
        by=by,
        act=f"{'withdraw the request to ' if decision is Decision.WITHDRAWN else ''}{act}",
        subject_kind="request",
        subject=line.id,
        fund_id=line.fund_id,
        detail=said,
        before={"decision": "open"},
        after={"decision": decision, "entry": entry_id},
    )


def _reason(reason: str) -> str:
    if not reason.strip() or len(reason) > REASON_MAX:
        problem = Problem("reason", f"say why, in up to {REASON_MAX} characters")
        raise InputRefused([problem], subject="the request")
    return reason.strip()
