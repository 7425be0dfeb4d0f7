"""Reading and writing funds: the fund itself, its missions and limits, what was paid in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from domain.errors import NotFound
from domain.limits import Limit, LimitBasis
from domain.money import Money
from domain.store.funds import FundRow


@dataclass(frozen=True, slots=True)
class ContributionLine:
    """Capital that a contributor paid in."""

    code: str
    contributor: str
    amount: Money
    received_on: date
    entry_id: int


def fund_by_code(session: Session, code: str) -> FundRow:
    """Return a fund by its code; else ``NotFound``."""
    row = session.exec(select(FundRow).where(FundRow.code == code).execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("fund", code)
    return row


def fund_by_id(session: Session, fund_id: UUID) -> FundRow:
    """Return a fund as it stands now; else ``NotFound``."""
    row = session.exec(select(FundRow).where(FundRow.id == fund_id).execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("fund", fund_id)
    return row


def funds(session: Session) -> tuple[FundRow, ...]:
    """Return all funds by code."""
    return tuple(session.exec(select(FundRow).order_by(col(FundRow.code))))


def name_missions(session: Session, *, fund_id: UUID, missions: Sequence[str]) -> None:
    """Write into a fund's mandate the missions of these codes; an unknown code is ``NotFound``."""
    for code in missions:
        named = session.execute(
            text(
                "INSERT INTO fund_mission (fund_id, mission_id) SELECT :fund_id, id FROM mission WHERE code = :code "
                "RETURNING mission_id"
            ),
            {"fund_id": fund_id, "code": code},
        ).first()
        if named is None:
            raise NotFound("mission", code)


def missions_of(session: Session, fund_id: UUID) -> tuple[str, ...]:
    """Return the codes of the missions that a fund's mandate names."""
    rows = session.execute(
        text(
            "SELECT m.code FROM fund_mission f JOIN mission m ON m.id = f.mission_id WHERE f.fund_id = :fund_id "
            "ORDER BY m.code"
        ),
        {"fund_id": fund_id},
    )
    return tuple(row.code for row in rows)


def limits_of(session: Session, fund_id: UUID) -> tuple[Limit, ...]:
    """Return every limit ever set for a fund, in the order in which they were set."""
    rows = session.execute(
        text(
            "SELECT basis, subject, amount_minor, valid_from, source FROM fund_limit WHERE fund_id = :fund_id "
            "ORDER BY id"
        ),
        {"fund_id": fund_id},
    )
    return tuple(Limit(LimitBasis(r.basis), r.subject, r.amount_minor, r.valid_from, r.source) for r in rows)


def contributions_of(session: Session, fund_id: UUID) -> tuple[ContributionLine, ...]:
    """Return what was paid into a fund, in order, without what was taken back."""
    rows = session.execute(
        text(
            """SELECT c.code, p.name, c.amount_minor, c.currency, c.received_on, c.entry_id FROM contribution c
               JOIN party p ON p.id = c.party_id WHERE c.fund_id = :fund_id
                 AND NOT EXISTS (SELECT FROM entry r WHERE r.reverses_id = c.entry_id)
               ORDER BY c.received_on, c.id"""
        ),
        {"fund_id": fund_id},
    )
    return tuple(
        ContributionLine(r.code, r.name, Money(r.amount_minor, r.currency), r.received_on, r.entry_id) for r in rows
    )


def contributor(session: Session, entry_id: int) -> UUID | None:
    """Return who paid in the contribution that an entry booked; None for an entry of another kind."""
    found = session.execute(text("SELECT party_id FROM contribution WHERE entry_id = :id"), {"id": entry_id})
    party_id: UUID | None = found.scalar_one_or_none()
    return party_id


def cash_movements(session: Session, fund: FundRow) -> list[tuple[date, int]]:
    """Return what moved a fund's cash in its own currency, by value day."""
    rows = session.execute(
        text(
            """SELECT p.effective_on, sum(p.amount)::bigint AS minor
               FROM posting p JOIN account a ON a.id = p.account_id
               WHERE a.fund_id = :fund_id AND a.code = 'cash' AND a.currency = :currency
               GROUP BY p.effective_on ORDER BY p.effective_on"""
        ),
        {"fund_id": fund.id, "currency": fund.currency},
    )
    return [(row.effective_on, row.minor) for row in rows]


def code_taken(session: Session, *, table: str, code: str) -> bool:
    """Return whether a code is used in one of the tables that have codes."""
    assert table in ("fund", "contribution", "deal", "instrument"), "a table with codes"
    found = session.execute(text(f"SELECT 1 FROM {table} WHERE code = :code"), {"code": code}).first()
    return found is not None
