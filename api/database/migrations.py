"""Run the numbered migrations, and tell cheaply whether any is still to run."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from api.database.problems import DatabaseFailed, DatabaseProblem, in_words

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_REVISION = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE)


class MigrationsBranch(DatabaseProblem):
    """The migrations do not form one line: two of them follow the same one, or none begins."""

    def __init__(self, heads: list[str]) -> None:
        super().__init__(f"the migrations must end in one, and end in {', '.join(heads) or 'none'}")
        self.heads = heads


def migrate(url: str, *, to: str = "head") -> None:
    """Run the migrations up to ``to`` as the owner of the tables; ``migrations/env.py`` takes the lock.

    ``url`` is a libpq URL of the role migrator.
    """
    # Late, because it takes a fifth of a second and most commands find nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, to)


def pending(url: str) -> bool:
    """Tell whether a migration of this program has not run yet: two small queries and a look at the folder.

    A version that this program does not know belongs to a newer one, whose migrations are safe while we run: then
    nothing is pending for us.

    Raises:
        DatabaseProblem: the database cannot be reached, or does not let this role see which migrations have run.
    """
    known = revisions()
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            made = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            if made is None or made[0] is None:
                return True
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.Error as error:
        raise in_words(error) or DatabaseFailed("it failed") from None
    return row is None or (row[0] in known and row[0] != head(known))


def revisions(folder: Path = MIGRATIONS) -> dict[str, str | None]:
    """Return each revision with the one it follows, read from the files without running them."""
    found: dict[str, str | None] = {}
    for path in sorted((folder / "versions").glob("*.py")):
        names = {match[1]: match[2] for match in _REVISION.finditer(path.read_text(encoding="utf-8"))}
        if "revision" in names:
            found[names["revision"]] = names.get("down_revision")
    return found


def head(known: dict[str, str | None]) -> str:
    """Return the one revision that no other follows.

    Raises:
        MigrationsBranch: there is none, or more than one.
    """
    heads = sorted(set(known) - set(known.values()))
    if len(heads) != 1:
        raise MigrationsBranch(heads)
    return heads[0]
