"""Reading a whole fund's ledger in the order of its days, for a program that adds it all up again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

ENTRIES_AT_ONCE = 2_000

_ENTRIES = """SELECT e.id, e.kind, e.reason, e.source_ref, e.booked_on, e.effective_on, e.reverses_id, s.number AS seal,
              d.code AS deal, y.name AS investee, p.codes, p.currencies, p.amounts, p.instruments
       FROM entry e JOIN seal s ON s.fact_id = e.id AND s.position <= :position
       LEFT JOIN deal d ON d.id = e.deal_id LEFT JOIN party y ON y.id = d.investee_id
       CROSS JOIN LATERAL (
           SELECT array_agg(a.code ORDER BY q.line) AS codes, array_agg(q.currency::text ORDER BY q.line) AS currencies,
                  array_agg(q.amount ORDER BY q.line) AS amounts, array_agg(i.code ORDER BY q.line) AS instruments
           FROM posting q JOIN account a ON a.id = q.account_id LEFT JOIN instrument i ON i.id = q.instrument_id
           WHERE q.entry_id = e.id) p
       WHERE e.fund_id = :fund_id AND e.booked_on BETWEEN :first AND :as_of {beyond}
       ORDER BY e.booked_on, e.id LIMIT :limit"""

_DAYS = text(
    """SELECT min(e.booked_on) AS first, max(e.booked_on) AS last FROM entry e
       WHERE e.fund_id = :fund_id AND e.booked_on <= :as_of
         AND EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id AND s.position <= :position)
       GROUP BY date_trunc('month', e.booked_on) ORDER BY min(e.booked_on)"""
)


@dataclass(frozen=True, slots=True)
class ExportedPosting:
    """A line of an entry, debit above zero, in minor units."""

    code: str
    currency: str
    minor: int
    instrument: str | None


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """An entry with its postings, and in words what it belongs to."""

    id: int
    kind: str
    reason: str
    source_ref: str
    booked_on: date
    effective_on: date
    reverses_id: int | None
    seal: int
    deal: str | None
    investee: str | None
    postings: tuple[ExportedPosting, ...]


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """A place in the order of bookings: after which day and entry to go on."""

    day: date
    entry_id: int


def exported_entries(
    session: Session,
    *,
    fund_id: UUID,
    as_of: date,
    position: int,
    first: date = date.min,
    after: EntryPlace | None = None,
    limit: int | None = None,
) -> Iterator[ExportedEntry]:
    """Yield the entries booked from a day to a day and known at a position, by booking day, some thousands at once."""
    beyond = "AND (e.booked_on, e.id) > (:day, :entry_id)" if after else ""
    place = {"day": after.day, "entry_id": after.entry_id} if after else {}
    rows = (
        session.connection()
        .execution_options(stream_results=limit is None, yield_per=ENTRIES_AT_ONCE)
        .execute(
            text(_ENTRIES.format(beyond=beyond)),
            {"fund_id": fund_id, "first": first, "as_of": as_of, "position": position, "limit": limit, **place},
        )
    )
    for row in rows:
        lines = zip(row.codes, row.currencies, row.amounts, row.instruments, strict=True)
        yield ExportedEntry(
            row.id, row.kind, row.reason, row.source_ref, row.booked_on, row.effective_on, row.reverses_id, row.seal,
            row.deal, row.investee, tuple(ExportedPosting(*one) for one in lines),
        )  # fmt: skip


def count_of_entries(session: Session, *, fund_id: UUID, first: date, as_of: date, position: int) -> int:
    """Return how many entries are booked from a day to a day and known at a position."""
    count: int = session.execute(
        text(
            """SELECT count(*) FROM entry e WHERE e.fund_id = :fund_id AND e.booked_on BETWEEN :first AND :as_of
                 AND EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id AND s.position <= :position)"""
        ),
        {"fund_id": fund_id, "first": first, "as_of": as_of, "position": position},
    ).scalar_one()
    return count


def booked_months(session: Session, *, fund_id: UUID, as_of: date, position: int) -> tuple[tuple[date, date], ...]:
    """Return the first and the last day on which anything was booked, for each month that has such days."""
    rows = session.execute(_DAYS, {"fund_id": fund_id, "as_of": as_of, "position": position})
    return tuple((row.first, row.last) for row in rows)
