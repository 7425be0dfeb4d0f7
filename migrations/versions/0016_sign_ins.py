"""Keep what lets people in where no request can read it, count guesses for all processes, say where acts came from.

Why: a hole in a page must not hand out hashes; guessing must be slow on every process; an auditor asks from where.
Safe while the old code runs: no. It reads hashes that it may no longer read: stop it first, then migrate. People stay
signed in; forms that were open are sent once more.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.facts import refuse_to_lose
from migrations.statements import drop_functions, run

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

READERS = "missionbook_app, missionbook_night"


def moment(name: str, *, now: bool = False) -> sa.Column[datetime]:
    default = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)


def describe_sign_ins() -> None:
    op.add_column("access_token", sa.Column("family_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False))
    op.add_column("access_token", moment("family_ends_at"))
    op.execute("UPDATE access_token SET family_ends_at = expires_at")
    op.alter_column("access_token", "family_ends_at", nullable=False)
    op.add_column("access_token", moment("rotated_at"))
    op.create_index("ix_access_token_family_id", "access_token", ["family_id"], unique=False)
    for table in ("access_token", "web_session"):
        op.add_column(table, moment("last_used_at", now=True))
        op.add_column(table, words("came_from"))
        op.add_column(table, words("agent"))
    op.add_column("app_user", moment("password_changed_at"))
    # The secret of a browser's forms is derived from the secret of its cookie: nothing readable is kept.
    op.drop_column("web_session", "csrf_token")


def open_sign_in_attempt() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        moment("last_at", now=True),
        moment("not_before", now=True),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        moment("succeeded_at"),
        sa.CheckConstraint("kind IN ('pair', 'account', 'address')", name="sign_in_attempt_kind_is_known"),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )


def describe_acts() -> None:
    for name in ("came_from", "door"):
        op.add_column("audit", sa.Column(name, sa.String(), nullable=True))
        # A default for new rows only: the leaves of rows that are sealed stay as they were.
        op.execute(
            f"ALTER TABLE audit ALTER COLUMN {name} SET DEFAULT nullif(current_setting('missionbook.{name}', true), '')"
        )
    op.add_column("audit", sa.Column("before", JSONB(), nullable=True))
    op.add_column("audit", sa.Column("after", JSONB(), nullable=True))
    op.create_index("ix_audit_recorded_by", "audit", ["recorded_by"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject_kind", "subject"], unique=False)


def upgrade() -> None:
    describe_sign_ins()
    open_sign_in_attempt()
    describe_acts()
    for table in ("access_token", "web_session", "sign_in_attempt"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    run("0016_sign_ins")


def downgrade() -> None:
    refuse_to_lose(
        "acts that say where they came from",
        "EXISTS (SELECT FROM audit a JOIN seal s ON s.fact_id = a.id WHERE num_nonnulls(a.came_from, a.door, a.before, "
        "a.after) > 0)",
    )
    for table in ("access_token", "web_session"):
        for policy in ("seen", "added", "changed"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP POLICY seen ON app_user")
    op.execute("CREATE POLICY seen ON app_user FOR SELECT USING (true)")
    drop_functions(
        "sign_in_of(text)", "token_used(bytea, integer)", "browser_used(bytea, integer)",
        "change_own_password(text, text)", "sign_in_attempted(bytea, bytea)", "sign_in_succeeded(bytea, bytea)",
        "sign_in_wait(text, integer)", "forget_sign_ins(integer)",
    )  # fmt: skip
    op.drop_table("sign_in_attempt")
    for index in ("ix_audit_recorded_by", "ix_audit_subject"):
        op.drop_index(index, "audit")
    for name in ("came_from", "door", "before", "after"):
        op.drop_column("audit", name)
    op.drop_index("ix_access_token_family_id", "access_token")
    for name in ("family_id", "family_ends_at", "rotated_at", "last_used_at", "came_from", "agent"):
        op.drop_column("access_token", name)
    for name in ("last_used_at", "came_from", "agent"):
        op.drop_column("web_session", name)
    op.drop_column("app_user", "password_changed_at")
    op.add_column("web_session", sa.Column("csrf_token", sa.String(), server_default=sa.text("''"), nullable=False))
    op.alter_column("web_session", "csrf_token", server_default=None)
    op.execute(f"GRANT SELECT ON app_user, access_token, web_session TO {READERS}")
    op.execute("GRANT INSERT ON access_token, web_session TO missionbook_app")
