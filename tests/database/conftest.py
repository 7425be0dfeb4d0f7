"""A data folder for tests of the server's life, gone afterwards with all that ran on it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.database.embedded import discard
from tests.database.holders import kill, running, within


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that does not exist yet, in a folder that everybody may pass."""
    with tempfile.TemporaryDirectory(prefix="missionbook-test-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder).resolve() / "data"
        yield data
        if not within(5, lambda: not running(data)):
            for pid in running(data):
                kill(pid)
            pytest.fail(f"processes were left on {data} ({signal.SIGKILL.name} sent)")
        if data.exists():
            discard(data)
