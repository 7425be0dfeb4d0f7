"""A bank to import small statements into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import TestDatabase
from tests.positions.statements import Bank


@pytest.fixture
def bank(database: TestDatabase, tmp_path: Path) -> Bank:
    """A fresh database, and a folder for the files that are imported into it."""
    return Bank(database.sessions, tmp_path)
