"""The audit, read by who may read it, and refusals that are worth a row of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.errors import InputRefused, Problem, Refusal
from domain.store import audit as store

ACTS_PER_PAGE_MAX = 200
ACTS_PER_FILE_MAX = 50_000
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class AuditTooLong(Refusal):
    """More acts than one file of the audit holds: a file that leaves some out without a word would mislead."""

    def __init__(self, most: int) -> None:
        super().__init__(f"these are more than {most:,} acts, and a file holds no more; narrow the days or the acts")
        self.most = most


@dataclass(frozen=True, slots=True)
class ActRecorded:
    """One row of the audit: who did, or was refused, what. Two of one name are told apart by id and ``email``."""

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
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ActsAsked:
    """Which acts are asked for: every part narrows the list, and what is left out does not.

    ``subject`` is what the row or a page calls it: an id or a code, and of a user the name. ``request`` is the number
    that an error page ends in.
    """

    act: str | None = None
    outcome: str | None = None
    person: UUID | None = None
    subject_kind: str | None = None
    subject: str | None = None
    fund: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    request: str | None = None
    door: str | None = None
    address: str | None = None


DOORS = ("page", "api", "command", "worker")
"""Through what an act came; the transaction says it."""

ALL_ACTS = ActsAsked()


@dataclass(frozen=True, slots=True)
class ActKinds:
    """What the audit is narrowed by: the acts and kinds of subjects that its rows name, people by id, funds' codes."""

    acts: tuple[str, ...]
    subject_kinds: tuple[str, ...]
    people: Mapping[UUID, str]
    funds: tuple[str, ...]


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
    """Return the audit newest first, before the number ``after``.

    Refused: all but auditors and stewards, what ``check_asked`` refuses.
    """
    permit(Act.READ_AUDIT, by=by)
    check_asked(asked, words_in_use(session, by=by))
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

    Refused, in this order: all but auditors and stewards, what ``check_asked`` refuses, more than a file holds
    (``AuditTooLong``).
    """
    permit(Act.READ_AUDIT, by=by)
    check_asked(asked, words_in_use(session, by=by))
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
    return ActKinds(tuple(acts), tuple(subject_kinds), store.people(session), store.fund_codes(session))


def check_asked(asked: ActsAsked, known: ActKinds) -> None:
    """Let a question pass that the audit can answer, or refuse (``InputRefused``) all that is wrong with it at once.

    Refused is what no row and no list knows, and days the wrong way round: a filter is never left out in silence.
    """
    problems = []
    acts = {*known.acts, *map(str, Act)}
    if asked.act is not None and asked.act not in acts:
        problems.append(Problem("act", f"the audit holds no act “{asked.act[:80]}”"))
    if asked.outcome not in (None, "done", "refused"):
        problems.append(Problem("outcome", "done or refused is expected"))
    if asked.person is not None and asked.person not in known.people:
        problems.append(Problem("person", "there is no such person"))
    if asked.subject_kind is not None and asked.subject_kind not in known.subject_kinds:
        problems.append(Problem("subject_kind", f"the audit holds no acts on “{asked.subject_kind[:80]}”"))
    if asked.door not in (None, *DOORS):
        problems.append(Problem("door", f"one of {', '.join(DOORS)} is expected"))
    if asked.fund is not None and asked.fund not in known.funds:
        problems.append(Problem("fund", f"there is no fund “{asked.fund[:80]}”"))
    if asked.first_day and asked.last_day and asked.last_day < asked.first_day:
        problems.append(Problem("last_day", f"it lies before the first day, {in_words(asked.first_day)}"))
    if problems:
        raise InputRefused(problems, subject="the question")


def _acts(session: Session, asked: ActsAsked, *, after: int | None, limit: int) -> tuple[ActRecorded, ...]:
    rows = store.page(
        session,
        act=asked.act,
        outcome=asked.outcome,
        person=asked.person,
        subject_kind=asked.subject_kind,
        subjects=_called(session, asked.subject) if asked.subject is not None else None,
        fund=asked.fund,
        first_day=asked.first_day,
        last_day=asked.last_day,
        request=asked.request,
        door=asked.door,
        address=asked.address,
        after=after,
        limit=limit,
    )
    return tuple(ActRecorded(**row) for row in rows)


def _called(session: Session, said: str) -> list[str]:
    """Return what rows keep of a thing that is called so: the words themselves, and the ids of that name or code."""
    people = (
        str(user_id) for user_id, name in store.people(session).items() if said in (name, name.rpartition(" (")[0])
    )
    return [said, *people, *store.ids_called(session, said)]


def codes_of(session: Session, found: Sequence[ActRecorded], *, by: Actor) -> Mapping[str, str]:
    """Return the codes of the things whose ids stand in some acts, by id. Refused as in ``acts``."""
    permit(Act.READ_AUDIT, by=by)
    said = " ".join(f"{one.subject} {one.detail} {one.before} {one.after}" for one in found)
    return store.codes_by_id(session, sorted(set(_ID.findall(said))))
