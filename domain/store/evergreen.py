"""Reading what the evergreen rule folds: a fund's sealed entries in the order of their seals."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.evergreen import FundMovement
from domain.store.impact import IN_FORCE

_MOVEMENTS = text(
    """SELECT e.id, e.booked_on, e.kind IN ('opening_position', 'statement_movement') AS taken_over, e.reverses_id,
              e.kind = 'conversion' AS converted,
              c.code AS contribution, m.cash, m.invested, d.code AS deal, s.number AS seal
       FROM (SELECT p.entry_id, min(p.instrument_id::text)::uuid AS instrument_id,
                    coalesce(sum(p.amount) FILTER (WHERE a.code IN ('cash', 'currency_position')), 0)::bigint AS cash,
                    coalesce(sum(p.amount) FILTER (WHERE a.code NOT IN ('cash', 'currency_position')), 0)::bigint
                        AS invested
             FROM posting p JOIN account a ON a.id = p.account_id
             WHERE a.fund_id = :fund_id AND a.currency = :currency
               AND a.code IN ('cash', 'currency_position', 'loan_principal', 'equity_at_cost', 'royalty_at_cost')
             GROUP BY p.entry_id) m
       JOIN entry e ON e.id = m.entry_id
       JOIN seal s ON s.fact_id = e.id
       LEFT JOIN contribution c ON c.entry_id = e.id
       LEFT JOIN instrument i ON i.id = m.instrument_id
       LEFT JOIN deal d ON d.id = coalesce(e.deal_id, i.deal_id)
       WHERE s.position <= :position AND (m.cash <> 0 OR m.invested <> 0)
       ORDER BY s.position"""
)

_CONTRIBUTORS = text(
    """SELECT c.code, p.name FROM contribution c JOIN entry e ON e.id = c.entry_id JOIN party p ON p.id = c.party_id
       WHERE e.fund_id = :fund_id ORDER BY c.code"""
)

_BALANCES = text(
    f"""WITH {IN_FORCE}
       SELECT coalesce(sum(p.amount) FILTER (WHERE a.code = 'cash'), 0)::bigint AS cash,
              coalesce(sum(p.amount) FILTER (WHERE a.code = 'currency_position'), 0)::bigint AS converted,
              coalesce(sum(p.amount) FILTER (WHERE a.code = 'commitments_undrawn'
                                             AND i.deal_id IN (SELECT id FROM in_force)), 0)::bigint AS undrawn
       FROM posting p JOIN account a ON a.id = p.account_id LEFT JOIN instrument i ON i.id = p.instrument_id
       WHERE a.fund_id = :fund_id AND a.currency = :currency
         AND a.code IN ('cash', 'currency_position', 'commitments_undrawn')
         AND p.booked_on <= :as_of
         AND EXISTS (SELECT FROM seal s WHERE s.fact_id = p.entry_id AND s.position <= :position)"""
)


def movements(session: Session, *, fund_id: UUID, currency: str, position: int) -> list[FundMovement]:
    """Return what each entry known at a position does to the fund's cash and investments, in seal order.

    Only entries that move either are there: a commitment or an accrual moves neither.
    """
    rows = session.execute(_MOVEMENTS, {"fund_id": fund_id, "currency": currency, "position": position})
    return [
        FundMovement(
            entry_id=row.id,
            booked_on=row.booked_on,
            cash_minor=row.cash,
            invested_minor=row.invested,
            deal=row.deal,
            contribution=row.contribution,
            reverses_id=row.reverses_id,
            taken_over=row.taken_over,
            converted=row.converted,
            seal=row.seal,
        )
        for row in rows
    ]


def cash_and_undrawn(
    session: Session, *, fund_id: UUID, currency: str, as_of: date, position: int
) -> tuple[int, int, int]:
    """Return the ledger's own balances of cash, of what is signed and not yet drawn, and of what was converted away.

    Converted money stands at what it had cost, in the fund's own currency like the others.
    What a statement tells of deals that are approved and not signed is no commitment of the fund yet.
    """
    row = session.execute(
        _BALANCES, {"fund_id": fund_id, "currency": currency, "as_of": as_of, "position": position}
    ).one()
    return row.cash, row.undrawn, row.converted


def contributors(session: Session, *, fund_id: UUID) -> dict[str, str]:
    """Return who paid in each contribution, by its code."""
    return {row.code: row.name for row in session.execute(_CONTRIBUTORS, {"fund_id": fund_id})}
