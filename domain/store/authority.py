"""Rows of authority: a fund's own amounts, conflicts of interest, acts that are lent, and acts that two people do."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from domain.store.types import JSONB, Fact, belongs_to_a_fund


class AmountRow(Fact, table=True):
    """Up to how much a role does an act alone in one fund, from a day on; no amount is no bound. The latest holds."""

    __tablename__ = "authority_limit"
    __table_args__ = (
        CheckConstraint("fund_id IS NOT NULL", name="authority_limit_belongs_to_a_fund"),
        CheckConstraint("amount_minor >= 0", name="authority_limit_is_not_negative"),
        Index("authority_limit_by_act", "fund_id", "act"),
    )
    act: str
    role: str
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    valid_from: date
    source: str


class ConflictRow(Fact, table=True):
    """A person's tie to a party, from a day on; or, where ``ends_id`` is set, the end of one that was declared."""

    __tablename__ = "conflict_of_interest"
    __table_args__ = (
        UniqueConstraint("ends_id", name="conflict_is_ended_once"),
        CheckConstraint(
            "ends_id IS NULL OR recorded_by IS DISTINCT FROM user_id", name="conflict_is_ended_by_somebody_else"
        ),
        Index("conflict_by_person", "user_id", "party_id"),
    )
    user_id: UUID = Field(foreign_key="app_user.id")
    party_id: UUID = Field(foreign_key="party.id")
    since: date
    words: str
    ends_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="conflict_of_interest.id")


class DelegationRow(Fact, table=True):
    """Acts that one person lends to another from one day to another; with ``ends_id`` the early end of a delegation."""

    __tablename__ = "delegation"
    __table_args__ = (
        UniqueConstraint("ends_id", name="delegation_is_ended_once"),
        CheckConstraint("lender_id <> borrower_id", name="delegation_is_to_somebody_else"),
        CheckConstraint("to_day >= from_day AND to_day - from_day <= 90", name="delegation_lasts_ninety_days_at_most"),
        CheckConstraint("at_most_minor > 0", name="delegation_amount_is_positive"),
        CheckConstraint(
            "ends_id IS NOT NULL OR recorded_by IS DISTINCT FROM borrower_id", name="delegation_is_not_taken"
        ),
        Index("delegation_by_borrower", "borrower_id"),
    )
    lender_id: UUID = Field(foreign_key="app_user.id")
    borrower_id: UUID = Field(foreign_key="app_user.id")
    acts: list[Any] = Field(sa_type=JSONB)
    from_day: date
    to_day: date
    at_most_minor: int | None = Field(default=None, sa_type=BigInteger)
    words: str = ""
    ends_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="delegation.id")


class RequestRow(Fact, table=True):
    """An act that one person asks for and another decides: the reversal of an entry, or a payout."""

    __tablename__ = "request"
    __table_args__ = (
        belongs_to_a_fund("request"),
        CheckConstraint("recorded_by IS NOT NULL", name="request_is_made_by_somebody"),
        CheckConstraint("kind IN ('reversal', 'payout')", name="request_kind_is_known"),
        CheckConstraint("(kind = 'reversal') = (entry_id IS NOT NULL)", name="request_of_a_reversal_names_its_entry"),
        CheckConstraint(
            "(kind = 'payout') = (instrument_id IS NOT NULL AND amount_minor IS NOT NULL AND effective_on IS NOT NULL)",
            name="request_of_a_payout_names_its_payment",
        ),
        CheckConstraint("amount_minor > 0", name="request_amount_is_positive"),
    )
    kind: str
    deal_id: UUID | None = Field(default=None, foreign_key="deal.id")
    entry_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="entry.id")
    instrument_id: UUID | None = Field(default=None, foreign_key="instrument.id")
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    effective_on: date | None = None
    reason: str
    recorded_for: UUID | None = None


class RequestDecisionRow(Fact, table=True):
    """What became of a request: approved (and carried out by the entry named), refused, or withdrawn; once."""

    __tablename__ = "request_decision"
    __table_args__ = (
        belongs_to_a_fund("request_decision"),
        UniqueConstraint("request_id", name="request_is_decided_once"),
        CheckConstraint("recorded_by IS NOT NULL", name="request_is_decided_by_somebody"),
        CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name="request_decision_is_known"),
        CheckConstraint("(decision = 'approved') = (entry_id IS NOT NULL)", name="request_approved_names_its_entry"),
    )
    request_id: int = Field(sa_type=BigInteger, foreign_key="request.id")
    decision: str
    reason: str = ""
    entry_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="entry.id")
    recorded_for: UUID | None = None
