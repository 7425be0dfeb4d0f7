"""Rows of funds: mandate, limits, contributions, and what the night has already done for which day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.store.types import NEW_ID, NOW, Fact, belongs_to_a_fund


class FundRow(SQLModel, table=True):
    """A pool of the bank's money with one currency, a mandate and its own accounts.

    ``business_day`` is the last day whose night has run; a fund that follows the calendar is moved on by the worker.
    """

    __tablename__ = "fund"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="fund_currency_is_an_iso_code"),
        CheckConstraint(
            "opened_on BETWEEN '1900-01-01' AND '2199-12-31' AND business_day BETWEEN '1900-01-01' AND '2199-12-31'",
            name="fund_days_are_in_the_book",
        ),
        CheckConstraint("recycling IN ('full', 'partial', 'capped', 'forbidden')", name="fund_recycling_is_known"),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    code: str = Field(unique=True)
    name: str
    currency: str = Field(max_length=3)
    mandate: str = ""
    recycling: str = "full"
    opened_on: date
    business_day: date
    follows_calendar: bool = False

    @property
    def fund_id(self) -> UUID:
        """The id of a fund that was read; the database gives it when a row is stored."""
        assert self.id is not None, "a fund that was read has its id"
        return self.id


class FundMissionRow(SQLModel, table=True):
    """A mission that a fund's mandate names."""

    __tablename__ = "fund_mission"
    fund_id: UUID = Field(primary_key=True, foreign_key="fund.id")
    mission_id: UUID = Field(primary_key=True, foreign_key="mission.id")


class LimitRow(Fact, table=True):
    """A limit that binds the fund from a day on; the latest for the same basis and subject holds."""

    __tablename__ = "fund_limit"
    __table_args__ = (
        belongs_to_a_fund("fund_limit"),
        CheckConstraint("basis IN ('ticket', 'group', 'mission', 'instrument')", name="limit_basis_is_known"),
        CheckConstraint("amount_minor >= 0", name="limit_amount_is_not_negative"),
    )
    basis: str
    subject: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    amount_minor: int = Field(sa_type=BigInteger)
    valid_from: date
    source: str = ""


class ContributionRow(Fact, table=True):
    """Capital paid into a fund by a contributor: the money that generation 0 is made of."""

    __tablename__ = "contribution"
    __table_args__ = (
        belongs_to_a_fund("contribution"),
        CheckConstraint("amount_minor > 0", name="contribution_amount_is_positive"),
    )
    code: str = Field(unique=True)
    party_id: UUID = Field(foreign_key="party.id")
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    received_on: date
    entry_id: int = Field(sa_type=BigInteger, foreign_key="entry.id")


class NightStepRow(SQLModel, table=True):
    """A step of the night that was done for a fund and a day, claimed in the transaction that did it."""

    __tablename__ = "night_step"
    fund_id: UUID = Field(primary_key=True, foreign_key="fund.id")
    day: date = Field(primary_key=True)
    step: str = Field(primary_key=True)
    done_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    changes: int = 0


class NightRefusalRow(SQLModel, table=True):
    """What the night could not do for one thing, in words; the rest went on."""

    __tablename__ = "night_refusal"
    __table_args__ = (UniqueConstraint("fund_id", "day", "step", "subject"),)
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    fund_id: UUID = Field(foreign_key="fund.id")
    day: date
    step: str
    subject: str
    words: str
