"""Reading and writing parties."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import Session


def add_party(
    session: Session, *, party_id: UUID, code: str, name: str, kind: str, country: str, group_code: str
) -> bool:
    """Add a party; False where the code is taken."""
    added = session.execute(
        text(
            """INSERT INTO party (id, code, name, kind, country, group_code)
               VALUES (:id, :code, :name, :kind, :country, :group_code) ON CONFLICT (code) DO NOTHING RETURNING 1"""
        ),
        {"id": party_id, "code": code, "name": name, "kind": kind, "country": country, "group_code": group_code},
    )
    return added.scalar_one_or_none() is not None


def party_page(
    session: Session, *, search: str | None, kind: str | None, after: str | None, limit: int
) -> list[RowMapping]:
    """Return parties by code, after a code; ``search`` looks into code and name."""
    rows = session.execute(
        text(
            """SELECT id, code, name, kind, country, group_code FROM party
               WHERE (CAST(:after AS text) IS NULL OR code > :after)
                 AND (CAST(:kind AS text) IS NULL OR kind = :kind)
                 AND (CAST(:search AS text) IS NULL OR position(lower(:search) IN lower(code || ' ' || name)) > 0)
               ORDER BY code LIMIT :limit"""
        ),
        {"after": after, "kind": kind, "search": search, "limit": limit},
    )
    return list(rows.mappings())


def party(session: Session, *, party_id: UUID | None = None, code: str | None = None) -> RowMapping | None:
    """Return one party by id or by code; None where there is none that this actor may see."""
    return (
        session.execute(
            text(
                """SELECT id, code, name, kind, country, group_code FROM party
                   WHERE id = CAST(:id AS uuid) OR code = :code"""
            ),
            {"id": party_id, "code": code},
        )
        .mappings()
        .one_or_none()
    )
