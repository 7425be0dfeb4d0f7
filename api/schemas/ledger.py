"""Entries, balances, seals and the audit, as they are answered; amounts are debit above zero, credit below."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from api.schemas.common import Answer, Asked, Day, Line, MoneyAnswer


class PostingAnswer(Answer):
    """One line of an entry."""

    account: str
    money: MoneyAnswer
    instrument_id: UUID | None


class EntryAnswer(Answer):
    """An entry with its postings; ``seal`` is null until the sealer has passed."""

    id: int
    fund: str
    kind: str
    reason: str
    source_ref: str
    deal_id: UUID | None
    booked_on: date
    effective_on: date
    recorded_at: datetime
    recorded_by: UUID | None
    reverses_id: int | None
    reversed_by: int | None
    seal: int | None
    postings: list[PostingAnswer]


class EntryMade(Answer):
    """The number of the entry that an act appended."""

    entry_id: int


class ReversalAsked(Asked):
    """Why an entry is taken back, and on which open day (null: the fund's business day)."""

    reason: Line
    booked_on: Day | None = None


class MisfitAnswer(Answer):
    """The first fact that does not fit, and why."""

    kind: str
    fact: int
    entry: int | None
    why: str


class HeadAnswer(Answer):
    """A chain's head, as it is kept on paper."""

    chain: str
    number: int
    head: str


class ComparedAnswer(Answer):
    """Whether an older head is a link of the present chain, and where; all null where it is none."""

    known: bool
    chain: str | None
    number: int | None
    sealed_at: datetime | None


class VerificationAnswer(Answer):
    """Whether every row is as it was sealed; ``paper`` is what to keep, ``against`` what was asked for."""

    sound: bool
    entries: int
    accounts: int
    seals: int
    heads: dict[str, str]
    first: MisfitAnswer | None
    paper: list[HeadAnswer]
    against: ComparedAnswer | None


class ActAnswer(Answer):
    """One row of the audit."""

    id: int
    recorded_at: datetime
    recorded_by: UUID | None
    actor_name: str
    email: str | None
    act: str
    subject_kind: str
    subject: str
    outcome: str
    detail: dict[str, Any]
    request_id: str
    fund: str | None
    came_from: str | None
    door: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
