"""Locks and versions of what people edit: an edit rests on a version, and nobody else edits meanwhile."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


def lock_deal(session: Session, deal_id: UUID) -> int | None:
    """Lock a deal and return how many stages it has reached; None where there is none that this actor may edit."""
    found = session.execute(text("SELECT 1 FROM deal WHERE id = :id FOR UPDATE"), {"id": deal_id}).one_or_none()
    if found is None:
        return None
    return int(
        session.execute(text("SELECT count(*) FROM deal_stage WHERE deal_id = :id"), {"id": deal_id}).scalar_one()
    )


def lock_classification(session: Session, project_code: str) -> None:
    """Let nobody else classify the project until this transaction ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('classify ' || :code, 0))"), {"code": project_code}
    )


def deal_day(session: Session, deal_id: UUID) -> date | None:
    """Return the business day of a deal's fund; None where there is no deal that this actor may see."""
    day: date | None = session.execute(
        text("SELECT f.business_day FROM deal d JOIN fund f ON f.id = d.fund_id WHERE d.id = :id"), {"id": deal_id}
    ).scalar_one_or_none()
    return day


def instrument_state(session: Session, instrument_id: UUID) -> tuple[str, str, UUID] | None:
    """Return an instrument's currency, kind and deal; None where there is none that this actor may see."""
    row = session.execute(
        text("SELECT currency, kind, deal_id FROM instrument WHERE id = :id"), {"id": instrument_id}
    ).one_or_none()
    return (row.currency, row.kind, row.deal_id) if row else None


def covenant_state(session: Session, covenant_id: UUID) -> tuple[str, UUID] | None:
    """Return a covenant's code and deal; None where there is none that this actor may see."""
    row = session.execute(text("SELECT code, deal_id FROM covenant WHERE id = :id"), {"id": covenant_id}).one_or_none()
    return (row.code, row.deal_id) if row else None
