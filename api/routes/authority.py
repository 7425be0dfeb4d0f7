"""Who may do what: the table, a fund's own amounts, conflicts of interest, acts that are lent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from api.deps import DoneOnceIfKeyed, Inside, SignedIn, Transaction
from api.schemas.authority import (
    ActMayAnswer,
    AmountAnswer,
    AmountAsked,
    ConflictAnswer,
    ConflictAsked,
    DelegationAnswer,
    DelegationAsked,
    DelegationMade,
    EndAsked,
    RoleMayAnswer,
)
from api.schemas.common import PROBLEMS, Code
from domain.authority import AUTHORITY, AWAITED, NEVER_WHO_PREPARED
from domain.delegations import Delegation
from domain.desk import authority, funds, parties

router = APIRouter(tags=["authority"], responses=PROBLEMS)
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/authority")
def table(actor: SignedIn) -> list[ActMayAnswer]:
    """Give the published table of act, role and amount."""
    return [
        ActMayAnswer(
            act=act,
            roles=[RoleMayAnswer(role=role, alone_minor=minor) for role, minor in roles.items()],
            never=NEVER_WHO_PREPARED.get(act, ""),
            awaited=act in AWAITED,
            yours=actor.role in roles,
        )
        for act, roles in AUTHORITY.items()
    ]


@router.get("/funds/{code}/amounts")
def amounts(_actor: Inside, session: Transaction, code: Code) -> list[AmountAnswer]:
    """Give every amount of a fund's own, in the order in which they were set; the latest that has begun holds."""
    fund = funds.fund_by_code(session, code)
    return [AmountAnswer.model_validate(one) for one in authority.amounts(session, fund_id=fund.fund_id)]


@router.post("/funds/{code}/amounts", status_code=HTTPStatus.CREATED, response_model=AmountAnswer)
def set_amount(
    actor: Inside, session: Transaction, once: DoneOnceIfKeyed, code: Code, asked: AmountAsked
) -> JSONResponse:
    """Set up to how much a role does an act alone in a fund, from a day on: for stewards."""
    alone = asked.alone
    minor = None if alone is None else alone.minor_in(funds.fund_by_code(session, code).currency)

    def act() -> AmountAnswer:
        authority.set_amount(
            session,
            fund_code=code,
            act=asked.act,
            role=asked.role,
            minor=minor,
            valid_from=asked.valid_from,
            source=asked.source,
            by=actor,
        )
        fund = funds.fund_by_code(session, code)
        return AmountAnswer.model_validate(authority.amounts(session, fund_id=fund.fund_id)[-1])

    return once.answer(act)


@router.get("/conflicts")
def conflicts(actor: SignedIn, session: Transaction) -> list[ConflictAnswer]:
    """Give your conflicts of interest; to auditors and stewards everybody's."""
    return [ConflictAnswer.model_validate(one) for one in authority.conflicts(session, by=actor)]


@router.post("/conflicts", status_code=HTTPStatus.CREATED, response_model=ConflictAnswer)
def declare(actor: Inside, session: Transaction, once: DoneOnceIfKeyed, asked: ConflictAsked) -> JSONResponse:
    """Declare a conflict of interest; it binds from its day on, today where none is given."""
    party = parties.party_by_code(session, code=asked.party)
    since = asked.since or authority.today(session)

    def act() -> ConflictAnswer:
        number = authority.declare_conflict(
            session, party_id=party.id, since=since, words=asked.words, by=actor, email=asked.email
        )
        declared = next(one for one in authority.conflicts(session, by=actor) if one.id == number)
        return ConflictAnswer.model_validate(declared)

    return once.answer(act)


@router.post("/conflicts/{number}/end", status_code=HTTPStatus.CREATED)
def end_conflict(actor: Inside, session: Transaction, number: Number, asked: EndAsked) -> list[ConflictAnswer]:
    """End a conflict of interest: for stewards, and never their own."""
    authority.end_conflict(session, conflict_id=number, words=asked.words, by=actor)
    return [ConflictAnswer.model_validate(one) for one in authority.conflicts(session, by=actor)]


@router.get("/delegations")
def delegations(actor: SignedIn, session: Transaction) -> list[DelegationAnswer]:
    """Give what you lent and what is lent to you; to auditors and stewards everybody's."""
    return [DelegationAnswer.model_validate(one) for one in authority.delegations(session, by=actor)]


@router.post("/delegations", status_code=HTTPStatus.CREATED, response_model=DelegationMade)
def lend(actor: Inside, session: Transaction, once: DoneOnceIfKeyed, asked: DelegationAsked) -> JSONResponse:
    """Lend acts of your role to somebody for at most 90 days."""
    said = Delegation(asked.acts, asked.from_day, asked.to_day, asked.at_most_minor)
    return once.answer(
        lambda: DelegationMade(
            delegation_id=authority.lend(session, to=asked.to, asked=said, words=asked.words, by=actor)
        )
    )


@router.post("/delegations/{number}/end", status_code=HTTPStatus.CREATED, response_model=DelegationMade)
def end_delegation(actor: Inside, session: Transaction, once: DoneOnceIfKeyed, number: Number) -> JSONResponse:
    """End a delegation before its last day."""

    def act() -> DelegationMade:
        authority.end_delegation(session, delegation_id=number, by=actor)
        return DelegationMade(delegation_id=number)

    return once.answer(act)
