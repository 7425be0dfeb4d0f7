"""The impact report: a fund's missions, money, covenants and exit triggers on a day, as known at a seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from domain.desk import exits
from domain.desk.evergreen import EvergreenReport, evergreen_at
from domain.desk.exits import Trigger
from domain.desk.known import Cut, cut_of
from domain.impact import (
    AMBER_FROM,
    GREEN_FROM,
    CovenantCounts,
    Observation,
    TargetLine,
    count_findings,
    measure_target,
)
from domain.missions import Target
from domain.portfolio import (
    Coverage,
    CrowdingIn,
    InstrumentLine,
    MoneyLine,
    coverage_of,
    crowding_in,
    money_by_kind,
)
from domain.store import impact as store
from domain.store import promises
from domain.store.promises import BreachLine


@dataclass(frozen=True, slots=True)
class MissionImpact:
    """A mission in the report: its targets against their actuals, and the money of the projects that help it.

    A project that helps two missions stands under both, so money is not added up over missions.
    """

    code: str
    name: str
    deadline: date
    projects: tuple[str, ...]
    targets: tuple[TargetLine, ...]
    money: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class ImpactReport:
    """A fund's impact report. ``instruments`` is what every amount of money in it is made of.

    ``seal`` is the fund's seal number it was read at; with fund and day it repeats the report for ever. ``reached`` is
    how far the fund's book had come towards the day when the report was read: before ``as_of``, the rest is to come.
    """

    fund: str
    fund_name: str
    currency: str
    as_of: date
    opened_on: date
    reached: date
    seal: int
    sealed_at: datetime | None
    green_from: Decimal
    amber_from: Decimal
    missions: tuple[MissionImpact, ...]
    money: tuple[MoneyLine, ...]
    instruments: tuple[InstrumentLine, ...]
    coverage: Coverage
    crowding_in: CrowdingIn
    covenants: CovenantCounts
    open_breaches: tuple[BreachLine, ...]
    exit_triggers: tuple[Trigger, ...]
    evergreen: EvergreenReport


def impact_report(session: Session, *, fund_code: str, as_of: date, seal: int | None = None) -> ImpactReport:
    """Return a fund's impact report; ``seal`` None is all that is sealed by now.

    Refused: an unknown fund (``NotFound``), a seal that does not exist yet (``SealBeyondHead``).
    """
    return impact_at(session, cut_of(session, fund_code=fund_code, as_of=as_of, seal=seal))


def impact_at(session: Session, cut: Cut) -> ImpactReport:
    """Return the report for a cut that was read before."""
    facts = store.ReportFacts(cut.fund_id, cut.as_of, cut.known.position)
    instruments = store.instruments(session, facts, currency=cut.currency)
    targets = store.targets(session, facts)
    observations = store.observations(session, facts, indicators=sorted({target.indicator for target in targets}))
    committed = sum(line.committed.minor for line in instruments)
    triggers = exits.triggers(session, fund_code=cut.fund_code, as_of=cut.as_of, seal=cut.known.number)
    return ImpactReport(
        fund=cut.fund_code,
        fund_name=cut.fund_name,
        currency=cut.currency,
        as_of=cut.as_of,
        opened_on=cut.opened_on,
        reached=cut.reached,
        seal=cut.known.number,
        sealed_at=cut.known.sealed_at,
        green_from=GREEN_FROM,
        amber_from=AMBER_FROM,
        missions=tuple(
            _mission(mission, targets, instruments, observations, cut) for mission in store.missions(session, facts)
        ),
        money=money_by_kind(instruments, currency=cut.currency),
        instruments=tuple(instruments),
        coverage=coverage_of(instruments, currency=cut.currency),
        crowding_in=crowding_in(store.co_finance(session, facts), committed_minor=committed, currency=cut.currency),
        covenants=count_findings(store.last_findings(session, facts)),
        open_breaches=promises.breaches(
            session, fund_id=cut.fund_id, as_of=cut.as_of, position=cut.known.position, only_open=True
        ),
        exit_triggers=tuple(triggers),
        evergreen=evergreen_at(session, cut),
    )


def _mission(
    mission: store.MissionLine,
    targets: Sequence[Target],
    instruments: Sequence[InstrumentLine],
    observations: Sequence[Observation],
    cut: Cut,
) -> MissionImpact:
    mine = [line for line in instruments if mission.code in line.missions]
    projects = {line.project for line in mine}
    counted = [one for one in observations if one.project in projects]
    return MissionImpact(
        code=mission.code,
        name=mission.name,
        deadline=mission.deadline,
        projects=tuple(sorted(projects)),
        targets=tuple(
            measure_target(target, counted, as_of=cut.as_of) for target in targets if target.mission == mission.code
        ),
        money=money_by_kind(mine, currency=cut.currency),
    )
