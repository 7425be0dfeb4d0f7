"""What can be wrong with the database's life, said in words to whoever runs a command."""

from __future__ import annotations

from pathlib import Path

from domain.errors import Refusal


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
