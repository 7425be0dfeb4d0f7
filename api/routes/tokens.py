"""Tokens: signing in and out of the API, and who one is."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from api.database.roles import Role
from api.deps import Place, SignedIn, Transaction, attempts_of, database_of
from api.problems import trace_id_of
from api.schemas.common import PROBLEMS
from api.schemas.people import MeAnswer, TokenAnswer, TokenAsked
from api.security import sign_in
from domain.authority import MAY
from domain.desk import parties, people

router = APIRouter(tags=["people"], responses=PROBLEMS)


@router.post("/tokens", status_code=HTTPStatus.CREATED)
def give_token(request: Request, asked: TokenAsked, _place: Place) -> TokenAnswer:
    """Exchange email and password for a bearer token, good for 12 hours."""
    request.state.tried_email = asked.email.strip().lower()[:100]
    sessions = database_of(request).sessions
    known = sign_in(
        sessions,
        attempts_of(request),
        email=asked.email,
        password=asked.password.get_secret_value(),
        address=request.client.host if request.client else "",
    )
    with sessions.begin(Role.APP, known.actor, request=trace_id_of(request)) as session:
        given = people.give_token(session, by=known.actor)
    return TokenAnswer.model_validate(given)


@router.delete("/tokens/current", status_code=HTTPStatus.NO_CONTENT)
def revoke_token(request: Request, actor: SignedIn, session: Transaction) -> None:
    """Make the token of this request worthless."""
    people.revoke_token(session, token=request.state.token, by=actor)


@router.get("/me")
def me(request: Request, actor: SignedIn, session: Transaction) -> MeAnswer:
    """Tell who is signed in and what the role may do."""
    user = request.state.known.user
    party = parties.party_by_id(session, party_id=actor.party_id).code if actor.party_id else None
    return MeAnswer(
        id=user.id, email=user.email, name=user.name, role=user.role, party_code=party,
        may=sorted(act.value for act, roles in MAY.items() if actor.role in roles),
    )  # fmt: skip
