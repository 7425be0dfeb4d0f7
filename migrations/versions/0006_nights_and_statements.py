"""Remember what each night did, and keep statements of positions that others publish, every row of every release.

Why: a night that was killed goes on where it stopped; a restated figure must not overwrite what was published before.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from domain.store.types import Xid8

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def open_night_step() -> None:
    op.create_table(
        "night_step",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("fund_id", "day", "step"),
    )


def open_night_refusal() -> None:
    op.create_table(
        "night_refusal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id", "day", "step", "subject"),
    )


def open_statement_release() -> None:
    op.create_table(
        "statement_release",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id", "source", "period_end", name="statement_is_released_once"),
    )
    op.create_index("ix_statement_release_fund_id", "statement_release", ["fund_id"], unique=False)
    op.create_index("ix_statement_release_xid", "statement_release", ["xid"], unique=False)


def open_statement_line() -> None:
    op.create_table(
        "statement_line",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("flags", JSONB(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.id"],
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["statement_release.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("release_id", "instrument_id", name="statement_names_a_position_once"),
    )
    op.create_index("ix_statement_line_fund_id", "statement_line", ["fund_id"], unique=False)
    op.create_index("ix_statement_line_instrument_id", "statement_line", ["instrument_id"], unique=False)
    op.create_index("ix_statement_line_xid", "statement_line", ["xid"], unique=False)


def upgrade() -> None:
    open_night_step()
    open_night_refusal()
    open_statement_release()
    open_statement_line()


def downgrade() -> None:
    for table in ("statement_line", "statement_release", "night_refusal", "night_step"):
        op.drop_table(table)
