"""The first answer of a warm start: under 5 s, also after everything was killed at once.

Ours is ``missionbook serve`` on a data folder that holds the demonstration, from the start of the process to the first
answer of the sign-in page. Bare is a FastAPI application of one route under the same uvicorn, without a database.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from api.database.embedded import discard

SECONDS_MAX = 5.0
ROUNDS = 5
MISSIONBOOK = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
BARE = """import os, fastapi, uvicorn
app = fastapi.FastAPI()
app.get("/")(lambda: "here")
uvicorn.run(app, port=int(os.environ["MISSIONBOOK_PORT"]), log_config=None)"""


def main() -> bool:
    """Measure and print; return whether the promise holds at the median of both kinds of start."""
    with tempfile.TemporaryDirectory(prefix="missionbook-bench-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        env = {**os.environ, "MISSIONBOOK_DATA": str(data)}
        first = started(MISSIONBOOK, env, how=signal.SIGTERM)
        bare = [started([sys.executable, "-c", BARE], env, how=signal.SIGTERM) for _ in range(ROUNDS)]
        calm = [started(MISSIONBOOK, env, how=signal.SIGTERM) for _ in range(ROUNDS)]
        started(MISSIONBOOK, env, how=signal.SIGKILL)
        killed = [started(MISSIONBOOK, env, how=signal.SIGKILL) for _ in range(ROUNDS)]
        discard(data)
    floor = statistics.median(bare)
    print(f"first start, with the demonstration loaded: {first:.1f} s")
    print(f"bare FastAPI: {floor:.2f} s")
    for name, seconds in (("warm start", calm), ("start after kill -9", killed)):
        ours = statistics.median(seconds)
        print(
            f"{name}: {ours:.2f} s (worst {max(seconds):.2f}), {ours / floor:.1f} times bare; promise < {SECONDS_MAX} s"
        )
    return max(statistics.median(calm), statistics.median(killed)) < SECONDS_MAX


def started(words: list[str], env: Mapping[str, str], *, how: signal.Signals) -> float:
    """Start a server, wait for its first answer, end it; return the seconds to the answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    server = subprocess.Popen(
        words,
        env={**env, "MISSIONBOOK_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if server.poll() is not None:
                raise RuntimeError(f"the server ended with {server.returncode}")
            time.sleep(0.01)
        return time.perf_counter() - begun
    finally:
        os.killpg(server.pid, how)
        server.wait()


def answers(address: str) -> bool:
    """Tell whether a server answers yet."""
    try:
        with urllib.request.urlopen(address, timeout=60):
            return True
    except (urllib.error.URLError, ConnectionError):
        return False
