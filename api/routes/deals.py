"""Deals: proposed, brought from stage to stage, looked at."""

from __future__ import annotations

import json
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.deps import DoneOnceIfKeyed, IfMatch, Page, SignedIn, Transaction, etag, fits_version
from api.schemas.common import PROBLEMS, Code, Listed, MoneyAnswer, Words, listed
from api.schemas.deals import (
    DealAnswer,
    DealAsked,
    DealEntryAnswer,
    DealLineAnswer,
    HeadroomAnswer,
    InstrumentAnswer,
    StageAnswer,
    StageAsked,
)
from domain.authority import Act, Actor
from domain.deals import ProposedInstrument, Stage
from domain.desk import authority, deals, edits, funds, missions, parties
from domain.desk.deals import DealDetail
from domain.money import Money

router = APIRouter(tags=["deals"], responses=PROBLEMS)


def deal_answer(detail: DealDetail) -> DealAnswer:
    """Shape all that is known of a deal but its entries."""
    deal = detail.deal
    return DealAnswer(
        id=deal.id,
        code=deal.code,
        title=deal.title,
        purpose=deal.purpose,
        fund=deal.fund_code,
        project=deal.project_code,
        project_name=deal.project_name,
        investee=deal.investee_code,
        investee_name=deal.investee_name,
        stage=deal.stage,
        stage_on=deal.stage_on,
        signed_on=deal.signed_on,
        next_stages=list(detail.next_stages),
        stages=[StageAnswer.model_validate(one) for one in detail.stages],
        instruments=instrument_answers(detail),
        limits=[HeadroomAnswer.model_validate(one) for one in detail.limits],
        draw_stops=list(detail.draw_stops),
    )


def instrument_answers(detail: DealDetail) -> list[InstrumentAnswer]:
    """Shape a deal's instruments."""
    return [
        InstrumentAnswer.model_validate(
            {
                **{name: getattr(one, name) for name in InstrumentAnswer.model_fields if name != "deal_id"},
                "deal_id": detail.deal.id,
            }
        )
        for one in detail.instruments
    ]


@router.get("/deals")
def deal_list(
    _actor: SignedIn,
    session: Transaction,
    page: Page,
    fund: Code | None = None,
    stage: Stage | None = None,
    search: Words | None = None,
) -> Listed[DealLineAnswer]:
    """Give deals by code; an investee sees its own. Refused: a fund that does not exist."""
    if fund is not None:
        funds.fund_by_code(session, fund)
    found = deals.deal_list(session, fund_code=fund, stage=stage, search=search, after=page.after, limit=page.limit + 1)
    return listed(DealLineAnswer, found, limit=page.limit, cursor="code")


@router.post("/deals", status_code=HTTPStatus.CREATED, response_model=DealAnswer)
def propose(actor: SignedIn, session: Transaction, once: DoneOnceIfKeyed, asked: DealAsked) -> JSONResponse:
    """Propose a deal with its instruments."""
    return with_version(once.answer(lambda: proposed(session, asked, by=actor)))


def proposed(session: Session, asked: DealAsked, *, by: Actor) -> DealAnswer:
    """Propose a deal as it was asked for, and shape it."""
    authority.require_role(session, Act.PROPOSE, by=by)
    fund = funds.fund_by_code(session, asked.fund)
    deal_id = deals.propose(
        session,
        fund_id=fund.fund_id,
        code=asked.code,
        project_id=missions.project_by_code(session, asked.project).id,
        investee_id=parties.party_by_code(session, code=asked.investee).id,
        title=asked.title,
        purpose=asked.purpose,
        instruments=[
            ProposedInstrument(
                code=one.code,
                kind=one.kind,
                commitment_minor=one.commitment.minor_in(fund.currency),
                terms=one.terms,
                valid_from=one.valid_from,
            )
            for one in asked.instruments
        ],
        proposed_on=asked.proposed_on or fund.business_day,
        by=by,
    )
    return deal_answer(deals.deal_detail(session, deal_id=deal_id))


@router.get("/deals/{deal_id}")
def deal(_actor: SignedIn, session: Transaction, response: Response, deal_id: UUID) -> DealAnswer:
    """Give a deal; its ETag is what an edit rests on."""
    detail = deals.deal_detail(session, deal_id=deal_id)
    response.headers["ETag"] = etag(detail.version)
    return deal_answer(detail)


@router.post("/deals/{deal_id}/stages", response_model=DealAnswer)
def advance(
    actor: SignedIn,
    session: Transaction,
    once: DoneOnceIfKeyed,
    deal_id: UUID,
    asked: StageAsked,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Bring a deal to its next stage."""

    def act() -> DealAnswer:
        fits_version(if_match, edits.lock_deal(session, deal_id=deal_id, by=actor))
        deals.advance(
            session,
            deal_id=deal_id,
            to=asked.stage,
            happened_on=asked.happened_on or edits.deal_day(session, deal_id=deal_id),
            reason=asked.reason,
            by=actor,
        )
        return deal_answer(deals.deal_detail(session, deal_id=deal_id))

    return with_version(once.answer(act, status=HTTPStatus.OK))


@router.get("/deals/{deal_id}/entries")
def entries(_actor: SignedIn, session: Transaction, deal_id: UUID) -> list[DealEntryAnswer]:
    """Give a deal's entries, newest first."""
    return [
        DealEntryAnswer(
            id=one.id,
            booked_on=one.booked_on,
            effective_on=one.effective_on,
            kind=one.kind,
            reason=one.reason,
            money=MoneyAnswer.model_validate(Money(one.amount_minor, one.currency)),
            reverses_id=one.reverses_id,
            seal=one.seal,
        )
        for one in deals.deal_detail(session, deal_id=deal_id).entries
    ]


def with_version(told: JSONResponse) -> JSONResponse:
    """Put the version of the deal that is told into the ETag: how many stages it has reached, in a kept answer too."""
    told.headers["ETag"] = etag(len(json.loads(bytes(told.body))["stages"]))
    return told
