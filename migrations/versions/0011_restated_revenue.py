"""Let revenue be stated again once the entry of its first statement is reversed, and let an operator end sign-ins.

Why: a statement is a fact and stays, so a wrong one could never be followed by the right one. The first statement of a
period has no version, so that what was sealed keeps its leaf; later ones count from 2. A person's tokens and browsers
end with a lost password, which is replaced in the database role night.
Safe while the old code runs: yes, the column may be empty and the old code writes first statements only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "revenue_is_stated_once_per_period"


def upgrade() -> None:
    op.add_column("revenue_statement", sa.Column("version", sa.Integer(), nullable=True))
    op.drop_constraint(NAME, "revenue_statement", type_="unique")
    op.create_unique_constraint(
        NAME, "revenue_statement", ["instrument_id", "period_end", "version"], postgresql_nulls_not_distinct=True
    )
    op.create_check_constraint("revenue_version_counts_from_two", "revenue_statement", "version >= 2")
    op.execute("GRANT INSERT (version) ON revenue_statement TO missionbook_app")
    op.execute("GRANT UPDATE (revoked_at) ON access_token TO missionbook_night")
    op.execute("GRANT UPDATE (ended_at) ON web_session TO missionbook_night")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (ended_at) ON web_session FROM missionbook_night")
    op.execute("REVOKE UPDATE (revoked_at) ON access_token FROM missionbook_night")
    op.drop_constraint("revenue_version_counts_from_two", "revenue_statement", type_="check")
    op.drop_constraint(NAME, "revenue_statement", type_="unique")
    op.drop_column("revenue_statement", "version")
    op.create_unique_constraint(NAME, "revenue_statement", ["instrument_id", "period_end"])
