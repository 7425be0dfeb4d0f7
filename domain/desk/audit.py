"""The audit, read by who may read it, and refusals that are worth a row of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.store import audit as store
from domain.store import people_queries

ACTS_PER_PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class ActRecorded:
    """One row of the audit: who did, or was refused, what."""

    id: int
    recorded_at: datetime
    recorded_by: UUID | None
    actor_name: str
    act: str
    subject_kind: str
    subject: str
    outcome: str
    detail: dict[str, Any]
    request_id: str
    fund: str | None


def note_refusal(session: Session, *, by: Actor, act: str, subject: str, detail: Mapping[str, object]) -> None:
    """Write down that somebody was refused; it needs a transaction of its own, as the refused one is rolled back."""
    store.record(session, by=by, act=act, subject_kind="request", subject=subject, detail=detail, outcome="refused")


def acts(
    session: Session,
    *,
    by: Actor,
    act: str | None = None,
    outcome: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> tuple[ActRecorded, ...]:
    """Return the audit newest first, before the number ``after``. Refused: all but auditors and stewards."""
    permit(Act.READ_AUDIT, by=by)
    rows = people_queries.audit_page(
        session, act=act, outcome=outcome, after=after, limit=max(1, min(limit, ACTS_PER_PAGE_MAX))
    )
    return tuple(ActRecorded(**row) for row in rows)
