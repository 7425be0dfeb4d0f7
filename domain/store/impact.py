"""Reading what an impact report is made of, as of a day and as known at a position in the order of all seals.

A fact counts when its seal's position is at most the one asked for and its own day is at most the day asked for: both
are needed, because a fact may be known early for a later day, or late for an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.impact import CovenantTestLine, Observation
from domain.missions import Adding, IndicatorDirection, Target
from domain.money import Money
from domain.portfolio import CoFinance, InstrumentLine


@dataclass(frozen=True, slots=True)
class FundLine:
    """What a report needs to know of its fund."""

    id: UUID
    code: str
    name: str
    currency: str
    opened_on: date
    business_day: date


@dataclass(frozen=True, slots=True)
class MissionLine:
    """A mission that the fund's mandate names, that has a target of the fund, or that one of its projects helps."""

    code: str
    name: str
    deadline: date


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The values every query here is bound to: the fund, the day, the position."""

    fund_id: UUID
    as_of: date
    position: int

    @property
    def bound(self) -> dict[str, object]:
        """The values by the names that the statements use."""
        return {"fund_id": self.fund_id, "as_of": self.as_of, "position": self.position}


IN_FORCE = """in_force AS (
    SELECT d.id, d.code, d.project_id FROM deal d WHERE d.fund_id = :fund_id AND EXISTS (
        SELECT FROM deal_stage ds JOIN seal s ON s.fact_id = ds.id
        WHERE ds.deal_id = d.id AND ds.stage IN ('contracted', 'active', 'exiting', 'closed')
          AND ds.happened_on <= :as_of AND s.position <= :position))"""
"""A fund's deals that are signed by a day, as known at a position: the ``WITH`` of every report on its money."""

_HELPS = """helps AS (
    SELECT project_id, mission_id FROM (
        SELECT DISTINCT ON (pm.project_id, pm.mission_id) pm.project_id, pm.mission_id, pm.helps
        FROM project_mission pm JOIN seal s ON s.fact_id = pm.id
        WHERE s.position <= :position AND pm.project_id IN (SELECT project_id FROM in_force)
        ORDER BY pm.project_id, pm.mission_id, pm.id DESC) last WHERE helps)"""

_MISSIONS = text(
    f"""WITH {IN_FORCE}, {_HELPS}
        SELECT m.code, m.name, m.deadline FROM mission m
        WHERE m.id IN (SELECT mission_id FROM fund_mission WHERE fund_id = :fund_id)
           OR m.id IN (SELECT mission_id FROM helps)
           OR m.id IN (SELECT t.mission_id FROM target t JOIN seal s ON s.fact_id = t.id
                       WHERE t.fund_id = :fund_id AND s.position <= :position)
        ORDER BY m.code"""
)

_TARGETS = text(
    """SELECT DISTINCT ON (t.code) t.id, t.code, t.version, t.fund_id, m.code AS mission, i.code AS indicator,
              i.name AS indicator_name, i.unit, i.direction, i.adding, t.baseline_value, t.baseline_on, t.value,
              t.due_on, t.source, s.number AS seal
       FROM target t JOIN seal s ON s.fact_id = t.id JOIN mission m ON m.id = t.mission_id
       JOIN indicator i ON i.id = t.indicator_id
       WHERE s.position <= :position AND (t.fund_id IS NULL OR t.fund_id = :fund_id)
       ORDER BY t.code, t.version DESC"""
)

