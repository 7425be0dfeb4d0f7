"""Give the sign-ins of a person one order, and tell a wait to the audit once for what causes it.

Why: a sign-out everywhere must also end what is being exchanged, and a stranger must not fill the audit.
Safe while the old code runs: yes. The functions keep their shape; only the new code takes the order.
"""

from alembic import op

from migrations.statements import drop_functions, run, run_one

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

USED, ATTEMPTED = "token_used(bytea, integer)", "sign_in_attempted(bytea, bytea)"


def upgrade() -> None:
    run("0019_sign_ins_mended")


def downgrade() -> None:
    drop_functions(USED, ATTEMPTED, "lock_sign_ins(uuid)", "password_still_fits(text)")
    for name in ("token_used", "sign_in_attempted"):
        run_one("0016_sign_ins", f"CREATE FUNCTION {name}(", ends="END $$;")
    op.execute(f"REVOKE ALL ON FUNCTION {USED}, {ATTEMPTED} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {USED}, {ATTEMPTED} TO missionbook_app")
