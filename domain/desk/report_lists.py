"""Reports as lists tell them: what a deal or an investee owes and has submitted."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from domain.store import report_lists as store
from domain.store.report_lists import ReportLine
from domain.store.reports import ReportVersion

REPORTS_SHOWN_MAX = 500

__all__ = ["ReportLine", "ReportVersion", "reports_of_deal", "reports_of_investee"]


def reports_of_deal(session: Session, *, deal_id: UUID) -> tuple[ReportLine, ...]:
    """Return a deal's reports, the latest period first; an investee's session sees its own only."""
    return tuple(store.report_lines(session, deal_id=deal_id, party_id=None, limit=REPORTS_SHOWN_MAX))


def reports_of_investee(session: Session, *, party_id: UUID) -> tuple[ReportLine, ...]:
    """Return the reports of all of an investee's deals, the latest period first."""
    return tuple(store.report_lines(session, deal_id=None, party_id=party_id, limit=REPORTS_SHOWN_MAX))
