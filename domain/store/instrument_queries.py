"""Reading instruments: their terms, what was booked on them, by which key; and writing many entries at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor
from domain.deals import InstrumentKind
from domain.errors import NotFound
from domain.ledger import Entry
from domain.store import ledger

_KIND = "coalesce(r.kind, e.kind)"
"""An entry's kind, or the kind of the entry that it takes back: so that a reversal counts against the original."""


@dataclass(frozen=True, slots=True)
class InstrumentState:
    """An instrument with the last version of its terms, as they are stored."""

    id: UUID
    code: str
    kind: InstrumentKind
    deal_id: UUID
    fund_id: UUID
    currency: str
    accrues: bool
    version: int
    valid_from: date
    commitment_minor: int
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """What an entry booked, in minor units by account: what a repeated request is compared with."""

    id: int
    kind: str
    reason: str
    source_ref: str
    booked_on: date
    effective_on: date
    instrument_id: UUID | None
    by_account: Mapping[str, int]


_INSTRUMENT = """SELECT i.id, i.code, i.kind, i.deal_id, d.fund_id, i.currency, i.accrues, t.version, t.valid_from,
           t.commitment_minor, t.terms
    FROM instrument i JOIN deal d ON d.id = i.deal_id
    JOIN LATERAL (SELECT * FROM instrument_terms WHERE instrument_id = i.id ORDER BY version DESC LIMIT 1) t ON true"""


