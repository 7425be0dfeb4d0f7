"""Open the promises: covenants, reports with versions, findings, breaches, exit triggers.

Why: a promise that is not tested on its day is worth nothing.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from domain.store.types import Xid8

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def open_covenant() -> None:
    op.create_table(
        "covenant",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("condition_family", sa.String(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("tolerance", sa.Numeric(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("remedy_days", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "condition_family IN ('access', 'directionality', 'profit_sharing', 'reinvestment')",
            name="covenant_names_its_condition_family",
        ),
        sa.CheckConstraint("direction IN ('at_least', 'at_most')", name="covenant_direction_is_known"),
        sa.CheckConstraint("kind IN ('mission', 'conduct', 'financial')", name="covenant_kind_is_known"),
        sa.CheckConstraint("grace_days >= 0 AND remedy_days >= 0", name="covenant_days_are_not_negative"),
        sa.CheckConstraint("tolerance >= 0 AND tolerance < 1", name="covenant_tolerance_is_a_share"),
        sa.ForeignKeyConstraint(
            ["deal_id"],
            ["deal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"],
            ["indicator.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_covenant_deal_id", "covenant", ["deal_id"], unique=False)


def open_trajectory_point() -> None:
    op.create_table(
        "trajectory_point",
        sa.Column("covenant_id", sa.Uuid(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["covenant_id"],
            ["covenant.id"],
        ),
        sa.PrimaryKeyConstraint("covenant_id", "expected_on"),
    )


def open_covenant_test() -> None:
    op.create_table(
        "covenant_test",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("covenant_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "period_start <= period_end AND period_end <= due_on", name="covenant_test_days_are_in_order"
        ),
        sa.ForeignKeyConstraint(
            ["covenant_id"],
            ["covenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("covenant_id", "period_end", name="covenant_is_tested_once_per_period"),
    )
    op.create_index("covenant_test_by_due_day", "covenant_test", ["due_on"], unique=False)


def open_report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deal_id"],
            ["deal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("deal_id", "period_end", name="report_is_owed_once_per_period"),
    )


def open_report_version() -> None:
    op.create_table(
        "report_version",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(version = 1) = (replaces_id IS NULL)", name="later_report_version_names_the_one_it_replaces"
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["report_version.id"],
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "version", name="report_version_is_used_once"),
    )
    op.create_index("ix_report_version_fund_id", "report_version", ["fund_id"], unique=False)
    op.create_index("ix_report_version_xid", "report_version", ["xid"], unique=False)


def open_observation() -> None:
    op.create_table(
        "observation",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("report_version_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("evidence", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("assurance", sa.String(), nullable=False),
        sa.Column("data_quality", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "assurance IN ('self_reported', 'reviewed', 'verified')", name="observation_assurance_is_known"
        ),
        sa.CheckConstraint(
            "value <> 'NaN'::numeric AND value <> 'Infinity'::numeric AND value <> '-Infinity'::numeric",
            name="observation_value_is_a_number",
        ),
        sa.CheckConstraint("data_quality BETWEEN 1 AND 5", name="observation_quality_is_one_to_five"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"],
            ["indicator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["report_version_id"],
            ["report_version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_observation_fund_id", "observation", ["fund_id"], unique=False)
    op.create_index("ix_observation_project_id", "observation", ["project_id"], unique=False)
    op.create_index("ix_observation_report_version_id", "observation", ["report_version_id"], unique=False)
    op.create_index("ix_observation_xid", "observation", ["xid"], unique=False)


def open_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("covenant_test_id", sa.Uuid(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("measured", sa.Numeric(), nullable=True),
        sa.Column("limit_value", sa.Numeric(), nullable=False),
        sa.Column("headroom", sa.Numeric(), nullable=True),
        sa.Column("report_version_id", sa.BigInteger(), nullable=True),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(outcome IN ('met', 'missed')) = (measured IS NOT NULL)",
            name="finding_met_or_missed_names_what_was_measured",
        ),
        sa.CheckConstraint(
            "outcome IN ('met', 'missed', 'not_reported', 'unknown', 'waived')", name="finding_outcome_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["covenant_test_id"],
            ["covenant_test.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["report_version_id"],
            ["report_version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("finding_by_test", "finding", ["covenant_test_id", "id"], unique=False)
    op.create_index("ix_finding_fund_id", "finding", ["fund_id"], unique=False)
    op.create_index("ix_finding_xid", "finding", ["xid"], unique=False)


def open_breach() -> None:
    op.create_table(
        "breach",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("covenant_test_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("remedy_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["covenant_test_id"],
            ["covenant_test.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("covenant_test_id"),
    )
    op.create_index("ix_breach_fund_id", "breach", ["fund_id"], unique=False)
    op.create_index("ix_breach_xid", "breach", ["xid"], unique=False)


def open_breach_event() -> None:
    op.create_table(
        "breach_event",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("breach_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("outcome IN ('remedied', 'waived', 'unremedied')", name="breach_outcome_is_known"),
        sa.ForeignKeyConstraint(
            ["breach_id"],
            ["breach.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("breach_event_by_breach", "breach_event", ["breach_id", "id"], unique=False)
    op.create_index("ix_breach_event_fund_id", "breach_event", ["fund_id"], unique=False)
    op.create_index("ix_breach_event_xid", "breach_event", ["xid"], unique=False)


def open_exit_trigger() -> None:
    op.create_table(
        "exit_trigger",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("breach_id", sa.BigInteger(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("mechanisms", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["breach_id"],
            ["breach.id"],
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
        sa.UniqueConstraint("rule", "breach_id", name="exit_trigger_is_raised_once_per_breach"),
    )
    op.create_index("ix_exit_trigger_deal_id", "exit_trigger", ["deal_id"], unique=False)
    op.create_index("ix_exit_trigger_fund_id", "exit_trigger", ["fund_id"], unique=False)
    op.create_index("ix_exit_trigger_xid", "exit_trigger", ["xid"], unique=False)


def upgrade() -> None:
    open_covenant()
    open_trajectory_point()
    open_covenant_test()
    open_report()
    open_report_version()
    open_observation()
    open_finding()
    open_breach()
    open_breach_event()
    open_exit_trigger()


def downgrade() -> None:
    for table in (
        "exit_trigger",
        "breach_event",
        "breach",
        "finding",
        "observation",
        "report_version",
        "report",
        "covenant_test",
        "trajectory_point",
        "covenant",
    ):
        op.drop_table(table)
