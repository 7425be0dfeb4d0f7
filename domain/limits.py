"""A fund's limits: how much of it may stand in one ticket, group, mission or kind of instrument.

The basis is what is *committed*: what a deal's contracts promise less what was cancelled, from the board's approval
until the deal is closed. Repayments free nothing before that, drawdowns take nothing more. Exactly at the limit is
allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.errors import Refusal
from domain.money import Money


class LimitBasis(StrEnum):
    """What a limit adds up."""

    TICKET = "ticket"
    GROUP = "group"
    MISSION = "mission"
    INSTRUMENT = "instrument"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force. ``subject`` is a mission's code, a kind of instrument or a group; empty: each of its basis."""

    basis: LimitBasis
    subject: str
    amount_minor: int
    valid_from: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class CommittedDeal:
    """What one deal takes of the limits, in minor units by kind of instrument, and what it counts towards."""

    deal: str
    group: str
    missions: frozenset[str]
    by_kind: Mapping[str, int]

    @property
    def total_minor(self) -> int:
        """The deal's ticket: all of its instruments together."""
        return sum(self.by_kind.values())

    def towards(self, basis: LimitBasis) -> Mapping[str, int]:
        """Return what the deal adds to each subject of a basis, in minor units."""
        match basis:
            case LimitBasis.TICKET:
                return {self.deal: self.total_minor}
            case LimitBasis.GROUP:
                return {self.group: self.total_minor}
            case LimitBasis.MISSION:
                return dict.fromkeys(self.missions, self.total_minor)
            case LimitBasis.INSTRUMENT:
                return self.by_kind


@dataclass(frozen=True, slots=True)
class Headroom:
    """The finding of one limit, in minor units: what others use of it, what is asked for, and what then is left."""

    basis: LimitBasis
    subject: str
    limit: Money
    used: Money
    asked: Money

    @property
    def left(self) -> Money:
        """What is left under the limit; negative where it is exceeded."""
        return self.limit - self.used - self.asked

    def __str__(self) -> str:
        over = f", over by {-self.left}" if self.left.minor < 0 else f", {self.left} left"
        return f"{self.basis} {self.subject}: limit {self.limit}, used {self.used}, asked {self.asked}{over}"


class LimitExceeded(Refusal):
    """A deal for which a fund's limits leave no room; every limit that it exceeds is named."""

    def __init__(self, exceeded: Sequence[Headroom]) -> None:
        count = len(exceeded)
        super().__init__(
            f"{count} limit{'s' if count > 1 else ''} of the fund would be exceeded: " + "; ".join(map(str, exceeded))
        )
        self.exceeded = tuple(exceeded)


def limits_in_force(limits: Iterable[Limit], *, on: date) -> tuple[Limit, ...]:
    """Return the limits that bind on a day: per basis and subject the latest that had begun, later rows before earlier.

    ``limits`` come in the order in which they were set.
    """
    latest: dict[tuple[LimitBasis, str], Limit] = {}
    for limit in limits:
        key = (limit.basis, limit.subject)
        if limit.valid_from <= on and (key not in latest or latest[key].valid_from <= limit.valid_from):
            latest[key] = limit
    return tuple(latest[key] for key in sorted(latest))


def measure_limits(
    *, limits: Sequence[Limit], asking: CommittedDeal, others: Sequence[CommittedDeal], currency: str
) -> tuple[Headroom, ...]:
    """Find for each limit that a deal touches what others use, what it asks for and what is left.

    ``others`` are the fund's other committed deals; a ticket is measured by itself.
    """
    findings: list[Headroom] = []
    for limit in limits:
        for subject, asked in sorted(asking.towards(limit.basis).items()):
            if asked and limit.subject in ("", subject):
                used = sum(other.towards(limit.basis).get(subject, 0) for other in others)
                findings.append(
                    Headroom(
                        limit.basis,
                        subject,
                        Money(limit.amount_minor, currency),
                        Money(used, currency),
                        Money(asked, currency),
                    )
                )
    return tuple(findings)


def check_limits(findings: Sequence[Headroom]) -> None:
    """Let the findings pass, or refuse with all limits that are exceeded (``LimitExceeded``)."""
    exceeded = [finding for finding in findings if finding.left.minor < 0]
    if exceeded:
        raise LimitExceeded(exceeded)


def measure_fund(*, limits: Sequence[Limit], deals: Sequence[CommittedDeal], currency: str) -> tuple[Headroom, ...]:
    """Find what is used and left of each limit of a fund; where a limit binds each of its basis, the fullest one."""
    findings: list[Headroom] = []
    for limit in limits:
        sums: dict[str, int] = {}
        for deal in deals:
            for subject, minor in deal.towards(limit.basis).items():
                if limit.subject in ("", subject):
                    sums[subject] = sums.get(subject, 0) + minor
        subject, used = max(sums.items(), key=lambda item: (item[1], item[0]), default=(limit.subject, 0))
        findings.append(
            Headroom(
                limit.basis,
                subject,
                Money(limit.amount_minor, currency),
                Money(used, currency),
                Money(0, currency),
            )
        )
    return tuple(findings)
