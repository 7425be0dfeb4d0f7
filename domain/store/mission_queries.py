"""Reading the mission map: codes, trees and lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_CODED = {
    "grand challenge": "SELECT id FROM grand_challenge WHERE code = :code",
    "mission": "SELECT id FROM mission WHERE code = :code",
    "indicator": "SELECT id FROM indicator WHERE code = :code",
    "project": "SELECT id FROM project WHERE code = :code",
    "co-finance": "SELECT id FROM co_finance WHERE code = :code",
}


def id_by_code(session: Session, kind: str, code: str) -> Any:
    """Return the id of what has that code (a key of ``_CODED``); None if nothing has."""
    return session.execute(text(_CODED[kind]), {"code": code}).scalar_one_or_none()


def sector_id(session: Session, *, vocabulary: str, code: str) -> UUID | None:
    """Return the sector of that code in a vocabulary; None if there is none."""
    found: UUID | None = session.execute(
        text("SELECT id FROM sector WHERE vocabulary = :vocabulary AND code = :code"),
        {"vocabulary": vocabulary, "code": code},
    ).scalar_one_or_none()
    return found


def last_target_version(session: Session, code: str) -> int:
    """Return the last version of a target, 0 where there is none."""
    return int(
        session.execute(
            text("SELECT coalesce(max(version), 0) FROM target WHERE code = :code"), {"code": code}
        ).scalar_one()
    )


def last_classification(session: Session, *, project_id: UUID, mission_id: UUID) -> tuple[int, bool] | None:
    """Return the last thing said about a project and a mission, as (fact, helps); None where nothing was."""
    row = session.execute(
        text(
            "SELECT id, helps FROM project_mission WHERE project_id = :project AND mission_id = :mission "
            "ORDER BY id DESC LIMIT 1"
        ),
        {"project": project_id, "mission": mission_id},
    ).one_or_none()
    return (row.id, row.helps) if row else None


def challenges(session: Session) -> list[dict[str, Any]]:
    """Return every grand challenge, by code."""
    return _rows(session, "SELECT id, code, name, source FROM grand_challenge ORDER BY code")


def missions(session: Session) -> list[dict[str, Any]]:
    """Return every mission with its grand challenge's code, by code; ``funds`` are the mandates that name it."""
    return _rows(
        session,
        """SELECT m.id, m.code, m.name, m.deadline, m.source, g.code AS grand_challenge,
                  ARRAY(SELECT f.code FROM fund_mission fm JOIN fund f ON f.id = fm.fund_id
                        WHERE fm.mission_id = m.id ORDER BY f.code) AS funds
           FROM mission m JOIN grand_challenge g ON g.id = m.grand_challenge_id ORDER BY m.code""",
    )


def targets(session: Session) -> list[dict[str, Any]]:
    """Return the last version of every target with its indicator, by code."""
    return _rows(
        session,
        """SELECT DISTINCT ON (t.code) t.id, t.code, t.version, m.code AS mission, f.code AS fund, i.code AS indicator,
                  i.name AS indicator_name, i.unit, i.direction, i.adding, t.baseline_value, t.baseline_on, t.value,
                  t.due_on, t.source
           FROM target t JOIN mission m ON m.id = t.mission_id JOIN indicator i ON i.id = t.indicator_id
           LEFT JOIN fund f ON f.id = t.fund_id ORDER BY t.code, t.version DESC""",
    )


def indicators(session: Session) -> list[dict[str, Any]]:
    """Return every indicator, by code."""
    return _rows(
        session, "SELECT id, code, name, unit, direction, adding, definition, iris_id FROM indicator ORDER BY code"
    )


def sectors(session: Session) -> list[dict[str, Any]]:
    """Return every sector, by vocabulary and code."""
    return _rows(session, "SELECT id, vocabulary, code, name FROM sector ORDER BY vocabulary, code")


def projects(
    session: Session,
    *,
    code: str | None = None,
    mission: str | None = None,
    fund: str | None = None,
    unclassified: bool = False,
    search: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return projects by code, after the code of the page before, with the missions they help and their sectors."""
    return _rows(
        session,
        """SELECT p.id, p.code, p.name, p.description, p.place, p.country, p.total_cost_minor, p.currency,
                  h.missions, h.said,
                  ARRAY(SELECT s.vocabulary || ':' || s.code FROM project_sector ps JOIN sector s ON s.id = ps.sector_id
                        WHERE ps.project_id = p.id ORDER BY 1) AS sectors,
                  ARRAY(SELECT d.code FROM deal d WHERE d.project_id = p.id ORDER BY d.code) AS deals
           FROM project p CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(l.code ORDER BY l.code) FILTER (WHERE l.helps), '{}') AS missions,
                      (SELECT count(*) FROM project_mission c WHERE c.project_id = p.id) AS said
               FROM (SELECT DISTINCT ON (pm.mission_id) m.code, pm.helps FROM project_mission pm
                     JOIN mission m ON m.id = pm.mission_id WHERE pm.project_id = p.id
                     ORDER BY pm.mission_id, pm.id DESC) l) h
           WHERE (CAST(:code AS text) IS NULL OR p.code = :code)
             AND (CAST(:after AS text) IS NULL OR p.code > :after)
             AND (CAST(:search AS text) IS NULL OR strpos(lower(p.code || ' ' || p.name), lower(:search)) > 0)
             AND (CAST(:mission AS text) IS NULL OR :mission = ANY (h.missions))
             AND (NOT :unclassified OR h.missions = '{}')
             AND (CAST(:fund AS text) IS NULL OR EXISTS (SELECT FROM deal d JOIN fund f ON f.id = d.fund_id
                                                         WHERE d.project_id = p.id AND f.code = :fund))
           ORDER BY p.code LIMIT :limit""",
        code=code,
        mission=mission,
        fund=fund,
        unclassified=unclassified,
        search=search,
        after=after,
        limit=limit,
    )


def co_finance(session: Session, *, project_id: UUID) -> list[dict[str, Any]]:
    """Return what others committed to a project, by day."""
    return _rows(
        session,
        """SELECT id, code, co_investor, kind, amount_minor, currency, committed_on FROM co_finance
           WHERE project_id = :project_id ORDER BY committed_on, id""",
        project_id=project_id,
    )


def unknown_sectors(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the ids that are no sector."""
    found = session.execute(text("SELECT id FROM sector WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": list(ids)})
    known = set(found.scalars())
    return [one for one in ids if one not in known]


def _rows(session: Session, statement: str, **values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(statement), values).mappings()]
