"""Reading balances: sums of postings as of a day, by booking or by value day, as known at a seal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_KNOWN = """AND (CAST(:position AS bigint) IS NULL OR EXISTS (
                       SELECT FROM seal s WHERE s.fact_id = p.entry_id AND s.position <= :position))"""


def balances(
    session: Session, *, fund_id: UUID, as_of: date, position: int | None = None, by: str = "booked_on"
) -> dict[tuple[str, str], int]:
    """Return each account's balance in minor units by (code, currency), as of a day by booking or value day.

    ``position`` cuts at what was known at a seal; None also counts what is not sealed yet.
    """
    assert by in ("booked_on", "effective_on"), "a balance is by booking or by value day"
    rows = session.execute(
        text(
            f"""SELECT a.code, a.currency, coalesce(sum(p.amount), 0)::bigint AS balance
                FROM account a LEFT JOIN posting p ON p.account_id = a.id AND p.{by} <= :as_of {_KNOWN}
                WHERE a.fund_id = :fund_id GROUP BY a.code, a.currency ORDER BY a.code, a.currency"""
        ),
        {"fund_id": fund_id, "as_of": as_of, "position": position},
    )
    return {(row.code, row.currency): row.balance for row in rows}


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
