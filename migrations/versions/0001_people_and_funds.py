"""Open the book: parties, funds, people who sign in, and the audit of what they do.

Why: everything else belongs to a fund and is done by somebody.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from domain.store.types import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def open_party() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('business', 'charity', 'public_body', 'intermediary', 'contributor')", name="party_kind_is_known"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_party_group_code", "party", ["group_code"], unique=False)


def open_fund() -> None:
    op.create_table(
        "fund",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("recycling", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("follows_calendar", sa.Boolean(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="fund_currency_is_an_iso_code"),
        sa.CheckConstraint("recycling IN ('full', 'partial', 'capped', 'forbidden')", name="fund_recycling_is_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def open_app_user() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(role = 'investee') = (party_id IS NOT NULL)", name="user_of_an_investee_names_its_party"),
        sa.CheckConstraint(
            "role IN ('officer', 'risk', 'board', 'auditor', 'steward', 'investee')", name="user_role_is_known"
        ),
        sa.CheckConstraint("email = lower(email)", name="user_email_is_lower_case"),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["party.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )


def open_access_token() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_access_token_user_id", "access_token", ["user_id"], unique=False)


def open_web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("ix_web_session_user_id", "web_session", ["user_id"], unique=False)


def open_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("request_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name="audit_outcome_is_known"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_act", "audit", ["act"], unique=False)
    op.create_index("ix_audit_fund_id", "audit", ["fund_id"], unique=False)
    op.create_index("ix_audit_xid", "audit", ["xid"], unique=False)


def open_answer() -> None:
    op.create_table(
        "answer",
        sa.Column("actor_scope", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("idem_key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", JSONB(), nullable=True),
        sa.Column(
            "answered_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("actor_scope", "route", "idem_key"),
    )


def upgrade() -> None:
    op.execute("CREATE SEQUENCE fact_id")
    op.execute("CREATE SEQUENCE account_id")
    open_party()
    open_fund()
    open_app_user()
    open_access_token()
    open_web_session()
    open_audit()
    open_answer()


def downgrade() -> None:
    for table in (
        "answer",
        "audit",
        "web_session",
        "access_token",
        "app_user",
        "fund",
        "party",
    ):
        op.drop_table(table)
    op.execute("DROP SEQUENCE fact_id")
    op.execute("DROP SEQUENCE account_id")
