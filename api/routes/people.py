"""The people who sign in, for auditors and stewards."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import SignedIn, Transaction
from api.schemas.common import PROBLEMS
from api.schemas.people import UserLineAnswer
from domain.desk import directory

router = APIRouter(tags=["people"], responses=PROBLEMS)


@router.get("/users")
def users(actor: SignedIn, session: Transaction) -> list[UserLineAnswer]:
    """Give every user that there ever was, and whether they can sign in: for auditors and stewards."""
    return [UserLineAnswer.model_validate(one) for one in directory.everybody(session, by=actor)]
