"""Make the embedded server's cluster, once per data folder, all or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from api.database import datafolder, placement
from api.database.problems import DataFolderNotUsable, ServerNotStarted

SUPERUSER = "postgres"
STAGING = "postgres.new-"

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


def check_version(data: Path, folder: Path) -> None:
    """Refuse a cluster of another PostgreSQL.

    Raises:
        DataFolderNotUsable: it was made by another major version.
    """
    version = (folder / "PG_VERSION").read_text().strip()
    if version != placement.MAJOR:
        raise DataFolderNotUsable(
            data, f"it was made by PostgreSQL {version}, and this is {placement.MAJOR}; dump it there first"
        )


def make_cluster(
    data: Path,
    record: datafolder.Record | None,
    user: placement.ServerUser,
    installation: Path,
    *,
    durable: bool,
    starting: int,
) -> datafolder.Record:
    """Make the cluster on first use, under a name that appears only when all is there. Return its record.

    ``starting`` is the descriptor of the lock that we start under: initdb keeps it, so that nobody starts beside an
    initdb whose parent was killed.

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
    for left in (*data.glob(f"{STAGING}*"), *folder.parent.glob(f"{STAGING}*")):  # of a start that was killed
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    staging = staging_folder(folder.parent, user)
    if user.lent and not placement.reaches(user, staging):
        shutil.rmtree(staging)
        home = placement.home_outside(record.cluster)
        (home / "belongs-to").write_text(f"{data}\n", encoding="utf-8")
        record = datafolder.write_record(data, datafolder.with_outside(record, home))
        folder = record.folder(data)
        staging = staging_folder(home, user)
    try:
        init_cluster(staging, record, user, installation, durable=durable, starting=starting)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    datafolder.sync_folder(folder.parent)
    return record


def staging_folder(parent: Path, user: placement.ServerUser) -> Path:
    """Make an empty folder of the server's user, mode 0700."""
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
    if user.lent:
        os.chown(staging, user.uid, user.gid)
    return staging


def init_cluster(
    staging: Path,
    record: datafolder.Record,
    user: placement.ServerUser,
    installation: Path,
    *,
    durable: bool,
    starting: int,
) -> None:
    """Run initdb: UTF-8, checksums, a password asked for everywhere.

    Raises:
        ServerNotStarted: initdb failed.
    """
    descriptor, name = tempfile.mkstemp(prefix=STAGING, dir=staging.parent)
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
        done = placement.run_as(user, words, keep=starting)
    finally:
        Path(name).unlink(missing_ok=True)
    if done.returncode:
        raise ServerNotStarted("initdb failed", said=done.stderr.strip()[-2000:])
    access = "# Written at creation: nobody enters without a password, and only through the socket.\n"
    (staging / "pg_hba.conf").write_text(f"{access}local all all scram-sha-256\n", encoding="utf-8")
