"""The mission map at the desk: challenges, missions, indicators, targets, sectors, projects and who helps what.

Codes are for good: a code that is taken is refused. A target is the exception: the same code again is its next version,
the old one stays and is what a report as known at an older seal shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel

from domain.authority import Act, Actor
from domain.codes import code_problems
from domain.desk.authority import permitted, permitted_on_projects
from domain.desk.mission_map import (
    CoFinanceLine,
    GrandChallengeSummary,
    IndicatorLine,
    MissionSummary,
    ProjectLine,
    SectorLine,
    TargetSummary,
    co_finance,
    indicators,
    mission_map,
    project_by_code,
    projects,
    sectors,
)
from domain.errors import NotFound, Problem
from domain.missions import Adding, IndicatorDirection, MissionMapRefused, check_target
from domain.money import AMOUNT_MINOR_MAX
from domain.store import audit
from domain.store import mission_queries as store
from domain.store.missions import (
    CoFinanceRow,
    GrandChallengeRow,
    IndicatorRow,
    MissionRow,
    ProjectMissionRow,
    ProjectRow,
    ProjectSectorRow,
    SectorRow,
    TargetRow,
)

CO_FINANCE_KINDS = ("private", "public", "philanthropic", "own")

__all__ = [
    "CO_FINANCE_KINDS", "Classification", "CoFinanceLine", "GrandChallengeSummary", "IndicatorLine", "MissionSummary",
    "ProjectLine", "SectorLine", "TargetSummary", "add_co_finance", "add_grand_challenge", "add_indicator",
    "add_mission", "add_project", "add_sector", "add_target", "classify", "co_finance", "indicators", "mission_map",
    "project_by_code", "projects", "sectors",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classification:
    """What now holds for a project and a mission; ``changed`` is false where it held before, and nothing was added."""

    fact_id: int
    helps: bool
    changed: bool


def add_grand_challenge(session: Session, *, code: str, name: str, source: str, by: Actor) -> UUID:
    """Add a grand challenge and return its id. Refused: the role, an empty field, a code that is taken."""
    by = permitted(session, Act.CLASSIFY, by=by)
    _refuse_unless_new(session, "grand challenge", code, code=code, name=name, source=source)
    row = GrandChallengeRow(code=code, name=name, source=source)
    challenge_id: UUID = _kept(session, row, by=by, kind="grand challenge", code=code, said={"name": name})
    return challenge_id


def add_mission(
    session: Session, *, code: str, grand_challenge_id: UUID, name: str, deadline: date, source: str, by: Actor
) -> UUID:
    """Add a mission and return its id. Refused: the role, an unknown challenge, an empty field, a taken code."""
    by = permitted(session, Act.CLASSIFY, by=by)
    if session.get(GrandChallengeRow, grand_challenge_id) is None:
        raise NotFound("grand challenge", grand_challenge_id)
    _refuse_unless_new(session, "mission", code, code=code, name=name, source=source)
    row = MissionRow(code=code, grand_challenge_id=grand_challenge_id, name=name, deadline=deadline, source=source)
    said = {"name": name, "deadline": deadline}
    mission_id: UUID = _kept(session, row, by=by, kind="mission", code=code, said=said)
    return mission_id


def add_indicator(
    session: Session,
    *,
    code: str,
    name: str,
    unit: str,
    direction: IndicatorDirection | str,
    adding: Adding | str,
    definition: str,
    iris_id: str | None = None,
    by: Actor,
) -> UUID:
    """Add an indicator and return its id.

    Refused: the role; then, told at once, a code that is taken, an empty field, a direction or a way of adding up that
    the book does not know.
    """
    by = permitted(session, Act.CLASSIFY, by=by)
    problems = _problems(session, "indicator", code, code=code, name=name, unit=unit, definition=definition)
    if direction not in list(IndicatorDirection):
        problems.append(Problem("direction", f"“{direction}” is neither increase nor decrease"))
    if adding not in list(Adding):
        problems.append(Problem("adding", f"“{adding}” is neither latest nor sum"))
    _refuse(problems, subject=f"the indicator {code}")
    row = IndicatorRow(
        code=code, name=name, unit=unit, direction=str(direction), adding=str(adding), definition=definition,
        iris_id=iris_id or None,
    )  # fmt: skip
    indicator_id: UUID = _kept(session, row, by=by, kind="indicator", code=code, said={"name": name, "unit": unit})
    return indicator_id


def add_target(
    session: Session,
    *,
    code: str,
    mission_id: UUID,
    indicator_id: UUID,
    baseline_value: Decimal,
    baseline_on: date,
    value: Decimal,
    due_on: date,
    source: str,
    fund_id: UUID | None = None,
    by: Actor,
) -> int:
    """Add a target, or its next version where the code exists; return the fact's number.

    ``fund_id`` is the fund that set it itself; None is the mission's own. Refused: the role, an unknown mission or
    indicator, a target that cannot be measured (``TargetRefused``, see ``domain.missions.check_target``).
    """
    by = permitted(session, Act.CLASSIFY, by=by)
    if session.get(MissionRow, mission_id) is None:
        raise NotFound("mission", mission_id)
    indicator = session.get(IndicatorRow, indicator_id)
    if indicator is None:
        raise NotFound("indicator", indicator_id)
    check_target(
        code=code, direction=IndicatorDirection(indicator.direction), baseline=baseline_value, baseline_on=baseline_on,
        value=value, due_on=due_on, source=source,
    )  # fmt: skip
    row = TargetRow(
        code=code, version=store.last_target_version(session, code) + 1, fund_id=fund_id, mission_id=mission_id,
        indicator_id=indicator_id, baseline_value=baseline_value, baseline_on=baseline_on, value=value, due_on=due_on,
        source=source, recorded_by=by.id,
    )  # fmt: skip
    said = {"version": row.version, "value": value, "due_on": due_on}
    fact_id: int = _kept(session, row, by=by, kind="target", code=code, fund_id=fund_id, said=said)
    return fact_id


def add_sector(session: Session, *, vocabulary: str, code: str, name: str, by: Actor) -> UUID:
    """Add a sector of a vocabulary and return its id. Refused: the role, an empty field, a code that is taken."""
    by = permitted(session, Act.CLASSIFY, by=by)
    problems = code_problems(code=code) + _empty(vocabulary=vocabulary, name=name)
    if store.sector_id(session, vocabulary=vocabulary, code=code) is not None:
        problems.append(Problem("code", f"there is already a sector {code} in {vocabulary}"))
    _refuse(problems, subject=f"the sector {code}")
    row = SectorRow(vocabulary=vocabulary, code=code, name=name)
    sector_id: UUID = _kept(session, row, by=by, kind="sector", code=f"{vocabulary}:{code}", said={"name": name})
    return sector_id


def add_project(
    session: Session,
    *,
    code: str,
    name: str,
    description: str = "",
    place: str = "",
    country: str = "",
    total_cost_minor: int | None = None,
    currency: str | None = None,
    sector_ids: Sequence[UUID] = (),
    by: Actor,
) -> UUID:
    """Add a project with its sectors and return its id; ``total_cost_minor`` and ``currency`` come together.

    Refused: the role, an unknown sector; then, told at once, an empty field, a code that is taken, a cost below zero or
    without its currency.
    """
    by = permitted(session, Act.PROPOSE, by=by)
    for unknown in store.unknown_sectors(session, sector_ids):
        raise NotFound("sector", unknown)
    problems = _problems(session, "project", code, code=code, name=name)
    if (total_cost_minor is None) != (currency is None):
        problems.append(Problem("total_cost", "a project's cost stands beside its currency"))
    if total_cost_minor is not None and not 0 <= total_cost_minor <= AMOUNT_MINOR_MAX:
        problems.append(Problem("total_cost", f"{total_cost_minor} minor units is not what a project can cost"))
    _refuse(problems, subject=f"the project {code}")
    row = ProjectRow(
        code=code, name=name, description=description, place=place, country=country, total_cost_minor=total_cost_minor,
        currency=currency,
    )  # fmt: skip
    project_id: UUID = _kept(session, row, by=by, kind="project", code=code, said={"name": name})
    session.add_all(ProjectSectorRow(project_id=project_id, sector_id=one) for one in dict.fromkeys(sector_ids))
    session.flush()
    return project_id


def classify(
    session: Session, *, project_id: UUID, mission_id: UUID, helps: bool, fund_id: UUID | None, by: Actor
) -> Classification:
    """Say that a project helps a mission, or no longer counts as helping it; ``fund_id`` names the chain that seals it.

    What holds already is not said twice. Refused: the role and a tie to an investee of the project, an unknown project
    or mission.
    """
    by = permitted_on_projects(session, Act.CLASSIFY, by=by, project_ids=[project_id])
    project, mission = session.get(ProjectRow, project_id), session.get(MissionRow, mission_id)
    if project is None:
        raise NotFound("project", project_id)
    if mission is None:
        raise NotFound("mission", mission_id)
    last = store.last_classification(session, project_id=project_id, mission_id=mission_id)
    if last is not None and last[1] == helps:
        return Classification(last[0], helps, changed=False)
    row = ProjectMissionRow(
        project_id=project_id, mission_id=mission_id, helps=helps, fund_id=fund_id, recorded_by=by.id
    )
    said = {"mission": mission.code, "helps": helps}
    fact_id = _kept(
        session, row, by=by, kind="project", code=project.code, act=Act.CLASSIFY, fund_id=fund_id, said=said,
        before={"mission": mission.code, "helps": last is not None and last[1]},
    )  # fmt: skip
    return Classification(fact_id, helps, changed=True)


def add_co_finance(
    session: Session,
    *,
    code: str,
    project_id: UUID,
    co_investor: str,
    kind: str,
    amount_minor: int,
    currency: str,
    committed_on: date,
    fund_id: UUID | None = None,
    by: Actor,
) -> int:
    """Keep what somebody else committed to a project and return the fact's number; ``kind`` is one of four.

    Refused: the role, an unknown project; then, told at once, an empty field, a code that is taken, an unknown kind, an
    amount that is not above zero.
    """
    by = permitted_on_projects(session, Act.PROPOSE, by=by, project_ids=[project_id])
    if session.get(ProjectRow, project_id) is None:
        raise NotFound("project", project_id)
    problems = _problems(session, "co-finance", code, code=code, co_investor=co_investor, currency=currency)
    if kind not in CO_FINANCE_KINDS:
        problems.append(Problem("kind", f"“{kind}” is none of {', '.join(CO_FINANCE_KINDS)}"))
    if not 0 < amount_minor <= AMOUNT_MINOR_MAX:
        problems.append(Problem("amount", f"{amount_minor} minor units is not an amount that somebody commits"))
    _refuse(problems, subject=f"the co-finance {code}")
    row = CoFinanceRow(
        code=code, project_id=project_id, co_investor=co_investor, kind=kind, amount_minor=amount_minor,
        currency=currency, committed_on=committed_on, fund_id=fund_id, recorded_by=by.id,
    )  # fmt: skip
    said = {"co_investor": co_investor}
    fact_id: int = _kept(session, row, by=by, kind="co-finance", code=code, act=Act.PROPOSE, fund_id=fund_id, said=said)
    return fact_id


def _kept(
    session: Session,
    row: SQLModel,
    *,
    by: Actor,
    kind: str,
    code: str,
    said: Mapping[str, object],
    act: str = "draw the mission map",
    fund_id: UUID | None = None,
    before: Mapping[str, object] | None = None,
) -> Any:
    """Write a row with its audit row and return the row's id."""
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        act=act,
        subject_kind=kind,
        subject=code,
        fund_id=fund_id,
        detail=said,
        before=before,
        after=said,
    )
    # Every row of the mission map has an id; their common base does not declare it.
    return row.id  # type: ignore[attr-defined]


def _empty(**fields: str) -> list[Problem]:
    return [Problem(name, "it is empty") for name, said in fields.items() if not said.strip()]


def _problems(session: Session, kind: str, taken: str, /, **fields: str) -> list[Problem]:
    problems = code_problems(code=taken) + _empty(**{name: said for name, said in fields.items() if name != "code"})
    if store.id_by_code(session, kind, taken) is not None:
        problems.append(Problem("code", f"there is already a {kind} {taken}"))
    return problems


def _refuse_unless_new(session: Session, kind: str, taken: str, /, **fields: str) -> None:
    _refuse(_problems(session, kind, taken, **fields), subject=f"the {kind} {taken}")


def _refuse(problems: list[Problem], *, subject: str) -> None:
    if problems:
        raise MissionMapRefused(problems, subject=subject.strip())
