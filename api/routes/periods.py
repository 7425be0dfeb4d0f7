"""Periods: what is closed of a fund's book, closing one, and an account's balance as of any day."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.deps import DoneOnceAtNight, Inside, NightTransaction, Sealed, SignedIn, Transaction
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.periods import BalanceAnswer, ClosingAnswer, ClosingAsked, PeriodsAnswer
from domain.desk import periods

router = APIRouter(tags=["ledger"], responses=PROBLEMS)


@router.get("/funds/{code}/periods")
def closed(_actor: Inside, session: Transaction, code: Code) -> PeriodsAnswer:
    """Give what is closed of a fund's book, the last period first, and what may be closed now."""
    return PeriodsAnswer.model_validate(periods.periods(session, fund_code=code))


@router.post("/funds/{code}/periods", status_code=HTTPStatus.CREATED, response_model=ClosingAnswer)
def close(
    actor: SignedIn,
    _sealed: Sealed,
    session: NightTransaction,
    once: DoneOnceAtNight,
    code: Code,
    asked: ClosingAsked,
) -> JSONResponse:
    """Close a fund's book up to the end of a month, for good. What is closed already stays as it was."""
    # Before the key is claimed: a closing must be younger than every entry that it closes over.
    periods.hold(session, fund_code=code, by=actor)
    return once.answer(
        lambda: ClosingAnswer.model_validate(
            periods.close(session, fund_code=code, period_end=asked.period_end, by=actor)
        )
    )


@router.get("/funds/{code}/accounts/{account}/balance")
def balance(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    account: Annotated[str, Path(pattern=r"^[a-z0-9_]{1,100}$")],
    as_of: Day | None = None,
    by: Annotated[Literal["booked_on", "effective_on"], Query(description="by booking day or by value day")] = (
        "booked_on"
    ),
    seal: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> BalanceAnswer:
    """Give an account's balance as of a day by booking or value day, as known at a seal (left out: all sealed)."""
    return BalanceAnswer.model_validate(
        periods.balance(session, fund_code=code, account=account, as_of=as_of, by=by, seal=seal)
    )
