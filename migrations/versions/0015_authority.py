"""Write down who binds whom: a fund's own amounts, conflicts of interest, delegations, acts that two people do.

Why: an auditor must see in the book, and not only in the program, that nobody decided what they had prepared, or acted
where they have a tie.
Safe while the old code runs: yes, it adds tables that nothing reads yet and an empty column; what the triggers refuse
the desk has refused from the first day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from domain.store.types import Xid8
from migrations.facts import facts_end, make_view_of_facts, new_columns, new_fact, refuse_to_lose
from migrations.statements import drop_functions, run

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("authority_limit", "conflict_of_interest", "delegation", "request", "request_decision")
INSIDE = "(SELECT actor_is_inside())"
SIGNED = "recorded_by IS NOT DISTINCT FROM (SELECT actor_id())"
STEWARD = "(SELECT actor_is_steward())"
SEEN_BY = {
    "conflict_of_interest": "user_id = (SELECT actor_id()) OR (SELECT actor_reads_audit())",
    "delegation": "(SELECT actor_id()) IN (lender_id, borrower_id) OR (SELECT actor_reads_audit())",
}
"""Who may see a row, where it is not for all of the bank's own people."""
ADDED_BY = {
    "authority_limit": STEWARD,
    "conflict_of_interest": f"{INSIDE} AND (ends_id IS NULL AND user_id = (SELECT actor_id()) OR {STEWARD})",
    "delegation": f"{INSIDE} AND ((SELECT actor_id()) = lender_id OR {STEWARD}"
    " OR ends_id IS NOT NULL AND (SELECT actor_id()) = borrower_id)"
    " AND (SELECT person_may_borrow(borrower_id))",
}
"""Who may add a row in their own name, where it is not for all of the bank's own people."""


def fact(table: str, *parts: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{table}_fund_id", table, ["fund_id"])
    op.create_index(f"ix_{table}_xid", table, ["xid"])


def open_authority_limit() -> None:
    fact(
        "authority_limit",
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("fund_id IS NOT NULL", name="authority_limit_belongs_to_a_fund"),
        sa.CheckConstraint("amount_minor >= 0", name="authority_limit_is_not_negative"),
    )
    op.create_index("authority_limit_by_act", "authority_limit", ["fund_id", "act"])


def open_conflict_of_interest() -> None:
    fact(
        "conflict_of_interest",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("ends_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"]),
        sa.ForeignKeyConstraint(["ends_id"], ["conflict_of_interest.id"]),
        sa.UniqueConstraint("ends_id", name="conflict_is_ended_once"),
        sa.CheckConstraint(
            "ends_id IS NULL OR recorded_by IS DISTINCT FROM user_id", name="conflict_is_ended_by_somebody_else"
        ),
    )
    op.create_index("conflict_by_person", "conflict_of_interest", ["user_id", "party_id"])


def open_delegation() -> None:
    fact(
        "delegation",
        sa.Column("lender_id", sa.Uuid(), nullable=False),
        sa.Column("borrower_id", sa.Uuid(), nullable=False),
        sa.Column("acts", JSONB(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("at_most_minor", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("ends_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lender_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["borrower_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["ends_id"], ["delegation.id"]),
        sa.UniqueConstraint("ends_id", name="delegation_is_ended_once"),
        sa.CheckConstraint("lender_id <> borrower_id", name="delegation_is_to_somebody_else"),
        sa.CheckConstraint(
            "to_day >= from_day AND to_day - from_day <= 90", name="delegation_lasts_ninety_days_at_most"
        ),
        sa.CheckConstraint("at_most_minor > 0", name="delegation_amount_is_positive"),
        sa.CheckConstraint(
            "ends_id IS NOT NULL OR recorded_by IS DISTINCT FROM borrower_id", name="delegation_is_not_taken"
        ),
    )
    op.create_index("delegation_by_borrower", "delegation", ["borrower_id"])


def open_request() -> None:
    fact(
        "request",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_for", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"]),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"]),
        sa.CheckConstraint("recorded_by IS NOT NULL", name="request_is_made_by_somebody"),
        sa.CheckConstraint("kind IN ('reversal', 'payout')", name="request_kind_is_known"),
        sa.CheckConstraint(
            "(kind = 'reversal') = (entry_id IS NOT NULL)", name="request_of_a_reversal_names_its_entry"
        ),
        sa.CheckConstraint(
            "(kind = 'payout') = (instrument_id IS NOT NULL AND amount_minor IS NOT NULL AND effective_on IS NOT NULL)",
            name="request_of_a_payout_names_its_payment",
        ),
        sa.CheckConstraint("amount_minor > 0", name="request_amount_is_positive"),
    )


def open_request_decision() -> None:
    fact(
        "request_decision",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_for", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"]),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.UniqueConstraint("request_id", name="request_is_decided_once"),
        sa.CheckConstraint("recorded_by IS NOT NULL", name="request_is_decided_by_somebody"),
        sa.CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name="request_decision_is_known"),
        sa.CheckConstraint("(decision = 'approved') = (entry_id IS NOT NULL)", name="request_approved_names_its_entry"),
    )


def upgrade() -> None:
    open_authority_limit()
    open_conflict_of_interest()
    open_delegation()
    open_request()
    open_request_decision()
    op.add_column("deal_stage", sa.Column("recorded_for", sa.Uuid(), nullable=True))
    new_columns("deal_stage", "recorded_for")
    run("0015_authority")
    for table in TABLES:
        new_fact(table)
    for table, seen in SEEN_BY.items():
        op.execute(f"DROP POLICY seen ON {table}")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
    for table, added in ADDED_BY.items():
        op.execute(f"DROP POLICY added ON {table}")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({added} AND {SIGNED})")


def downgrade() -> None:
    for table in TABLES:
        refuse_to_lose(f"rows of {table}", f"EXISTS (SELECT FROM {table} f JOIN seal s ON s.fact_id = f.id)")
    refuse_to_lose(
        "decisions for somebody else",
        "EXISTS (SELECT FROM deal_stage f JOIN seal s ON s.fact_id = f.id WHERE f.recorded_for IS NOT NULL)",
    )
    drop_functions(
        "decided_by_another()", "no_conflict_of_interest()", "is_conflicted(uuid, uuid)", "person_may_borrow(uuid)"
    )
    for table in reversed(TABLES):
        facts_end(table)
        op.drop_table(table)
    op.execute("DROP VIEW fact")
    op.drop_column("deal_stage", "recorded_for")
    make_view_of_facts()
