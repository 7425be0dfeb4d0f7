"""Seals: every kind of fact gets a number for good, late commits are not skipped, and tampering is named."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import ledger as desk
from domain.ledger import Entry, transfer
from domain.store import audit, balances, ledger, seals
from domain.store.seals import SealBeyondHead
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund

DAY = date(2026, 3, 1)


def pay_in(database: TestDatabase, fund_id: UUID, key: str, minor: int = 100_00) -> int:
    with database.sessions.begin(Role.NIGHT) as session:
        entry = Entry(
            kind="contribution",
            reason="a tranche",
            booked_on=DAY,
            effective_on=DAY,
            postings=transfer(debit="cash", credit="contributed", minor=minor, currency="GBP"),
        )
        return ledger.post(session, entry, fund_id=fund_id, by=NIGHT, key=key)


def seal(database: TestDatabase) -> int:
    with database.sessions.begin(Role.NIGHT) as session:
        return seals.seal_facts(session)


def cash_known_at(database: TestDatabase, fund_id: UUID, number: int | None) -> int:
    with database.sessions.begin(Role.NIGHT) as session:
        known = seals.known_at(session, fund_id, number)
        return balances.balances(session, fund_id=fund_id, as_of=DAY, position=known.position)["cash", "GBP"]


def test_what_was_known_at_a_seal_stays_so(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1", 100_00)
    assert seal(database) == 1
    pay_in(database, fund_id, "2", 7_00)
    assert cash_known_at(database, fund_id, None) == 100_00  # not sealed yet
    assert seal(database) == 1
    assert [cash_known_at(database, fund_id, n) for n in (0, 1, 2)] == [0, 100_00, 107_00]
    with pytest.raises(SealBeyondHead, match="seal 3 does not exist yet; the last one is 2"):
        cash_known_at(database, fund_id, 3)
    assert seal(database) == 0


def test_a_transaction_that_commits_late_is_sealed_later_and_never_skipped(
    database: TestDatabase, fund_id: UUID
) -> None:
    with closing(psycopg.connect(database.url(Role.NIGHT))) as slow:
        slow.execute("INSERT INTO fund_limit (fund_id, basis, amount_minor, valid_from, source) "
                     "SELECT id, 'ticket', 1, '2026-01-01', 'mandate' FROM fund")  # fmt: skip
        pay_in(database, fund_id, "younger but committed first")
        assert seal(database) == 0, "an older transaction is still running"
        slow.commit()
    assert seal(database) == 2
    with database.sessions.begin(Role.NIGHT) as session:
        kinds = session.execute(text("SELECT fact_kind FROM seal ORDER BY number")).scalars().all()
    assert kinds == ["fund_limit", "entry"]


def test_each_fund_has_its_own_chain_and_the_bank_one_too(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        other = open_fund(session, "renewal")
        audit.record(session, by=NIGHT, act="sign in", subject_kind="user", subject="x")
    pay_in(database, fund_id, "1")
    pay_in(database, other, "2")
    assert seal(database) == 3
    with database.sessions.begin(Role.NIGHT) as session:
        assert [seals.known_at(session, fund).number for fund in (fund_id, other)] == [1, 1]
        assert set(seals.heads(session)) == {"bank", "commons", "renewal"}


def test_the_chain_is_sha256_of_the_head_before_the_leaf_and_the_seals_own_words(
    database: TestDatabase, fund_id: UUID
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    with database.sessions.begin(Role.NIGHT) as session:
        seal_row = session.execute(text("SELECT * FROM seal")).one()
        head = seals.heads(session)["commons"]
    start = hashlib.sha256(str(fund_id).encode()).digest()
    microseconds = (seal_row.sealed_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    said = f"entry {seal_row.fact_id} 1 1 {microseconds}".encode()
    assert head == hashlib.sha256(start + bytes(seal_row.leaf_hash) + said).hexdigest()


def test_the_canonical_form_of_a_leaf_is_fixed(database: TestDatabase) -> None:
    # Keys in the database's order (by length, then by letter), nulls left out, no room for a second spelling.
    written = 'finding {"id": 7, "xid": "12", "value": 12.50, "outcome": "met"}'
    with database.sessions.begin(Role.NIGHT) as session:
        leaf = session.execute(
            text("""SELECT leaf('finding', CAST('{"outcome": "met", "value": 12.50, "id": 7, "xid": "12", "gone": null}'
                    AS jsonb))""")
        ).scalar_one()
    assert bytes(leaf) == hashlib.sha256(written.encode()).digest()


def tamper(database: TestDatabase, *statements: str) -> None:
    """Do as a superuser could: take the triggers away, change rows, put the triggers back."""
    url = database.cluster.superuser_url(database.name)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


def test_a_sound_book_verifies(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    pay_in(database, fund_id, "2")  # not sealed yet: sound all the same
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.verify(session)
    assert (told.sound, told.entries, told.seals, told.first) == (True, 2, 1, None)


SECOND = "(SELECT id FROM entry ORDER BY id OFFSET 1 LIMIT 1)"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            f"UPDATE posting SET amount = amount + sign(amount) WHERE entry_id = {SECOND}",
            "its rows are not what was sealed",
        ),
        (
            f"UPDATE posting SET amount = amount + 1 WHERE entry_id = {SECOND} AND line = 1",
            "its postings do not sum to zero",
        ),
        (f"DELETE FROM posting WHERE entry_id = {SECOND} AND line = 1", "its postings are not all there"),
        (
            f"UPDATE posting SET account_id = account_id + 1 WHERE entry_id = {SECOND}",
            "its rows are not what was sealed",
        ),
        (f"UPDATE posting SET line = 3 - line + 2 WHERE entry_id = {SECOND}", "its rows are not what was sealed"),
        (f"UPDATE entry SET booked_on = '2026-03-02' WHERE id = {SECOND}", "its rows are not what was sealed"),
        (f"UPDATE entry SET effective_on = '2026-03-02' WHERE id = {SECOND}", "its rows are not what was sealed"),
        (f"UPDATE entry SET reason = 'another' WHERE id = {SECOND}", "its rows are not what was sealed"),
        (
            f"UPDATE entry SET recorded_at = recorded_at + interval '1 microsecond' WHERE id = {SECOND}",
            "not what was sealed",
        ),
        (f"UPDATE entry SET recorded_by = uuidv7() WHERE id = {SECOND}", "its rows are not what was sealed"),
        (f"DELETE FROM posting WHERE entry_id = {SECOND}; DELETE FROM entry WHERE id = {SECOND}", "is gone"),
        (
            f"UPDATE seal SET chain_hash = sha256(chain_hash) WHERE fact_id = {SECOND}",
            "the chain of commons breaks at it",
        ),
        (f"UPDATE seal SET position = position + 100 WHERE fact_id = {SECOND}", "breaks at it"),
        (f"UPDATE seal SET sealed_at = sealed_at - interval '1 day' WHERE fact_id = {SECOND}", "breaks at it"),
        (f"DELETE FROM seal WHERE fact_id = {SECOND}", "carries no seal"),
        (f"UPDATE seal SET leaf_hash = sha256('x') WHERE fact_id = {SECOND}", "its rows are not what was sealed"),
    ],
)
def test_tampering_behind_the_triggers_is_found_and_the_entry_is_named(
    database: TestDatabase, fund_id: UUID, statement: str, why: str
) -> None:
    numbers = [pay_in(database, fund_id, str(n), 100_00 + n) for n in range(4)]
    seal(database)
    tamper(database, *statement.split(";"))
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.verify(session)
    assert not told.sound and told.first is not None
    assert told.first.entry == numbers[1]
    assert why in told.first.why


def test_an_entry_slipped_in_with_an_old_transaction_number_is_found(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    tamper(
        database,
        """INSERT INTO entry (fund_id, actor_scope, idem_key, body_hash, kind, reason, booked_on, effective_on,
                              posting_count, xid)
           SELECT fund_id, 'x', 'x', '', 'x', '', booked_on, effective_on, 2, xid FROM entry""",
        """INSERT INTO posting SELECT (SELECT max(id) FROM entry), line, account_id, currency, booked_on, effective_on,
                                      amount, instrument_id FROM posting""",
    )
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.verify(session)
    assert told.first is not None and "carries no seal" in told.first.why


def test_a_fact_under_a_sealed_facts_number_is_refused_and_found(database: TestDatabase, fund_id: UUID) -> None:
    """An entry that took a sealed audit row's number would count as known at that row's seal."""
    with database.sessions.begin(Role.NIGHT) as session:
        audit.record(session, by=NIGHT, act="look", subject_kind="fund", subject="commons", fund_id=fund_id)
    seal(database)
    forged = """INSERT INTO fund_limit (id, fund_id, basis, subject, amount_minor, valid_from, source)
                SELECT a.id, f.id, 'ticket', '', 1, '2026-01-01', 'forged' FROM audit a, fund f"""
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as night,
        pytest.raises(psycopg.errors.CheckViolation, match="its number is new"),
    ):
        night.execute(forged)
    tamper(database, forged)
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.verify(session)
    assert told.first is not None
    assert (told.first.kind, told.first.why) == ("fund_limit", "another fact was sealed under its number")


def test_a_fact_of_a_transaction_that_has_not_happened_is_refused_and_found(
    database: TestDatabase, fund_id: UUID
) -> None:
    seal(database)
    forged = """INSERT INTO fund_limit (fund_id, basis, subject, amount_minor, valid_from, source, xid)
                SELECT id, 'ticket', '', 1, '2026-01-01', 'forged', '999999999' FROM fund"""
    with (
        closing(psycopg.connect(database.url(Role.NIGHT))) as night,
        pytest.raises(psycopg.errors.CheckViolation, match="of the transaction that writes it"),
    ):
        night.execute(forged)
    tamper(database, forged)
    with database.sessions.begin(Role.NIGHT) as session:
        told = desk.verify(session)
    assert told.first is not None
    assert told.first.why == "its transaction has not happened yet"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seal_chain SET number = number + 5 WHERE fund_id IS NOT NULL",
        "UPDATE seal_horizon SET position = position + 1",
        "UPDATE seal_chain SET head = sha256(head) WHERE fund_id IS NOT NULL",
        "DELETE FROM seal WHERE number = (SELECT max(number) FROM seal)",
    ],
)
def test_a_count_or_head_that_was_moved_is_found(database: TestDatabase, fund_id: UUID, statement: str) -> None:
    for n in range(3):
        pay_in(database, fund_id, str(n))
    seal(database)
    tamper(database, statement)
    with database.sessions.begin(Role.NIGHT) as session:
        assert not desk.verify(session).sound


FACT_KINDS = [
    "entry",
    "exchange_rate",
    "audit",
    "fund_limit",
    "contribution",
    "period",
    "target",
    "project_mission",
    "co_finance",
    "deal_stage",
    "instrument_terms",
    "revenue_statement",
    "report_version",
    "observation",
    "finding",
    "breach",
    "breach_event",
    "exit_trigger",
    "statement_release",
    "statement_line",
]


def test_every_table_of_facts_is_sealed(database: TestDatabase) -> None:
    """A table that takes its numbers from the facts' sequence is in the sealer's view, append-only, or this fails."""
    with database.sessions.begin(Role.NIGHT) as session:
        tables = session.execute(
            text(
                """SELECT c.relname FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
                   WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%fact_id%' ORDER BY 1"""
            )
        ).scalars().all()  # fmt: skip
        view = session.execute(text("SELECT pg_get_viewdef('fact'::regclass)")).scalar_one()
        guarded = session.execute(
            text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'refuse_change()'::regprocedure")
        ).scalars().all()  # fmt: skip
    assert sorted(tables) == sorted(FACT_KINDS)
    assert all(f"'{kind}'::text" in view for kind in FACT_KINDS)
    assert set(FACT_KINDS) <= set(guarded)


def test_a_restored_book_starts_a_new_segment_that_names_the_old_heads(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    old_head = None
    with database.sessions.begin(Role.NIGHT) as session:
        old_head = seals.heads(session)["commons"]
    # As after a restore elsewhere: another cluster, whose transactions have not come as far as the horizon.
    tamper(database, "UPDATE seal_horizon SET cluster = '7', horizon = '999999999'")
    pay_in(database, fund_id, "2")
    seal(database)
    seal(database)
    with database.sessions.begin(Role.NIGHT) as session:
        assert seals.known_at(session, fund_id).number == 2
        assert desk.verify(session).sound
        with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
            noted = owner.execute("SELECT detail FROM audit WHERE act = 'notice a restored database'").fetchall()
    assert len(noted) == 1 and old_head in noted[0][0].values()
