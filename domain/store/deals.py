"""Rows of parties, deals and their instruments."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.store.types import JSONB, NEW_ID, Fact, belongs_to_a_fund


class PartyRow(SQLModel, table=True):
    """A business, charity, public body, intermediary or contributor. ``group_code`` joins parties of one group."""

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('business', 'charity', 'public_body', 'intermediary', 'contributor')", name="party_kind_is_known"
        ),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    name: str
    kind: str
    country: str = ""
    group_code: str = Field(default="", index=True)


class DealRow(SQLModel, table=True):
    """One financing decision for one project of one investee. Its stage is its last ``deal_stage`` fact."""

    __tablename__ = "deal"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    fund_id: UUID = Field(foreign_key="fund.id", index=True)
    project_id: UUID = Field(foreign_key="project.id", index=True)
    investee_id: UUID = Field(foreign_key="party.id", index=True)
    title: str
    purpose: str = ""


class DealStageRow(Fact, table=True):
    """A deal reached a stage on a day. ``recorded_for`` is who lent the act, where it was done for somebody else."""

    __tablename__ = "deal_stage"
    __table_args__ = (
        belongs_to_a_fund("deal_stage"),
        CheckConstraint(
            "stage IN ('proposed', 'appraised', 'approved', 'contracted', 'active', 'exiting', 'closed', 'declined', "
            "'withdrawn')",
            name="deal_stage_is_known",
        ),
        Index("deal_stage_by_deal", "deal_id", "id"),
    )
    deal_id: UUID = Field(foreign_key="deal.id")
    stage: str
    happened_on: date
    reason: str = ""
    recorded_for: UUID | None = None


class InstrumentRow(SQLModel, table=True):
    """A loan, an equity stake or a royalty under a deal; what the contract says is in its last terms."""

    __tablename__ = "instrument"
    __table_args__ = (CheckConstraint("kind IN ('loan', 'equity', 'royalty')", name="instrument_kind_is_known"),)
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    deal_id: UUID = Field(foreign_key="deal.id", index=True)
    kind: str
    currency: str = Field(max_length=3)
    accrues: bool = True


class TermsRow(Fact, table=True):
    """One version of an instrument's contract: how much was promised, and on which terms."""

    __tablename__ = "instrument_terms"
    __table_args__ = (
        belongs_to_a_fund("instrument_terms"),
        UniqueConstraint("instrument_id", "version", name="terms_version_is_used_once"),
        CheckConstraint("commitment_minor >= 0", name="commitment_is_not_negative"),
    )
    instrument_id: UUID = Field(foreign_key="instrument.id")
    version: int = 1
    valid_from: date
    commitment_minor: int = Field(sa_type=BigInteger)
    terms: dict[str, Any] = Field(sa_type=JSONB)


class RevenueRow(Fact, table=True):
    """Revenue an investee stated for a royalty's period, and what became due on it.

    A period is stated again once the entry of its last statement is reversed: ``version`` is None for the first
    statement, then 2, 3 and so on.
    """

    __tablename__ = "revenue_statement"
    __table_args__ = (
        belongs_to_a_fund("revenue_statement"),
        UniqueConstraint(
            "instrument_id",
            "period_end",
            "version",
            name="revenue_is_stated_once_per_period",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("version >= 2", name="revenue_version_counts_from_two"),
        CheckConstraint("revenue_minor >= 0", name="revenue_is_not_negative"),
    )
    instrument_id: UUID = Field(foreign_key="instrument.id")
    period_start: date
    period_end: date
    revenue_minor: int = Field(sa_type=BigInteger)
    due_minor: int = Field(sa_type=BigInteger)
    entry_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="entry.id")
    version: int | None = None


class StatementReleaseRow(Fact, table=True):
    """A published statement of positions that was imported: whose, as of which day, from which file.

    A release with other figures for the same period names the one that it restates.
    """

    __tablename__ = "statement_release"
    __table_args__ = (
        belongs_to_a_fund("statement_release"),
        Index(
            "statement_is_released_once",
            "fund_id",
            "source",
            "period_end",
            unique=True,
            postgresql_where=text("restates_id IS NULL"),
        ),
        UniqueConstraint("restates_id", name="statement_is_restated_once"),
    )
    source: str
    period_end: date
    file_name: str
    file_hash: str
    row_count: int
    restates_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="statement_release.id")


class StatementLineRow(Fact, table=True):
    """One position as its source states it: every column kept, figures in minor units, and what does not add up."""

    __tablename__ = "statement_line"
    __table_args__ = (
        belongs_to_a_fund("statement_line"),
        UniqueConstraint("release_id", "instrument_id", name="statement_names_a_position_once"),
    )
    release_id: int = Field(sa_type=BigInteger, foreign_key="statement_release.id")
    instrument_id: UUID = Field(foreign_key="instrument.id", index=True)
    status: str
    flags: list[str] = Field(sa_type=JSONB)
    figures: dict[str, int] = Field(sa_type=JSONB)
    columns: dict[str, str] = Field(sa_type=JSONB)
