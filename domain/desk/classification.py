"""Classify many projects of a fund by mission at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from domain.authority import Act, Actor
from domain.desk.authority import permitted, permitted_on_projects
from domain.errors import InputRefused, NotFound, Problem
from domain.store import audit
from domain.store import classification as store
from domain.store.positions import fund_by_code


@dataclass(frozen=True, slots=True)
class ClassificationLine:
    """That a project helps a mission, both by code, and the line of the file that says so; empty where it says none."""

    line: int
    project: str
    mission: str


@dataclass(frozen=True, slots=True)
class ClassificationSummary:
    """What was said and what now holds: ``changes`` rows were new; ``classified`` of the fund's ``projects`` help a
    mission."""

    rows: int
    changes: int
    projects: int
    classified: int


def classify_projects(
    session: Session,
    *,
    fund_code: str,
    said: Sequence[ClassificationLine],
    subject: str,
    by: Actor,
    strange: Sequence[Problem] = (),
) -> ClassificationSummary:
    """Say which missions a fund's projects help; what holds already is not said twice.

    ``strange`` are lines of another form, as their reader found them. Refused, in this order: the role, an unknown
    fund, and with every problem at once what is strange, a project that the fund does not finance, an unknown mission,
    a pair that is there twice; then a
    tie to an investee of one of the projects.
    """
    by = permitted(session, Act.CLASSIFY, by=by)
    fund = fund_by_code(session, fund_code)
    if fund is None or fund.id is None:
        raise NotFound("fund", fund_code)
    projects, missions = store.projects_of_fund(session, fund_id=fund.id), store.missions(session)
    problems = list(strange)
    first: dict[tuple[str, str], int] = {}
    for row in said:
        where = f"line {row.line}"
        if row.project and row.project not in projects:
            problems.append(
                Problem(f"{where}, column “project”", f"“{row.project}”: expected a project that {fund_code} finances")
            )
        if row.mission and row.mission not in missions:
            problems.append(
                Problem(f"{where}, column “mission”", f"“{row.mission}”: expected the code of a mission in the book")
            )
        if not (row.project and row.mission):
            continue
        if (before := first.setdefault((row.project, row.mission), row.line)) != row.line:
            problems.append(Problem(where, f"{row.project} and {row.mission} are already on line {before}"))
    if problems:
        raise InputRefused(problems, subject=subject)
    pairs = [(projects[row.project], missions[row.mission]) for row in said]
    by = permitted_on_projects(session, Act.CLASSIFY, by=by, project_ids=[project for project, _ in pairs])
    classified_before = store.classified_count(session, fund_id=fund.id)
    changes = store.classify_all(session, fund_id=fund.id, recorded_by=by.id, pairs=pairs)
    classified = store.classified_count(session, fund_id=fund.id)
    audit.record(
        session,
        by=by,
        act=Act.CLASSIFY,
        subject_kind="fund",
        subject=fund_code,
        fund_id=fund.id,
        detail={"file": subject, "rows": len(said), "changes": changes},
        before={"classified": classified_before},
        after={"classified": classified},
    )
    return ClassificationSummary(len(said), changes, len(projects), classified)
