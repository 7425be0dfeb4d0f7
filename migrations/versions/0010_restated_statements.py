"""Let a statement be restated for a period that was already stated.

Why: a publisher sometimes puts out other figures for the same day. The second release names the one it restates, and
both stay.
Safe while the old code runs: yes, the column may be empty and nothing else changes for a first release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statement_release", sa.Column("restates_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "statement_release_restates_id_fkey", "statement_release", "statement_release", ["restates_id"], ["id"]
    )
    op.drop_constraint("statement_is_released_once", "statement_release", type_="unique")
    op.create_index(
        "statement_is_released_once",
        "statement_release",
        ["fund_id", "source", "period_end"],
        unique=True,
        postgresql_where=sa.text("restates_id IS NULL"),
    )
    op.create_unique_constraint("statement_is_restated_once", "statement_release", ["restates_id"])


def downgrade() -> None:
    op.drop_index("statement_is_released_once", "statement_release")
    op.create_unique_constraint("statement_is_released_once", "statement_release", ["fund_id", "source", "period_end"])
    op.drop_column("statement_release", "restates_id")
