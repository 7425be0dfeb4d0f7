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
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg

from api.database import datafolder, keeper, placement
from api.database.locks import locked
from api.database.problems import AlreadyServed, DatabaseRoleNotConfigured, DataFolderNotUsable, ServerNotStarted
from api.database.roles import DATABASE, Role, prepare_roles, roles_version
from api.settings import Settings

SUPERUSER = "postgres"
START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 30.0
SOCKET = ".s.PGSQL.5432"
SOCKET_BYTES_MAX = 100  # 107 on Linux, 103 on macOS

SETTINGS_AT_CREATION = {
    "shared_buffers": "128MB",
    "max_connections": "60",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "wal_level": "replica",
    "jit": "off",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_parameter_max_length_on_error": "0",
    "password_encryption": "scram-sha-256",
}
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
        yield attach(data) or start(data, durable=durable)


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
        record = make_cluster(data, record, user, installation, durable=durable)
        cluster = cluster_of(data, record)
        check_cluster(cluster)
        if not keeper.is_kept(data):
            start_keeper(cluster, user, installation, durable=durable)
        with wait_until_ready(cluster) as connection:
            if record.prepared != roles_version():
                passwords = {Role(role): password for role, password in record.passwords.items()}
                prepare_roles(connection, passwords, DATABASE)
                record = datafolder.write_record(data, replace(record, prepared=roles_version()))
        return replace(cluster, record=record)


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
    if len(os.fsencode(folder / SOCKET)) <= SOCKET_BYTES_MAX and "," not in str(folder):
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


def check_cluster(cluster: Cluster) -> None:
    """Refuse a cluster of another PostgreSQL.

    Raises:
        DataFolderNotUsable: it was made by another major version.
    """
    version = (cluster.folder / "PG_VERSION").read_text().strip()
    if version != placement.MAJOR:
        raise DataFolderNotUsable(
            cluster.data, f"it was made by PostgreSQL {version}, and this is {placement.MAJOR}; dump it there first"
        )


def make_cluster(
    data: Path,
    record: datafolder.Record | None,
    user: placement.ServerUser,
    installation: Path,
    *,
    durable: bool,
) -> datafolder.Record:
    """Make the cluster on first use, under a name that appears only when all is there. Return its record.

    Raises:
        DataFolderNotUsable: the record and the cluster do not belong together; nothing is made in their place.
        ServerNotStarted: initdb failed.
    """
    if record is None:
        if (data / "postgres").exists():
            raise DataFolderNotUsable(data, f"it has a database and no {datafolder.RECORD}, which holds its passwords")
        record = datafolder.write_record(data, datafolder.new_record())
    folder = record.folder(data)
    if folder.exists():
        return record
    if record.prepared:
        raise DataFolderNotUsable(
            data, f"its database at {folder} is gone; bring it back, or remove {datafolder.RECORD} to begin anew"
        )
    for left in folder.parent.glob("postgres.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    staging = staging_folder(folder.parent, user)
    if user.lent and not placement.reaches(user, staging):
        shutil.rmtree(staging)
        home = placement.home_outside(record.cluster)
        (home / "belongs-to").write_text(f"{data}\n", encoding="utf-8")
        record = datafolder.write_record(data, datafolder.with_outside(record, home))
        folder = record.folder(data)
        staging = staging_folder(home, user)
    try:
        init_cluster(staging, record, user, installation, durable=durable)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    datafolder.sync_folder(folder.parent)
    return record


def staging_folder(parent: Path, user: placement.ServerUser) -> Path:
    """Make an empty folder of the server's user, mode 0700."""
    staging = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=parent))
    if user.lent:
        os.chown(staging, user.uid, user.gid)
    return staging


def init_cluster(
    staging: Path, record: datafolder.Record, user: placement.ServerUser, installation: Path, *, durable: bool
) -> None:
    """Run initdb: UTF-8, checksums, a password asked for everywhere.

    Raises:
        ServerNotStarted: initdb failed.
    """
    descriptor, name = tempfile.mkstemp(prefix="postgres.new-", dir=staging.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(record.superuser_password + "\n")
        if user.lent:
            os.chown(name, user.uid, user.gid)
        words = [str(installation / "bin" / "initdb"), "-D", str(staging), "-U", SUPERUSER, f"--pwfile={name}"]
        words += ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        words += ["--data-checksums", "--auth=scram-sha-256", *([] if durable else ["--no-sync"])]
        for setting, value in SETTINGS_AT_CREATION.items():
            words += ["--set", f"{setting}={value}"]
        done = placement.run_as(user, words)
    finally:
        Path(name).unlink(missing_ok=True)
    if done.returncode:
        raise ServerNotStarted("initdb failed", said=done.stderr.strip()[-2000:])
    access = "# Written at creation: nobody enters without a password, and only through the socket.\n"
    (staging / "pg_hba.conf").write_text(f"{access}local all all scram-sha-256\n", encoding="utf-8")


def start_keeper(cluster: Cluster, user: placement.ServerUser, installation: Path, *, durable: bool) -> None:
    """Start the keeper, which starts the server. Returns when the keeper has taken its lock."""
    settings = SETTINGS_ALWAYS | ({} if durable else SETTINGS_NOT_DURABLE)
    words = [sys.executable, "-I", "-S", "-B", keeper.__file__, str(cluster.data), str(cluster.folder)]
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
