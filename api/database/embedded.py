"""The embedded PostgreSQL server: there when somebody holds the data folder, gone when nobody does.

``hold`` is the only door. It takes a shared lock on the data folder, makes sure that a server runs there (made on
first use, attached to when one runs already) and lets go at the end. ``api/database/keeper.py`` stops the server when
the last holder is gone. A command and ``missionbook serve`` hold the same folder side by side; only a second server
start is refused, by ``serve_lock``. Needs a POSIX system; elsewhere set ``MISSIONBOOK_DATABASE_URL``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg

from api.database import datafolder, keeper, placement
from api.database.creation import SUPERUSER, check_version, make_cluster
from api.database.locks import locked
from api.database.problems import (
    AlreadyServed,
    DatabaseProblem,
    DatabaseRoleNotConfigured,
    DataFolderNotUsable,
    ServerNotStarted,
)
from api.database.roles import DATABASE, Role, prepare_roles, roles_version
from api.settings import Settings

START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 30.0
REVIVE_SECONDS = 1.0
SOCKET_BYTES_MAX = 100  # 107 on Linux, 103 on macOS

SETTINGS_ALWAYS = {"listen_addresses": "", "unix_socket_directories": ".", "unix_socket_permissions": "0700"}
SETTINGS_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Database(Protocol):
    """Where the book is kept."""

    def url(self, role: Role) -> str:
        """Return a libpq URL for a role."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """An embedded server that is held."""

    data: Path
    folder: Path
    sockets: str
    record: datafolder.Record = field(repr=False)

    def url(self, role: Role, database: str = DATABASE) -> str:
        """Return a libpq URL for a role, with its password."""
        return self._url(role.user, self.record.passwords[role.value], database)

    def superuser_url(self, database: str = "postgres") -> str:
        """Return a libpq URL for the superuser: for preparing roles and for tests, never for the program."""
        return self._url(SUPERUSER, self.record.superuser_password, database)

    def _url(self, user: str, password: str, database: str) -> str:
        # The port is said because PGPORT would move it.
        host = quote(self.sockets, safe="/")
        return f"postgresql://{user}:{quote(password)}@/{quote(database)}?host={host}&port=5432"


@contextlib.contextmanager
def hold(data: Path, *, durable: bool = True) -> Iterator[Cluster]:
    """Hold the data folder's server; make it, start it or attach to it as needed.

    ``durable=False`` starts a server that forgets after a power cut: for tests only.

    Raises:
        DataFolderNotUsable: the folder cannot be taken.
        ServerNotStarted: the server does not come up.
    """
    data = datafolder.prepare_folder(data)
    with locked(data / keeper.HOLDERS, fcntl.LOCK_SH, seconds=STOP_SECONDS_MAX) as holding:
        if holding is None:
            raise ServerNotStarted("the one before is still stopping", log=data / keeper.LOG)
        cluster = attach(data) or start(data, durable=durable)
        with revived(data, durable=durable):
            yield cluster


def attach(data: Path) -> Cluster | None:
    """Return the running server if it is ready as it stands."""
    record = datafolder.read_record(data)
    if record is None or record.prepared != roles_version() or not keeper.is_kept(data):
        return None
    cluster = cluster_of(data, record)
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(cluster.superuser_url(), connect_timeout=5):
        return cluster
    return None


def start(data: Path, *, durable: bool) -> Cluster:
    """Make the cluster if there is none, start its server if none runs, and prepare its roles. One at a time."""
    with locked(data / keeper.STARTING, fcntl.LOCK_EX, seconds=START_SECONDS_MAX) as starting:
        if starting is None:
            raise ServerNotStarted("another process has been starting it for minutes", log=data / keeper.LOG)
        user = placement.server_user()
        installation = placement.installation_for(user)
        record = datafolder.read_record(data)
        record = make_cluster(data, record, user, installation, durable=durable, starting=starting)
        cluster = cluster_of(data, record)
        check_version(data, cluster.folder)
        if not keeper.is_kept(data):
            start_keeper(cluster, user, installation, durable=durable)
        with wait_until_ready(cluster) as connection:
            if record.prepared != roles_version():
                passwords = {Role(role): password for role, password in record.passwords.items()}
                prepare_roles(connection, passwords, DATABASE)
                record = datafolder.write_record(data, replace(record, prepared=roles_version()))
        return replace(cluster, record=record)


@contextlib.contextmanager
def revived(data: Path, *, durable: bool) -> Iterator[None]:
    """Start the server again while we hold it, should its keeper be killed or give up: sessions reconnect."""
    over = threading.Event()

    def watch() -> None:
        pause = REVIVE_SECONDS
        while not over.wait(pause):
            pause = REVIVE_SECONDS
            if not keeper.is_kept(data):
                try:
                    start(data, durable=durable)
                except (DatabaseProblem, OSError, psycopg.Error):
                    pause = 20 * REVIVE_SECONDS  # the reason is in the server's log; sessions say that it is away

    thread = threading.Thread(target=watch, name="database-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(0.05)  # not while it is starting a server: that one finds no holder and stops


def cluster_of(data: Path, record: datafolder.Record) -> Cluster:
    """Return the cluster, reachable by a short path to its socket."""
    folder = record.folder(data)
    return Cluster(data, folder, short_path(folder, record.cluster), record)


def short_path(folder: Path, cluster: str) -> str:
    """Return a path to the socket's folder that the kernel takes: its own, or that of a link to it in /tmp.

    A link can be made anew when a cleaner of /tmp took it, while the socket itself stays where nobody cleans.

    Raises:
        ServerNotStarted: the link's name is taken by somebody else.
    """
    if len(os.fsencode(folder / keeper.SOCKET)) <= SOCKET_BYTES_MAX and "," not in str(folder):
        return str(folder)
    link = Path("/tmp") / f"mb-{os.geteuid()}-{cluster}"
    while True:
        try:
            link.symlink_to(folder)
        except FileExistsError:
            found = link.lstat()
            if found.st_uid != os.geteuid() or not link.is_symlink():
                raise ServerNotStarted(f"{link} is there already and is not ours") from None
            if link.readlink() != folder:  # the data folder was moved
                link.unlink(missing_ok=True)
                continue
        return str(link)


def start_keeper(cluster: Cluster, user: placement.ServerUser, installation: Path, *, durable: bool) -> None:
    """Start the keeper, which starts the server. Returns when the keeper has taken its lock."""
    settings = SETTINGS_ALWAYS | ({} if durable else SETTINGS_NOT_DURABLE)
    words = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        str(Path(keeper.__file__).resolve()),
        str(cluster.data),
        str(cluster.folder),
    ]
    words += [str(user.uid), str(user.gid)] if user.lent else ["-", "-"]
    words += [str(installation / "bin" / "postgres"), "-D", str(cluster.folder)]
    for setting, value in settings.items():
        words += ["-c", f"{setting}={value}"]
    log = cluster.data / keeper.LOG
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > keeper.LOG_BYTES_MAX // 8:
            log.replace(log.with_name(f"{log.name}.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd="/",
            env=placement.bare_environment(),
            start_new_session=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(descriptor)
    if done.returncode not in (0, keeper.EXIT_NOT_NEEDED):
        raise ServerNotStarted(f"its keeper ended with code {done.returncode}", log=log, said=last_words(log))


def wait_until_ready(cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    """Return a superuser's connection as soon as the server takes one; recovery after a crash may take a while.

    Raises:
        ServerNotStarted: the keeper gave up, the password is wrong, or minutes passed.
    """
    end, log = time.monotonic() + START_SECONDS_MAX, cluster.data / keeper.LOG
    pause, kept = 0.005, True
    while True:
        try:
            return psycopg.connect(cluster.superuser_url(), autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise ServerNotStarted(f"the password in {datafolder.RECORD} is not the database's") from problem
        if not kept or time.monotonic() > end:
            raise ServerNotStarted("it does not answer", log=log, said=last_words(log))
        kept = keeper.is_kept(cluster.data)  # asked before the last try, so that a late success still counts
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def last_words(log: Path) -> str:
    """Return the end of the server's log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 1500))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""


