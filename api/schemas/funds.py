"""Funds and their days, as they are asked for and answered."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.schemas.common import Answer, Asked, Day


class FundAnswer(Answer):
    """A fund; ``business_day`` is the last day whose night has run."""

    code: str
    name: str
    currency: str
    mandate: str
    recycling: str
    opened_on: date
    business_day: date
    follows_calendar: bool


class FundDetailAnswer(FundAnswer):
    """A fund with the missions that its mandate names."""

    missions: list[str]


class DayAsked(Asked):
    """Up to and with which day the fund's nights shall run."""

    to: Day = Field(examples=["2026-04-30"])


class NightRefusalAnswer(Answer):
    """What a night could not do for one thing, in words; the rest went on."""

    day: date
    step: str
    subject: str
    words: str


class DayAnswer(Answer):
    """What the nights did, when they are done: the fund's day now, which it was before, how many days that closed.

    ``days`` counts the days whose night had work, ``changes`` what each of its steps changed; ``to`` is what was asked.
    """

    fund: str
    business_day: date
    before: date
    to: date
    days_closed: int
    days: int
    changes: dict[str, int]
    refusals: list[NightRefusalAnswer]
