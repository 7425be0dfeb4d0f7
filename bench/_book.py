"""What the benches start from: a server of their own, a fresh migrated database in it, and a fund to post into."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from api.database.embedded import Cluster, discard, hold
from api.database.migrations import migrate
from api.database.roles import Role, settle_database
from api.database.sessions import Sessions
from domain.ledger import AccountKind
from domain.store import ledger
from domain.store.funds import FundRow

DAY = date(2026, 3, 31)
"""The business day of the fund that benches post into."""


@contextmanager
def server(*, durable: bool = True) -> Iterator[Cluster]:
    """Hold a server in a folder that is gone afterwards; ``durable`` as a bank's own, or quick."""
    with tempfile.TemporaryDirectory(prefix="missionbook-bench-") as folder:
        Path(folder).chmod(0o711)  # the database's own user passes through
        data = Path(folder) / "data"
        with hold(data, durable=durable) as cluster:
            yield cluster
        discard(data)


def fresh(cluster: Cluster, name: str) -> Sessions:
    """Make a migrated database of that name and return its sessions; close them when done."""
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        settle_database(connection, name)
    migrate(cluster.url(Role.MIGRATOR, name))
    return Sessions(lambda role: cluster.url(role, name))


def opened(sessions: Sessions, *, accounts: int, limited: str | None = None) -> UUID:
    """Open a fund in EUR with accounts ``a0`` and on; one of them may carry a floor of zero."""
    with sessions.begin(Role.NIGHT) as session:
        fund = FundRow(code="bench", name="Bench", currency="EUR", opened_on=DAY, business_day=DAY)
        session.add(fund)
        session.flush()
        codes = {f"a{number}": AccountKind.ASSET for number in range(accounts)}
        ledger.open_accounts(session, fund_id=fund.fund_id, currency="EUR", extra=codes)
        if limited is not None:
            ledger.limit_account(session, fund_id=fund.fund_id, code=limited, currency="EUR", floor_minor=0)
        return fund.fund_id