_INSTRUMENTS = text(
    f"""WITH {IN_FORCE}, {_HELPS}, money AS (
            SELECT p.instrument_id,
                   sum(p.amount) FILTER (WHERE a.code = 'commitments_undrawn') AS undrawn,
                   sum(p.amount) FILTER (WHERE a.code IN ('loan_principal', 'equity_at_cost', 'royalty_at_cost'))
                       AS outstanding,
                   sum(CASE WHEN a.code = 'statement_disbursed' THEN -p.amount
                            WHEN a.code IN ('loan_principal', 'equity_at_cost', 'royalty_at_cost')
                                 AND coalesce(r.kind, e.kind) = 'drawdown' THEN p.amount END) AS drawn,
                   sum(CASE WHEN a.code IN ('statement_repaid', 'statement_sold') THEN p.amount
                            WHEN a.code = 'cash' AND coalesce(r.kind, e.kind) <> 'drawdown' THEN p.amount END)
                       AS returned,
                   array_agg(DISTINCT e.id) AS entries
            FROM posting p JOIN account a ON a.id = p.account_id JOIN entry e ON e.id = p.entry_id
            JOIN seal s ON s.fact_id = e.id LEFT JOIN entry r ON r.id = e.reverses_id
            WHERE a.fund_id = :fund_id AND p.instrument_id IS NOT NULL AND p.booked_on <= :as_of
              AND s.position <= :position
              AND a.code IN ('commitments_undrawn', 'loan_principal', 'equity_at_cost', 'royalty_at_cost', 'cash',
                             'statement_disbursed', 'statement_repaid', 'statement_sold')
            GROUP BY p.instrument_id),
        of_project AS (
            SELECT h.project_id, array_agg(m.code ORDER BY m.code) AS missions
            FROM helps h JOIN mission m ON m.id = h.mission_id GROUP BY h.project_id)
        SELECT d.code AS deal, p.code AS project, p.name AS project_name, i.code AS instrument, i.kind,
               coalesce(o.missions, '{{}}') AS missions,
               (coalesce(m.undrawn, 0) + coalesce(m.drawn, 0))::bigint AS committed,
               coalesce(m.drawn, 0)::bigint AS drawn, coalesce(m.outstanding, 0)::bigint AS outstanding,
               coalesce(m.returned, 0)::bigint AS returned, coalesce(m.entries, '{{}}') AS entries
        FROM in_force d JOIN project p ON p.id = d.project_id JOIN instrument i ON i.deal_id = d.id
        LEFT JOIN money m ON m.instrument_id = i.id LEFT JOIN of_project o ON o.project_id = d.project_id
        ORDER BY d.code, i.code"""
)

# A version and its values are sealed one by one: it is known when all of them are, and until then the one before is.
_OBSERVATIONS = text(
    f"""WITH {IN_FORCE}, latest AS (
            SELECT DISTINCT ON (rv.report_id) rv.id, rv.version, rv.submitted_on,
                   d.code || ' ' || r.period_end AS report
            FROM report_version rv JOIN seal s ON s.fact_id = rv.id JOIN report r ON r.id = rv.report_id
            JOIN deal d ON d.id = r.deal_id
            WHERE d.project_id IN (SELECT project_id FROM in_force) AND rv.submitted_on <= :as_of
              AND s.position <= :position
              AND NOT EXISTS (SELECT FROM observation o LEFT JOIN seal os ON os.fact_id = o.id
                              WHERE o.report_version_id = rv.id AND (os.position IS NULL OR os.position > :position))
            ORDER BY rv.report_id, rv.version DESC)
        SELECT p.code AS project, i.code AS indicator, o.period_start, o.period_end, o.value, l.submitted_on, l.report,
               l.id AS report_version_id, l.version, o.id AS observation_id, s.number AS seal
        FROM latest l JOIN observation o ON o.report_version_id = l.id JOIN seal s ON s.fact_id = o.id
        JOIN indicator i ON i.id = o.indicator_id JOIN project p ON p.id = o.project_id
        WHERE o.period_end <= :as_of AND s.position <= :position AND i.code = ANY(CAST(:indicators AS text[]))
        ORDER BY p.code, i.code, o.period_end, o.id"""
)

_CO_FINANCE = text(
    f"""WITH {IN_FORCE}
        SELECT c.code, p.code AS project, c.co_investor, c.kind, c.amount_minor, c.currency, c.committed_on, c.id,
               s.number AS seal
        FROM co_finance c JOIN seal s ON s.fact_id = c.id JOIN project p ON p.id = c.project_id
        WHERE c.project_id IN (SELECT project_id FROM in_force) AND c.committed_on <= :as_of AND s.position <= :position
        ORDER BY p.code, c.committed_on, c.code"""
)

