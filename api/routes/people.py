"""The people who sign in, for the steward."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import SignedIn, Transaction
from api.schemas.common import PROBLEMS
from api.schemas.people import UserAnswer
from domain.desk import people

router = APIRouter(tags=["people"], responses=PROBLEMS)


@router.get("/users")
def users(actor: SignedIn, session: Transaction) -> list[UserAnswer]:
    """Give everybody who can sign in."""
    return [UserAnswer.model_validate(one) for one in people.users(session, by=actor)]
