"""Close periods for good, and keep rates of exchange.

Why: a board that has signed the figures of a month must find the same ones in ten years, and near: a closing keeps the
balance of every account, so that any other day is a closing and what came after. Money in another currency is worth
something in the fund's own only by a rate that somebody stated.
Safe while the old code runs: yes, it closes no period; its entries are checked as before.
"""

import sqlalchemy as sa
from alembic import op

from domain.store.types import Xid8
from migrations.facts import facts_end, new_fact, refuse_to_lose
from migrations.statements import drop_functions, run

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

VALUE_DAY_DIFFERS = sa.text("effective_on <> booked_on")
ACROSS = "account_id * 10000000 + ({}(effective_on, booked_on) - '0001-01-01'::date)"


def open_exchange_rate() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("base", sa.String(3), nullable=False),
        sa.Column("units", sa.Numeric(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("fund_id IS NOT NULL", name="rate_belongs_to_a_fund"),
        sa.CheckConstraint("units > 0 AND units < 1e12", name="rate_is_above_zero"),
        sa.CheckConstraint("currency <> base", name="rate_is_between_two_currencies"),
        sa.CheckConstraint("source <> ''", name="rate_names_its_source"),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rate_by_day", "exchange_rate", ["fund_id", "currency", "quoted_on"], unique=False)
    op.create_index("ix_exchange_rate_fund_id", "exchange_rate", ["fund_id"], unique=False)
    op.create_index("ix_exchange_rate_xid", "exchange_rate", ["xid"], unique=False)


def upgrade() -> None:
    run("0014_periods")
    # From the earlier of the two days to the later, the account's number before them: one look finds who lies across.
    op.create_index(
        "posting_of_another_value_day",
        "posting",
        [sa.text(f"int8range({ACROSS.format('LEAST')}, {ACROSS.format('GREATEST')})")],
        unique=False,
        postgresql_using="gist",
        postgresql_where=VALUE_DAY_DIFFERS,
    )
    open_exchange_rate()
    new_fact("exchange_rate")


def downgrade() -> None:
    refuse_to_lose("rates of exchange", "EXISTS (SELECT FROM exchange_rate e JOIN seal s ON s.fact_id = e.id)")
    facts_end("exchange_rate")
    op.drop_table("exchange_rate")
    op.drop_index("posting_of_another_value_day", table_name="posting")
    op.execute("REVOKE UPDATE (status, body) ON answer FROM missionbook_night")
    op.execute("DROP POLICY inside ON balance_snapshot")
    op.execute("ALTER TABLE balance_snapshot NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE balance_snapshot DISABLE ROW LEVEL SECURITY")
    op.execute("DROP TRIGGER balance_snapshot_is_append_only ON balance_snapshot")
    op.execute("GRANT INSERT ON balance_snapshot TO missionbook_night")
    op.execute("DELETE FROM balance_snapshot")
    op.execute("ALTER TABLE period DROP CONSTRAINT period_ends_with_a_month")
    drop_functions("keep_closing_balances()", "refuse_old_snapshot()")
