"""Lists of reports: each with how often it was submitted, and when last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report as a page lists it. ``version`` is 0, and the last two are None, while nobody has submitted it."""

    report_id: UUID
    deal_id: UUID
    deal: str
    title: str
    fund: str
    business_day: date
    period_start: date
    period_end: date
    due_on: date
    version: int
    submitted_on: date | None
    signed_by: str | None


_REPORTS = text(
    """SELECT r.id AS report_id, d.id AS deal_id, d.code AS deal, d.title, f.code AS fund, f.business_day,
              r.period_start, r.period_end, r.due_on, coalesce(v.version, 0) AS version, v.submitted_on, v.signed_by
       FROM report r JOIN deal d ON d.id = r.deal_id JOIN fund f ON f.id = d.fund_id
       LEFT JOIN LATERAL (SELECT x.version, x.submitted_on, x.signed_by FROM report_version x
                          WHERE x.report_id = r.id ORDER BY x.version DESC LIMIT 1) v ON true
       WHERE (CAST(:deal AS uuid) IS NULL OR d.id = :deal)
         AND (CAST(:party AS uuid) IS NULL OR d.investee_id = :party)
       ORDER BY r.period_end DESC, d.code LIMIT :limit"""
)


def report_lines(session: Session, *, deal_id: UUID | None, party_id: UUID | None, limit: int) -> list[ReportLine]:
    """Return the reports of a deal or of an investee, the latest period first."""
    said = {"deal": deal_id, "party": party_id, "limit": limit}
    return [ReportLine(**row) for row in session.execute(_REPORTS, said).mappings()]
