"""Instruments: what is due, paid out, and what comes in."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import DoneOnce, SignedIn, Transaction
from api.routes.deals import instrument_answers
from api.schemas.common import PROBLEMS, MoneyAnswer
from api.schemas.deals import (
    DrawdownAsked,
    InstalmentAnswer,
    InstrumentAnswer,
    ReceiptAnswer,
    ReceiptAsked,
    RevenueAsked,
)
from api.schemas.ledger import EntryMade
from domain.desk import deals, edits, instruments
from domain.errors import NotFound
from domain.money import Money

router = APIRouter(tags=["instruments"], responses=PROBLEMS)


@router.get("/instruments/{instrument_id}")
def instrument(_actor: SignedIn, session: Transaction, instrument_id: UUID) -> InstrumentAnswer:
    """Give an instrument with its figures and terms."""
    deal_id = edits.deal_of(session, instrument_id=instrument_id)
    for one in instrument_answers(deals.deal_detail(session, deal_id=deal_id)):
        if one.id == instrument_id:
            return one
    raise NotFound("instrument", instrument_id)


@router.get("/instruments/{instrument_id}/schedule")
def schedule(_actor: SignedIn, session: Transaction, instrument_id: UUID) -> list[InstalmentAnswer]:
    """Give a loan's instalments; a stake or a royalty has none."""
    currency = edits.currency_of(session, instrument_id=instrument_id)

    def money(minor: int) -> MoneyAnswer:
        return MoneyAnswer.model_validate(Money(minor, currency))

    return [
        InstalmentAnswer(
            number=one.number,
            due_on=one.due_on,
            principal=money(one.principal_minor),
            interest=money(one.interest_minor),
            total=money(one.total_minor),
            balance=money(one.balance_minor),
        )
        for one in instruments.schedule_of(session, instrument_id=instrument_id)
    ]


@router.post("/instruments/{instrument_id}/drawdowns", status_code=HTTPStatus.CREATED, response_model=EntryMade)
def draw_down(
    actor: SignedIn, session: Transaction, once: DoneOnce, instrument_id: UUID, asked: DrawdownAsked
) -> JSONResponse:
    """Pay out under the commitment."""
    currency = edits.currency_of(session, instrument_id=instrument_id)
    return once.answer(
        lambda: EntryMade(
            entry_id=instruments.draw_down(
                session,
                instrument_id=instrument_id,
                minor=asked.money.minor_in(currency),
                effective_on=asked.effective_on,
                booked_on=asked.booked_on,
                by=actor,
                key=once.key,
            )
        )
    )


@router.post("/instruments/{instrument_id}/receipts/preview")
def preview_receipt(actor: SignedIn, session: Transaction, instrument_id: UUID, asked: ReceiptAsked) -> ReceiptAnswer:
    """Tell how a receipt would be split; nothing is booked."""
    currency = edits.currency_of(session, instrument_id=instrument_id)
    found = instruments.preview_receipt(
        session,
        instrument_id=instrument_id,
        minor=asked.money.minor_in(currency),
        effective_on=asked.effective_on,
        booked_on=asked.booked_on,
        by=actor,
        part=asked.part,
        cost_minor=asked.cost.minor_in(currency) if asked.cost else None,
    )
    return ReceiptAnswer.model_validate(found)


@router.post("/instruments/{instrument_id}/receipts", status_code=HTTPStatus.CREATED, response_model=ReceiptAnswer)
def record_receipt(
    actor: SignedIn, session: Transaction, once: DoneOnce, instrument_id: UUID, asked: ReceiptAsked
) -> JSONResponse:
    """Book a receipt: interest first, then principal; more than is owed is refused."""
    currency = edits.currency_of(session, instrument_id=instrument_id)
    return once.answer(
        lambda: ReceiptAnswer.model_validate(
            instruments.record_receipt(
                session,
                instrument_id=instrument_id,
                minor=asked.money.minor_in(currency),
                effective_on=asked.effective_on,
                booked_on=asked.booked_on,
                by=actor,
                key=once.key,
                part=asked.part,
                cost_minor=asked.cost.minor_in(currency) if asked.cost else None,
            )
        )
    )


@router.post("/instruments/{instrument_id}/revenues", status_code=HTTPStatus.CREATED, response_model=EntryMade)
def state_revenue(
    actor: SignedIn, session: Transaction, once: DoneOnce, instrument_id: UUID, asked: RevenueAsked
) -> JSONResponse:
    """Record the revenue that an investee stated for a royalty's period; what becomes due on it is booked."""
    currency = edits.currency_of(session, instrument_id=instrument_id)
    return once.answer(
        lambda: EntryMade(
            entry_id=instruments.state_revenue(
                session,
                instrument_id=instrument_id,
                period_start=asked.period_start,
                period_end=asked.period_end,
                revenue_minor=asked.revenue.minor_in(currency),
                booked_on=asked.booked_on,
                by=actor,
                key=once.key,
            )
        )
    )
