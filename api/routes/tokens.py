"""Tokens: signing in and out of the API, and who one is."""

from __future__ import annotations

import dataclasses
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request

from api.database.roles import Role
from api.deps import SignedIn, SignInPlace, Transaction, address_of_caller, agent_of, database_of
from api.schemas.common import PROBLEMS
from api.schemas.people import EndedAnswer, MeAnswer, SignInAnswer, TokenAnswer, TokenAsked
from api.security import check_password
from api.tracing import trace_id_of
from domain.authority import AWAITED, MAY
from domain.desk import authority, parties, people, sign_ins

router = APIRouter(tags=["people"], responses=PROBLEMS)


@router.post("/tokens", status_code=HTTPStatus.CREATED)
def give_token(request: Request, asked: TokenAsked, _place: SignInPlace) -> TokenAnswer:
    """Exchange email and password for a bearer token, good for 12 hours."""
    request.state.tried_email = asked.email.strip().lower()[:100]
    sessions = database_of(request).sessions
    kept = check_password(
        sessions,
        email=asked.email,
        password=asked.password.get_secret_value(),
        address=address_of_caller(request),
    )
    assert kept.known is not None, "a password that was checked is somebody's"
    with sessions.begin(Role.APP, kept.known.actor, request=trace_id_of(request)) as session:
        given = people.give_token(session, by=people.still_fits(session, kept), agent=agent_of(request))
    return TokenAnswer.model_validate(given)


@router.delete("/tokens/current", status_code=HTTPStatus.NO_CONTENT)
def revoke_token(request: Request, actor: SignedIn, session: Transaction) -> None:
    """Make the token of this request worthless."""
    sign_ins.end_one(session, sign_in_id=request.state.known.sign_in_id, by=actor)


@router.post("/tokens/rotation", status_code=HTTPStatus.CREATED)
def exchange_token(request: Request, actor: SignedIn, session: Transaction) -> TokenAnswer:
    """Exchange the token of this request for a new one: so a program goes on for 7 days without a password.

    The old token is worthless from now on. Whoever uses it again has copied it: every token of its family ends.
    """
    given = sign_ins.exchange_token(
        session, token_id=request.state.known.sign_in_id, address=address_of_caller(request), by=actor
    )
    return TokenAnswer.model_validate(given)


@router.get("/sign-ins")
def own_sign_ins(request: Request, actor: SignedIn, session: Transaction) -> list[SignInAnswer]:
    """Give the caller's own tokens and browsers that are good now, newest first."""
    present = request.state.known.sign_in_id
    return [
        SignInAnswer(**dataclasses.asdict(one), is_this_one=one.id == present)
        for one in sign_ins.own(session, by=actor)
    ]


@router.delete("/sign-ins/{sign_in_id}", status_code=HTTPStatus.NO_CONTENT)
def end_sign_in(actor: SignedIn, session: Transaction, sign_in_id: UUID) -> None:
    """End one of the caller's own tokens or browsers."""
    sign_ins.end_one(session, sign_in_id=sign_in_id, by=actor)


@router.delete("/sign-ins")
def end_every_sign_in(actor: SignedIn, session: Transaction) -> EndedAnswer:
    """Sign the caller out everywhere, here too."""
    return EndedAnswer(ended=sign_ins.end_everywhere(session, by=actor))


@router.get("/me")
def me(request: Request, actor: SignedIn, session: Transaction) -> MeAnswer:
    """Tell who is signed in, and what they may do now: by their role, and because somebody lent it to them."""
    user = request.state.known.user
    party = parties.party_by_id(session, party_id=actor.party_id).code if actor.party_id else None
    lent = {act for one in authority.lent_to(session, by=actor) for act in one.acts} - set(AWAITED)
    own = {act.value for act, roles in MAY.items() if actor.role in roles and act not in AWAITED}
    return MeAnswer(
        id=user.id, email=user.email, name=user.name, role=user.role, party_code=party,
        may=sorted(own | lent), lent=sorted(lent - own),
    )  # fmt: skip
