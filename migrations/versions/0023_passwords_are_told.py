"""Tell a verification whose password hash, or whose end of sign-ins, no act of the audit set.

Why: a superuser who set another's hash was unseen, since neither it nor the day of disabling is in a person's digest.
Safe while the old code runs: no. It sets passwords without their digest in the act, which a verification then tells of:
stop it first, then migrate.
"""

from alembic import op

from migrations.statements import drop_functions, run

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0023_passwords_are_told")
    # What people have now is what the book begins with: one act for each, so that a later change behind is told.
    op.execute(
        """INSERT INTO audit (actor_name, act, subject_kind, subject, outcome, detail)
           SELECT 'migration', 'note what a password is kept as', 'user', id::text, 'done',
                  jsonb_build_object('kept_as', encode(sha256(convert_to(password_hash, 'UTF8')), 'hex'),
                                     'may_sign_in', disabled_at IS NULL)
           FROM app_user"""
    )


def downgrade() -> None:
    drop_functions("sign_ins_that_differ()")
