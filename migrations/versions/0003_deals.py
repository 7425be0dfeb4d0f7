"""Open the deals: stages in one table of facts, instruments, and versions of their terms.

Why: a contract changes by a new version, never by an edit.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from domain.store.types import Xid8

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def open_deal() -> None:
    op.create_table(
        "deal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("investee_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["investee_id"],
            ["party.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_deal_fund_id", "deal", ["fund_id"], unique=False)
    op.create_index("ix_deal_investee_id", "deal", ["investee_id"], unique=False)
    op.create_index("ix_deal_project_id", "deal", ["project_id"], unique=False)


def open_deal_stage() -> None:
    op.create_table(
        "deal_stage",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('proposed', 'appraised', 'approved', 'contracted', 'active', 'exiting', 'closed', 'declined', "
            "'withdrawn')",
            name="deal_stage_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["deal_id"],
            ["deal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deal_stage_by_deal", "deal_stage", ["deal_id", "id"], unique=False)
    op.create_index("ix_deal_stage_fund_id", "deal_stage", ["fund_id"], unique=False)
    op.create_index("ix_deal_stage_xid", "deal_stage", ["xid"], unique=False)


def open_instrument() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("accrues", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('loan', 'equity', 'royalty')", name="instrument_kind_is_known"),
        sa.ForeignKeyConstraint(
            ["deal_id"],
            ["deal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_instrument_deal_id", "instrument", ["deal_id"], unique=False)


def open_instrument_terms() -> None:
    op.create_table(
        "instrument_terms",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("commitment_minor", sa.BigInteger(), nullable=False),
        sa.Column("terms", JSONB(), nullable=False),
        sa.CheckConstraint("commitment_minor >= 0", name="commitment_is_not_negative"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("instrument_id", "version", name="terms_version_is_used_once"),
    )
    op.create_index("ix_instrument_terms_fund_id", "instrument_terms", ["fund_id"], unique=False)
    op.create_index("ix_instrument_terms_xid", "instrument_terms", ["xid"], unique=False)


def upgrade() -> None:
    open_deal()
    open_deal_stage()
    open_instrument()
    open_instrument_terms()


def downgrade() -> None:
    for table in (
        "instrument_terms",
        "instrument",
        "deal_stage",
        "deal",
    ):
        op.drop_table(table)
