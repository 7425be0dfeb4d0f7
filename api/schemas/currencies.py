"""Other currencies of a fund, rates and conversions, as they are asked for and answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.common import Answer, Asked, Day, Line, MoneyAnswer, MoneyAsked
from api.schemas.impact import Figure

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class CurrencyAsked(Asked):
    """The currency in which the fund is to keep accounts beside its own."""

    currency: CurrencyCode = Field(examples=["USD"])


class CurrencyOpened(Answer):
    """A currency of the fund; ``opened_now`` is false where it was open before."""

    fund: str
    currency: str
    opened_now: bool


class RateAsked(Asked):
    """How many units of a currency one unit of the fund's own was worth on a day, and who says so."""

    currency: CurrencyCode
    units: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")] = Field(examples=["1.0850"])
    on: Day
    source: Line


class RateAnswer(Answer):
    """One unit of ``base`` was worth ``units`` of ``currency`` on a day."""

    currency: str
    base: str
    units: Figure
    on: date
    source: str


class RateLineAnswer(Answer):
    """A rate as it was recorded; where ``corrected``, a later fact for the same day holds instead."""

    rate: RateAnswer
    recorded_at: datetime
    recorded_by: str
    corrected: bool


class PositionAnswer(Answer):
    """What a fund holds of another currency; worth and unrealised result are null where no rate is known."""

    currency: str
    cash: MoneyAnswer
    held: MoneyAnswer
    cost: MoneyAnswer
    rate: RateAnswer | None
    worth: MoneyAnswer | None
    unrealised: MoneyAnswer | None
    realised: MoneyAnswer


class ConversionAsked(Asked):
    """An amount to convert, into which currency, and what came for it (null: worked out by the rate of the day)."""

    sold: MoneyAsked
    into: CurrencyCode
    bought: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    effective_on: Day
    booked_on: Day | None = None


class ConversionAnswer(Answer):
    """A conversion that was booked; ``rate`` is null where it was said what came."""

    entry_id: int
    booked_on: date
    effective_on: date
    sold: MoneyAnswer
    bought: MoneyAnswer
    result: MoneyAnswer
    rate: RateAnswer | None
