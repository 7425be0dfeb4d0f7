"""Who may do what, ties, acts that are lent, and requests, as they are asked for and answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Asked, Code, Day, Line, MoneyAnswer, MoneyAsked

MINOR_MAX = 10**16


class RoleMayAnswer(Answer):
    """What a role does of an act: up to how much alone, in minor units of the fund's currency (null: no bound)."""

    role: str
    alone_minor: int | None


class ActMayAnswer(Answer):
    """An act of the published table; ``yours`` tells whether your own role may do it."""

    act: str
    roles: list[RoleMayAnswer]
    never: str
    awaited: bool
    yours: bool


class AmountAsked(Asked):
    """Up to how much a role does an act alone in a fund, from a day on; null is no bound."""

    act: Line
    role: Line
    alone: MoneyAsked | None
    valid_from: Day
    source: Line


class AmountAnswer(Answer):
    """An amount of a fund's own, and when and by whom it was set; ``set_late``: after the day from which it holds."""

    act: str
    role: str
    amount_minor: int | None
    valid_from: date
    source: str
    recorded_at: datetime
    recorded_by: str
    set_late: bool


class ConflictAsked(Asked):
    """A tie to a party; ``email`` names whose, where a steward declares it for somebody."""

    party: Code
    since: Day | None = None
    words: Line
    email: Line | None = None


class EndAsked(Asked):
    """Why a tie has ended."""

    words: Line


class ConflictAnswer(Answer):
    """A conflict of interest."""

    id: int
    person: str
    email: str
    party_code: str
    party: str
    since: date
    words: str
    declared_by: str
    ended_at: datetime | None
    ended_by: str
    binds: bool


class DelegationAsked(Asked):
    """Your own acts, lent to the person who signs in with ``to``."""

    to: Line
    acts: Annotated[list[Line], Field(max_length=50)]
    from_day: Day
    to_day: Day
    at_most_minor: Annotated[int, Field(ge=-MINOR_MAX, le=MINOR_MAX)] | None = None
    words: Annotated[str, Field(max_length=300)] = ""


class DelegationMade(Answer):
    """The number of a delegation."""

    delegation_id: int


class DelegationAnswer(Answer):
    """Acts that are lent."""

    id: int
    lender: str
    borrower: str
    acts: list[str]
    from_day: date
    to_day: date
    at_most_minor: int | None
    words: str
    in_force: bool
    ended_at: datetime | None


class RequestAsked(Asked):
    """What two people are to do: the reversal of an entry, or a payout of an amount on a day."""

    kind: Literal["reversal", "payout"]
    reason: Line
    entry_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    instrument_id: UUID | None = None
    amount: MoneyAsked | None = None
    effective_on: Day | None = None


class RefusalAsked(Asked):
    """Why what was asked for is not done."""

    reason: Line


class RequestMade(Answer):
    """The number of a request."""

    request_id: int


class RequestAnswer(Answer):
    """A request, and what became of it; ``made_entry_id`` is the entry that carried it out."""

    id: int
    kind: str
    fund: str
    deal: str | None
    entry_id: int | None
    entry_kind: str | None
    instrument: str | None
    amount: MoneyAnswer
    effective_on: date | None
    reason: str
    asked_at: datetime
    asker: str
    decision: str | None
    decided_at: datetime | None
    decider: str
    answer: str
    made_entry_id: int | None
