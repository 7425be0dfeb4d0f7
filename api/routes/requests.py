"""What two people do: requests, and their approval, refusal or withdrawal."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.deps import DoneOnce, Inside, Page, SignedIn, Transaction
from api.schemas.authority import RefusalAsked, RequestAnswer, RequestAsked, RequestMade
from api.schemas.common import PROBLEMS, Listed, listed
from api.schemas.ledger import EntryMade
from domain.desk import edits, requests
from domain.errors import InputRefused, Problem

router = APIRouter(tags=["requests"], responses=PROBLEMS)
RequestId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/requests")
def request_list(
    actor: Inside,
    session: Transaction,
    page: Page,
    is_open: Annotated[bool, Query(alias="open")] = False,
) -> Listed[RequestAnswer]:
    """Give requests, newest first; with ``open`` those that nobody has decided."""
    found = requests.requests(session, by=actor, only_open=is_open, after=page.number, limit=page.limit + 1)
    return listed(RequestAnswer, found, limit=page.limit, cursor="id")


@router.post("/requests", status_code=HTTPStatus.CREATED, response_model=RequestMade)
def ask(actor: SignedIn, session: Transaction, once: DoneOnce, asked: RequestAsked) -> JSONResponse:
    """Ask for the reversal of an entry or for a payout; nothing is booked before somebody else approves."""

    def act() -> RequestMade:
        if asked.kind == "reversal":
            if asked.entry_id is None:
                raise InputRefused([Problem("entry_id", "name the entry to take back")], subject="the request")
            number = requests.ask_reversal(session, entry_id=asked.entry_id, reason=asked.reason, by=actor)
            return RequestMade(request_id=number)
        given = {"instrument_id": asked.instrument_id, "amount": asked.amount, "effective_on": asked.effective_on}
        if asked.instrument_id is None or asked.amount is None or asked.effective_on is None:
            missing = [Problem(name, "a payout names it") for name, value in given.items() if value is None]
            raise InputRefused(missing, subject="the request")
        currency = edits.currency_of(session, instrument_id=asked.instrument_id)
        number = requests.ask_payout(
            session,
            instrument_id=asked.instrument_id,
            minor=asked.amount.minor_in(currency),
            effective_on=asked.effective_on,
            reason=asked.reason,
            by=actor,
        )
        return RequestMade(request_id=number)

    return once.answer(act)


@router.get("/requests/{request_id}")
def request_line(actor: Inside, session: Transaction, request_id: RequestId) -> RequestAnswer:
    """Give a request and what became of it."""
    return RequestAnswer.model_validate(requests.request_line(session, request_id=request_id, by=actor))


@router.post("/requests/{request_id}/approval", status_code=HTTPStatus.CREATED, response_model=EntryMade)
def approve(actor: Inside, session: Transaction, once: DoneOnce, request_id: RequestId) -> JSONResponse:
    """Approve what was asked for and carry it out."""
    return once.answer(
        lambda: EntryMade(entry_id=requests.approve(session, request_id=request_id, by=actor, key=once.key))
    )


@router.post("/requests/{request_id}/refusal", status_code=HTTPStatus.CREATED, response_model=RequestMade)
def refuse(
    actor: Inside, session: Transaction, once: DoneOnce, request_id: RequestId, asked: RefusalAsked
) -> JSONResponse:
    """Refuse what was asked for, in words."""

    def act() -> RequestMade:
        requests.refuse(session, request_id=request_id, reason=asked.reason, by=actor)
        return RequestMade(request_id=request_id)

    return once.answer(act)


@router.post("/requests/{request_id}/withdrawal", status_code=HTTPStatus.CREATED, response_model=RequestMade)
def withdraw(actor: Inside, session: Transaction, once: DoneOnce, request_id: RequestId) -> JSONResponse:
    """Withdraw what you asked for."""

    def act() -> RequestMade:
        requests.withdraw(session, request_id=request_id, by=actor)
        return RequestMade(request_id=request_id)

    return once.answer(act)
