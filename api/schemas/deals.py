"""Deals, their instruments and the money under them, as they are asked for and answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Asked, Code, Day, Line, MoneyAnswer, MoneyAsked, Prose
from domain.deals import InstrumentKind, Stage
from domain.desk.instruments import ReceiptPart


class InstrumentAsked(Asked):
    """An instrument of a proposal; ``terms`` are told as ``docs/rules/instruments.md`` says."""

    code: Code
    kind: InstrumentKind
    commitment: MoneyAsked
    valid_from: Day
    terms: Annotated[dict[Code, str | int], Field(max_length=30)]


class DealAsked(Asked):
    """A deal to propose. ``fund`` and ``project`` are codes, ``investee`` is a party's."""

    code: Code
    fund: Code
    project: Code
    investee: Code
    title: Line
    purpose: Prose = ""
    proposed_on: Day | None = None
    instruments: Annotated[list[InstrumentAsked], Field(min_length=1, max_length=20)]


class StageAsked(Asked):
    """The stage a deal shall reach, and when (null: the fund's business day)."""

    stage: Stage
    happened_on: Day | None = None
    reason: Prose = ""


class DealLineAnswer(Answer):
    """A deal in a list."""

    id: UUID
    code: str
    title: str
    fund: str
    investee: str
    project: str
    stage: Stage
    stage_on: date
    committed: MoneyAnswer
    drawn: MoneyAnswer
    outstanding: MoneyAnswer


class StageAnswer(Answer):
    """A stage that a deal reached."""

    stage: Stage
    happened_on: date
    reason: str
    by: str


class InstalmentAnswer(Answer):
    """What is due on one day, and what then remains."""

    number: int
    due_on: date
    principal: MoneyAnswer
    interest: MoneyAnswer
    total: MoneyAnswer
    balance: MoneyAnswer


class FiguresAnswer(Answer):
    """What stands on an instrument."""

    committed: MoneyAnswer
    cancelled: MoneyAnswer
    drawn: MoneyAnswer
    undrawn: MoneyAnswer
    outstanding: MoneyAnswer
    returned: MoneyAnswer
    receivable: MoneyAnswer


class InstrumentAnswer(Answer):
    """An instrument with its figures and the last version of its terms."""

    id: UUID
    deal_id: UUID
    code: str
    kind: InstrumentKind
    accrues: bool
    figures: FiguresAnswer
    terms: dict[str, Any]
    terms_version: int
    valid_from: date


class HeadroomAnswer(Answer):
    """One limit: what others use of it, what is asked for, and what then is left."""

    basis: str
    subject: str
    limit: MoneyAnswer
    used: MoneyAnswer
    asked: MoneyAnswer
    left: MoneyAnswer


class DealAnswer(Answer):
    """A deal as its page shows it."""

    id: UUID
    code: str
    title: str
    purpose: str
    fund: str
    project: str
    project_name: str
    investee: str
    investee_name: str
    stage: Stage
    stage_on: date
    signed_on: date | None
    next_stages: list[Stage]
    stages: list[StageAnswer]
    instruments: list[InstrumentAnswer]
    limits: list[HeadroomAnswer]
    draw_stops: list[str]


class DealEntryAnswer(Answer):
    """An entry of a deal: the cash that moved, or what was booked where none did."""

    id: int
    booked_on: date
    effective_on: date
    kind: str
    reason: str
    money: MoneyAnswer
    reverses_id: int | None
    seal: int | None


class DrawdownAsked(Asked):
    """A payment to the investee. ``booked_on`` left out: the fund's business day."""

    money: MoneyAsked
    effective_on: Day
    booked_on: Day | None = None


class RevenueAsked(Asked):
    """Revenue that an investee stated for a royalty's period."""

    revenue: MoneyAsked
    period_start: Day
    period_end: Day
    booked_on: Day | None = None


class ReceiptAsked(Asked):
    """Money that came in. ``part`` is needed for equity only; the sale of a part of a stake names its cost."""

    money: MoneyAsked
    effective_on: Day
    booked_on: Day | None = None
    part: ReceiptPart | None = None
    cost: MoneyAsked | None = None


class ReceiptAnswer(Answer):
    """A receipt and what it paid; ``entry_id`` is null in a preview."""

    entry_id: int | None
    instrument_id: UUID
    part: ReceiptPart
    effective_on: date
    booked_on: date
    received: MoneyAnswer
    interest: MoneyAnswer
    principal: MoneyAnswer
    income: MoneyAnswer
    cost: MoneyAnswer
    gain: MoneyAnswer
    left: MoneyAnswer
