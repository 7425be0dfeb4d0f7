"""What can be wrong with the database's life, said in words to whoever runs a command."""

from __future__ import annotations

from pathlib import Path

from domain.errors import Refusal

_BY_STATE = {
    "28": "it does not let this role in: the user or the password does not fit",
    "3D": "the server has no database of that name",
    "08": "it cannot be reached, or the connection broke",
    "57P": "it is starting, stopping, or was told to let this connection go; try again in a moment",
    "57014": "a statement took too long and was given up",
    "53": "it lacks room, memory or connections; its log says which",
    "55P03": "somebody else is at work on the same thing; try again in a moment",
    "40": "somebody else changed the same thing at the same time; try again",
    "42501": (
        "this role may not do that here: its rights are not all there, as after a restore that stopped half-way; "
        "prepare the roles with api/database/roles.sql, restore again, then run `missionbook database migrate`"
    ),
    "42": (
        "a table or function of the book is not there: run `missionbook database migrate`, "
        "or restore again where a restore stopped half-way"
    ),
}
"""What the database's own states mean to whoever runs a command, by the beginning of the state."""


class DatabaseProblem(Refusal):
    """The database cannot be had; the message says why and what to do. Commands print it and end with 1."""


class AlreadyServed(DatabaseProblem):
    """Another server start holds the data folder."""

    def __init__(self, data: Path, *, address: str | None, pid: int | None) -> None:
        where = f" on {address}" if address else ""
        who = f" by process {pid}" if pid else ""
        super().__init__(f"the data folder {data} is already being served{where}{who}; stop that one first")
        self.data, self.address, self.pid = str(data), address, pid


class DatabaseRoleNotConfigured(DatabaseProblem):
    """An external server is used, and nobody said how to reach it in this role."""

    def __init__(self, role: str, variable: str) -> None:
        super().__init__(f"the database role {role} is not configured: set {variable}")
        self.role, self.variable = role, variable


class DataFolderNotUsable(DatabaseProblem):
    """The data folder cannot be taken: it is another user's, something else's, or half of it is gone."""

    def __init__(self, data: Path, reason: str) -> None:
        super().__init__(f"the data folder {data} cannot be used: {reason}")
        self.data, self.reason = str(data), reason


class ServerNotStarted(DatabaseProblem):
    """The embedded PostgreSQL could not be started."""

    def __init__(self, reason: str, *, log: Path | None = None, said: str = "") -> None:
        more = f"; its log is {log}" if log else ""
        last = f"\n{said}" if said else ""
        super().__init__(f"the embedded PostgreSQL server could not be started: {reason}{more}{last}")
        self.reason, self.log = reason, str(log) if log else None


class DatabaseFailed(DatabaseProblem):
    """The database could not be reached or said no. Its own words are not repeated: they may hold names and secrets."""

    def __init__(self, why: str, *, state: str = "") -> None:
        super().__init__(f"the database: {why}" + (f" (SQLSTATE {state})" if state else ""))
        self.why, self.state = why, state


def in_words(error: BaseException) -> DatabaseProblem | None:
    """Return what a driver's error means in words; None where it is no error of a database."""
    import psycopg
    from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

    if not isinstance(error, psycopg.Error | SQLAlchemyError):
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    for beginning in sorted(_BY_STATE, key=len, reverse=True):
        if state.startswith(beginning):
            return DatabaseFailed(_BY_STATE[beginning], state=state)
    if isinstance(cause, ArgumentError) or (isinstance(cause, psycopg.ProgrammingError) and not state):
        return DatabaseFailed(
            "its address cannot be read; MISSIONBOOK_DATABASE_URL and its sisters are written "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        )
    if isinstance(cause, psycopg.OperationalError) and not state:
        return DatabaseFailed(
            "nobody answers where it should be, or it does not let this role in; look at MISSIONBOOK_DATABASE_URL "
            "and its sisters, and whether the server runs"
        )
    return DatabaseFailed("something failed that is no fault of the input; its log says what", state=state)
