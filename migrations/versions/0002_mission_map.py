"""Draw the mission map: grand challenge, mission, target, project, and the limits of a fund.

Why: money is lent for something; a fund's mandate and its limits are part of the map.
Safe while the old code runs: yes, it adds tables that nothing reads yet.
"""

import sqlalchemy as sa
from alembic import op

from domain.store.types import Xid8

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def open_grand_challenge() -> None:
    op.create_table(
        "grand_challenge",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def open_mission() -> None:
    op.create_table(
        "mission",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("grand_challenge_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grand_challenge_id"],
            ["grand_challenge.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def open_indicator() -> None:
    op.create_table(
        "indicator",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("adding", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("iris_id", sa.String(), nullable=True),
        sa.CheckConstraint("adding IN ('latest', 'sum')", name="indicator_adding_is_known"),
        sa.CheckConstraint("direction IN ('increase', 'decrease')", name="indicator_direction_is_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def open_target() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("baseline_value", sa.Numeric(), nullable=False),
        sa.Column("baseline_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("due_on > baseline_on", name="target_is_due_after_its_baseline"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"],
            ["indicator.id"],
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["mission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "version", name="target_version_is_used_once"),
    )
    op.create_index("ix_target_fund_id", "target", ["fund_id"], unique=False)
    op.create_index("ix_target_xid", "target", ["xid"], unique=False)


def open_sector() -> None:
    op.create_table(
        "sector",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("vocabulary", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vocabulary", "code", name="sector_code_is_unique_in_its_vocabulary"),
    )


def open_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("total_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def open_project_mission() -> None:
    op.create_table(
        "project_mission",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("helps", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["mission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_project_mission_fund_id", "project_mission", ["fund_id"], unique=False)
    op.create_index("ix_project_mission_mission_id", "project_mission", ["mission_id"], unique=False)
    op.create_index("ix_project_mission_project_id", "project_mission", ["project_id"], unique=False)
    op.create_index("ix_project_mission_xid", "project_mission", ["xid"], unique=False)


def open_project_sector() -> None:
    op.create_table(
        "project_sector",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("sector_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sector_id"],
            ["sector.id"],
        ),
        sa.PrimaryKeyConstraint("project_id", "sector_id"),
    )


def open_co_finance() -> None:
    op.create_table(
        "co_finance",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("co_investor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("committed_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('private', 'public', 'philanthropic', 'own')", name="co_finance_kind_is_known"),
        sa.CheckConstraint("amount_minor > 0", name="co_finance_amount_is_positive"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_co_finance_fund_id", "co_finance", ["fund_id"], unique=False)
    op.create_index("ix_co_finance_project_id", "co_finance", ["project_id"], unique=False)
    op.create_index("ix_co_finance_xid", "co_finance", ["xid"], unique=False)


def open_fund_mission() -> None:
    op.create_table(
        "fund_mission",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.ForeignKeyConstraint(
            ["mission_id"],
            ["mission.id"],
        ),
        sa.PrimaryKeyConstraint("fund_id", "mission_id"),
    )


def open_fund_limit() -> None:
    op.create_table(
        "fund_limit",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('fact_id')"), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("basis IN ('ticket', 'group', 'mission', 'instrument')", name="limit_basis_is_known"),
        sa.CheckConstraint("amount_minor >= 0", name="limit_amount_is_not_negative"),
        sa.ForeignKeyConstraint(
            ["fund_id"],
            ["fund.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_fund_limit_fund_id", "fund_limit", ["fund_id"], unique=False)
    op.create_index("ix_fund_limit_xid", "fund_limit", ["xid"], unique=False)


def upgrade() -> None:
    open_grand_challenge()
    open_mission()
    open_indicator()
    open_target()
    open_sector()
    open_project()
    open_project_mission()
    open_project_sector()
    open_co_finance()
    open_fund_mission()
    open_fund_limit()


def downgrade() -> None:
    for table in (
        "fund_limit",
        "fund_mission",
        "co_finance",
        "project_sector",
        "project_mission",
        "project",
        "sector",
        "target",
        "indicator",
        "mission",
        "grand_challenge",
    ):
        op.drop_table(table)
