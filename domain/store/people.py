"""Rows of the people who sign in, what they did, and the answers already given to their requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, text
from sqlmodel import Field, SQLModel

from domain.store.types import JSONB, NEW_ID, NOW, Fact


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


class TokenRow(SQLModel, table=True):
    """A bearer token of the API; only its hash is kept."""

    __tablename__ = "access_token"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    expires_at: datetime
    revoked_at: datetime | None = None


class SessionRow(SQLModel, table=True):
    """A signed-in browser; only the hash of its cookie is kept, and the secret its forms must send back."""

    __tablename__ = "web_session"
    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    user_id: UUID = Field(foreign_key="app_user.id", index=True)
    secret_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    csrf_token: str
    created_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    expires_at: datetime
    ended_at: datetime | None = None


class AuditRow(Fact, table=True):
    """One act: who did what to what, with what outcome. No foreign key to its subject, so the record never blocks."""

    __tablename__ = "audit"
    __table_args__ = (CheckConstraint("outcome IN ('done', 'refused')", name="audit_outcome_is_known"),)
    actor_name: str
    act: str = Field(index=True)
    subject_kind: str
    subject: str
    outcome: str
    detail: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")}
    )
    request_id: str = Field(default="", sa_column_kwargs={"server_default": text("''")})


class AnswerRow(SQLModel, table=True):
    """The answer given to a request that carried an idempotency key: a retry gets it again."""

    __tablename__ = "answer"
    actor_scope: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    idem_key: str = Field(primary_key=True)
    body_hash: bytes = Field(sa_type=LargeBinary)
    status: int | None = None
    body: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    answered_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
