"""What a load asks the database: what a book shares with what is there, by what it is called in the book's files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.store import night, tables

_THERE: dict[str, str] = {
    "grand_challenges": "SELECT id, code, name, source FROM grand_challenge",
    "missions": """SELECT m.id, m.code, g.code AS grand_challenge, m.name, m.deadline, m.source
        FROM mission m JOIN grand_challenge g ON g.id = m.grand_challenge_id""",
    "indicators": "SELECT id, code, name, unit, direction, adding, definition, iris_id FROM indicator",
    "sectors": "SELECT id, vocabulary, code, name FROM sector",
    "parties": 'SELECT id, code, name, kind, country, group_code AS "group" FROM party',
    "people": """SELECT u.id, u.name, u.email, u.role, p.code AS party
        FROM app_user u LEFT JOIN party p ON p.id = u.party_id""",
    "projects": """SELECT id, code, name, description, place, country, total_cost_minor AS total_cost, currency
        FROM project""",
    "project_missions": """SELECT DISTINCT ON (p.code, m.code) x.id, p.code AS project, m.code AS mission
        FROM project_mission x JOIN project p ON p.id = x.project_id JOIN mission m ON m.id = x.mission_id
        ORDER BY p.code, m.code, x.id DESC""",
    "project_sectors": """SELECT NULL AS id, p.code AS project, s.vocabulary, s.code AS sector
        FROM project_sector x JOIN project p ON p.id = x.project_id JOIN sector s ON s.id = x.sector_id""",
    "co_finance": """SELECT c.id, c.code, p.code AS project, c.co_investor, c.kind, c.amount_minor AS amount,
        c.currency, c.committed_on FROM co_finance c JOIN project p ON p.id = c.project_id""",
    "targets": """SELECT DISTINCT ON (t.code) t.id, t.code, f.code AS fund, m.code AS mission, i.code AS indicator,
        t.baseline_value, t.baseline_on, t.value, t.due_on, t.source
        FROM target t JOIN mission m ON m.id = t.mission_id JOIN indicator i ON i.id = t.indicator_id
        LEFT JOIN fund f ON f.id = t.fund_id WHERE t.fund_id IS NULL ORDER BY t.code, t.version DESC""",
}
"""What is there already of the things that funds share, in the columns of the book's files."""

SHARED = tuple(_THERE)

assert "entry" in tables.metadata.tables, "a load touches every table, so all of them are known"


def there(session: Session, file: str) -> list[dict[str, Any]]:
    """Return the rows of a shared thing with its id, column by column as the book's file names them."""
    return [dict(row) for row in session.execute(text(_THERE[file])).mappings()]


def lock_loading(session: Session) -> None:
    """Let one load at a time decide what is new, until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('missionbook.load'))"))


def loaded(session: Session, *, act: str, fund_code: str) -> dict[str, dict[str, str]] | None:
    """Return what was loaded into a fund: per file, key → fingerprint of the row; None where no book was loaded."""
    found = session.execute(
        text(
            """SELECT a.detail -> 'rows' FROM audit a JOIN fund f ON f.id = a.fund_id
               WHERE a.act = :act AND f.code = :fund ORDER BY a.id DESC LIMIT 1"""
        ),
        {"act": act, "fund": fund_code},
    ).scalar()
    return None if found is None else {file: dict(rows) for file, rows in found.items()}


def fund_ids(session: Session) -> dict[str, UUID]:
    """Return every fund's id by its code."""
    return {row.code: row.id for row in session.execute(text("SELECT code, id FROM fund"))}


def instrument_ids(session: Session, deal_id: UUID) -> dict[str, UUID]:
    """Return the ids of a deal's instruments by code."""
    rows = session.execute(text("SELECT code, id FROM instrument WHERE deal_id = :deal"), {"deal": deal_id})
    return {row.code: row.id for row in rows}


def report_id(session: Session, *, deal_id: UUID, period_end: date) -> UUID | None:
    """Return the id of the report that a deal owes for a period."""
    found: UUID | None = session.execute(
        text("SELECT id FROM report WHERE deal_id = :deal AND period_end = :period_end"),
        {"deal": deal_id, "period_end": period_end},
    ).scalar()
    return found


def open_day(session: Session, *, fund_id: UUID, day: date) -> None:
    """Bring a fund's business day to the eve of a day on which a book acts; the nights before it have run."""
    night.move_business_day(session, fund_id=fund_id, to=day)


def amounts_of_book(session: Session, *, fund_ids: Mapping[str, UUID]) -> dict[str, int]:
    """Return how many facts of each kind stand in some funds: deals, entries, findings, breaches, exit triggers."""
    counts = text(
        """SELECT (SELECT count(*) FROM deal WHERE fund_id = ANY(:funds)) AS deals,
                  (SELECT count(*) FROM entry WHERE fund_id = ANY(:funds)) AS entries,
                  (SELECT count(*) FROM finding WHERE fund_id = ANY(:funds)) AS findings,
                  (SELECT count(*) FROM breach WHERE fund_id = ANY(:funds)) AS breaches,
                  (SELECT count(*) FROM exit_trigger WHERE fund_id = ANY(:funds)) AS exit_triggers"""
    )
    row = session.execute(counts, {"funds": list(fund_ids.values())}).mappings().one()
    return {name: int(number) for name, number in row.items()}
