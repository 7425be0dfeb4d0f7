"""Rows of the mission map: grand challenge → mission → target → project, indicators and sectors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from domain.store.types import NEW_ID, Fact


class GrandChallengeRow(SQLModel, table=True):
    """A grand challenge that missions answer."""

    __tablename__ = "grand_challenge"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    name: str
    source: str


class MissionRow(SQLModel, table=True):
    """A mission: what shall be reached by a deadline."""

    __tablename__ = "mission"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    grand_challenge_id: UUID = Field(foreign_key="grand_challenge.id")
    name: str
    deadline: date
    source: str


class IndicatorRow(SQLModel, table=True):
    """What is measured, in which unit, which direction is good, and how it may be added up.

    ``adding`` says how a project's values become one figure that is then summed over projects: ``latest`` takes the
    last value (a stock, or a figure reported cumulatively), ``sum`` adds the periods (a flow).
    """

    __tablename__ = "indicator"
    __table_args__ = (
        CheckConstraint("direction IN ('increase', 'decrease')", name="indicator_direction_is_known"),
        CheckConstraint("adding IN ('latest', 'sum')", name="indicator_adding_is_known"),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    name: str
    unit: str
    direction: str
    adding: str
    definition: str
    iris_id: str | None = None


class TargetRow(Fact, table=True):
    """A mission's measurable target. ``fund_id`` null is the mission's own; else what this fund set itself."""

    __tablename__ = "target"
    __table_args__ = (
        CheckConstraint("due_on > baseline_on", name="target_is_due_after_its_baseline"),
        UniqueConstraint("code", "version", name="target_version_is_used_once"),
    )
    code: str
    version: int = 1
    mission_id: UUID = Field(foreign_key="mission.id")
    indicator_id: UUID = Field(foreign_key="indicator.id")
    baseline_value: Decimal = Field(sa_type=Numeric)
    baseline_on: date
    value: Decimal = Field(sa_type=Numeric)
    due_on: date
    source: str


class SectorRow(SQLModel, table=True):
    """A sector of some vocabulary; vocabularies overlap, so shares over sectors do not add up."""

    __tablename__ = "sector"
    __table_args__ = (UniqueConstraint("vocabulary", "code", name="sector_code_is_unique_in_its_vocabulary"),)
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    vocabulary: str
    code: str
    name: str


class ProjectRow(SQLModel, table=True):
    """What the money makes happen, once, however many deals finance it."""

    __tablename__ = "project"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    name: str
    description: str = ""
    place: str = ""
    country: str = ""
    total_cost_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, max_length=3)


class ProjectMissionRow(Fact, table=True):
    """A project was classified: it helps a mission, or (``helps`` false) no longer counts as helping it."""

    __tablename__ = "project_mission"
    project_id: UUID = Field(foreign_key="project.id", index=True)
    mission_id: UUID = Field(foreign_key="mission.id", index=True)
    helps: bool = True


class ProjectSectorRow(SQLModel, table=True):
    """A project belongs to a sector."""

    __tablename__ = "project_sector"
    project_id: UUID = Field(primary_key=True, foreign_key="project.id")
    sector_id: UUID = Field(primary_key=True, foreign_key="sector.id")


class CoFinanceRow(Fact, table=True):
    """What somebody else committed to a project beside the bank: the source of the crowding-in ratio."""

    __tablename__ = "co_finance"
    __table_args__ = (
        CheckConstraint("kind IN ('private', 'public', 'philanthropic', 'own')", name="co_finance_kind_is_known"),
        CheckConstraint("amount_minor > 0", name="co_finance_amount_is_positive"),
    )
    code: str = Field(unique=True)
    project_id: UUID = Field(foreign_key="project.id", index=True)
    co_investor: str
    kind: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    committed_on: date
