"""Edits that rest on a version: what somebody read is locked and counted before they change it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.desk.authority import permitted
from domain.desk.funds import fund_by_code
from domain.desk.missions import ProjectLine, classify, mission_map, project_by_code
from domain.errors import InputRefused, NotFound, Problem
from domain.store import edit_queries as store


def lock_deal(session: Session, *, deal_id: UUID, by: Actor) -> int:
    """Lock a deal for an edit and return its version: how many stages it has reached.

    Refused: everybody outside the bank, a deal that there is not (``NotFound``).
    """
    permit(Act.READ_BOOK, by=by)
    version = store.lock_deal(session, deal_id)
    if version is None:
        raise NotFound("deal", deal_id)
    return version


def lock_project(session: Session, *, code: str, by: Actor) -> ProjectLine:
    """Lock a project's classification and return the project as it stands. Refused: the role, an unknown project."""
    by = permitted(session, Act.CLASSIFY, by=by)
    store.lock_classification(session, code)
    return project_by_code(session, code)


def classify_project(
    session: Session, *, code: str, missions: Collection[str], fund_code: str | None, by: Actor
) -> ProjectLine:
    """Say which missions a project helps: those named, and no others. Return the project as it then stands.

    ``fund_code`` names the chain that seals it; None is the bank's own. Refused: the role, an unknown project or fund,
    every unknown mission at once (``InputRefused``).
    """
    project = lock_project(session, code=code, by=by)
    fund_id = fund_by_code(session, fund_code).id if fund_code else None
    ids = {mission.code: mission.id for challenge in mission_map(session) for mission in challenge.missions}
    unknown = [Problem("missions", f"there is no mission {one}") for one in missions if one not in ids]
    if unknown:
        raise InputRefused(unknown, subject="the classification")
    for mission in sorted({*missions, *project.missions}):
        classify(
            session, project_id=project.id, mission_id=ids[mission], helps=mission in missions, fund_id=fund_id, by=by
        )
    return project_by_code(session, code)


def deal_day(session: Session, *, deal_id: UUID) -> date:
    """Return the business day of a deal's fund. Refused: a deal that this person may not know of (``NotFound``)."""
    day = store.deal_day(session, deal_id)
    if day is None:
        raise NotFound("deal", deal_id)
    return day


def currency_of(session: Session, *, instrument_id: UUID) -> str:
    """Return an instrument's currency. Refused: one that this person may not know of (``NotFound``)."""
    found = store.instrument_state(session, instrument_id)
    if found is None:
        raise NotFound("instrument", instrument_id)
    return found[0]


def deal_of(session: Session, *, instrument_id: UUID) -> UUID:
    """Return an instrument's deal. Refused: one that this person may not know of (``NotFound``)."""
    found = store.instrument_state(session, instrument_id)
    if found is None:
        raise NotFound("instrument", instrument_id)
    return found[2]


def covenant_of(session: Session, *, covenant_id: UUID) -> tuple[str, UUID]:
    """Return a covenant's code and deal. Refused: one that this person may not know of (``NotFound``)."""
    found = store.covenant_state(session, covenant_id)
    if found is None:
        raise NotFound("covenant", covenant_id)
    return found
