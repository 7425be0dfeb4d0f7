"""The mission map as people read it: a tree of challenges, missions and targets, and lists of what hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.errors import NotFound
from domain.money import Money
from domain.store import mission_queries as store

PROJECTS_PER_PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """An indicator as the book keeps it."""

    id: UUID
    code: str
    name: str
    unit: str
    direction: str
    adding: str
    definition: str
    iris_id: str | None


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """The last version of a target; ``fund`` is None for the mission's own."""

    id: int
    code: str
    version: int
    mission: str
    fund: str | None
    indicator: str
    indicator_name: str
    unit: str
    direction: str
    adding: str
    baseline_value: Decimal
    baseline_on: date
    value: Decimal
    due_on: date
    source: str


@dataclass(frozen=True, slots=True)
class MissionSummary:
    """A mission with its targets and the funds whose mandate names it."""

    id: UUID
    code: str
    name: str
    deadline: date
    source: str
    funds: tuple[str, ...]
    targets: tuple[TargetSummary, ...]


@dataclass(frozen=True, slots=True)
class GrandChallengeSummary:
    """A grand challenge with the missions that answer it: a branch of the mission map."""

    id: UUID
    code: str
    name: str
    source: str
    missions: tuple[MissionSummary, ...]


@dataclass(frozen=True, slots=True)
class SectorLine:
    """A sector of a vocabulary."""

    id: UUID
    vocabulary: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project with the missions it helps, its sectors (``vocabulary:code``) and the deals that finance it.

    ``said`` counts what was ever said about its missions: the version that an edit refers to.
    """

    id: UUID
    code: str
    name: str
    description: str
    place: str
    country: str
    total_cost: Money | None
    missions: tuple[str, ...]
    sectors: tuple[str, ...]
    deals: tuple[str, ...]
    said: int


@dataclass(frozen=True, slots=True)
class CoFinanceLine:
    """What somebody else committed to a project."""

    id: int
    code: str
    co_investor: str
    kind: str
    amount: Money
    committed_on: date


def mission_map(session: Session, *, fund_code: str | None = None) -> tuple[GrandChallengeSummary, ...]:
    """Return the map as a tree: challenges, their missions, the missions' targets with their indicators.

    With a fund: the missions its mandate names, with the missions' own targets and that fund's; challenges without any
    are left out.
    """
    targets = [TargetSummary(**row) for row in store.targets(session)]
    missions = [
        (row["grand_challenge"], _mission(row, targets, fund_code))
        for row in store.missions(session)
        if fund_code is None or fund_code in row["funds"]
    ]
    tree = (
        GrandChallengeSummary(**row, missions=tuple(m for challenge, m in missions if challenge == row["code"]))
        for row in store.challenges(session)
    )
    return tuple(branch for branch in tree if branch.missions or fund_code is None)


def indicators(session: Session) -> tuple[IndicatorLine, ...]:
    """Return every indicator by code."""
    return tuple(IndicatorLine(**row) for row in store.indicators(session))


def sectors(session: Session) -> tuple[SectorLine, ...]:
    """Return every sector by vocabulary and code."""
    return tuple(SectorLine(**row) for row in store.sectors(session))


def projects(
    session: Session,
    *,
    mission: str | None = None,
    fund_code: str | None = None,
    unclassified: bool = False,
    search: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[ProjectLine, ...]:
    """Return projects by code, after the code ``after``: those of a mission or fund, or that help no mission yet."""
    found = store.projects(
        session, mission=mission, fund=fund_code, unclassified=unclassified, search=search, after=after,
        limit=max(1, min(limit, PROJECTS_PER_PAGE_MAX)),
    )  # fmt: skip
    return tuple(_project(row) for row in found)


def project_by_code(session: Session, code: str) -> ProjectLine:
    """Return one project, or refuse (``NotFound``)."""
    for row in store.projects(session, code=code, limit=1):
        return _project(row)
    raise NotFound("project", code)


def co_finance(session: Session, *, project_id: UUID) -> tuple[CoFinanceLine, ...]:
    """Return what others committed to a project, by day."""
    return tuple(
        CoFinanceLine(
            row["id"],
            row["code"],
            row["co_investor"],
            row["kind"],
            Money(row["amount_minor"], row["currency"]),
            row["committed_on"],
        )
        for row in store.co_finance(session, project_id=project_id)
    )


def _mission(row: dict[str, Any], targets: Sequence[TargetSummary], fund_code: str | None) -> MissionSummary:
    mine = tuple(t for t in targets if t.mission == row["code"] and fund_code in (None, t.fund or fund_code))
    return MissionSummary(
        row["id"], row["code"], row["name"], row["deadline"], row["source"], tuple(row["funds"]), mine
    )


def _project(row: dict[str, Any]) -> ProjectLine:
    cost = None if row["total_cost_minor"] is None else Money(row["total_cost_minor"], row["currency"])
    said = {name: row[name] for name in ("id", "code", "name", "description", "place", "country", "said")}
    missions, sectors, deals = (tuple(row[name]) for name in ("missions", "sectors", "deals"))
    return ProjectLine(**said, missions=missions, sectors=sectors, deals=deals, total_cost=cost)
