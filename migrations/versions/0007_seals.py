"""Seal every kind of fact: a number for good, and a hash chain per fund.

Why: a report must be repeatable as known at a seal, and an auditor must see that nothing was changed since.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op

from migrations.statements import drop_functions, run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def open_seal_chain() -> None:
    op.create_table(
        "seal_chain",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('account_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id"),
    )


def open_seal() -> None:
    op.create_table(
        "seal",
        sa.Column("fact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fact_kind", sa.String(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("number > 0", name="seal_number_counts_from_one"),
        sa.ForeignKeyConstraint(
            ["chain_id"],
            ["seal_chain.id"],
        ),
        sa.PrimaryKeyConstraint("fact_id"),
        sa.UniqueConstraint("chain_id", "number", name="seal_number_is_used_once"),
        sa.UniqueConstraint("position"),
    )


def open_seal_horizon() -> None:
    op.create_table(
        "seal_horizon",
        sa.Column("one_row", sa.Boolean(), nullable=False),
        sa.Column("horizon", sa.String(), nullable=False),
        sa.Column("cluster", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one_row", name="seal_horizon_is_one_row"),
        sa.PrimaryKeyConstraint("one_row"),
    )


def upgrade() -> None:
    open_seal_chain()
    open_seal()
    open_seal_horizon()
    run("0007_seals")


def downgrade() -> None:
    drop_functions("seal_facts()", "leaf(text, jsonb)", "seal_text(text, bigint, bigint, bigint, timestamptz)")
    op.execute("DROP VIEW fact")
    for table in (
        "seal_horizon",
        "seal",
        "seal_chain",
    ):
        op.drop_table(table)
