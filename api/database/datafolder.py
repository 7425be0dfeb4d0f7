"""The data folder: who may enter it, and the record of the embedded cluster that belongs to it."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from api.database.keeper import HOLDERS, KEEPER, LOG, STARTING
from api.database.problems import DataFolderNotUsable
from api.database.roles import Role

RECORD = "database.json"
SERVING = "serve.lock"
OURS = frozenset({HOLDERS, KEEPER, STARTING, LOG, RECORD, SERVING, "lost+found"})


@dataclass(frozen=True, slots=True)
class Record:
    """What ``database.json`` says of the cluster. Its passwords never show in a traceback."""

    cluster: str
    """A random name: a data folder that is made anew gets a new cluster."""
    outside: str | None = None
    """The folder that the cluster lies in when it is not the data folder."""
    prepared: str | None = None
    """The version of ``roles.sql`` that was run."""
    superuser_password: str = field(default="", repr=False)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def folder(self, data: Path) -> Path:
        """Return where the cluster lies."""
        return (Path(self.outside) if self.outside else data) / "postgres"


def new_record() -> Record:
    """Return the record of a cluster that is still to be made, with random passwords."""
    return Record(
        cluster=secrets.token_hex(8),
        superuser_password=secrets.token_urlsafe(24),
        passwords={role.value: secrets.token_urlsafe(24) for role in Role},
    )


def read_record(data: Path) -> Record | None:
    """Return the record, or None when the data folder has none yet.

    Raises:
        DataFolderNotUsable: the record is there and cannot be read.
    """
    path = data / RECORD
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, TypeError, ValueError) as problem:
        raise DataFolderNotUsable(data, f"{RECORD} cannot be read ({type(problem).__name__})") from problem


def write_record(data: Path, record: Record) -> Record:
    """Replace the record, all or nothing, mode 0600."""
    descriptor, name = tempfile.mkstemp(prefix=f".{RECORD}-", dir=data)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(record), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(data / RECORD)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(data)
    return record


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def with_outside(record: Record, outside: Path) -> Record:
    """Return the record of a cluster that lies outside the data folder."""
    return replace(record, outside=str(outside))


def prepare_folder(data: Path) -> Path:
    """Make the data folder, closed to others, and return its real path.

    For root it is 0711, because the server runs under another user and must pass; the secrets in it are 0600.

    Raises:
        DataFolderNotUsable: it belongs to another user, or holds something else.
    """
    wanted = 0o711 if os.geteuid() == 0 else 0o700
    try:
        data = data.expanduser().resolve()
        data.mkdir(mode=wanted, parents=True, exist_ok=True)
        found = data.stat()
        if found.st_uid != os.geteuid() and (os.geteuid() != 0 or (data / RECORD).exists()):
            raise DataFolderNotUsable(data, f"it belongs to user {found.st_uid} and you are user {os.geteuid()}")
        if found.st_mode & 0o777 != wanted:
            strange = sorted(
                path.name for path in data.iterdir() if path.name not in OURS and not path.name.startswith(".")
            )
            if strange and not (data / RECORD).exists():
                raise DataFolderNotUsable(data, f"it holds other things already, such as {strange[0]}")
            data.chmod(wanted)
    except OSError as problem:
        raise DataFolderNotUsable(data, problem.strerror or str(problem)) from problem
    return data
