"""Rows of promises: covenants with trajectory and tests, reports with versions, findings, breaches, exit triggers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.store.types import JSONB, NEW_ID, Fact, belongs_to_a_fund


class CovenantRow(SQLModel, table=True):
    """A promise in a deal's contract that is tested on a schedule."""

    __tablename__ = "covenant"
    __table_args__ = (
        CheckConstraint("kind IN ('mission', 'conduct', 'financial')", name="covenant_kind_is_known"),
        CheckConstraint(
            "condition_family IN ('access', 'directionality', 'profit_sharing', 'reinvestment')",
            name="covenant_names_its_condition_family",
        ),
        CheckConstraint("direction IN ('at_least', 'at_most')", name="covenant_direction_is_known"),
        CheckConstraint("tolerance >= 0 AND tolerance < 1", name="covenant_tolerance_is_a_share"),
        CheckConstraint("grace_days >= 0 AND remedy_days >= 0", name="covenant_days_are_not_negative"),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    deal_id: UUID = Field(foreign_key="deal.id", index=True)
    clause: str
    kind: str
    condition_family: str
    indicator_id: UUID = Field(foreign_key="indicator.id")
    direction: str
    tolerance: Decimal = Field(default=Decimal(0), sa_type=Numeric)
    grace_days: int
    remedy_days: int
    agreed_on: date
    public: bool = False


class TrajectoryPointRow(SQLModel, table=True):
    """What a covenant expects on a day; between two points the trajectory is a straight line."""

    __tablename__ = "trajectory_point"
    covenant_id: UUID = Field(primary_key=True, foreign_key="covenant.id")
    expected_on: date = Field(primary_key=True)
    value: Decimal = Field(sa_type=Numeric)


class CovenantTestRow(SQLModel, table=True):
    """A day on which a covenant is tested, the period it covers, and when its report is due."""

    __tablename__ = "covenant_test"
    __table_args__ = (
        UniqueConstraint("covenant_id", "period_end", name="covenant_is_tested_once_per_period"),
        CheckConstraint("period_start <= period_end AND period_end <= due_on", name="covenant_test_days_are_in_order"),
        Index("covenant_test_by_due_day", "due_on"),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    covenant_id: UUID = Field(foreign_key="covenant.id")
    period_start: date
    period_end: date
    due_on: date


class ReportRow(SQLModel, table=True):
    """What an investee owes for a deal and a period; one report answers all of the deal's covenants for it."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("deal_id", "period_end", name="report_is_owed_once_per_period"),)
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    deal_id: UUID = Field(foreign_key="deal.id")
    period_start: date
    period_end: date
    due_on: date


class ReportVersionRow(Fact, table=True):
    """A submission. A later one points to the one it replaces; the first decides whether the report was on time."""

    __tablename__ = "report_version"
    __table_args__ = (
        belongs_to_a_fund("report_version"),
        UniqueConstraint("report_id", "version", name="report_version_is_used_once"),
        CheckConstraint("(version = 1) = (replaces_id IS NULL)", name="later_report_version_names_the_one_it_replaces"),
    )
    report_id: UUID = Field(foreign_key="report.id")
    version: int
    submitted_on: date
    signed_by: str
    statement: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    replaces_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="report_version.id")


class ObservationRow(Fact, table=True):
    """A value for project, indicator and period, with provenance and data quality 1 (verified) to 5."""

    __tablename__ = "observation"
    __table_args__ = (
        belongs_to_a_fund("observation"),
        CheckConstraint("data_quality BETWEEN 1 AND 5", name="observation_quality_is_one_to_five"),
        CheckConstraint(
            "assurance IN ('self_reported', 'reviewed', 'verified')", name="observation_assurance_is_known"
        ),
        CheckConstraint(
            "value <> 'NaN'::numeric AND value <> 'Infinity'::numeric AND value <> '-Infinity'::numeric",
            name="observation_value_is_a_number",
        ),
    )
    report_version_id: int = Field(sa_type=BigInteger, foreign_key="report_version.id", index=True)
    project_id: UUID = Field(foreign_key="project.id", index=True)
    indicator_id: UUID = Field(foreign_key="indicator.id")
    period_start: date
    period_end: date
    value: Decimal = Field(sa_type=Numeric)
    evidence: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    assurance: str = "self_reported"
    data_quality: int = 4


class FindingRow(Fact, table=True):
    """The answer of one covenant test, with what it rests on. A re-test adds a finding; the last one holds."""

    __tablename__ = "finding"
    __table_args__ = (
        belongs_to_a_fund("finding"),
        CheckConstraint(
            "outcome IN ('met', 'missed', 'not_reported', 'unknown', 'waived')", name="finding_outcome_is_known"
        ),
        CheckConstraint(
            "(outcome IN ('met', 'missed')) = (measured IS NOT NULL)",
            name="finding_met_or_missed_names_what_was_measured",
        ),
        Index("finding_by_test", "covenant_test_id", "id"),
    )
    covenant_test_id: UUID = Field(foreign_key="covenant_test.id")
    found_on: date
    outcome: str
    measured: Decimal | None = Field(default=None, sa_type=Numeric)
    limit_value: Decimal = Field(sa_type=Numeric)
    headroom: Decimal | None = Field(default=None, sa_type=Numeric)
    report_version_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="report_version.id")
    sentence: str


class BreachRow(Fact, table=True):
    """Opened by a missed or absent finding; the last ``breach_event`` says what became of it."""

    __tablename__ = "breach"
    __table_args__ = (belongs_to_a_fund("breach"),)
    covenant_test_id: UUID = Field(foreign_key="covenant_test.id", unique=True)
    finding_id: int = Field(sa_type=BigInteger, foreign_key="finding.id")
    opened_on: date
    remedy_until: date


class BreachEventRow(Fact, table=True):
    """A breach came to an outcome on a day."""

    __tablename__ = "breach_event"
    __table_args__ = (
        belongs_to_a_fund("breach_event"),
        CheckConstraint("outcome IN ('remedied', 'waived', 'unremedied')", name="breach_outcome_is_known"),
        Index("breach_event_by_breach", "breach_id", "id"),
    )
    breach_id: int = Field(sa_type=BigInteger, foreign_key="breach.id")
    outcome: str
    happened_on: date
    finding_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="finding.id")
    reason: str


class ExitTriggerRow(Fact, table=True):
    """A fact that gives the bank the right to consider leaving: what raised it, the evidence, the ways out."""

    __tablename__ = "exit_trigger"
    __table_args__ = (
        belongs_to_a_fund("exit_trigger"),
        UniqueConstraint("rule", "breach_id", name="exit_trigger_is_raised_once_per_breach"),
    )
    deal_id: UUID = Field(foreign_key="deal.id", index=True)
    rule: str
    raised_on: date
    breach_id: int = Field(sa_type=BigInteger, foreign_key="breach.id")
    evidence: list[dict[str, Any]] = Field(sa_type=JSONB)
    mechanisms: list[str] = Field(sa_type=JSONB)
