"""The demonstration book, loaded once for every test that only reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.database.embedded import Cluster
from api.database.roles import clone_database, drop_database
from api.database.sessions import Sessions
from api.demonstration import load_demonstration
from tests.conftest import TEMPLATE, TestDatabase


@pytest.fixture(scope="session")
def loaded_demonstration(cluster: Cluster) -> Iterator[TestDatabase]:
    """One database with the demonstration loaded and sealed; nobody writes to it."""
    name = "loaded_demonstration"
    clone_database(cluster.superuser_url(), template=TEMPLATE, name=name)
    sessions = Sessions(lambda role: cluster.url(role, name))
    try:
        load_demonstration(sessions)
        yield TestDatabase(cluster, name, sessions)
    finally:
        sessions.close()
        drop_database(cluster.superuser_url(), name=name)
