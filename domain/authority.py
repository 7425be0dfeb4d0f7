"""Who may do what: one table from act to roles, one function that answers, one rule that two people are needed.

The programme itself acts too (a night, a load, an import): as the ``NIGHT`` actor, which prepares nothing and decides
nothing but carries out what contracts say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.errors import Refusal
from domain.parties import Role


class Act(StrEnum):
    """What a person can do that changes or reveals the book."""

    READ_BOOK = "read the book"
    READ_AUDIT = "read the audit"
    PROPOSE = "propose a deal"
    APPRAISE = "appraise a deal"
    APPROVE = "approve a deal"
    DECLINE = "decline a deal"
    WITHDRAW = "withdraw a deal"
    SIGN = "sign a contract"
    PAY_OUT = "pay out a drawdown"
    DECIDE_EXIT = "decide an exit"
    CLOSE_DEAL = "close a deal"
    RECORD_RECEIPT = "record a receipt"
    REVERSE = "reverse an entry"
    SUBMIT_REPORT = "submit a covenant report"
    CLASSIFY = "classify a project by mission"
    CLOSE_DAY = "close the fund's day"
    PULL_REPORT = "pull an impact report"
    VERIFY = "verify the ledger"
    ADMINISTER = "administer people and settings"


INSIDE = frozenset({Role.OFFICER, Role.RISK, Role.BOARD, Role.AUDITOR, Role.STEWARD})

MAY: dict[Act, frozenset[Role]] = {
    Act.READ_BOOK: INSIDE,
    Act.READ_AUDIT: frozenset({Role.AUDITOR, Role.STEWARD}),
    Act.PROPOSE: frozenset({Role.OFFICER}),
    Act.APPRAISE: frozenset({Role.OFFICER, Role.RISK}),
    Act.APPROVE: frozenset({Role.BOARD}),
    Act.DECLINE: frozenset({Role.BOARD}),
    Act.WITHDRAW: frozenset({Role.OFFICER}),
    Act.SIGN: frozenset({Role.OFFICER}),
    Act.PAY_OUT: frozenset({Role.OFFICER}),
    Act.DECIDE_EXIT: frozenset({Role.BOARD}),
    Act.CLOSE_DEAL: frozenset({Role.OFFICER}),
    Act.RECORD_RECEIPT: frozenset({Role.OFFICER}),
    Act.REVERSE: frozenset({Role.OFFICER}),
    Act.SUBMIT_REPORT: frozenset({Role.INVESTEE}),
    Act.CLASSIFY: frozenset({Role.OFFICER}),
    Act.CLOSE_DAY: frozenset({Role.OFFICER, Role.STEWARD}),
    Act.PULL_REPORT: INSIDE,
    Act.VERIFY: frozenset({Role.AUDITOR, Role.BOARD, Role.STEWARD, Role.OFFICER}),
    Act.ADMINISTER: frozenset({Role.STEWARD}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with one role, or the programme (``role`` is None). ``party_id`` is an investee's party."""

    id: UUID | None
    name: str
    role: Role | None
    party_id: UUID | None = None


NIGHT = Actor(id=None, name="night", role=None)


class NotAllowed(Refusal):
    """A person without the role for an act."""

    def __init__(self, act: Act, role: Role | None) -> None:
        needed = " or ".join(sorted(MAY[act]))
        super().__init__(f"to {act} takes the role {needed}; yours is {role}")
        self.act, self.role, self.needed = act, role, sorted(MAY[act])


class SamePersonPreparedAndDecides(Refusal):
    """The person who prepared a thing cannot be the one who decides it."""

    def __init__(self, act: Act, name: str) -> None:
        super().__init__(f"{name} prepared this, so somebody else has to {act}")
        self.act = act


def permit(act: Act, *, by: Actor, prepared_by: UUID | None = None) -> None:
    """Let the act pass, or refuse: first the role (``NotAllowed``), then the second person."""
    if by.role is not None and by.role not in MAY[act]:
        raise NotAllowed(act, by.role)
    if by.id is not None and prepared_by == by.id:
        raise SamePersonPreparedAndDecides(act, by.name)