def instrument_state(session: Session, instrument_id: UUID) -> InstrumentState:
    """Return an instrument with its terms; else ``NotFound``."""
    row = session.execute(text(f"{_INSTRUMENT} WHERE i.id = :id"), {"id": instrument_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("instrument", instrument_id)
    return _instrument(row)


def instrument_id_by_code(session: Session, code: str) -> UUID:
    """Return an instrument's id by its code; else ``NotFound``."""
    row = session.execute(text("SELECT id FROM instrument WHERE code = :code"), {"code": code}).one_or_none()
    if row is None:
        raise NotFound("instrument", code)
    instrument_id: UUID = row.id
    return instrument_id


def instruments_of(session: Session, deal_ids: Sequence[UUID]) -> tuple[InstrumentState, ...]:
    """Return the instruments of some deals, by code."""
    rows = session.execute(text(f"{_INSTRUMENT} WHERE i.deal_id = ANY(:ids) ORDER BY i.code"), {"ids": list(deal_ids)})
    return tuple(_instrument(row) for row in rows.mappings())


def accruing_loans(
    session: Session, *, fund_id: UUID | None = None, deal_id: UUID | None = None
) -> tuple[InstrumentState, ...]:
    """Return the loans of a fund, of a deal or of all that accrue interest by their terms, by code."""
    rows = session.execute(
        text(
            f"""{_INSTRUMENT} WHERE i.kind = 'loan' AND i.accrues
                AND (CAST(:fund_id AS uuid) IS NULL OR d.fund_id = :fund_id)
                AND (CAST(:deal_id AS uuid) IS NULL OR d.id = :deal_id) ORDER BY i.code"""
        ),
        {"fund_id": fund_id, "deal_id": deal_id},
    )
    return tuple(_instrument(row) for row in rows.mappings())


def _instrument(row: Mapping[Any, Any]) -> InstrumentState:
    return InstrumentState(**{**row, "kind": InstrumentKind(row["kind"])})


def booked_sums(
    session: Session, *, instrument_ids: Sequence[UUID], as_of: date = date.max
) -> dict[UUID, dict[tuple[str, str], int]]:
    """Return per instrument what was booked up to a day, in minor units by (kind of entry, account).

    A reversal counts under the kind of what it takes back.
    """
    rows = session.execute(
        text(
            f"""SELECT p.instrument_id, {_KIND} AS kind, a.code, sum(p.amount)::bigint AS minor
                FROM posting p JOIN entry e ON e.id = p.entry_id JOIN account a ON a.id = p.account_id
                LEFT JOIN entry r ON r.id = e.reverses_id
                WHERE p.instrument_id = ANY(:ids) AND p.booked_on <= :as_of
                GROUP BY p.instrument_id, {_KIND}, a.code"""
        ),
        {"ids": list(instrument_ids), "as_of": as_of},
    )
    sums: dict[UUID, dict[tuple[str, str], int]] = {instrument_id: {} for instrument_id in instrument_ids}
    for row in rows:
        sums[row.instrument_id][row.kind, row.code] = row.minor
    return sums


def movements(
    session: Session, *, instrument_ids: Sequence[UUID], account: str, kind: str | None = None
) -> dict[UUID, list[tuple[date, int]]]:
    """Return per instrument what moved on an account: (value day, minor units), in order of days.

    ``kind`` narrows to one kind of entry, reversals counted against it; what sums to nothing on a day is left out.
    """
    rows = session.execute(
        text(
            f"""SELECT p.instrument_id, p.effective_on, sum(p.amount)::bigint AS minor
                FROM posting p JOIN entry e ON e.id = p.entry_id JOIN account a ON a.id = p.account_id
                LEFT JOIN entry r ON r.id = e.reverses_id
                WHERE p.instrument_id = ANY(:ids) AND a.code = :account
                  AND (CAST(:kind AS text) IS NULL OR {_KIND} = :kind)
                GROUP BY p.instrument_id, p.effective_on HAVING sum(p.amount) <> 0
                ORDER BY p.instrument_id, p.effective_on"""
        ),
        {"ids": list(instrument_ids), "account": account, "kind": kind},
    )
    moved: dict[UUID, list[tuple[date, int]]] = {instrument_id: [] for instrument_id in instrument_ids}
    for row in rows:
        moved[row.instrument_id].append((row.effective_on, row.minor))
    return moved


_STANDS = "NOT EXISTS (SELECT FROM entry b WHERE b.reverses_id = v.entry_id)"
"""A statement of revenue stands unless the entry that it brought about was taken back."""


def revenue_periods(session: Session, instrument_id: UUID) -> list[tuple[date, date]]:
    """Return the periods for which revenue was stated, in order; a statement whose entry is reversed does not count."""
    rows = session.execute(
        text(
            f"SELECT period_start, period_end FROM revenue_statement v WHERE instrument_id = :id AND {_STANDS} "
            "ORDER BY period_start"
        ),
        {"id": instrument_id},
    )
    return [(row.period_start, row.period_end) for row in rows]


def revenue_stated(session: Session, *, instrument_id: UUID, period_end: date) -> tuple[date, int, int | None] | None:
    """Return what was stated for a period (its start, revenue in minor units, the entry), None if nothing stands."""
    row = session.execute(
        text(
            "SELECT period_start, revenue_minor, entry_id FROM revenue_statement v WHERE instrument_id = :id "
            f"AND period_end = :period_end AND {_STANDS}"
        ),
        {"id": instrument_id, "period_end": period_end},
    ).one_or_none()
    return None if row is None else (row.period_start, row.revenue_minor, row.entry_id)


def revenue_version(session: Session, *, instrument_id: UUID, period_end: date) -> int | None:
    """Return the version of the next statement for a period: None for the first one, then 2, 3 and so on."""
    count: int = session.execute(
        text("SELECT count(*) FROM revenue_statement WHERE instrument_id = :id AND period_end = :period_end"),
        {"id": instrument_id, "period_end": period_end},
    ).scalar_one()
    return count + 1 if count else None


def revenue_of_entry(session: Session, entry_id: int) -> tuple[UUID, date, date, int] | None:
    """Return the statement that brought an entry about: instrument, period, revenue in minor units; None if none."""
    row = session.execute(
        text(
            "SELECT instrument_id, period_start, period_end, revenue_minor FROM revenue_statement "
            "WHERE entry_id = :entry_id"
        ),
        {"entry_id": entry_id},
    ).one_or_none()
    return None if row is None else (row.instrument_id, row.period_start, row.period_end, row.revenue_minor)


def scope_of(by: Actor) -> str:
    """Return the scope in which an actor's keys are used once."""
    return str(by.id) if by.id else by.name


def entry_by_key(session: Session, *, by: Actor, key: str) -> BookedEntry | None:
    """Return what an actor booked by a key, None if nothing was."""
    rows = (
        session.execute(
            text(
                "SELECT e.id, e.kind, e.reason, e.source_ref, e.booked_on, e.effective_on, p.instrument_id, a.code, "
                "p.amount FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id "
                "WHERE e.actor_scope = :scope AND e.idem_key = :key ORDER BY p.line"
            ),
            {"scope": scope_of(by), "key": key},
        )
        .mappings()
        .all()
    )
    if not rows:
        return None
    first = rows[0]
    names = ("id", "kind", "reason", "source_ref", "booked_on", "effective_on", "instrument_id")
    by_account: dict[str, int] = {}
    for row in rows:
        by_account[row["code"]] = by_account.get(row["code"], 0) + row["amount"]
    return BookedEntry(**{name: first[name] for name in names}, by_account=by_account)


_POST_MANY = text(
    """WITH said AS (
           SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:hashes AS bytea[]), CAST(:reasons AS text[]),
                                CAST(:deals AS uuid[]), CAST(:counts AS int[]))
                AS s (key, body_hash, reason, deal_id, posting_count)),
       header AS (
           INSERT INTO entry (fund_id, recorded_by, actor_scope, idem_key, body_hash, kind, reason, deal_id, booked_on,
                              effective_on, posting_count)
           SELECT :fund_id, :recorded_by, :scope, said.key, said.body_hash, :kind, said.reason, said.deal_id,
                  :booked_on, :effective_on, said.posting_count FROM said
           ON CONFLICT ON CONSTRAINT entry_key_is_used_once DO NOTHING
           RETURNING id, idem_key),
       lines AS (
           INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount, instrument_id)
           SELECT header.id, p.line, p.account_id, p.currency, :booked_on, :effective_on, p.amount, p.instrument_id
           FROM unnest(CAST(:line_keys AS text[]), CAST(:lines AS int[]), CAST(:accounts AS bigint[]),
                       CAST(:currencies AS text[]), CAST(:amounts AS bigint[]), CAST(:instruments AS uuid[]))
                AS p (key, line, account_id, currency, amount, instrument_id)
           JOIN header ON header.idem_key = p.key)
       SELECT count(*) FROM header"""
)


def post_many(session: Session, entries: Sequence[tuple[str, Entry]], *, fund_id: UUID, by: Actor) -> int:
    """Append entries (each with its key) of one kind and one pair of days in one statement; return how many were new.

    A key that was used before is passed over: for the night, whose keys name what they book.
    """
    if not entries:
        return 0
    numbers = ledger.account_ids(session, fund_id)
    kinds = {(entry.kind, entry.booked_on, entry.effective_on) for _, entry in entries}
    assert len(kinds) == 1, "entries of one kind and one pair of days"
    kind, booked_on, effective_on = kinds.pop()
    lines = [(key, line, p) for key, entry in entries for line, p in enumerate(entry.postings, start=1)]
    done = session.execute(
        _POST_MANY,
        {
            "fund_id": fund_id,
            "recorded_by": by.id,
            "scope": scope_of(by),
            "kind": kind,
            "booked_on": booked_on,
            "effective_on": effective_on,
            "keys": [key for key, _ in entries],
            "hashes": [ledger.body_hash(entry) for _, entry in entries],
            "reasons": [entry.reason for _, entry in entries],
            "deals": [entry.deal_id for _, entry in entries],
            "counts": [len(entry.postings) for _, entry in entries],
            "line_keys": [key for key, _, _ in lines],
            "lines": [line for _, line, _ in lines],
            "accounts": [numbers[p.code, p.currency] for _, _, p in lines],
            "currencies": [p.currency for _, _, p in lines],
            "amounts": [p.amount_minor for _, _, p in lines],
            "instruments": [p.instrument_id for _, _, p in lines],
        },
    )
    return int(done.scalar_one())