_FINDINGS = text(
    """SELECT d.code AS deal, c.code AS covenant, c.clause, t.period_end, f.outcome, f.sentence, f.found_on, f.measured,
              f.limit_value AS limit, f.id AS finding_id, f.report_version_id, f.seal
       FROM (SELECT DISTINCT ON (f.covenant_test_id) f.*, s.number AS seal
             FROM finding f JOIN seal s ON s.fact_id = f.id
             WHERE f.found_on <= :as_of AND s.position <= :position
             ORDER BY f.covenant_test_id, f.id DESC) f
       JOIN covenant_test t ON t.id = f.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
       JOIN deal d ON d.id = c.deal_id WHERE d.fund_id = :fund_id ORDER BY d.code, c.code, t.period_end"""
)


def fund(session: Session, code: str) -> FundLine | None:
    """Return the fund of that code; None if there is none."""
    row = session.execute(
        text("SELECT id, code, name, currency, opened_on, business_day FROM fund WHERE code = :code"), {"code": code}
    ).one_or_none()
    return FundLine(*row) if row else None


def missions(session: Session, facts: ReportFacts) -> list[MissionLine]:
    """Return the missions a report shows, by code."""
    return [MissionLine(**row) for row in _rows(session, _MISSIONS, facts)]


def targets(session: Session, facts: ReportFacts) -> list[Target]:
    """Return the last known version of each of the missions' own targets and of the fund's, by code."""
    return [
        Target(
            code=row["code"],
            version=row["version"],
            mission=row["mission"],
            indicator=row["indicator"],
            indicator_name=row["indicator_name"],
            unit=row["unit"],
            direction=IndicatorDirection(row["direction"]),
            adding=Adding(row["adding"]),
            baseline=row["baseline_value"],
            baseline_on=row["baseline_on"],
            value=row["value"],
            due_on=row["due_on"],
            source=row["source"],
            own=row["fund_id"] is not None,
            fact_id=row["id"],
            seal=row["seal"],
        )
        for row in _rows(session, _TARGETS, facts)
    ]


def instruments(session: Session, facts: ReportFacts, *, currency: str) -> list[InstrumentLine]:
    """Return the instruments of deals contracted by the day, with their money and their projects' missions."""
    return [
        InstrumentLine(
            deal=row["deal"],
            project=row["project"],
            instrument=row["instrument"],
            kind=row["kind"],
            missions=tuple(row["missions"]),
            committed=Money(row["committed"], currency),
            drawn=Money(row["drawn"], currency),
            outstanding=Money(row["outstanding"], currency),
            returned=Money(row["returned"], currency),
            entry_ids=tuple(row["entries"]),
            project_name=row["project_name"],
        )
        for row in _rows(session, _INSTRUMENTS, facts)
    ]


def observations(session: Session, facts: ReportFacts, *, indicators: Sequence[str]) -> list[Observation]:
    """Return what the projects of contracted deals reported: the latest version of each report known and in by then."""
    return [Observation(**row) for row in _rows(session, _OBSERVATIONS, facts, indicators=list(indicators))]


def co_finance(session: Session, facts: ReportFacts) -> list[CoFinance]:
    """Return what others committed to the projects of contracted deals."""
    return [
        CoFinance(
            row["code"],
            row["project"],
            row["co_investor"],
            row["kind"],
            Money(row["amount_minor"], row["currency"]),
            row["committed_on"],
            row["id"],
            row["seal"],
        )
        for row in _rows(session, _CO_FINANCE, facts)
    ]


def last_findings(session: Session, facts: ReportFacts) -> list[CovenantTestLine]:
    """Return the last finding of each covenant test of the fund's deals."""
    return [CovenantTestLine(**row) for row in _rows(session, _FINDINGS, facts)]


def _rows(session: Session, statement: Any, facts: ReportFacts, **more: object) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(statement, {**facts.bound, **more}).mappings()]
