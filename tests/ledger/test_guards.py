"""A guard that is off, gone, loosened or made over is told of, even where every row is still in its place."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.migrations import head, revisions
from api.database.roles import Role, drop_database
from api.database.sessions import Sessions
from domain.store.guards import LIST, guards_expected, guards_that_are_off, list_of
from tests.conftest import TestDatabase
from tests.ledger.conftest import Noted
from tests.ledger.guarded import guards_of, restore
from tests.ledger.sealing import pay_in, seal, verify

FACTS = (
    "audit", "authority_limit", "breach", "breach_event", "co_finance", "conflict_of_interest", "contribution",
    "deal_stage", "definition", "delegation", "entry", "exchange_rate", "exit_trigger", "finding", "fund_limit",
    "instrument_terms", "observation", "period", "project_mission", "report_version", "request", "request_decision",
    "revenue_statement", "statement_line", "statement_release", "target",
)  # fmt: skip
DEFINITIONS = (
    "account", "account_limit", "app_user", "covenant", "covenant_test", "deal", "fund", "fund_mission",
    "grand_challenge", "indicator", "instrument", "mission", "night_refusal", "night_step", "party", "project",
    "project_sector", "report", "sector", "trajectory_point",
)  # fmt: skip

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
        "the function refuse_change() was made over"
    ),
    "ALTER FUNCTION seal_facts() SET timezone = 'Asia/Tokyo'": "the function seal_facts() was made over",
    "ALTER FUNCTION act_is_of(text, text) STABLE": ("the function act_is_of(act text, role text) was made over"),
    "CREATE OR REPLACE FUNCTION actor_is_inside() RETURNS boolean LANGUAGE sql STABLE RETURN true": (
        "the function actor_is_inside() was made over"
    ),
    "DROP TRIGGER entries_are_of_who_posts ON entry": "the trigger entries_are_of_who_posts on entry is gone",
    "CREATE TRIGGER also BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION refuse_change()": (
        "the trigger also on posting is not the program's"
    ),
    "DROP POLICY seen ON deal": "the policy seen on deal is gone",
    "ALTER POLICY seen ON deal USING (true)": "the policy seen on deal was made over",
    "ALTER POLICY added ON entry TO missionbook_register": "the policy added on entry was made over",
    "CREATE POLICY too ON audit USING (true)": "the policy too on audit is not the program's",
    "ALTER TABLE party DISABLE ROW LEVEL SECURITY": "the row-level security of party was made over",
    "ALTER TABLE party NO FORCE ROW LEVEL SECURITY": "the row-level security of party was made over",
    "GRANT UPDATE ON posting TO missionbook_app": (
        "the grant UPDATE on posting to missionbook_app is not the program's"
    ),
    "GRANT UPDATE (amount) ON posting TO PUBLIC": "the grant UPDATE (amount) on posting to everybody is not",
    "GRANT SELECT (password_hash) ON app_user TO missionbook_night": "on app_user to missionbook_night",
    "GRANT SELECT ON app_user TO missionbook_register": "the grant SELECT on app_user to missionbook_register is not",
    "GRANT EXECUTE ON FUNCTION seal_facts() TO missionbook_app": "the grant EXECUTE on seal_facts() to missionbook_app",
    "CREATE OR REPLACE VIEW definition_now AS SELECT ''::text AS kind, '' AS key, ''::bytea AS digest": (
        "the view definition_now was made over"
    ),
    "ALTER VIEW fact RESET (security_invoker)": "the view fact was made over",
    "CREATE RULE silent AS ON INSERT TO audit DO INSTEAD NOTHING": "the rule silent on audit is not the program's",
    "ALTER TABLE entry DROP CONSTRAINT entry_days_are_in_the_book": (
        "the constraint entry_days_are_in_the_book on entry is gone"
    ),
    "DROP INDEX entry_is_reversed_once": "the unique index entry_is_reversed_once is gone",
    "ALTER TABLE entry ALTER xid SET DEFAULT '3'": "the columns of entry were made over",
    "ALTER TABLE posting OWNER TO missionbook_app": "the owner missionbook_app of posting is not the program's",
}


def tell(database: TestDatabase, statement: str) -> list[str]:
    """Do something as a superuser, and return what is told of the guards."""
    with closing(psycopg.connect(database.cluster.superuser_url(database.name), autocommit=True)) as superuser:
        superuser.execute(statement.encode())
    with database.sessions.begin(Role.NIGHT) as session:
        return [why for _, _, why in guards_that_are_off(session)]


def test_a_guard_that_was_loosened_is_named(database: TestDatabase) -> None:
    untold = {}
    superuser = Sessions(lambda _: database.cluster.superuser_url(database.name))
    for statement, told in LOOSENED.items():
        with superuser.begin(Role.MIGRATOR) as session:
            session.execute(text(statement))
            found = [why for _, _, why in guards_that_are_off(session)]
            session.rollback()
        if not [why for why in found if told in why]:
            untold[statement] = found
    superuser.close()
    assert untold == {}


@pytest.mark.parametrize(
    ("statement", "back"),
    [
        ("DROP POLICY seen ON deal", ""),
        ("ALTER POLICY seen ON posting USING (true)", ""),
        ("ALTER TABLE audit DISABLE ROW LEVEL SECURITY", "ALTER TABLE audit ENABLE ROW LEVEL SECURITY"),
        ("GRANT UPDATE ON posting TO missionbook_app", "REVOKE UPDATE ON posting FROM missionbook_app"),
        (
            """CREATE OR REPLACE VIEW definition_now AS
               SELECT kind::text, u.key::text, u.digest
               FROM definition d, unnest(d.keys, d.digests) AS u (key, digest)""",
            "",
        ),
    ],
)
def test_a_book_whose_rows_fit_is_not_sound_behind_a_loosened_guard(
    database: TestDatabase, fund_id: UUID, tampered: Noted, statement: str, back: str
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    assert verify(database).first is None
    tell(database, statement)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == "guard")
    assert not told.sound and told.first is not None and told.first.kind == "guard"
    if back:
        tell(database, back)
        assert verify(database).sound


def test_somebody_of_the_operators_who_only_reads_is_no_finding(database: TestDatabase) -> None:
    role = f"reader_of_{database.name}"
    assert tell(database, f"CREATE ROLE {role}; GRANT SELECT ON posting TO {role}") == []
    assert tell(database, f"GRANT DELETE ON posting TO {role}") == [
        f"the grant DELETE on posting to {role} is not the program's"
    ]
    tell(database, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_guards_of_another_migration_are_not_known(database: TestDatabase) -> None:
    told = tell(database, "UPDATE alembic_version SET version_num = '9999'")
    assert told == [
        f"the database is of migration 9999 and this program of {head(revisions())}: its guards are not known"
    ]


def test_the_list_is_what_the_migrations_make_and_a_restore_keeps(database: TestDatabase) -> None:
    """After a migration ``python -m tests.ledger.guarded`` writes it anew. A second restore changes nothing more."""
    once, twice = f"{database.name}_once", f"{database.name}_twice"
    restore(database.cluster, of=database.name, name=once)
    restore(database.cluster, of=once, name=twice)
    migrated, restored = guards_of(database.cluster, database.name), guards_of(database.cluster, once)
    assert guards_of(database.cluster, twice) == restored
    assert LIST.read_text(encoding="utf-8") == list_of(migrated, restored, migration=head(revisions()))
    for name in (once, twice):
        drop_database(database.cluster.superuser_url(), name=name)


def test_every_kind_of_fact_and_of_definition_is_guarded(session: Session) -> None:
    """A table that comes later is guarded too: by its name here, and by its triggers in the database."""
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
    triggers = {name for kind, name in guards_expected() if kind == "trigger"}
    assert not {f"{table}_is_append_only on {table}" for table in (*FACTS, "posting", "seal")} - triggers
    assert not {f"{table}_facts_are_new on {table}" for table in FACTS if table != "entry"} - triggers
    assert (
        not {
            f"{table}_{guards} on {table}"
            for table in DEFINITIONS
            for guards in ("is_digested", "keeps_its_words", "stays")
        }
        - triggers
    )
