"""Funds: what they are, what room their limits leave, and closing their days."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from api.deps import Inside, SignedIn, Transaction, database_of
from api.nights import run_night
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.deals import HeadroomAnswer
from api.schemas.funds import DayAnswer, DayAsked, FundAnswer, FundDetailAnswer, NightRefusalAnswer
from api.tracing import trace_id_of
from domain.desk import deals, funds

router = APIRouter(tags=["funds"], responses=PROBLEMS)


@router.get("/funds")
def fund_list(_actor: Inside, session: Transaction) -> list[FundAnswer]:
    """Give all funds by code."""
    return [FundAnswer.model_validate(one) for one in funds.funds(session)]


@router.get("/funds/{code}")
def fund(_actor: Inside, session: Transaction, code: Code) -> FundDetailAnswer:
    """Give one fund."""
    found = funds.fund_by_code(session, code)
    missions = funds.fund_missions(session, fund_id=found.fund_id)
    return FundDetailAnswer(**FundAnswer.model_validate(found).model_dump(), missions=list(missions))


@router.get("/funds/{code}/headroom")
def headroom(_actor: Inside, session: Transaction, code: Code, as_of: Day | None = None) -> list[HeadroomAnswer]:
    """Give what is used and left of each limit."""
    found = funds.fund_by_code(session, code)
    findings = deals.headroom(session, fund_id=found.fund_id, as_of=as_of or found.business_day)
    return [HeadroomAnswer.model_validate(one) for one in findings]


@router.post("/funds/{code}/days", status_code=HTTPStatus.CREATED)
def close_day(request: Request, actor: SignedIn, code: Code, asked: DayAsked) -> DayAnswer:
    """Run the fund's nights up to and with a day. Running them again changes nothing."""
    ran = run_night(database_of(request).sessions, fund_code=code, to=asked.to, by=actor, request=trace_id_of(request))
    return DayAnswer(
        fund=ran.fund, business_day=ran.to, before=ran.business_day, to=ran.to,
        days_closed=(ran.to - ran.business_day).days, days=ran.days, changes=ran.changes,
        refusals=[NightRefusalAnswer.model_validate(one) for one in ran.refusals],
    )  # fmt: skip
