"""Which missions projects help, for many projects in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


def projects_of_fund(session: Session, *, fund_id: UUID) -> dict[str, UUID]:
    """Return the projects that the fund's deals finance, by code."""
    rows = session.execute(
        text("SELECT code, id FROM project WHERE id IN (SELECT project_id FROM deal WHERE fund_id = :fund)"),
        {"fund": fund_id},
    )
    return {row.code: row.id for row in rows}


def missions(session: Session) -> dict[str, UUID]:
    """Return every mission by code."""
    return {row.code: row.id for row in session.execute(text("SELECT code, id FROM mission"))}


def classify_all(
    session: Session, *, fund_id: UUID, recorded_by: UUID | None, pairs: Sequence[tuple[UUID, UUID]]
) -> int:
    """Say of each (project, mission) that it helps, where that does not hold already; return how many were said."""
    done = session.execute(
        text(
            """INSERT INTO project_mission (fund_id, recorded_by, project_id, mission_id, helps)
               SELECT :fund, :by, said.project_id, said.mission_id, true
               FROM unnest(CAST(:projects AS uuid[]), CAST(:missions AS uuid[])) AS said (project_id, mission_id)
               WHERE (SELECT helps FROM project_mission m WHERE m.project_id = said.project_id
                      AND m.mission_id = said.mission_id ORDER BY m.id DESC LIMIT 1) IS NOT TRUE
               RETURNING id"""
        ),
        {
            "fund": fund_id,
            "by": recorded_by,
            "projects": [project for project, _ in pairs],
            "missions": [mission for _, mission in pairs],
        },
    )
    return len(done.all())


def classified_count(session: Session, *, fund_id: UUID) -> int:
    """Return how many of the fund's projects help a mission, by what was said last of each."""
    count = session.execute(
        text(
            """SELECT count(DISTINCT last.project_id) FROM (
                   SELECT DISTINCT ON (project_id, mission_id) project_id, helps FROM project_mission
                   ORDER BY project_id, mission_id, id DESC) AS last
               JOIN deal d ON d.project_id = last.project_id AND d.fund_id = :fund WHERE last.helps"""
        ),
        {"fund": fund_id},
    ).scalar_one()
    return int(count)
