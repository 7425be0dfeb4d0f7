"""The audit: who did what to what, with what outcome. Rows are only ever added, and sealed with everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor

# Without RETURNING: a person who acts may not read the audit.
_ADD = text(
    """INSERT INTO audit (fund_id, recorded_by, actor_name, act, subject_kind, subject, outcome, detail, request_id)
       VALUES (:fund_id, :recorded_by, :actor_name, :act, :subject_kind, :subject, :outcome, CAST(:detail AS jsonb),
               coalesce(nullif(current_setting('missionbook.request', true), ''), ''))"""
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
) -> None:
    """Add one row; ``detail`` holds what changed, in plain values. It stands or falls with the act's transaction."""
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
        },
    )


def _with_lender(by: Actor, detail: Mapping[str, object]) -> dict[str, object]:
    """Say for whom a lent act was done."""
    if by.acting_for is None:
        return dict(detail)
    return {**detail, "acting_for": by.acting_for.id, "acting_for_name": by.acting_for.name}
