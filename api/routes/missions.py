"""The mission map: what the money is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import IfMatch, Inside, Page, SignedIn, Transaction, etag, fits_version
from api.schemas.common import PROBLEMS, Code, Listed, Words, listed
from api.schemas.missions import (
    ClassificationAsked,
    GrandChallengeAnswer,
    IndicatorAnswer,
    ProjectAnswer,
    SectorAnswer,
    TargetAnswer,
)
from domain.desk import edits, missions

router = APIRouter(tags=["missions"], responses=PROBLEMS)


@router.get("/missions")
def mission_map(_actor: SignedIn, session: Transaction, fund: Code | None = None) -> list[GrandChallengeAnswer]:
    """Give the map as a tree: grand challenges, missions, targets. With a fund: what its mandate names."""
    return [GrandChallengeAnswer.model_validate(one) for one in missions.mission_map(session, fund_code=fund)]


@router.get("/targets")
def targets(
    _actor: SignedIn, session: Transaction, fund: Code | None = None, mission: Code | None = None
) -> list[TargetAnswer]:
    """Give the targets of all missions, or of one."""
    return [
        TargetAnswer.model_validate(target)
        for challenge in missions.mission_map(session, fund_code=fund)
        for found in challenge.missions
        for target in found.targets
        if mission in (None, found.code)
    ]


@router.get("/indicators")
def indicators(_actor: SignedIn, session: Transaction) -> list[IndicatorAnswer]:
    """Give what is measured."""
    return [IndicatorAnswer.model_validate(one) for one in missions.indicators(session)]


@router.get("/sectors")
def sectors(_actor: SignedIn, session: Transaction) -> list[SectorAnswer]:
    """Give the sectors of every vocabulary."""
    return [SectorAnswer.model_validate(one) for one in missions.sectors(session)]


@router.get("/projects")
def projects(
    _actor: Inside,
    session: Transaction,
    page: Page,
    mission: Code | None = None,
    fund: Code | None = None,
    unclassified: Annotated[bool, Query(description="Only projects that help no mission yet")] = False,
    search: Words | None = None,
) -> Listed[ProjectAnswer]:
    """Give projects by code."""
    found = missions.projects(
        session, mission=mission, fund_code=fund, unclassified=unclassified, search=search, after=page.after,
        limit=page.limit + 1,
    )  # fmt: skip
    return listed(ProjectAnswer, found, limit=page.limit, cursor="code")


@router.get("/projects/{code}")
def project(_actor: SignedIn, session: Transaction, response: Response, code: Code) -> ProjectAnswer:
    """Give one project; its ETag is what an edit rests on."""
    found = missions.project_by_code(session, code)
    response.headers["ETag"] = etag(found.said)
    return ProjectAnswer.model_validate(found)


@router.put("/projects/{code}/missions")
def classify(
    actor: SignedIn,
    session: Transaction,
    response: Response,
    code: Code,
    asked: ClassificationAsked,
    if_match: IfMatch = None,
) -> ProjectAnswer:
    """Say which missions a project helps: those named, and no others."""
    fits_version(if_match, edits.lock_project(session, code=code, by=actor).said)
    found = edits.classify_project(session, code=code, missions=set(asked.missions), fund_code=asked.fund, by=actor)
    response.headers["ETag"] = etag(found.said)
    return ProjectAnswer.model_validate(found)
