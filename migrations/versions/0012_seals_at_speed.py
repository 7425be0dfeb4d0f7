"""Seal and verify a hundred thousand entries a second, and definitions too.

Why: a sealer that is slower than posting falls behind for ever, and a verification that takes a night is not run. The
leaf of a seal is now the text of the row (form 2) and all of a sealing is one statement; seals of form 1 keep theirs.
A definition (a covenant's limit, an account's floor) could be altered unseen, so its digest becomes a fact.
Safe while the old code runs: no. It posts and seals through the function, but it verifies by form 1 only: after the
first sealing it calls the book unsound. Stop it first, then migrate.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from domain.store.types import Xid8
from migrations.facts import ROLES, define, facts_end, make_view_of_facts, new_fact, refuse_to_lose
from migrations.statements import drop_functions, run, run_one

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

POSITION = "seal_position_key"
CHAIN = "seal_chain_id_fkey"
BLOCKS = {"pages_per_range": 32, "autosummarize": True}


DEFINITIONS: dict[str, tuple[str, ...]] = {
    "party": (),
    "grand_challenge": (),
    "mission": (),
    "indicator": (),
    "sector": (),
    "project": (),
    "project_sector": (),
    "fund": ("business_day",),
    "fund_mission": (),
    "deal": (),
    "instrument": (),
    "covenant": (),
    "trajectory_point": (),
    "covenant_test": (),
    "report": (),
    "account": (),
    "account_limit": ("balance_minor", "version"),
    "app_user": ("password_hash", "disabled_at"),
    "night_step": (),
    "night_refusal": (),
}
"""Every table of definitions, with the columns that change by nature."""


def open_definition() -> None:
    op.create_table(
        "definition",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("digests", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.CheckConstraint("cardinality(keys) = cardinality(digests)", name="definition_has_a_digest_per_key"),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_definition_fund_id", "definition", ["fund_id"], unique=False)
    op.create_index("ix_definition_xid", "definition", ["xid"], unique=False)


def upgrade() -> None:
    # A seal of the old code says nothing: form 1. The sealer says 2.
    op.add_column("seal", sa.Column("form", sa.SmallInteger(), server_default=sa.text("1"), nullable=False))
    # Both cost a third of a sealing; verification finds a chain that is not there and a place that is taken twice.
    op.drop_constraint(CHAIN, "seal", type_="foreignkey")
    op.drop_constraint(POSITION, "seal", type_="unique")
    # Places grow as rows do, so a few numbers per block of rows find what was sealed after one.
    op.create_index("seal_by_place", "seal", ["position"], postgresql_using="brin", postgresql_with=BLOCKS)
    op.execute("DROP VIEW fact")
    make_view_of_facts()
    run("0012_seals_at_speed")
    open_definition()
    new_fact("definition", requests_add=False)
    for table, leave_out in DEFINITIONS.items():
        define(table, leave_out=leave_out)


def downgrade() -> None:
    refuse_to_lose("facts by their new form", "EXISTS (SELECT FROM seal WHERE form = 2)")
    op.execute("DROP VIEW definition_now")
    facts_end("definition")
    drop_functions("digest_definitions()")
    op.drop_table("definition")
    op.execute("DROP FUNCTION seal_facts()")
    op.execute("DROP AGGREGATE chain_link(bytea, bytea)")
    op.execute("DROP FUNCTION next_link(bytea, bytea, bytea)")
    op.execute("DROP VIEW fact")
    run_one("0007_seals", "CREATE VIEW fact ", ends=";")
    run_one("0007_seals", "CREATE FUNCTION seal_facts()", ends="END $$;")
    op.execute(f"GRANT SELECT ON fact TO {ROLES}")
    op.execute("REVOKE ALL ON FUNCTION seal_facts() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION seal_facts() TO {ROLES}")
    op.drop_index("seal_by_place", "seal")
    op.create_unique_constraint(POSITION, "seal", ["position"])
    op.create_foreign_key(CHAIN, "seal", "seal_chain", ["chain_id"], ["id"])
    op.drop_column("seal", "form")
