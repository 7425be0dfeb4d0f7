"""How migrations run: as the migrator, one transaction each, one runner at a time, never waiting long for a lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine, text

from domain.store.tables import metadata

ADVISORY_LOCK = 7_301_001
"""Two runners at once: the second waits here until the first is done, then finds nothing left to do."""


def theirs(name: str | None) -> bool:
    """Say whether a table belongs to the job queue, which brings its own tables."""
    return bool(name) and str(name).startswith("procrastinate_")


def run_on(connection: Connection) -> None:
    """Run what is pending on an open connection."""
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        include_name=lambda name, kind, _parents: not (kind == "table" and theirs(name)),
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": ADVISORY_LOCK})
        connection.commit()


url = context.config.attributes["url"]
engine = create_engine(
    url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool, hide_parameters=True
)
with engine.connect() as opened:
    run_on(opened)