@contextlib.contextmanager
def serve_lock(data: Path, *, address: str) -> Iterator[None]:
    """Be the one that serves a data folder, from an address such as ``http://127.0.0.1:8000``.

    Raises:
        AlreadyServed: somebody else does, whose address and process are told.
    """
    data = datafolder.prepare_folder(data)
    path = data / datafolder.SERVING
    with locked(path, fcntl.LOCK_EX, seconds=0.2) as descriptor:
        if descriptor is None:
            said = {}
            with contextlib.suppress(OSError, ValueError):
                said = json.loads(path.read_text(encoding="utf-8"))
            raise AlreadyServed(data, address=said.get("address"), pid=said.get("pid"))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"address": address, "pid": os.getpid()}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)


def discard(data: Path) -> None:
    """Remove a data folder that nobody holds any more, with a cluster outside it: for tests.

    Raises:
        DataFolderNotUsable: somebody holds it.
    """
    data = data.resolve()
    with locked(data / keeper.HOLDERS, fcntl.LOCK_EX, seconds=STOP_SECONDS_MAX) as alone:
        if alone is None:
            raise DataFolderNotUsable(data, "somebody holds it")
        record = datafolder.read_record(data)
        if record:
            if record.outside:
                shutil.rmtree(record.outside, ignore_errors=True)
            link = Path("/tmp") / f"mb-{os.geteuid()}-{record.cluster}"
            if link.is_symlink():
                link.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class External:
    """A PostgreSQL server of somebody's own, reached by the URLs in the settings."""

    settings: Settings

    def url(self, role: Role) -> str:
        """Return the URL configured for a role.

        Raises:
            DatabaseRoleNotConfigured: there is none.
        """
        configured = {
            Role.APP: self.settings.database_url,
            Role.MIGRATOR: self.settings.database_url_migrator,
            Role.NIGHT: self.settings.database_url_night,
            Role.REGISTER: self.settings.database_url_register,
        }[role]
        if configured is None:
            suffix = "" if role is Role.APP else f"_{role.value.upper()}"
            raise DatabaseRoleNotConfigured(role.value, f"MISSIONBOOK_DATABASE_URL{suffix}")
        return configured.get_secret_value()


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """Hold the embedded server, or point to the external one when ``MISSIONBOOK_DATABASE_URL`` is set."""
    if settings.database_url is not None:
        yield External(settings)
        return
    with hold(settings.data) as cluster:
        yield cluster
