"""A guard that is off, gone or made over is told of, even where every row is still in its place."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.store.guards import DEFINITIONS, FACTS, guards_that_are_off
from tests.conftest import TestDatabase
from tests.ledger.sealing import pay_in, seal, verify

LOOSENED = {
    "ALTER TABLE entry DISABLE TRIGGER entry_is_append_only": "the trigger entry_is_append_only on entry is off",
    "ALTER TABLE deal ENABLE REPLICA TRIGGER deal_is_digested": "the trigger deal_is_digested on deal is off",
    "DROP TRIGGER account_limit_keeps_its_words ON account_limit": (
        "the trigger account_limit_keeps_its_words on account_limit is gone"
    ),
    """CREATE OR REPLACE TRIGGER audit_is_append_only BEFORE DELETE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""": "audit_is_append_only on audit was made over",
    """CREATE OR REPLACE TRIGGER audit_facts_are_new AFTER INSERT ON audit REFERENCING NEW TABLE AS arrived
       FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION facts_are_new()""": "facts_are_new on audit was made over",
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'""": (
        "the function refuse_change was made over"
    ),
    "ALTER FUNCTION seal_facts() SET timezone = 'Asia/Tokyo'": "the function seal_facts was made over",
}


@pytest.mark.parametrize("statement", LOOSENED)
def test_a_guard_that_an_owner_loosened_is_told_of(database: TestDatabase, fund_id: UUID, statement: str) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    assert verify(database).first is None
    with closing(psycopg.connect(database.url(Role.MIGRATOR), autocommit=True)) as owner:
        owner.execute(statement.encode())
    told = verify(database).first
    assert told is not None and told.kind == "guard" and LOOSENED[statement] in told.why


def test_every_kind_of_fact_and_of_definition_is_on_the_list(database: TestDatabase) -> None:
    """A table that comes later is guarded too: by its name in the list, and by its triggers in the database."""
    with database.sessions.begin(Role.NIGHT) as session:
        assert guards_that_are_off(session) == []
        facts = session.execute(
            text(
                """SELECT c.relname FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
                   WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%fact_id%' ORDER BY c.relname"""
            )
        ).scalars()
        assert tuple(facts) == FACTS
        digested = session.execute(
            text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_is_digested' ORDER BY 1")
        ).scalars()
        assert sorted(digested) == list(DEFINITIONS)
