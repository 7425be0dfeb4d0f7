"""The audit: who did what to what, with what outcome. Rows are only ever added, and sealed with everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import Session

from domain.authority import Actor

# Without RETURNING: a person who acts may not read the audit.
_ADD = text(
    """INSERT INTO audit (fund_id, recorded_by, actor_name, act, subject_kind, subject, outcome, detail, before, after,
                          request_id)
       VALUES (:fund_id, :recorded_by, :actor_name, :act, :subject_kind, :subject, :outcome, CAST(:detail AS jsonb),
               CAST(:before AS jsonb), CAST(:after AS jsonb),
               coalesce(current_setting('missionbook.request', true), ''))"""
)


def record(
    session: Session,
    *,
    by: Actor,
    act: str,
    subject_kind: str,
    subject: object,
    fund_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
    outcome: str = "done",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Add one row, which stands or falls with the act's transaction.

    ``detail`` holds what was done in plain values; an act that changes what was there says ``before`` and ``after``.
    From where it was done, and by which request, is said by the transaction.
    """
    session.execute(
        _ADD,
        {
            "fund_id": fund_id,
            "recorded_by": by.id,
            "actor_name": by.name,
            "act": act,
            "subject_kind": subject_kind,
            "subject": str(subject),
            "outcome": outcome,
            "detail": json.dumps(_with_lender(by, detail or {}), default=str, sort_keys=True),
            "before": None if before is None else json.dumps(before, default=str, sort_keys=True),
            "after": None if after is None else json.dumps(after, default=str, sort_keys=True),
        },
    )


def _with_lender(by: Actor, detail: Mapping[str, object]) -> dict[str, object]:
    """Say for whom a lent act was done."""
    if by.acting_for is None:
        return dict(detail)
    return {**detail, "acting_for": by.acting_for.id, "acting_for_name": by.acting_for.name}


_PAGE = text(
    """SELECT a.id, a.recorded_at, a.recorded_by, a.actor_name, a.act, a.subject_kind, a.subject, a.outcome, a.detail,
              a.request_id, f.code AS fund, a.came_from, a.door, a.before, a.after, u.email
       FROM audit a LEFT JOIN fund f ON f.id = a.fund_id LEFT JOIN app_user u ON u.id = a.recorded_by
       WHERE (CAST(:act AS text) IS NULL OR a.act = :act)
         AND (CAST(:outcome AS text) IS NULL OR a.outcome = :outcome)
         AND (CAST(:person AS uuid) IS NULL OR a.recorded_by = :person)
         AND (CAST(:subject_kind AS text) IS NULL OR a.subject_kind = :subject_kind)
         AND (CAST(:subjects AS text[]) IS NULL OR a.subject = ANY(CAST(:subjects AS text[])))
         AND (CAST(:request AS text) IS NULL OR a.request_id = :request)
         AND (CAST(:door AS text) IS NULL OR a.door = :door)
         AND (CAST(:address AS text) IS NULL OR a.came_from = :address)
         AND (CAST(:fund AS text) IS NULL OR f.code = :fund)
         AND (CAST(:first_day AS date) IS NULL
              OR a.recorded_at >= CAST(:first_day AS date)::timestamp AT TIME ZONE 'UTC')
         AND (CAST(:last_day AS date) IS NULL
              OR a.recorded_at < (CAST(:last_day AS date) + 1)::timestamp AT TIME ZONE 'UTC')
         AND (CAST(:after AS bigint) IS NULL OR a.id < :after)
       ORDER BY a.id DESC LIMIT :limit"""
)


def page(
    session: Session,
    *,
    act: str | None,
    outcome: str | None,
    person: UUID | None,
    subject_kind: str | None,
    subjects: list[str] | None,
    fund: str | None,
    first_day: date | None,
    last_day: date | None,
    request: str | None,
    door: str | None,
    address: str | None,
    after: int | None,
    limit: int,
) -> list[RowMapping]:
    """Return audit rows newest first, before the number ``after``; days are UTC, as the book's moments are."""
    rows = session.execute(
        _PAGE,
        {
            "act": act,
            "outcome": outcome,
            "person": person,
            "subject_kind": subject_kind,
            "subjects": subjects,
            "fund": fund,
            "first_day": first_day,
            "last_day": last_day,
            "request": request,
            "door": door,
            "address": address,
            "after": after,
            "limit": limit,
        },
    )
    return list(rows.mappings())


def people(session: Session) -> dict[UUID, str]:
    """Return everybody who can have acted, by id, in the order of their names; two of one name with their emails."""
    rows = session.execute(
        text(
            """SELECT id, name || CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN ' (' || email || ')' ELSE '' END
                          AS name
               FROM app_user ORDER BY app_user.name, id"""
        )
    )
    return {row.id: row.name for row in rows}


_CODES = """SELECT id::text AS id, code FROM deal UNION ALL SELECT id::text, code FROM instrument
    UNION ALL SELECT id::text, code FROM party UNION ALL SELECT id::text, code FROM project
    UNION ALL SELECT id::text, code FROM mission UNION ALL SELECT id::text, code FROM fund"""


def codes_by_id(session: Session, ids: list[str]) -> dict[str, str]:
    """Return the codes of deals, instruments, parties, projects, missions and funds, by id."""
    found = session.execute(text(f"SELECT id, code FROM ({_CODES}) t WHERE id = ANY(:ids)"), {"ids": ids})
    return {row.id: row.code for row in found}


def ids_called(session: Session, code: str) -> list[str]:
    """Return the ids of what has a code."""
    found = session.execute(text(f"SELECT id FROM ({_CODES}) t WHERE code = :code"), {"code": code})
    return list(found.scalars())


def fund_codes(session: Session) -> tuple[str, ...]:
    """Return the codes of the funds, in order."""
    return tuple(session.execute(text("SELECT code FROM fund ORDER BY code")).scalars())


class AuditKind(StrEnum):
    """The columns whose words are few and can be chosen from."""

    ACT = "act"
    SUBJECT_KIND = "subject_kind"


_WORDS = """WITH RECURSIVE known AS (
       (SELECT {column} AS word FROM audit ORDER BY {column} LIMIT 1)
       UNION ALL
       SELECT (SELECT a.{column} FROM audit a WHERE a.{column} > known.word ORDER BY a.{column} LIMIT 1)
       FROM known WHERE known.word IS NOT NULL)
   SELECT word FROM known WHERE word IS NOT NULL"""


def words_in_use(session: Session, column: AuditKind) -> list[str]:
    """Return every word that a row has in a column, in order: one look into the index each, however many rows."""
    return list(session.execute(text(_WORDS.format(column=AuditKind(column).value))).scalars())
