"""An open book: the database held, migrated and ready for transactions. Every command and the server begin here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.database.embedded import Database, database
from api.database.migrations import migrate, pending
from api.database.roles import Role
from api.database.sessions import Sessions
from api.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class OpenBook:
    """Where the book is kept, and transactions on it."""

    settings: Settings
    database: Database
    sessions: Sessions

    @property
    def embedded(self) -> bool:
        """Whether the database is our own, in the data folder."""
        return self.settings.database_url is None

    def url(self, role: Role) -> str:
        """Where the database is, for a role."""
        return self.database.url(role)


@contextmanager
def open_book(given: Settings | None = None) -> Iterator[OpenBook]:
    """Hold the database as long as the block runs; migrate it first where something is pending."""
    chosen = given or settings()
    with database(chosen) as held:
        if pending(held.url(Role.APP)):
            migrate(held.url(Role.MIGRATOR))
        sessions = Sessions(held.url)
        try:
            yield OpenBook(chosen, held, sessions)
        finally:
            sessions.close()
