"""Acts that two people do: one asks, another approves and so carries it out. Nothing happens before that."""

from __future__ import annotations

from enum import StrEnum

from domain.authority import Act
from domain.errors import Refusal


class RequestKind(StrEnum):
    """What can be asked for."""

    REVERSAL = "reversal"
    PAYOUT = "payout"


class Decision(StrEnum):
    """What becomes of a request; one that has none is open."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


ASKED_BY: dict[RequestKind, Act] = {RequestKind.REVERSAL: Act.REVERSE, RequestKind.PAYOUT: Act.PAY_OUT}
"""The act of who asks."""

DECIDED_BY: dict[RequestKind, Act] = {
    RequestKind.REVERSAL: Act.APPROVE_REVERSAL,
    RequestKind.PAYOUT: Act.APPROVE_PAYOUT,
}
"""The act of who approves or refuses."""


class RequestDecided(Refusal):
    """A request that has been decided, or withdrawn: one decision wins."""

    def __init__(self, *, request_id: int, decision: Decision) -> None:
        super().__init__(f"request {request_id} was {decision} before")
        self.request_id, self.decision = request_id, decision


class RequestOfAnother(Refusal):
    """A request is withdrawn by who made it; anybody else refuses it."""

    def __init__(self, *, request_id: int) -> None:
        super().__init__(f"request {request_id} is withdrawn by who made it; somebody else may refuse it")
        self.request_id = request_id


class RequestNotNeeded(Refusal):
    """One person may do what is asked for alone."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: one person does that alone, so nothing has to be asked for")


class RequestStandsOpen(Refusal):
    """The same was asked for before, and nobody has decided it yet."""

    def __init__(self, *, request_id: int) -> None:
        super().__init__(f"request {request_id} asks for the same, and nobody has decided it yet")
        self.request_id = request_id
