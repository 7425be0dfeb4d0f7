"""Parties: investees, contributors and co-investors."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import DoneOnceIfKeyed, Page, SignedIn, Transaction
from api.schemas.common import PROBLEMS, Code, Listed, Words, listed
from api.schemas.parties import PartyAnswer, PartyAsked
from domain.desk import parties
from domain.parties import PartyKind

router = APIRouter(tags=["parties"], responses=PROBLEMS)


@router.get("/parties")
def party_list(
    _actor: SignedIn,
    session: Transaction,
    page: Page,
    kind: PartyKind | None = None,
    search: Words | None = None,
) -> Listed[PartyAnswer]:
    """Give parties by code; an investee sees its own."""
    found = parties.party_list(session, search=search, kind=kind, after=page.after, limit=page.limit + 1)
    return listed(PartyAnswer, found, limit=page.limit, cursor="code")


@router.post("/parties", status_code=HTTPStatus.CREATED, response_model=PartyAnswer)
def add_party(actor: SignedIn, session: Transaction, once: DoneOnceIfKeyed, asked: PartyAsked) -> JSONResponse:
    """Add a party."""

    def act() -> PartyAnswer:
        party_id = parties.add_party(
            session, code=asked.code, name=asked.name, kind=asked.kind, country=asked.country,
            group_code=asked.group_code or "", by=actor,
        )  # fmt: skip
        return PartyAnswer.model_validate(parties.party_by_id(session, party_id=party_id))

    return once.answer(act)


@router.get("/parties/{code}")
def party(_actor: SignedIn, session: Transaction, code: Code) -> PartyAnswer:
    """Give one party."""
    return PartyAnswer.model_validate(parties.party_by_code(session, code=code))
