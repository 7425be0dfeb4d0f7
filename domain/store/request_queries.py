"""Reading and writing what two people do: requests, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor
from domain.errors import NotFound
from domain.money import Money
from domain.requests import Decision, RequestKind
from domain.store.authority import RequestDecisionRow, RequestRow


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request: what is asked, by whom (and for whom), why; ``decision`` is None while it is open.

    ``amount`` is what is to be paid out, or what the entry to be taken back had moved.
    """

    id: int
    kind: RequestKind
    fund_id: UUID
    fund: str
    deal_id: UUID | None
    deal: str | None
    entry_id: int | None
    entry_kind: str | None
    instrument_id: UUID | None
    instrument: str | None
    amount: Money
    effective_on: date | None
    reason: str
    asked_at: datetime
    asked_by: UUID
    asked_for: UUID | None
    asker: str
    decision: Decision | None
    decided_at: datetime | None
    decider: str
    answer: str
    made_entry_id: int | None


_REQUESTS = """SELECT q.id, q.kind, q.fund_id, f.code AS fund, f.currency AS fund_currency, q.deal_id, d.code AS deal,
       q.entry_id, e.kind AS entry_kind, q.instrument_id, i.code AS instrument,
       coalesce(q.amount_minor, m.minor, 0)::bigint AS minor, coalesce(i.currency, m.currency, f.currency) AS currency,
       coalesce(q.effective_on, e.effective_on) AS effective_on, q.reason, q.recorded_at AS asked_at,
       q.recorded_by AS asked_by, q.recorded_for AS asked_for,
       u.name || coalesce(' for ' || l.name, '') AS asker, x.decision, x.recorded_at AS decided_at,
       coalesce(w.name || coalesce(' for ' || y.name, ''), '') AS decider, coalesce(x.reason, '') AS answer,
       x.entry_id AS made_entry_id
    FROM request q JOIN fund f ON f.id = q.fund_id LEFT JOIN deal d ON d.id = q.deal_id
    LEFT JOIN entry e ON e.id = q.entry_id LEFT JOIN instrument i ON i.id = q.instrument_id
    LEFT JOIN LATERAL (SELECT sum(p.amount) AS minor, min(p.currency) AS currency FROM posting p
                       WHERE p.entry_id = q.entry_id AND p.amount > 0) m ON true
    JOIN app_user u ON u.id = q.recorded_by LEFT JOIN app_user l ON l.id = q.recorded_for
    LEFT JOIN request_decision x ON x.request_id = q.id
    LEFT JOIN app_user w ON w.id = x.recorded_by LEFT JOIN app_user y ON y.id = x.recorded_for"""


def request(session: Session, request_id: int) -> RequestLine:
    """Return a request as it stands; else ``NotFound``."""
    found = _lines(session, "q.id = :id", id=request_id, limit=1)
    if not found:
        raise NotFound("request", request_id)
    return found[0]


def requests(
    session: Session, *, only_open: bool, after: int | None = None, limit: int = 50
) -> tuple[RequestLine, ...]:
    """Return requests newest first, before the number ``after``."""
    condition = "(CAST(:after AS bigint) IS NULL OR q.id < :after) AND (NOT :only_open OR x.id IS NULL)"
    return _lines(session, condition, after=after, only_open=only_open, limit=limit)


def decided(session: Session, *, after: int | None = None, limit: int = 50) -> tuple[RequestLine, ...]:
    """Return the requests that are decided, newest first, before the number ``after``."""
    condition = "x.id IS NOT NULL AND (CAST(:after AS bigint) IS NULL OR q.id < :after)"
    return _lines(session, condition, after=after, limit=limit)


def request_behind(session: Session, entry_id: int) -> RequestLine | None:
    """Return the request that an entry carried out; None where one person booked it."""
    found = _lines(session, "x.entry_id = CAST(:entry_id AS bigint)", entry_id=entry_id, limit=1)
    return found[0] if found else None


def open_request_of(
    session: Session, *, entry_id: int | None = None, instrument_id: UUID | None = None, deal_id: UUID | None = None
) -> tuple[RequestLine, ...]:
    """Return the open requests about an entry, an instrument or a deal, newest first."""
    condition = """x.id IS NULL AND (q.entry_id = CAST(:entry_id AS bigint)
                   OR q.instrument_id = CAST(:instrument_id AS uuid) OR q.deal_id = CAST(:deal_id AS uuid))"""
    return _lines(session, condition, entry_id=entry_id, instrument_id=instrument_id, deal_id=deal_id, limit=100)


def is_reversed(session: Session, entry_id: int) -> bool:
    """Return whether an entry has been taken back."""
    found = session.execute(text("SELECT EXISTS (SELECT FROM entry WHERE reverses_id = :id)"), {"id": entry_id})
    return bool(found.scalar_one())


def _lines(session: Session, condition: str, **given: object) -> tuple[RequestLine, ...]:
    rows = session.execute(text(f"{_REQUESTS} WHERE {condition} ORDER BY q.id DESC LIMIT :limit"), given).mappings()
    lines = []
    for row in rows:
        said = dict(row)
        del said["fund_currency"]
        said["amount"] = Money(said.pop("minor"), said.pop("currency"))
        said["kind"] = RequestKind(said["kind"])
        said["decision"] = Decision(said["decision"]) if said["decision"] else None
        lines.append(RequestLine(**said))
    return tuple(lines)


def add_request(
    session: Session,
    *,
    kind: RequestKind,
    fund_id: UUID,
    deal_id: UUID | None,
    reason: str,
    by: Actor,
    entry_id: int | None = None,
    instrument_id: UUID | None = None,
    amount_minor: int | None = None,
    effective_on: date | None = None,
) -> int:
    """Write down what is asked for; return the request's number."""
    row = RequestRow(
        kind=str(kind),
        fund_id=fund_id,
        deal_id=deal_id,
        entry_id=entry_id,
        instrument_id=instrument_id,
        amount_minor=amount_minor,
        effective_on=effective_on,
        reason=reason,
        recorded_by=by.id,
        recorded_for=by.acting_for.id if by.acting_for else None,
    )
    session.add(row)
    session.flush()
    assert row.id is not None, "a row that was written has its number"
    return row.id


def add_decision(
    session: Session,
    *,
    request_id: int,
    fund_id: UUID,
    decision: Decision,
    reason: str,
    by: Actor,
    entry_id: int | None = None,
) -> None:
    """Write down what became of a request."""
    session.add(
        RequestDecisionRow(
            request_id=request_id,
            fund_id=fund_id,
            decision=str(decision),
            reason=reason,
            entry_id=entry_id,
            recorded_by=by.id,
            recorded_for=by.acting_for.id if by.acting_for else None,
        )
    )
    session.flush()
