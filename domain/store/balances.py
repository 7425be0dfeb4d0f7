"""Reading balances: sums of postings as of a day, by booking or by value day, as known at a seal.

By booking day a balance is the one kept at the last closed period and what was booked after it. By value day it is the
one by booking day, with the postings whose value day lies on the other side of the day: those have an index of their
own. As known at a seal it is either what is known of these postings (a closing that was sealed by then is the ground),
or all of them less the few that are not known: whichever looks at fewer rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

LATER_FACTS_MAX = 20_000
"""With so many facts after a seal, adding up what is known costs less than taking off what is not."""

_KNOWN = """AND (CAST(:position AS bigint) IS NULL OR EXISTS (
                       SELECT FROM seal s WHERE s.fact_id = p.entry_id AND s.position <= :position))"""
_KNOWN_CLOSING = """AND EXISTS (SELECT FROM seal s WHERE s.fact_id = c.id AND s.position <= :position)"""
# A look at each posting's seal: as a join the planner would read all seals anew for every account.
_SEALED_BY_THEN = "AND (SELECT s.position FROM seal s WHERE s.fact_id = p.entry_id) <= :position"

_BY_BOOKING_DAY = """
    WITH closing AS MATERIALIZED (
        SELECT coalesce((SELECT c.period_end FROM period c WHERE c.fund_id = :fund_id AND c.period_end <= :as_of
                         {known_closing} ORDER BY c.period_end DESC LIMIT 1), '-infinity'::date) AS day)
    SELECT a.code, a.currency, (coalesce(kept.balance_minor, 0) + coalesce(moved.minor, 0) {plus})::bigint AS balance
    FROM account a
    CROSS JOIN closing
    LEFT JOIN balance_snapshot kept ON kept.account_id = a.id AND kept.period_end = closing.day
    CROSS JOIN LATERAL (
        SELECT sum(p.amount) AS minor FROM posting p
        WHERE p.account_id = a.id AND p.booked_on > closing.day AND p.booked_on <= :as_of {known}) moved
    {more}
    WHERE a.fund_id = :fund_id AND (CAST(:account AS text) IS NULL OR a.code = :account)
    ORDER BY a.code, a.currency"""

# What a value day moves across the day: booked later and effective by then, less booked by then and effective later.
# The span of an account's posting between its two days is written as the index has it, the account's number in it. The
# plain comparison of the account (old rows may have days so far off that they span the next one's numbers) is written
# with + 0, so that the planner does not read all postings of the account for it.
_SHIFTED = """CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN p.effective_on <= :as_of THEN p.amount ELSE -p.amount END), 0) AS minor
        FROM posting p WHERE p.account_id + 0 = a.id AND p.effective_on <> p.booked_on
          AND int8range(p.account_id * 10000000 + (LEAST(p.effective_on, p.booked_on) - '0001-01-01'::date),
                        p.account_id * 10000000 + (GREATEST(p.effective_on, p.booked_on) - '0001-01-01'::date))
              @> (a.id * 10000000 + (CAST(:as_of AS date) - '0001-01-01'::date)) {known}) shifted"""

# Entries that are not known at a position: sealed after it, or of transactions that the last sealing had to leave out.
_NOT_KNOWN = """LEFT JOIN (
        SELECT p.account_id, sum(p.amount) AS minor FROM posting p
        WHERE p.{by} <= :as_of AND p.entry_id IN (
            SELECT s.fact_id FROM seal s WHERE s.position > :position AND s.fact_kind = 'entry'
            UNION ALL
            SELECT e.id FROM entry e WHERE e.fund_id = :fund_id AND e.xid >= CAST(:horizon AS xid8)
                AND NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id))
        GROUP BY p.account_id) later ON later.account_id = a.id"""


def _statement(*, by: str, of: str) -> TextClause:
    """Put a statement together: by which day, and of all postings, of those known, or of all less the others."""
    known = _SEALED_BY_THEN if of == "known" else ""
    more, plus = "", ""
    if by == "effective_on":
        more, plus = _SHIFTED.format(known=known), "+ shifted.minor"
    if of == "less":
        more, plus = more + "\n    " + _NOT_KNOWN.format(by=by), plus + " - coalesce(later.minor, 0)"
    return text(
        _BY_BOOKING_DAY.format(known=known, known_closing=_KNOWN_CLOSING if of == "known" else "", more=more, plus=plus)
    )


_STATEMENTS = {
    (by, of): _statement(by=by, of=of) for by in ("booked_on", "effective_on") for of in ("all", "known", "less")
}


def balances(
    session: Session,
    *,
    fund_id: UUID,
    as_of: date,
    position: int | None = None,
    by: str = "booked_on",
    account: str | None = None,
) -> dict[tuple[str, str], int]:
    """Return each account's balance in minor units by (code, currency), as of a day by booking or value day.

    ``position`` cuts at what was known at a seal; None also counts what is not sealed yet. ``account`` asks for the
    accounts of one code only.
    """
    said = {"fund_id": fund_id, "as_of": as_of, "account": account}
    of = "all"
    if position is not None:
        horizon, head = session.execute(_HORIZON).one()
        of = "less" if head - position <= LATER_FACTS_MAX else "known"
        said |= {"position": position} | ({"horizon": horizon} if of == "less" else {})
    rows = session.execute(_STATEMENTS[by, of], said)
    return {(row.code, row.currency): row.balance for row in rows}


# In a cluster that the book was restored into and that has sealed nothing yet, every number may be unsealed.
_HORIZON = text(
    """SELECT CASE WHEN cluster = (SELECT system_identifier::text FROM pg_control_system()) THEN horizon ELSE '0' END,
              position FROM seal_horizon"""
)


def instrument_balances(
    session: Session,
    *,
    as_of: date,
    fund_id: UUID | None = None,
    instrument_ids: Sequence[UUID] | None = None,
    position: int | None = None,
    by: str = "booked_on",
) -> dict[tuple[UUID, str], int]:
    """Return what each account holds per instrument, in minor units by (instrument, code); zeros are left out."""
    assert by in ("booked_on", "effective_on"), "a balance is by booking or by value day"
    assert fund_id or instrument_ids is not None, "ask for a fund or for instruments"
    rows = session.execute(
        text(
            f"""SELECT p.instrument_id, a.code, sum(p.amount)::bigint AS balance
                FROM posting p JOIN account a ON a.id = p.account_id
                WHERE p.instrument_id IS NOT NULL AND p.{by} <= :as_of {_KNOWN}
                  AND (CAST(:fund_id AS uuid) IS NULL OR a.fund_id = :fund_id)
                  AND (CAST(:ids AS uuid[]) IS NULL OR p.instrument_id = ANY(CAST(:ids AS uuid[])))
                GROUP BY p.instrument_id, a.code HAVING sum(p.amount) <> 0"""
        ),
        {
            "as_of": as_of,
            "fund_id": fund_id,
            "ids": list(instrument_ids) if instrument_ids is not None else None,
            "position": position,
        },
    )
    return {(row.instrument_id, row.code): row.balance for row in rows}
