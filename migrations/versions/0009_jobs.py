"""Open the job queue.

Why: sealing and the night of funds that follow the calendar run beside requests, and a job deferred in a transaction
has to vanish with it; the queue therefore lives in the same database.
Safe while the old code runs: yes, it adds tables that nothing reads yet. The queue's own library brings its tables;
when it is upgraded, its upgrade script becomes a numbered migration of ours.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.statements import run_text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLES = "missionbook_night"


def upgrade() -> None:
    run_text(SchemaManager.get_schema())
    op.execute(
        f"""DO $$ DECLARE thing record; BEGIN
            FOR thing IN SELECT oid::regclass AS name FROM pg_class
                         WHERE relname LIKE 'procrastinate%' AND relkind = 'r' LOOP
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO {ROLES}', thing.name);
            END LOOP;
            FOR thing IN SELECT oid::regclass AS name FROM pg_class
                         WHERE relname LIKE 'procrastinate%' AND relkind = 'S' LOOP
                EXECUTE format('GRANT USAGE ON SEQUENCE %s TO {ROLES}', thing.name);
            END LOOP;
            FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%' LOOP
                EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', thing.name);
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {ROLES}', thing.name);
            END LOOP;
        END $$"""
    )


def downgrade() -> None:
    op.execute(
        """DO $$ DECLARE thing record; BEGIN
            FOR thing IN SELECT oid::regclass AS name FROM pg_class
                         WHERE relname LIKE 'procrastinate%' AND relkind = 'r' LOOP
                EXECUTE format('DROP TABLE %s CASCADE', thing.name);
            END LOOP;
            FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%' LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
            END LOOP;
            FOR thing IN SELECT oid::regtype AS name FROM pg_type
                         WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
                EXECUTE format('DROP TYPE %s CASCADE', thing.name);
            END LOOP;
        END $$"""
    )
