"""Keep one PostgreSQL server alive for as long as somebody holds its data folder.

Run as a script with the standard library only (``python -I -S -B keeper.py``), by a holder that wants a server. The
keeper goes into the background, holds ``postgres.keeper`` for its whole life, runs the server as its child, starts
it again when it dies, and waits for the one lock that it gets only when no holder is left: the exclusive lock on
``postgres.holders``. The kernel lets go of a holder's lock however the holder ends, so nobody has to say goodbye.

``python keeper.py DATA CLUSTER UID GID COMMAND...``; UID and GID are numbers, or "-" to stay who we are.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

HOLDERS = "postgres.holders"
KEEPER = "postgres.keeper"
STARTING = "postgres.starting"
LOG = "server.log"
SOCKET = ".s.PGSQL.5432"

LOG_BYTES_MAX = 8_000_000
STOP_SECONDS = 10.0
STABLE_SECONDS = 10.0
FAILURES_MAX = 5
FAILURES_WHILE_BUSY_MAX = 90
EXIT_NOT_NEEDED = 3

LINUX = os.uname().sysname == "Linux"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def open_lock(path: Path) -> int:
    """Open a lock file, making it with mode 0600. The descriptor is closed on exec."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    """Take ``fcntl.LOCK_SH`` or ``fcntl.LOCK_EX`` if nobody stands against it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, kind: int, *, seconds: float) -> bool:
    """Try for a lock until the time is over."""
    end = time.monotonic() + seconds
    while not try_lock(descriptor, kind):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_kept(data: Path) -> bool:
    """Tell whether a keeper lives for this data folder."""
    try:
        descriptor = os.open(data / KEEPER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def say(words: str) -> None:
    """Write one line to the server's log, which is our standard error."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with contextlib.suppress(OSError):  # a full disk must not end the keeper
        os.write(2, f"{moment} UTC [{os.getpid()}] KEEPER:  {words}\n".encode())


class Keeper:
    """The parent of one PostgreSQL server."""

    def __init__(self, data: Path, cluster: Path, identity: tuple[int, int] | None, command: list[str]) -> None:
        self.data, self.cluster, self.identity, self.command = data, cluster, identity, command
        self.events: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.libc = ctypes.CDLL(None) if LINUX else None
        self.server: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.failures = 0
        self.log_start = 0

    def run(self, holders: int) -> int:
        """Run the server until no holder is left, or until told to stop. Return the exit code."""
        if self.libc:
            self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: self.events.put("told"))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: self.events.put("child"))
        threading.Thread(target=self.wait_for_the_last_holder, args=(holders,), daemon=True).start()
        self.make_way()
        self.start()
        while True:
            try:
                event = self.events.get(timeout=60)
            except queue.Empty:
                self.trim_log()
                continue
            if event != "child":
                self.stop()
                return 0
            if self.reap() and not self.start_again():
                return 1

    def wait_for_the_last_holder(self, holders: int) -> None:
        """Block until the exclusive lock is ours. It stays ours until the keeper has ended."""
        fcntl.flock(holders, fcntl.LOCK_EX)
        self.events.put("unheld")

    def start(self) -> None:
        """Start the server as our child."""
        keeper, libc = os.getpid(), self.libc

        def die_with_the_keeper() -> None:
            # After the change of user, which would clear the wish. SIGINT is PostgreSQL's fast shutdown.
            assert libc is not None
            libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
            if os.getppid() != keeper:
                os._exit(1)

        uid, gid = self.identity or (None, None)
        self.log_start = os.fstat(2).st_size
        self.started = time.monotonic()
        self.server = None
        try:
            self.server = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                cwd="/",
                user=uid,
                group=gid,
                extra_groups=[] if self.identity else None,
                umask=0o077,
                preexec_fn=die_with_the_keeper if libc else None,  # noqa: PLW1509 - our one thread waits in the kernel
            )
        except (OSError, subprocess.SubprocessError) as problem:
            say(f"the server's program did not run: {problem}")
            self.events.put("child")

    def reap(self) -> bool:
        """Collect children that have ended; as subreaper, orphaned backends too. Tell whether the server is gone."""
        gone = self.server is None
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if self.server and pid == self.server.pid:
                    self.server.returncode = os.waitstatus_to_exitcode(status)
                    gone = True
        return gone

    def start_again(self) -> bool:
        """Start a server that died under its holders; give up after several failures in a row."""
        lived = time.monotonic() - self.started
        code = self.server.returncode if self.server else None
        self.failures = 1 if lived > STABLE_SECONDS else self.failures + 1
        busy = self.is_busy()
        if self.failures > (FAILURES_WHILE_BUSY_MAX if busy else FAILURES_MAX):
            say(f"the server ended {self.failures} times in a row (last with code {code}); giving up")
            self.end_orphans()
            return False
        say(f"the server ended with code {code} after {lived:.1f} s; starting it again")
        self.end_orphans()
        time.sleep(min(0.1 * (self.failures - 1), 1.0))
        self.make_way()
        self.start()
        return True

    def is_busy(self) -> bool:
        """Tell from the log whether the last start only met what an earlier server still holds."""
        try:
            with (self.data / LOG).open("rb") as log:
                log.seek(self.log_start)
                said = log.read(20_000)
        except OSError:
            return False
        return b"is still in use" in said or b"Is another postmaster" in said

    def end_orphans(self) -> None:
        """End the backends that a killed server left to us, because they hold its shared memory."""
        for sign in (signal.SIGQUIT, signal.SIGKILL):
            end = time.monotonic() + 3
            for pid in children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
            while time.monotonic() < end and children():
                self.reap()
                time.sleep(0.01)

    def make_way(self) -> None:
        """End the server of a killed keeper, and keep PostgreSQL from taking a stranger's process for one.

        A lock file left by kill -9 names a process number that somebody else may have by now, in a container nearly
        always. PostgreSQL then refuses to start. It does not mind the number of its own parent, so we put ours there;
        the rest of the file stays, because by it PostgreSQL finds backends that still hold the old shared memory.
        """
        self.stop_a_left_server()
        if self.left_server() is not None:
            return
        for name in ("postmaster.pid", f"{SOCKET}.lock"):
            with contextlib.suppress(OSError):
                descriptor = os.open(self.cluster / name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
                with os.fdopen(descriptor, "r+b") as file:
                    lines = file.read().split(b"\n")
                    lines[0] = str(os.getpid()).encode()
                    file.seek(0)
                    file.write(b"\n".join(lines))
                    file.truncate()

    def stop_a_left_server(self) -> None:
        """End the server of a keeper that was killed, where the kernel did not do it for us."""
        pid = self.left_server()
        for sign, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 1.0)):
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            end = time.monotonic() + seconds
            while time.monotonic() < end and pid is not None:
                time.sleep(0.01)
                pid = self.left_server()

    def left_server(self) -> int | None:
        """Return the process named in postmaster.pid if it runs and is a server on this very cluster."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            if LINUX:
                return None
            ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
            words = subprocess.run(ps, capture_output=True, check=False).stdout
        return pid if b"postgres" in words and os.fsencode(self.cluster) in words else None

    def stop(self) -> None:
        """Stop the server: fast, then at once, then by force."""
        server = self.server
        if server is None or server.returncode is not None:
            return
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for sign, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, sign)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                if self.reap() or server.returncode is not None:
                    self.end_orphans()
                    return
                time.sleep(0.005)

    def trim_log(self) -> None:
        """Keep the log bounded while a server runs for months: one predecessor, then begin again."""
        with contextlib.suppress(OSError):
            if os.fstat(2).st_size > LOG_BYTES_MAX:
                shutil.copyfile(self.data / LOG, self.data / f"{LOG}.1")
                os.ftruncate(2, 0)


def children() -> list[int]:
    """Return our direct children (Linux; elsewhere orphans go to process 1 and none is ours)."""
    return [int(pid) for listing in child_listings() for pid in listing.split()]


def child_listings() -> Iterator[str]:
    """Yield one listing of children per thread of ours."""
    for listing in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            yield listing.read_text()


def main(words: list[str]) -> int:
    """Take the keeper's lock, go into the background, and keep."""
    data, cluster, uid, gid = Path(words[0]), Path(words[1]), words[2], words[3]
    # Those who ask whether a keeper lives hold the lock for a moment: hence the seconds.
    if not lock_within(open_lock(data / KEEPER), fcntl.LOCK_EX, seconds=2):
        return EXIT_NOT_NEEDED
    holders = open_lock(data / HOLDERS)
    if os.fork():
        os._exit(0)
    identity = None if uid == "-" else (int(uid), int(gid))
    return Keeper(data, cluster, identity, words[4:]).run(holders)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
