"""Seal from the beginning where the row that says up to where everything is sealed cannot be right.

Why: who set it ahead of every transaction kept all that was posted until then out of every chain, and no seal that was
missing ever told of it.
Safe while the old code runs: yes, it calls the same function.
"""

from migrations.statements import run, run_one

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0026_horizon_ahead")


def downgrade() -> None:
    run_one("0012_seals_at_speed", "CREATE OR REPLACE FUNCTION seal_facts()", ends="END $$;")
