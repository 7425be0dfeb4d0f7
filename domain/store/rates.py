"""Rates of exchange as facts, and the position accounts of a fund's other currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor
from domain.currencies import Rate


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate as it was recorded; ``corrected`` tells that a later fact for the same day holds instead."""

    rate: Rate
    recorded_at: datetime
    recorded_by: str
    corrected: bool


_RATE_ON = text(
    """SELECT r.currency, r.base, r.units, r.quoted_on, r.source FROM exchange_rate r
       WHERE r.fund_id = :fund_id AND r.currency = :currency AND r.quoted_on <= :on
         AND (CAST(:position AS bigint) IS NULL OR EXISTS (
              SELECT FROM seal s WHERE s.fact_id = r.id AND s.position <= :position))
       ORDER BY r.quoted_on DESC, r.id DESC LIMIT 1"""
)

_RATES = text(
    """SELECT r.currency, r.base, r.units, r.quoted_on, r.source, r.recorded_at, coalesce(u.name, 'programme') AS name,
              EXISTS (SELECT FROM exchange_rate o WHERE o.fund_id = r.fund_id AND o.currency = r.currency
                      AND o.quoted_on = r.quoted_on AND o.id > r.id) AS corrected
       FROM exchange_rate r LEFT JOIN app_user u ON u.id = r.recorded_by
       WHERE r.fund_id = :fund_id ORDER BY r.quoted_on DESC, r.currency, r.id DESC LIMIT :limit"""
)


def rate_on(session: Session, *, fund_id: UUID, currency: str, on: date, position: int | None = None) -> Rate | None:
    """Return the rate that holds on a day: of the last day not after it that has one, the fact recorded last.

    ``position`` cuts at what was known at a seal; None also counts what is not sealed yet. None where none is known.
    """
    row = session.execute(
        _RATE_ON, {"fund_id": fund_id, "currency": currency, "on": on, "position": position}
    ).one_or_none()
    return None if row is None else Rate(row.currency, row.base, row.units, row.quoted_on, row.source)


def recorded_by(session: Session, rate: Rate, *, fund_id: UUID) -> UUID | None:
    """Return who recorded a rate that holds; None for the programme."""
    return session.execute(
        text(
            """SELECT recorded_by FROM exchange_rate
               WHERE fund_id = :fund_id AND currency = :currency AND quoted_on = :on ORDER BY id DESC LIMIT 1"""
        ),
        {"fund_id": fund_id, "currency": rate.currency, "on": rate.on},
    ).scalar_one_or_none()


def add_rate(session: Session, rate: Rate, *, fund_id: UUID, by: Actor) -> None:
    """Append a rate; an earlier one for the same day stays on record and holds no more."""
    session.execute(
        text(
            "INSERT INTO exchange_rate (fund_id, recorded_by, currency, base, units, quoted_on, source) "
            "VALUES (:fund, :by, :currency, :base, :units, :on, :source)"
        ),
        {
            "fund": fund_id,
            "by": by.id,
            "currency": rate.currency,
            "base": rate.base,
            "units": Decimal(rate.units),
            "on": rate.on,
            "source": rate.source,
        },
    )


def rates(session: Session, *, fund_id: UUID, limit: int) -> tuple[RateLine, ...]:
    """Return the rates recorded for a fund, the latest day first."""
    return tuple(
        RateLine(Rate(row.currency, row.base, row.units, row.quoted_on, row.source), row.recorded_at, row.name,
                 row.corrected)
        for row in session.execute(_RATES, {"fund_id": fund_id, "limit": limit})
    )  # fmt: skip


def currencies(session: Session, *, fund_id: UUID) -> Sequence[str]:
    """Return the currencies that a fund's cash is kept in, by code."""
    return (
        session.execute(
            text("SELECT currency FROM account WHERE fund_id = :f AND code = 'cash' ORDER BY currency"), {"f": fund_id}
        )
        .scalars()
        .all()
    )


def lock_position(session: Session, *, fund_id: UUID, currency: str) -> None:
    """Let one conversion of a currency after the other go through: each rests on the cost that the last one left."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('position ' || :fund || :currency, 0))"),
        {"fund": fund_id, "currency": currency},
    )


_OWN_SIDES = text(
    """SELECT other.currency,
              coalesce(sum(p.amount) FILTER (WHERE a.code = 'currency_position'), 0)::bigint AS cost,
              coalesce(sum(p.amount) FILTER (WHERE a.code = 'currency_result'), 0)::bigint AS result
       FROM (SELECT p.entry_id, min(a.currency) AS currency FROM posting p JOIN account a ON a.id = p.account_id
             WHERE a.fund_id = :fund_id AND a.code = 'currency_position' AND a.currency <> :base
               AND p.booked_on <= :as_of
               AND (CAST(:position AS bigint) IS NULL OR EXISTS (
                    SELECT FROM seal s WHERE s.fact_id = p.entry_id AND s.position <= :position))
             GROUP BY p.entry_id) other
       JOIN posting p ON p.entry_id = other.entry_id JOIN account a ON a.id = p.account_id
       WHERE a.currency = :base GROUP BY other.currency"""
)


def own_sides(
    session: Session, *, fund_id: UUID, base: str, as_of: date, position: int | None
) -> list[tuple[str, int, int]]:
    """Return of each other currency what its conversions did in the fund's own: cost held, and result (credit below).

    The position account in the fund's own currency is one for all others, so it is told apart by the entries.
    """
    rows = session.execute(_OWN_SIDES, {"fund_id": fund_id, "base": base, "as_of": as_of, "position": position})
    return [(row.currency, row.cost, row.result) for row in rows]
