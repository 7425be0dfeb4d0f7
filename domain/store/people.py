"""Rows of the people who sign in, what they did, and the answers already given to their requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from domain.store.types import JSONB, NEW_ID, NOW, Fact

EMPTY = {"server_default": text("''")}


class UserRow(SQLModel, table=True):
    """A person who can sign in, with one role; an investee's person belongs to a party."""

    __tablename__ = "app_user"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="user_email_is_lower_case"),
        CheckConstraint(
            "role IN ('officer', 'risk', 'board', 'auditor', 'steward', 'investee')", name="user_role_is_known"
        ),
        CheckConstraint("(role = 'investee') = (party_id IS NOT NULL)", name="user_of_an_investee_names_its_party"),
    )
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    email: str = Field(unique=True)
    name: str
    role: str
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    password_hash: str
    created_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    disabled_at: datetime | None = None
    password_changed_at: datetime | None = None


class TokenRow(SQLModel, table=True):
    """A bearer token of the API; only its hash is kept. Tokens that were exchanged for each other are a family."""

    __tablename__ = "access_token"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    expires_at: datetime
    family_id: UUID | None = Field(default=None, nullable=False, index=True, sa_column_kwargs=NEW_ID)
    family_ends_at: datetime
    last_used_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None
    came_from: str = Field(default="", sa_column_kwargs=EMPTY)
    agent: str = Field(default="", sa_column_kwargs=EMPTY)


class SessionRow(SQLModel, table=True):
    """A signed-in browser; only the hash of its cookie is kept."""

    __tablename__ = "web_session"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    secret_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    expires_at: datetime
    last_used_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    ended_at: datetime | None = None
    came_from: str = Field(default="", sa_column_kwargs=EMPTY)
    agent: str = Field(default="", sa_column_kwargs=EMPTY)


class SignInAttemptRow(SQLModel, table=True):
    """Sign-ins that failed lately, counted for a person at an address (pair), a person and an address; as hashes."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (CheckConstraint("kind IN ('pair', 'account', 'address')", name="sign_in_attempt_kind_is_known"),)
    kind: str = Field(primary_key=True)
    subject: bytes = Field(sa_type=LargeBinary, primary_key=True)
    failed: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    last_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    not_before: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    told: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    succeeded_at: datetime | None = None


class AuditRow(Fact, table=True):
    """One act: who did what to what, with what outcome. No foreign key to its subject, so the record never blocks."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="audit_outcome_is_known"),
        Index("ix_audit_recorded_by", "recorded_by"),
        Index("ix_audit_subject", "subject_kind", "subject"),
    )
    actor_name: str
    act: str = Field(index=True)
    subject_kind: str
    subject: str
    outcome: str
    detail: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")}
    )
    request_id: str = Field(default="", sa_column_kwargs=EMPTY)
    came_from: str | None = None
    door: str | None = None
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


class AnswerRow(SQLModel, table=True):
    """The answer given to a request that carried an idempotency key: a retry gets it again."""

    __tablename__ = "answer"
    __table_args__ = (CheckConstraint("(status IS NULL) = (body IS NULL)", name="answer_is_whole"),)
    actor_scope: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    idem_key: str = Field(primary_key=True)
    body_hash: bytes = Field(sa_type=LargeBinary)
    status: int | None = None
    body: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    answered_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
