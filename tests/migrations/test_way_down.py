"""No way down takes away what was sealed: a book that went down and up again is as sound as before, or stayed."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from alembic import command

from api.database.migrations import migrate
from api.database.roles import Role
from migrations.facts import SealedWouldBeLost
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.sealing import pay_in, seal, verify
from tests.migrations.test_steps import config

LOST = {
    "0015": (
        """INSERT INTO audit (actor_name, act, subject_kind, subject, outcome, before)
           VALUES ('a person', 'change a name', 'party', '1', 'done', '{"name": "A"}')""",
        "sealed acts that say where they came from",
    ),
    "0014": (
        """INSERT INTO authority_limit (fund_id, act, role, amount_minor, valid_from, source)
           SELECT id, 'approve', 'board', 1, '2026-01-01', 'minutes' FROM fund""",
        "sealed rows of authority_limit",
    ),
    "0013": (
        """INSERT INTO exchange_rate (fund_id, currency, base, units, quoted_on, source)
           SELECT id, 'USD', 'GBP', 1.25, '2026-01-01', 'a bank' FROM fund""",
        "sealed rates of exchange",
    ),
    "0012": ("", "sealed entries that arrived whole"),
    "0011": ("DELETE FROM posting; DELETE FROM entry; DELETE FROM seal WHERE fact_kind = 'entry'", "new form"),
}
"""The revision that would be gone down to, what is there to lose, and in which words it is refused."""


@pytest.fixture
def fund_id(database: TestDatabase) -> UUID:
    with database.sessions.begin(Role.NIGHT) as session:
        return open_fund(session)


@pytest.mark.parametrize("to", LOST)
def test_a_way_down_that_would_lose_what_is_sealed_is_refused(database: TestDatabase, fund_id: UUID, to: str) -> None:
    statement, words = LOST[to]
    pay_in(database, fund_id, "1")
    seal(database)
    with closing(psycopg.connect(database.cluster.superuser_url(database.name), autocommit=True)) as owner:
        if to == "0011":  # nothing but definitions is left, so that the steps before it have nothing to lose
            owner.execute("SET session_replication_role = replica")
        for part in filter(None, statement.split(";")):
            owner.execute(part.encode())
    seal(database)
    sound = verify(database).sound
    assert sound is (to != "0011")
    database.sessions.close()
    with pytest.raises(SealedWouldBeLost, match=words):
        command.downgrade(config(database.url(Role.MIGRATOR)), to)
    migrate(database.url(Role.MIGRATOR))
    assert verify(database).sound is sound


def test_a_step_down_that_loses_nothing_is_taken_and_the_book_stays_sound(
    database: TestDatabase, fund_id: UUID
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    database.sessions.close()
    command.downgrade(config(database.url(Role.MIGRATOR)), "0013")
    migrate(database.url(Role.MIGRATOR))
    assert verify(database).first is None
