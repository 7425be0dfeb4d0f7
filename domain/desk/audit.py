"""The audit, read by who may read it, and refusals that are worth a row of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.errors import Refusal
from domain.store import audit as store

ACTS_PER_PAGE_MAX = 200
ACTS_PER_FILE_MAX = 50_000


class AuditTooLong(Refusal):
    """More acts than one file of the audit holds: a file that leaves some out without a word would mislead."""

    def __init__(self, most: int) -> None:
        super().__init__(f"these are more than {most:,} acts, and a file holds no more; narrow the days or the acts")
        self.most = most


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
    came_from: str | None = None
    door: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ActsAsked:
    """Which acts are asked for: every part narrows the list, and what is left out does not."""

    act: str | None = None
    outcome: str | None = None
    person: UUID | None = None
    subject_kind: str | None = None
    subject: str | None = None
    fund: str | None = None
    first_day: date | None = None
    last_day: date | None = None


ALL_ACTS = ActsAsked()


@dataclass(frozen=True, slots=True)
class ActKinds:
    """The acts and the kinds of subjects that rows of the audit name."""

    acts: tuple[str, ...]
    subject_kinds: tuple[str, ...]


def note_refusal(session: Session, *, by: Actor, act: str, subject: str, detail: Mapping[str, object]) -> None:
    """Write down that somebody was refused; it needs a transaction of its own, as the refused one is rolled back."""
    store.record(session, by=by, act=act, subject_kind="request", subject=subject, detail=detail, outcome="refused")


def acts(
    session: Session,
    *,
    by: Actor,
    asked: ActsAsked = ALL_ACTS,
    after: int | None = None,
    limit: int = 50,
) -> tuple[ActRecorded, ...]:
    """Return the audit newest first, before the number ``after``. Refused: all but auditors and stewards."""
    permit(Act.READ_AUDIT, by=by)
    return _acts(session, asked, after=after, limit=max(1, min(limit, ACTS_PER_PAGE_MAX)))


def exported(
    session: Session,
    *,
    by: Actor,
    asked: ActsAsked = ALL_ACTS,
    newest: int | None = None,
    most: int = ACTS_PER_FILE_MAX,
) -> tuple[ActRecorded, ...]:
    """Return acts for a file, newest first, and note that they were taken out: all of them, or the ``newest`` so many.

    Refused, in this order: all but auditors and stewards, more than a file holds (``AuditTooLong``).
    """
    permit(Act.READ_AUDIT, by=by)
    found = _acts(session, asked, after=None, limit=most + 1 if newest is None else max(1, min(newest, most)))
    if len(found) > most:
        raise AuditTooLong(most)
    said = {name: value for name in ActsAsked.__slots__ if (value := getattr(asked, name)) is not None}
    store.record(
        session, by=by, act="take out the audit", subject_kind="audit", subject="acts",
        detail={"acts": len(found), **said},
    )  # fmt: skip
    return found


def words_in_use(session: Session, *, by: Actor) -> ActKinds:
    """Return the acts and kinds of subjects that the audit holds, to choose from. Refused as in ``acts``."""
    permit(Act.READ_AUDIT, by=by)
    acts, subject_kinds = (store.words_in_use(session, column) for column in store.AuditKind)
    return ActKinds(tuple(acts), tuple(subject_kinds))


def _acts(session: Session, asked: ActsAsked, *, after: int | None, limit: int) -> tuple[ActRecorded, ...]:
    rows = store.page(
        session,
        act=asked.act,
        outcome=asked.outcome,
        person=asked.person,
        subject_kind=asked.subject_kind,
        subject=asked.subject,
        fund=asked.fund,
        first_day=asked.first_day,
        last_day=asked.last_day,
        after=after,
        limit=limit,
    )
    return tuple(ActRecorded(**row) for row in rows)
