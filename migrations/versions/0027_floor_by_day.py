"""Hold an account's limits at the end of each booking day, not in the newest total only.

Why: the floor was a running total over all days, so money booked as coming in later paid for what went out before, and
a month could be closed with less than nothing in cash.
Safe while the old code runs: yes, it is told by the name that it knows. Days that stood outside before stay, and what
makes none of them worse is taken.
"""

from alembic import op

from migrations.statements import drop_functions, run, run_one

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0027_floor_by_day")


def downgrade() -> None:
    drop_functions("postings_belong()")
    run_one("0013_posting_at_speed", "CREATE OR REPLACE FUNCTION postings_belong()", ends="END $$;")
    run_one("0004_ledger", "CREATE TRIGGER postings_belong_to_their_entry", ends=";")
    op.execute("REVOKE ALL ON FUNCTION postings_belong FROM PUBLIC")
