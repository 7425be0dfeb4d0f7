"""Column types and the shape that every fact shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number: which transaction wrote a row, in an order that never wraps."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


ischema_names["xid8"] = Xid8

NEW_ID = {"server_default": text("uuidv7()")}
NOW = {"server_default": text("clock_timestamp()")}


class Fact(SQLModel):
    """What was said or done, once and for good: a row that nobody updates, numbered and chained by the sealer.

    ``id`` comes from one sequence for all kinds of facts, so that order within a transaction is known across kinds.
    ``fund_id`` is the chain that seals it; None is the bank's own chain. ``recorded_by`` is a user, None the programme.
    """

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("nextval('fact_id')")},
    )
    fund_id: UUID | None = Field(default=None, foreign_key="fund.id", index=True)
    recorded_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    recorded_by: UUID | None = Field(default=None)
    xid: int | None = Field(
        default=None,
        sa_type=Xid8,
        nullable=False,
        index=True,
        sa_column_kwargs={"server_default": text("pg_current_xact_id()")},
    )


def belongs_to_a_fund(table: str) -> CheckConstraint:
    """Return the constraint of a kind of fact that is never the bank's own: each row is in its fund's chain."""
    return CheckConstraint("fund_id IS NOT NULL", name=f"{table}_belongs_to_a_fund")


__all__ = ["JSONB", "NEW_ID", "NOW", "Fact", "Xid8", "belongs_to_a_fund"]
