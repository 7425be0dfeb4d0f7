"""Heads on paper, definitions, kept balances, and who may stand in the sealer's way."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from uuid import UUID

import psycopg
import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import periods
from domain.desk.verification import HeadNotLegible, PaperHead
from tests.conftest import TestDatabase
from tests.ledger.conftest import Noted, open_fund
from tests.ledger.sealing import limit_cash, pay_in, seal, tamper, verify

HEX = "0123456789abcdef" * 4
NEWEST = "(SELECT max(id) FROM entry)"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (HEX, PaperHead(None, None, HEX)),
        (HEX.upper(), PaperHead(None, None, HEX)),
        (f"commons:{HEX}", PaperHead("commons", None, HEX)),
        (f"commons:12:{HEX}", PaperHead("commons", 12, HEX)),
        (f" commons 12 {HEX} ", PaperHead("commons", 12, HEX)),
    ],
)
def test_a_head_is_read_as_it_was_printed(given: str, read: PaperHead) -> None:
    assert PaperHead.parse(given) == read


@pytest.mark.parametrize("given", ["", "commons", HEX[1:], HEX + "0", f"commons:x:{HEX}", "g" * 64])
def test_what_is_no_head_is_refused(given: str) -> None:
    with pytest.raises(HeadNotLegible, match="64 hexadecimal digits"):
        PaperHead.parse(given)


def test_an_older_head_is_a_link_at_its_number_and_moment(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    old = next(head for head in verify(database).paper if head.chain == "commons")
    pay_in(database, fund_id, "2")
    seal(database)
    told = verify(database, str(old))
    assert told.sound and told.against is not None
    assert (told.against.chain, told.against.number) == ("commons", 1)
    assert told.against.sealed_at is not None and told.against.sealed_at.date() >= date(2026, 1, 1)
    for wrong in (HEX, f"bank:{old.head}", f"commons:2:{old.head}"):
        told = verify(database, wrong)
        assert not told.sound and told.first is not None
        assert told.first.kind == "head" and "is no link of" in told.first.why


def test_a_book_that_was_cut_short_verifies_but_not_against_paper(
    database: TestDatabase, fund_id: UUID, tampered: Noted
) -> None:
    """A superuser takes the newest entry away with its seal, and sets chain and order back as they were."""
    pay_in(database, fund_id, "1")
    seal(database)
    pay_in(database, fund_id, "2")
    seal(database)
    paper = next(head for head in verify(database).paper if head.chain == "commons")
    tamper(
        database,
        f"DELETE FROM seal WHERE fact_id = {NEWEST}",
        f"DELETE FROM posting WHERE entry_id = {NEWEST}",
        f"DELETE FROM entry WHERE id = {NEWEST}",
        """UPDATE seal_chain c SET number = s.number, head = s.chain_hash FROM seal s
           WHERE s.chain_id = c.id AND s.number = c.number - 1 AND c.fund_id IS NOT NULL""",
        "UPDATE seal_horizon SET position = position - 1",
    )
    assert verify(database).sound, "nothing inside the book can tell"
    told = verify(database, str(paper))
    tampered(told, named=told.first is not None and told.first.kind == "head")
    assert told.first is not None
    assert told.first.why.startswith("the head on paper is no link of the chain of commons at seal 2")


SWAPPED = {
    "two entries change their postings": (
        """UPDATE posting SET entry_id = CASE entry_id WHEN {0} THEN {1} ELSE {0} END, line = line + 2
           WHERE entry_id IN ({0}, {1})""",
        "on a line that it does not declare",
    ),
    "two entries change their numbers": (
        """UPDATE posting SET entry_id = -entry_id WHERE entry_id IN ({0}, {1});
           UPDATE entry SET id = -id WHERE id IN ({0}, {1});
           UPDATE entry SET id = CASE id WHEN -{0} THEN {1} ELSE {0} END WHERE id < 0;
           UPDATE posting SET entry_id = CASE entry_id WHEN -{0} THEN {1} ELSE {0} END WHERE entry_id < 0""",
        "its rows are not what was sealed",
    ),
    "two seals change their facts": (
        """UPDATE seal SET fact_id = -fact_id WHERE fact_id IN ({0}, {1});
           UPDATE seal SET fact_id = CASE fact_id WHEN -{0} THEN {1} ELSE {0} END WHERE fact_id < 0""",
        "its rows are not what was sealed",
    ),
    "two seals change their facts and leaves": (
        """UPDATE seal a SET leaf_hash = b.leaf_hash, fact_id = -b.fact_id FROM seal b
           WHERE (a.fact_id, b.fact_id) IN (({0}, {1}), ({1}, {0}));
           UPDATE seal SET fact_id = -fact_id WHERE fact_id < 0""",
        "the chain of commons breaks at it",
    ),
    "two seals change their numbers": (
        """UPDATE seal SET number = number + 1000 WHERE fact_id IN ({0}, {1});
           UPDATE seal a SET number = b.number - 1000 FROM seal b
           WHERE (a.fact_id, b.fact_id) IN (({0}, {1}), ({1}, {0}))""",
        "its place in the order of all seals",
    ),
    "an entry moves to another day with its postings": (
        """UPDATE entry SET booked_on = '2026-03-02' WHERE id = {0};
           UPDATE posting SET booked_on = '2026-03-02' WHERE entry_id = {0}""",
        "its rows are not what was sealed",
    ),
    "an entry loses a pair of postings": (
        "UPDATE entry SET posting_count = 3 WHERE id = {0}; DELETE FROM posting WHERE entry_id = {0} AND line = 2",
        "its postings are not all there",
    ),
}


@pytest.mark.parametrize("how", SWAPPED)
def test_what_changes_places_is_found_and_an_entry_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, how: str
) -> None:
    numbers = [pay_in(database, fund_id, str(n), 100_00 + n) for n in range(4)]
    seal(database)
    statement, why = SWAPPED[how]
    tamper(database, *statement.format(numbers[1], numbers[2]).split(";"))
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry in numbers[1:4])
    assert not told.sound and told.first is not None
    assert told.first.entry in numbers[1:4] and why in told.first.why


@pytest.mark.parametrize(
    ("statement", "kind", "why"),
    [
        ("UPDATE fund SET name = 'Another'", "fund", "is not what was defined"),
        ("UPDATE account SET kind = 'income' WHERE code = 'cash'", "account", "is not what was defined"),
        ("UPDATE account_limit SET floor_minor = floor_minor - 1", "account_limit", "is not what was defined"),
        (
            "INSERT INTO account (fund_id, code, currency, kind) SELECT id, 'secret', 'GBP', 'asset' FROM fund",
            "account",
            "came in behind the triggers",
        ),
        ("DELETE FROM account WHERE code = 'losses'", "account", "was defined and is gone"),
        ("UPDATE definition SET digests[1] = sha256('x') WHERE kind = 'fund'", "fund", "is not what was defined"),
    ],
)
def test_a_definition_that_was_altered_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, statement: str, kind: str, why: str
) -> None:
    limit_cash(database)
    seal(database)
    assert verify(database).sound
    tamper(database, statement)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == kind)
    assert told.first is not None
    assert told.first.kind == kind and why in told.first.why


def test_what_changes_by_nature_is_sound(database: TestDatabase, fund_id: UUID) -> None:
    limit_cash(database)
    seal(database)
    with closing(psycopg.connect(database.url(Role.MIGRATOR), autocommit=True)) as owner:
        owner.execute("UPDATE fund SET business_day = business_day + 1")
    pay_in(database, fund_id, "1")
    assert verify(database).sound


WASHED = {
    "UPDATE app_user SET role = 'board'": ("app_user", "app_user_keeps_its_words"),
    "UPDATE account_limit SET floor_minor = -100": ("account_limit", "account_limit_keeps_its_words"),
    "UPDATE fund SET currency = 'USD'": ("fund", "fund_keeps_its_words"),
    "UPDATE account SET kind = 'income' WHERE code = 'cash'": ("account", "account_keeps_its_words"),
    "DELETE FROM app_user": ("app_user", "app_user_stays"),
    "DELETE FROM account_limit": ("account_limit", "account_limit_stays"),
}


@pytest.mark.parametrize("statement", WASHED)
def test_an_owner_alters_no_definition_and_without_its_guard_it_is_named(
    database: TestDatabase, fund_id: UUID, statement: str
) -> None:
    """By a plain statement of the owner, with the triggers that write digests in their place."""
    limit_cash(database)
    table, guard = WASHED[statement]
    with closing(psycopg.connect(database.url(Role.MIGRATOR), autocommit=True)) as owner:
        owner.execute("INSERT INTO app_user (email, name, role, password_hash) VALUES ('a@x.org', 'A', 'risk', 'x')")
        seal(database)
        assert verify(database).sound
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            owner.execute(statement.encode())
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}".encode())
        owner.execute(f"DROP TRIGGER IF EXISTS {table}_is_append_only ON {table}".encode())
        owner.execute(statement.encode())
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER {guard}".encode())
    told = verify(database)
    assert told.first is not None and told.first.kind == table


AGAIN = """INSERT INTO definition (kind, keys, digests)
           SELECT kind, ARRAY[key], ARRAY[digest] FROM definition_now WHERE kind = 'fund'"""
ACT = """INSERT INTO audit (actor_name, act, subject_kind, subject, outcome)
         VALUES ('migration', 'digest definitions again', 'table', 'fund', 'done')"""


@pytest.mark.parametrize(
    ("statement", "why"),
    [(AGAIN, "was defined a second time, and no act says why"), (f"WITH said AS ({ACT}) {AGAIN}", None)],
    ids=["silently", "as a migration does"],
)
def test_a_second_digest_is_named_unless_an_act_says_why(
    database: TestDatabase, fund_id: UUID, statement: str, why: str | None
) -> None:
    tamper(database, "UPDATE fund SET name = 'Another'", statement)
    seal(database)
    told = verify(database).first
    assert (told is None) is (why is None)
    assert told is None or (told.kind == "fund" and why is not None and why in told.why)


def test_where_the_sealer_left_off_stays_and_is_missed_if_it_goes(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    with closing(psycopg.connect(database.url(Role.MIGRATOR), autocommit=True)) as owner:
        for table in ("seal_horizon", "seal_chain"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                owner.execute(f"DELETE FROM {table}".encode())
    tamper(database, "DELETE FROM seal_horizon")
    told = verify(database)
    assert told.first is not None and "up to where everything is sealed is gone" in told.first.why


def test_a_seal_has_a_form_that_a_sealer_makes(database: TestDatabase, fund_id: UUID) -> None:
    number = pay_in(database, fund_id, "1")
    seal(database)
    altered = f"UPDATE seal SET form = 3 WHERE fact_id = {number}"
    with pytest.raises(psycopg.errors.CheckViolation):
        tamper(database, altered)
    tamper(database, "ALTER TABLE seal DROP CONSTRAINT seal_form_is_known", altered)
    told = verify(database)
    assert told.first is not None
    assert (told.first.entry, told.first.why) == (number, "its seal is of a form that no sealer makes")


def test_definitions_from_before_the_digests_are_digested_by_the_migration(database: TestDatabase) -> None:
    """Migrated down to before the digests and up again, with a fund there: its definitions are as if just defined."""
    from alembic import command
    from alembic.config import Config

    from api.database.migrations import MIGRATIONS, migrate

    with database.sessions.begin(Role.NIGHT) as session:
        open_fund(session)
    seal(database)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database.url(Role.MIGRATOR)
    database.sessions.close()
    tamper(database, "DELETE FROM seal", "UPDATE seal_chain SET number = 0", "UPDATE seal_horizon SET position = 0")
    command.downgrade(config, "0011")
    migrate(database.url(Role.MIGRATOR))
    tamper(database, "UPDATE seal_chain SET head = sha256(convert_to(coalesce(fund_id::text, 'bank'), 'UTF8'))")
    assert verify(database).first is None
    tamper(database, "UPDATE fund SET name = 'Another'")
    told = verify(database).first
    assert told is not None and told.kind == "fund"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE account_limit SET balance_minor = balance_minor + 1", "account_limit"),
        (
            "INSERT INTO balance_snapshot SELECT '2026-02-28', id, 1 FROM account WHERE code = 'cash'",
            "balance_snapshot",
        ),
        (
            """UPDATE balance_snapshot b SET balance_minor = 10001 FROM account a
               WHERE a.id = b.account_id AND a.code = 'cash'""",
            "balance_snapshot",
        ),
    ],
)
def test_a_kept_balance_that_is_not_its_postings_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, statement: str, kind: str
) -> None:
    limit_cash(database)
    pay_in(database, fund_id, "1")
    with database.sessions.begin(Role.NIGHT) as session:
        periods.close(session, fund_code="commons", period_end=date(2026, 3, 31), by=NIGHT)
    seal(database)
    assert verify(database).sound
    tamper(database, statement)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == kind)
    assert told.first is not None
    assert told.first.kind == kind and "cash of commons" in told.first.why


def test_a_request_cannot_stand_in_the_sealers_way(database: TestDatabase, fund_id: UUID) -> None:
    """No lock that the role of requests may take is the sealer's: not an advisory one, not on its row or table."""
    with closing(psycopg.connect(database.url(Role.APP))) as request:
        for key in (7301002, 0):
            request.execute("SELECT pg_advisory_xact_lock(%s)", (key,))
        request.execute("LOCK TABLE seal_horizon IN ACCESS SHARE MODE")
        pay_in(database, fund_id, "1")
        assert seal(database) >= 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            request.execute("SELECT * FROM seal_horizon FOR SHARE")


def test_two_sealers_at_once_seal_everything_once(database: TestDatabase, fund_id: UUID) -> None:
    with closing(psycopg.connect(database.url(Role.NIGHT))) as first:
        first.execute("SELECT seal_facts()")  # holds its row until it commits
        pay_in(database, fund_id, "1")
        with closing(psycopg.connect(database.url(Role.NIGHT))) as second:
            second.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                second.execute("SELECT seal_facts()")
        first.rollback()  # as if it had been killed: what it sealed is as if it had never been
    assert seal(database) == 3, "two definitions and the entry"
    assert seal(database) == 0
    assert verify(database).sound
