"""Other currencies of a fund: opening one, stating rates, converting cash, and what the positions are worth."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api.deps import DoneOnce, Inside, NightTransaction, Sealed, SignedIn, Transaction
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.currencies import (
    ConversionAnswer,
    ConversionAsked,
    CurrencyAsked,
    CurrencyOpened,
    PositionAnswer,
    RateAnswer,
    RateAsked,
    RateLineAnswer,
)
from domain.desk import currencies
from domain.money import Money, parse_minor

router = APIRouter(tags=["currencies"], responses=PROBLEMS)


@router.get("/funds/{code}/currencies")
def positions(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    as_of: Day | None = None,
    seal: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> list[PositionAnswer]:
    """Give what a fund holds of each other currency on a day, what it had cost and what it is worth by a dated rate."""
    found = currencies.positions(session, fund_code=code, as_of=as_of, seal=seal)
    return [PositionAnswer.model_validate(one) for one in found]


@router.post("/funds/{code}/currencies", status_code=HTTPStatus.CREATED)
def open_currency(actor: SignedIn, session: NightTransaction, code: Code, asked: CurrencyAsked) -> CurrencyOpened:
    """Open a fund's accounts in another currency; one that is open stays as it is."""
    new = currencies.open_currency(session, fund_code=code, currency=asked.currency, by=actor)
    return CurrencyOpened(fund=code, currency=asked.currency, opened_now=new)


@router.get("/funds/{code}/rates")
def rates(_actor: Inside, session: Transaction, code: Code) -> list[RateLineAnswer]:
    """Give the last hundred rates recorded for a fund, the latest day first, corrected ones too."""
    return [RateLineAnswer.model_validate(one) for one in currencies.rates(session, fund_code=code)]


@router.post("/funds/{code}/rates", status_code=HTTPStatus.CREATED, response_model=RateAnswer)
def state_rate(actor: SignedIn, session: Transaction, once: DoneOnce, code: Code, asked: RateAsked) -> JSONResponse:
    """Record a rate of a day with its source; for a day that has one it is a correction, and holds from now on."""
    return once.answer(
        lambda: RateAnswer.model_validate(
            currencies.state_rate(
                session,
                fund_code=code,
                currency=asked.currency,
                units=Decimal(asked.units),
                on=asked.on,
                source=asked.source,
                by=actor,
            )
        )
    )


@router.post("/funds/{code}/conversions", status_code=HTTPStatus.CREATED, response_model=ConversionAnswer)
def convert(actor: SignedIn, session: Transaction, once: DoneOnce, code: Code, asked: ConversionAsked) -> JSONResponse:
    """Convert cash between the fund's own currency and another one, by the rate of the day or for what came."""
    sold = Money(parse_minor(asked.sold.amount, asked.sold.currency), asked.sold.currency)
    bought = None if asked.bought is None else parse_minor(asked.bought, asked.into)
    return once.answer(
        lambda: ConversionAnswer.model_validate(
            currencies.convert(
                session,
                fund_code=code,
                sold=sold,
                into=asked.into,
                bought_minor=bought,
                effective_on=asked.effective_on,
                booked_on=asked.booked_on,
                by=actor,
                key=once.key,
            )
        )
    )
