"""Real processes that hold a data folder, and what a test asks about them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from api.database.embedded import hold
with hold(Path(sys.argv[1]), durable=sys.argv[2] == "durable") as cluster:
    print(cluster.superuser_url(), flush=True)
    sys.stdin.read()
"""


class Holder:
    """Another process that holds a data folder until it is told to let go, or killed."""

    def __init__(self, data: Path, *, durable: bool = False, python: str = sys.executable, **how: object) -> None:
        words = [python, "-c", HOLD, str(data), "durable" if durable else "fast"]
        options: dict[str, object] = {"cwd": ROOT, "start_new_session": True, **how}
        self.process = subprocess.Popen(  # type: ignore[call-overload]  # the options are a test's own
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The superuser's URL, as soon as the server is ready."""
        if self._url is None:
            self._url = self.process.stdout.readline().strip()
            assert self._url, self.process.stderr.read()
        return self._url

    def let_go(self) -> None:
        self.end(self.process.stdin.close)

    def kill(self) -> None:
        self.end(self.process.kill)

    def end(self, how: Callable[[], None]) -> None:
        """End the process and collect it."""
        how()
        self.process.wait(20)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


@contextlib.contextmanager
def holding(data: Path, *, durable: bool = False, python: str = sys.executable, **how: object) -> Iterator[Holder]:
    """Have a holder, and never leave it behind."""
    holder = Holder(data, durable=durable, python=python, **how)
    try:
        yield holder
    finally:
        if holder.process.poll() is None:
            holder.kill()
        else:
            holder.end(lambda: None)


def ask(url: str, question: str) -> object:
    """Return the first value of the answer."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait until something holds; tell whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def running(data: Path) -> list[int]:
    """The keeper and the servers of a data folder: processes that name it, or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            place = os.fsencode((process / "cwd").readlink())
        except OSError:
            continue
        inside = place.startswith(os.fsencode(data) + b"/")
        if inside or (os.fsencode(data) in words and any(word.endswith(b"keeper.py") for word in words)):
            found.append(int(process.name))
    return found


def commands() -> Iterator[tuple[int, bytes]]:
    """Each process with its words."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield int(process.name), (process / "cmdline").read_bytes()


def keeper_of(data: Path) -> int:
    """The one process that is the keeper; for a moment, a server about to be born looks like it."""
    found: list[int] = []

    def one() -> bool:
        found[:] = [
            pid for pid, words in commands() if b"/keeper.py\0" in words and os.fsencode(data) in words.split(b"\0")
        ]
        return len(found) == 1

    assert within(5, one), found
    return found[0]


def postmaster_of(data: Path) -> int:
    """The server's first process, named in its lock file."""
    return int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
