"""Exit triggers: facts that give the bank the right to consider leaving, each with its chain of evidence.

A trigger decides nothing: the board does. It says which rule raised it, what the rule rests on from the promise down to
the report, and which ways out the deal's instruments allow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.calendar import in_words
from domain.covenants import CovenantKind


class TriggerRule(StrEnum):
    """What raises an exit trigger."""

    UNREMEDIED_MISSION_BREACH = "unremedied_mission_breach"


class TriggerStatus(StrEnum):
    """Where a trigger stands; the board's decision is still to come."""

    AWAITING_DECISION = "awaiting decision"


class Mechanism(StrEnum):
    """A way of leaving. (A rate step-up is a remedy, not an exit.)"""

    CANCEL_UNDRAWN = "cancel_undrawn"
    CALL = "call"
    ASSIGNMENT = "assignment"
    PRIVATE_REFINANCING = "private_refinancing"
    WRITE_OFF = "write_off"
    PUT = "put"
    BUY_BACK = "buy_back"
    SALE = "sale"
    BUY_OUT = "buy_out"


MECHANISMS: dict[str, tuple[Mechanism, ...]] = {
    "loan": (
        Mechanism.CANCEL_UNDRAWN,
        Mechanism.CALL,
        Mechanism.ASSIGNMENT,
        Mechanism.PRIVATE_REFINANCING,
        Mechanism.WRITE_OFF,
    ),
    "equity": (Mechanism.PUT, Mechanism.BUY_BACK, Mechanism.SALE),
    "royalty": (Mechanism.BUY_OUT,),
}
"""The ways out that each kind of instrument allows, mildest first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One link of a trigger's chain: what it is, in words, the number or code to find it by, and its day."""

    kind: str
    words: str
    id: str
    day: date

    def as_json(self) -> dict[str, str]:
        """The link as it is stored and shown: kind, words, id, day (ISO 8601)."""
        return {"kind": self.kind, "words": self.words, "id": self.id, "day": self.day.isoformat()}


@dataclass(frozen=True, slots=True)
class UnremediedBreach:
    """A breach whose remedy period ended without a remedy, with all that it rests on.

    ``submitted_on``, ``signed_by`` and ``version`` tell of the report version that the last finding rests on; None
    where no report ever came.
    """

    covenant: str
    kind: CovenantKind
    clause: str
    agreed_on: date
    test: str
    period_start: date
    period_end: date
    due_on: date
    opening_finding: int
    opening_words: str
    opening_day: date
    last_finding: int
    last_words: str
    last_day: date
    report: str
    version: int | None
    submitted_on: date | None
    signed_by: str | None
    breach: int
    opened_on: date
    remedy_until: date


@dataclass(frozen=True, slots=True)
class ExitTrigger:
    """A trigger as it is raised on a day."""

    rule: TriggerRule
    raised_on: date
    evidence: tuple[Evidence, ...]
    mechanisms: tuple[Mechanism, ...]


def ways_out(instrument_kinds: Iterable[str]) -> tuple[Mechanism, ...]:
    """Return the ways out that a deal's instruments allow together: loans first, then stakes, then royalties."""
    held = set(instrument_kinds)
    return tuple(mechanism for kind, ways in MECHANISMS.items() if kind in held for mechanism in ways)


def unremedied_mission_breach(
    breach: UnremediedBreach, *, instrument_kinds: Iterable[str], raised_on: date
) -> ExitTrigger | None:
    """Raise the trigger of a mission covenant's breach whose remedy period is over; None for another kind of covenant.

    The evidence runs from the clause over the test, its findings and the report (or its absence) to the end of the
    remedy period.
    """
    if breach.kind is not CovenantKind.MISSION or raised_on <= breach.remedy_until:
        return None
    return ExitTrigger(TriggerRule.UNREMEDIED_MISSION_BREACH, raised_on, _evidence(breach), ways_out(instrument_kinds))


def _evidence(breach: UnremediedBreach) -> tuple[Evidence, ...]:
    period = f"{in_words(breach.period_start)} to {in_words(breach.period_end)}"
    chain = [
        Evidence("clause", breach.clause, breach.covenant, breach.agreed_on),
        Evidence("test", f"tested for {period}, report due {in_words(breach.due_on)}", breach.test, breach.period_end),
        Evidence("finding", breach.opening_words, str(breach.opening_finding), breach.opening_day),
    ]
    if breach.last_finding != breach.opening_finding:
        chain.append(Evidence("finding", breach.last_words, str(breach.last_finding), breach.last_day))
    if breach.submitted_on is None:
        words = f"no report for {period} by {in_words(breach.remedy_until)}"
        chain.append(Evidence("absence", words, breach.report, breach.remedy_until))
    else:
        words = f"report version {breach.version}, signed by {breach.signed_by}"
        chain.append(Evidence("report", words, breach.report, breach.submitted_on))
    return (
        *chain,
        Evidence("breach", f"breach opened {in_words(breach.opened_on)}", str(breach.breach), breach.opened_on),
        Evidence(
            "remedy_end",
            f"remedy period ended {in_words(breach.remedy_until)} without a remedy",
            str(breach.breach),
            breach.remedy_until,
        ),
    )
