"""Promises: what was agreed, what is reported, what was found, and what follows."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.deps import DoneOnce, Inside, Sealed, SignedIn, Transaction
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.promises import (
    BreachAnswer,
    CovenantAnswer,
    FindingAnswer,
    OwedAnswer,
    PreviewAnswer,
    ReportAnswer,
    ReportAsked,
    TriggerAnswer,
    ValuesAsked,
    VersionMade,
)
from domain.desk import covenants, edits, exits, funds, reports
from domain.errors import InputRefused, Problem

router = APIRouter(tags=["promises"], responses=PROBLEMS)
Seal = Annotated[int | None, Query(ge=0, le=2**62, description="As known at this seal; left out: all that is known")]


def scope_of(
    session: Session, *, fund: str | None, deal: UUID | None, as_of: date | None
) -> tuple[UUID | None, UUID | None, date]:
    """Return fund, deal and day of a list. Refused: neither or both, one that this person may not know of."""
    if (fund is None) == (deal is None):
        raise InputRefused([Problem("fund", "name either a fund or a deal")], subject="the request")
    if deal is not None:
        return None, deal, as_of or edits.deal_day(session, deal_id=deal)
    found = funds.fund_by_code(session, fund or "")
    return found.id, None, as_of or found.business_day


@router.get("/deals/{deal_id}/covenants")
def covenant_list(
    _actor: SignedIn, session: Transaction, deal_id: UUID, as_of: Day | None = None
) -> list[CovenantAnswer]:
    """Give a deal's promises, each with its next test and its last finding."""
    day = edits.deal_day(session, deal_id=deal_id)
    found = covenants.covenant_lines(session, deal_id=deal_id, as_of=as_of or day)
    return [CovenantAnswer.model_validate(one) for one in found]


@router.get("/covenants/{covenant_id}/findings")
def covenant_findings(
    _actor: SignedIn, session: Transaction, covenant_id: UUID, as_of: Day | None = None
) -> list[FindingAnswer]:
    """Give the findings of one promise, latest period first."""
    code, deal_id = edits.covenant_of(session, covenant_id=covenant_id)
    found = covenants.findings(session, deal_id=deal_id, as_of=as_of or edits.deal_day(session, deal_id=deal_id))
    return [FindingAnswer.model_validate(one) for one in found if one.covenant == code]


@router.get("/findings")
def findings(
    _actor: SignedIn,
    session: Transaction,
    fund: Code | None = None,
    deal: UUID | None = None,
    as_of: Day | None = None,
) -> list[FindingAnswer]:
    """Give the findings of a fund or of a deal, latest period first."""
    fund_id, deal_id, day = scope_of(session, fund=fund, deal=deal, as_of=as_of)
    found = covenants.findings(session, fund_id=fund_id, deal_id=deal_id, as_of=day)
    return [FindingAnswer.model_validate(one) for one in found]


@router.get("/breaches")
def breaches(
    _actor: SignedIn,
    session: Transaction,
    fund: Code | None = None,
    deal: UUID | None = None,
    as_of: Day | None = None,
    only_open: bool = False,
) -> list[BreachAnswer]:
    """Give the breaches of a fund or of a deal, the next end of a remedy period first."""
    fund_id, deal_id, day = scope_of(session, fund=fund, deal=deal, as_of=as_of)
    found = covenants.breaches(session, fund_id=fund_id, deal_id=deal_id, as_of=day, only_open=only_open)
    return [BreachAnswer.model_validate(one) for one in found]


@router.get("/exit-triggers")
def exit_triggers(
    _actor: Inside, _sealed: Sealed, session: Transaction, fund: Code, as_of: Day | None = None, seal: Seal = None
) -> list[TriggerAnswer]:
    """Give a fund's exit triggers with their evidence, the earliest first."""
    day = as_of or funds.fund_by_code(session, fund).business_day
    found = exits.triggers(session, fund_code=fund, as_of=day, seal=seal)
    return [TriggerAnswer.model_validate(one) for one in found]


@router.get("/reports")
def owed(
    _actor: SignedIn,
    session: Transaction,
    fund: Code | None = None,
    deal: UUID | None = None,
    as_of: Day | None = None,
) -> list[OwedAnswer]:
    """Give the reports of a fund or of a deal that nobody has submitted yet, the earliest due first."""
    _fund_id, deal_id, day = scope_of(session, fund=fund, deal=deal, as_of=as_of)
    return [OwedAnswer.model_validate(one) for one in reports.owed(session, as_of=day, deal_id=deal_id, fund_code=fund)]


@router.get("/reports/{report_id}")
def report(_actor: SignedIn, session: Transaction, report_id: UUID) -> ReportAnswer:
    """Give a report with what it asks and what was submitted."""
    return ReportAnswer.model_validate(reports.report_detail(session, report_id=report_id))


@router.post("/reports/{report_id}/preview")
def preview(_actor: SignedIn, session: Transaction, report_id: UUID, asked: ValuesAsked) -> list[PreviewAnswer]:
    """Tell what an answer would mean, covenant by covenant; nothing is written."""
    day = reports.report_detail(session, report_id=report_id).business_day
    found = reports.preview(session, report_id=report_id, values=asked.values, as_of=day)
    return [PreviewAnswer.model_validate(one) for one in found]


@router.post("/reports/{report_id}/versions", status_code=HTTPStatus.CREATED, response_model=VersionMade)
def submit(actor: SignedIn, session: Transaction, once: DoneOnce, report_id: UUID, asked: ReportAsked) -> JSONResponse:
    """Submit a report, or correct it: the day is the fund's business day."""
    return once.answer(
        lambda: VersionMade(
            version=reports.submit(
                session,
                report_id=report_id,
                values=asked.values,
                statement=asked.statement,
                evidence=asked.evidence,
                signed_by=asked.signed_by,
                submitted_on=reports.report_detail(session, report_id=report_id).business_day,
                by=actor,
            )
        )
    )
