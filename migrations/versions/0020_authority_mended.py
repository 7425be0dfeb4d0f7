"""Only who has acts lends them, for ninety days with the first and the last one counted.

Why: a steward could lend a board member's acts without that person, and a term of ninety-one days passed.
Safe while the old code runs: yes, the database refuses what only a steward of the old code, or a term of ninety-one
days, would add; rows that are there stay as they were said, and can be ended.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ADDED = """CREATE POLICY added ON delegation FOR INSERT WITH CHECK (
    (SELECT actor_is_inside())
    AND (%s)
    AND (SELECT person_may_borrow(borrower_id))
    AND recorded_by IS NOT DISTINCT FROM (SELECT actor_id()))"""
BEFORE = """(SELECT actor_id()) = lender_id OR (SELECT actor_is_steward())
    OR ends_id IS NOT NULL AND (SELECT actor_id()) = borrower_id"""
SINCE = """(SELECT actor_id()) = lender_id AND (ends_id IS NOT NULL OR to_day - from_day < 90)
    OR ends_id IS NOT NULL AND ((SELECT actor_id()) = borrower_id OR (SELECT actor_is_steward()))"""


def who_adds(condition: str) -> None:
    op.execute("DROP POLICY added ON delegation")
    op.execute(ADDED % condition)


def upgrade() -> None:
    who_adds(SINCE)


def downgrade() -> None:
    who_adds(BEFORE)
