"""Closing periods: the lock that keeps everybody else from posting, the closing itself, and the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor

BY_COMMAND = "a command; the audit names the machine's user"
"""Who closed a period that no person closed under their own name: no night closes one by itself."""


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A closed period. ``closed_by`` is a person's name, or says that it was a command, whose user the audit has.

    ``seal`` is the fund's seal number by which all of it was sealed; None for a moment only."""

    period_end: date
    closed_at: datetime
    closed_by: str
    seal: int | None


def hold(session: Session, *, fund_id: UUID) -> None:
    """Wait until nobody is posting into a fund, and keep others waiting until this transaction ends.

    Call it before the transaction writes anything: its closing is then younger than every entry in the period.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('period ' || :fund, 0))"), {"fund": fund_id})


def closed_to(session: Session, fund_id: UUID) -> date | None:
    """Return the last day of the last closed period; None where none is closed."""
    found: date | None = session.execute(
        text("SELECT max(period_end) FROM period WHERE fund_id = :fund"), {"fund": fund_id}
    ).scalar_one()
    return found


def own_transaction_is_too_old(session: Session, *, fund_id: UUID, period_end: date) -> bool:
    """Return whether somebody posted into the period after this transaction had written and before it held the lock.

    Seals go by the order of transactions: such an entry would be sealed after the closing.
    """
    return bool(
        session.execute(
            text(
                "SELECT EXISTS (SELECT FROM entry e WHERE e.fund_id = :fund AND e.booked_on <= :day "
                "AND e.xid > pg_current_xact_id_if_assigned() "
                "AND NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id))"
            ),
            {"fund": fund_id, "day": period_end},
        ).scalar_one()
    )


def unsealed_in(session: Session, *, fund_id: UUID, period_end: date) -> int:
    """Return how many entries booked by a day the sealing just before has left out: an older transaction still runs."""
    # The horizon comes first and by itself: a plan that does not know it would read every entry there is.
    horizon = session.execute(text("SELECT horizon FROM seal_horizon")).scalar_one()
    return int(
        session.execute(
            text(
                "SELECT count(*) FROM entry e WHERE e.fund_id = :fund AND e.booked_on <= :day "
                "AND e.xid >= CAST(:horizon AS xid8) "
                "AND NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id)"
            ),
            {"fund": fund_id, "day": period_end, "horizon": horizon},
        ).scalar_one()
    )


def add(session: Session, *, fund_id: UUID, period_end: date, closed_seal: int | None, by: Actor) -> None:
    """Close a period; the database writes the balance of every account in the same transaction."""
    session.execute(
        text("INSERT INTO period (fund_id, recorded_by, period_end, closed_seal) VALUES (:fund, :by, :day, :seal)"),
        {"fund": fund_id, "by": by.id, "day": period_end, "seal": closed_seal},
    )


def periods(session: Session, *, fund_id: UUID) -> tuple[PeriodLine, ...]:
    """Return a fund's closed periods, the last one first."""
    rows = session.execute(
        text(
            """SELECT p.period_end, p.recorded_at, coalesce(u.name, :command) AS name,
                      coalesce(p.closed_seal, s.number) AS seal
               FROM period p LEFT JOIN app_user u ON u.id = p.recorded_by LEFT JOIN seal s ON s.fact_id = p.id
               WHERE p.fund_id = :fund ORDER BY p.period_end DESC"""
        ),
        {"fund": fund_id, "command": BY_COMMAND},
    )
    return tuple(PeriodLine(row.period_end, row.recorded_at, row.name, row.seal) for row in rows)
