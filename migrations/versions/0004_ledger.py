"""Open the ledger: entries that balance and that nobody edits.

Why: the board signs figures drawn from it. The rule checks the balance, the database checks it again at COMMIT,
so no script can slip past.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op

from domain.store.types import Xid8
from migrations.statements import drop_functions, run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def open_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('account_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asset', 'contra', 'liability', 'capital', 'income', 'expense', 'memorandum')",
            name="account_kind_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id", "code", "currency", name="account_code_is_unique_in_its_fund"),
    )


def open_account_limit() -> None:
    op.create_table(
        "account_limit",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=True),
        sa.Column("ceiling_minor", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )


def open_entry() -> None:
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("actor_scope", sa.String(), nullable=False),
        sa.Column("idem_key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("posting_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("fund_id IS NOT NULL", name="entry_belongs_to_a_fund"),
        sa.CheckConstraint("posting_count >= 2", name="entry_has_two_postings_or_more"),
        sa.CheckConstraint("reverses_id <> id", name="entry_does_not_reverse_itself"),
        sa.ForeignKeyConstraint(
            ["deal_id"],
            ["deal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("actor_scope", "idem_key", name="entry_key_is_used_once"),
        sa.UniqueConstraint("reverses_id", name="entry_is_reversed_once"),
    )
    op.create_index("entry_by_deal", "entry", ["deal_id"], unique=False)
    op.create_index("ix_entry_fund_id", "entry", ["fund_id"], unique=False)
    op.create_index("ix_entry_xid", "entry", ["xid"], unique=False)


def open_posting() -> None:
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount <> 0", name="posting_amount_is_not_zero"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.id"],
        ),
        sa.PrimaryKeyConstraint("entry_id", "line"),
    )
    op.create_index(
        "posting_by_account", "posting", ["account_id", "booked_on"], unique=False, postgresql_include=["amount"]
    )
    op.create_index(
        "posting_by_instrument",
        "posting",
        ["instrument_id", "account_id"],
        unique=False,
        postgresql_where=sa.text("instrument_id IS NOT NULL"),
    )


def open_balance_snapshot() -> None:
    op.create_table(
        "balance_snapshot",
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("period_end", "account_id"),
    )


def open_period() -> None:
    op.create_table(
        "period",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("closed_seal", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fund_id", "period_end", name="period_closes_once"),
    )
    op.create_index("ix_period_fund_id", "period", ["fund_id"], unique=False)
    op.create_index("ix_period_xid", "period", ["xid"], unique=False)


def open_contribution() -> None:
    op.create_table(
        "contribution",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="contribution_amount_is_positive"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["party.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_contribution_fund_id", "contribution", ["fund_id"], unique=False)
    op.create_index("ix_contribution_xid", "contribution", ["xid"], unique=False)


def open_revenue_statement() -> None:
    op.create_table(
        "revenue_statement",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("revenue_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("revenue_minor >= 0", name="revenue_is_not_negative"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("instrument_id", "period_end", name="revenue_is_stated_once_per_period"),
    )
    op.create_index("ix_revenue_statement_fund_id", "revenue_statement", ["fund_id"], unique=False)
    op.create_index("ix_revenue_statement_xid", "revenue_statement", ["xid"], unique=False)


def upgrade() -> None:
    open_account()
    open_account_limit()
    open_entry()
    open_posting()
    open_balance_snapshot()
    open_period()
    open_contribution()
    open_revenue_statement()
    run("0004_ledger")


def downgrade() -> None:
    drop_functions("period_closes_alone()", "entries_lie_in_open_periods()", "postings_belong()", "entry_is_whole()")
    for table in (
        "revenue_statement",
        "contribution",
        "period",
        "balance_snapshot",
        "posting",
        "entry",
        "account_limit",
        "account",
    ):
        op.drop_table(table)
