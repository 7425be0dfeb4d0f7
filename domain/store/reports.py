"""Reports as they are read and written: what is owed, what is asked, what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.store.promises import TRAJECTORY

_REPORT = """SELECT r.id AS report_id, r.period_start, r.period_end, r.due_on, d.id AS deal_id, d.code AS deal, d.title,
                    d.fund_id, d.project_id, d.investee_id, p.name AS investee, f.code AS fund, f.business_day
             FROM report r JOIN deal d ON d.id = r.deal_id JOIN party p ON p.id = d.investee_id
             JOIN fund f ON f.id = d.fund_id"""
_OWED = text(
    f"""{_REPORT}
        WHERE (CAST(:deal AS uuid) IS NULL OR d.id = :deal) AND (CAST(:fund AS text) IS NULL OR f.code = :fund)
          AND r.period_start <= :as_of
          AND NOT EXISTS (SELECT FROM report_version v WHERE v.report_id = r.id AND v.submitted_on <= :as_of)
          AND (SELECT s.stage IN ('closed', 'declined', 'withdrawn') FROM deal_stage s
               WHERE s.deal_id = d.id AND s.happened_on <= :as_of ORDER BY s.id DESC LIMIT 1) IS NOT TRUE
        ORDER BY r.due_on, d.code"""
)
_ASKED = text(
    f"""SELECT c.code, c.clause, c.direction, c.tolerance, c.grace_days, c.remedy_days, i.unit, i.id AS indicator_id,
               i.code AS indicator, i.name AS indicator_name, i.definition, t.period_start, t.period_end, t.due_on,
               {TRAJECTORY} AS trajectory
        FROM report r JOIN covenant c ON c.deal_id = r.deal_id
        JOIN covenant_test t ON t.covenant_id = c.id AND t.period_end = r.period_end
        JOIN indicator i ON i.id = c.indicator_id
        WHERE r.id = :report ORDER BY i.code, c.code"""
)
_VERSIONS = text(
    """SELECT v.id AS version_id, v.version, v.submitted_on, v.signed_by, v.statement,
              (SELECT jsonb_object_agg(i.code, o.value::text)
               FROM observation o JOIN indicator i ON i.id = o.indicator_id WHERE o.report_version_id = v.id) AS given,
              (SELECT max(o.evidence) FROM observation o WHERE o.report_version_id = v.id) AS evidence
       FROM report_version v WHERE v.report_id = :report ORDER BY v.version"""
)
# What a project last reported before a period: of its latest earlier period, in the version that replaced the others.
_LAST_VALUES = text(
    """SELECT DISTINCT ON (i.code) i.code, o.value, o.period_end
       FROM observation o JOIN indicator i ON i.id = o.indicator_id
       JOIN report_version v ON v.id = o.report_version_id
       WHERE o.project_id = :project AND o.period_end < :before
       ORDER BY i.code, o.period_end DESC, v.id DESC"""
)


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report that is owed, with the deal, investee and fund it belongs to."""

    report_id: UUID
    period_start: date
    period_end: date
    due_on: date
    deal_id: UUID
    deal: str
    title: str
    fund_id: UUID
    project_id: UUID
    investee_id: UUID
    investee: str
    fund: str
    business_day: date


@dataclass(frozen=True, slots=True)
class ReportVersion:
    """A submission as it was made; ``values`` by indicator code, without those that it leaves open."""

    version_id: int
    version: int
    submitted_on: date
    signed_by: str
    statement: str
    evidence: str
    values: Mapping[str, Decimal]

    @property
    def texts(self) -> dict[str, str]:
        """What the submission says in words."""
        return {"statement": self.statement, "evidence": self.evidence}


def report(session: Session, *, report_id: UUID, lock: bool = False) -> ReportRecord | None:
    """Return a report, None where it is not there or not this person's; locked against a second submission."""
    ending = " FOR UPDATE OF r" if lock else ""
    row = session.execute(text(f"{_REPORT} WHERE r.id = :report{ending}"), {"report": report_id}).mappings().first()
    return ReportRecord(**row) if row else None


def owed(session: Session, *, as_of: date, deal_id: UUID | None, fund_code: str | None) -> tuple[ReportRecord, ...]:
    """Return the reports whose period has begun and that nobody has submitted by a day, the earliest due first."""
    rows = session.execute(_OWED, {"as_of": as_of, "deal": deal_id, "fund": fund_code}).mappings()
    return tuple(ReportRecord(**row) for row in rows)


def asked(session: Session, *, report_id: UUID) -> list[dict[str, Any]]:
    """Return what a report is asked: a row per covenant tested on it, with the indicator and the trajectory."""
    return [dict(row) for row in session.execute(_ASKED, {"report": report_id}).mappings()]


def versions(session: Session, *, report_id: UUID) -> tuple[ReportVersion, ...]:
    """Return what was submitted, the first version first."""
    return tuple(
        ReportVersion(
            row["version_id"],
            row["version"],
            row["submitted_on"],
            row["signed_by"],
            row["statement"],
            row["evidence"] or "",
            {code: Decimal(value) for code, value in sorted((row["given"] or {}).items())},
        )
        for row in session.execute(_VERSIONS, {"report": report_id}).mappings()
    )


def last_values(session: Session, *, project_id: UUID, before: date) -> dict[str, tuple[Decimal, date]]:
    """Return a project's last reported value by indicator, with the end of its period, before a day."""
    rows = session.execute(_LAST_VALUES, {"project": project_id, "before": before})
    return {row.code: (row.value, row.period_end) for row in rows}


def add_version(
    session: Session,
    record: ReportRecord,
    *,
    version: int,
    replaces_id: int | None,
    submitted_on: date,
    signed_by: str,
    statement: str,
    recorded_by: UUID | None,
) -> int:
    """Write a submission and return its number among facts."""
    return int(
        session.execute(
            text(
                """INSERT INTO report_version (fund_id, recorded_by, report_id, version, submitted_on, signed_by,
                                               statement, replaces_id)
                   VALUES (:fund, :recorded_by, :report, :version, :submitted_on, :signed_by, :statement, :replaces)
                   RETURNING id"""
            ),
            {
                "fund": record.fund_id,
                "recorded_by": recorded_by,
                "report": record.report_id,
                "version": version,
                "submitted_on": submitted_on,
                "signed_by": signed_by,
                "statement": statement,
                "replaces": replaces_id,
            },
        ).scalar_one()
    )


def add_observations(
    session: Session,
    record: ReportRecord,
    *,
    version_id: int,
    values: Mapping[UUID, Decimal],
    evidence: str,
    recorded_by: UUID | None,
) -> None:
    """Write the values of a submission by indicator: self-reported, quality 4 of 5 until somebody reviews them."""
    if not values:
        return
    session.execute(
        text(
            """INSERT INTO observation (fund_id, recorded_by, report_version_id, project_id, indicator_id, period_start,
                                        period_end, value, evidence, assurance, data_quality)
               VALUES (:fund, :recorded_by, :version_id, :project, :indicator, :start, :end, :value, :evidence,
                       'self_reported', 4)"""
        ),
        [
            {
                "fund": record.fund_id,
                "recorded_by": recorded_by,
                "version_id": version_id,
                "project": record.project_id,
                "indicator": indicator_id,
                "start": record.period_start,
                "end": record.period_end,
                "value": value,
                "evidence": evidence,
            }
            for indicator_id, value in values.items()
        ],
    )
