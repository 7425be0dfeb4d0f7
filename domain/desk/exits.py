"""Exit triggers as the board reads them, as of a day and as known at a seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from domain.desk.known import cut_of
from domain.errors import NotFound
from domain.exits import TriggerStatus
from domain.store import night, promises, seals


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger: what raised it, the chain of evidence (kind, words, id, day) and the ways out."""

    trigger_id: int
    rule: str
    raised_on: date
    deal_id: UUID
    deal: str
    title: str
    investee: str
    covenant: str
    evidence: tuple[dict[str, str], ...]
    mechanisms: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """A fund's exit triggers raised by a day, as known at one of its seals; ``reached`` is how far its book came."""

    fund: str
    as_of: date
    opened_on: date
    reached: date
    seal: int
    sealed_at: datetime | None
    triggers: tuple[Trigger, ...]


def trigger_report(session: Session, *, fund_code: str, as_of: date, seal: int | None = None) -> TriggerReport:
    """Return a fund's exit triggers with the seal they were read at; ``seal`` None is the fund's last one.

    Refused: an unknown fund (``NotFound``), a seal that does not exist yet (``SealBeyondHead``).
    """
    cut = cut_of(session, fund_code=fund_code, as_of=as_of, seal=seal)
    number = cut.known.number
    found = triggers(session, fund_code=fund_code, as_of=as_of, seal=number)
    return TriggerReport(fund_code, as_of, cut.opened_on, cut.reached, number, cut.known.sealed_at, found)


def triggers(session: Session, *, fund_code: str, as_of: date, seal: int | None = None) -> tuple[Trigger, ...]:
    """Return a fund's exit triggers raised by a day, the earliest first.

    ``seal`` reads them as known at that number of the fund's chain; None also tells what is not sealed yet. Refused:
    an unknown fund, a seal beyond the head.
    """
    fund = night.fund_by_code(session, fund_code)
    if fund is None or fund.id is None:
        raise NotFound("fund", fund_code)
    position = seals.known_at(session, fund.id, seal).position if seal is not None else None
    return tuple(_trigger(line) for line in promises.triggers(session, as_of=as_of, fund_id=fund.id, position=position))


def deal_triggers(session: Session, *, deal_id: UUID, as_of: date) -> tuple[Trigger, ...]:
    """Return a deal's exit triggers raised by a day, the earliest first."""
    return tuple(_trigger(line) for line in promises.triggers(session, as_of=as_of, deal_id=deal_id))


def _trigger(line: promises.TriggerLine) -> Trigger:
    return Trigger(
        trigger_id=line.trigger_id,
        rule=line.rule,
        raised_on=line.raised_on,
        deal_id=line.deal_id,
        deal=line.deal,
        title=line.title,
        investee=line.investee,
        covenant=line.covenant,
        evidence=line.evidence,
        mechanisms=line.mechanisms,
        status=TriggerStatus.AWAITING_DECISION.value,
    )
