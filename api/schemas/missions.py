"""The mission map, as it is answered and as projects are classified on it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Asked, Code, MoneyAnswer
from api.schemas.promises import Figure


class IndicatorAnswer(Answer):
    """What is measured, in which unit, and which direction is good."""

    code: str
    name: str
    unit: str
    direction: str
    adding: str
    definition: str
    iris_id: str | None


class TargetAnswer(Answer):
    """The last version of a target; ``fund`` is null for the mission's own."""

    code: str
    version: int
    mission: str
    fund: str | None
    indicator: str
    indicator_name: str
    unit: str
    direction: str
    baseline_value: Figure
    baseline_on: date
    value: Figure
    due_on: date
    source: str


class MissionAnswer(Answer):
    """A mission with its targets and the funds whose mandate names it."""

    code: str
    name: str
    deadline: date
    source: str
    funds: list[str]
    targets: list[TargetAnswer]


class GrandChallengeAnswer(Answer):
    """A grand challenge with the missions that answer it."""

    code: str
    name: str
    source: str
    missions: list[MissionAnswer]


class SectorAnswer(Answer):
    """A sector of a vocabulary."""

    vocabulary: str
    code: str
    name: str


class ProjectAnswer(Answer):
    """A project with the missions it helps and the deals that finance it."""

    id: UUID
    code: str
    name: str
    description: str
    place: str
    country: str
    total_cost: MoneyAnswer | None
    missions: list[str]
    sectors: list[str]
    deals: list[str]


class ClassificationAsked(Asked):
    """Which missions a project helps: these and no others. ``fund`` names the chain that seals what is said."""

    missions: Annotated[list[Code], Field(max_length=20)]
    fund: Code | None = None
