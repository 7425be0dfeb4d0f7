"""Tampering by a superuser, behind every trigger, is found and named; what is sound stays sound."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.store import audit, seals
from tests.conftest import TestDatabase
from tests.ledger.conftest import Noted
from tests.ledger.sealing import owner_asks, pay_in, seal, tamper, verify


def test_a_sound_book_verifies(database: TestDatabase, fund_id: UUID) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    pay_in(database, fund_id, "2")  # not sealed yet: sound all the same
    told = verify(database)
    assert (told.sound, told.entries, told.seals, told.first) == (True, 2, 3, None)


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
        (f"UPDATE posting SET line = 3 - line + 2 WHERE entry_id = {SECOND}", "on a line that it does not declare"),
        (f"UPDATE entry SET booked_on = '2026-03-02' WHERE id = {SECOND}", "its postings are not of its days"),
        (f"UPDATE entry SET effective_on = '2026-03-02' WHERE id = {SECOND}", "its postings are not of its days"),
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
    database: TestDatabase, fund_id: UUID, tampered: Noted, statement: str, why: str
) -> None:
    numbers = [pay_in(database, fund_id, str(n), 100_00 + n) for n in range(4)]
    seal(database)
    tamper(database, *statement.split(";"))
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == numbers[1])
    assert not told.sound and told.first is not None
    assert told.first.entry == numbers[1]
    assert why in told.first.why


def test_an_entry_slipped_in_with_an_old_transaction_number_is_found(
    database: TestDatabase, fund_id: UUID, tampered: Noted
) -> None:
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
    told = verify(database)
    ((slipped_in,),) = owner_asks(database, "SELECT max(id) FROM entry")
    tampered(told, named=told.first is not None and told.first.entry == slipped_in)
    assert told.first is not None and told.first.entry == slipped_in and "carries no seal" in told.first.why


def test_a_fact_under_a_sealed_facts_number_is_refused_and_found(
    database: TestDatabase, fund_id: UUID, tampered: Noted
) -> None:
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
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == "fund_limit")
    assert told.first is not None
    assert (told.first.kind, told.first.why) == ("fund_limit", "another fact was sealed under its number")


def test_a_fact_of_a_transaction_that_has_not_happened_is_refused_and_found(
    database: TestDatabase, fund_id: UUID, tampered: Noted
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
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == "fund_limit")
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
def test_a_count_or_head_that_was_moved_is_found(
    database: TestDatabase, fund_id: UUID, tampered: Noted, statement: str
) -> None:
    for n in range(3):
        pay_in(database, fund_id, str(n))
    seal(database)
    tamper(database, statement)
    told = verify(database)
    tampered(told, named=told.first is not None)
    assert not told.sound and told.first is not None


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
        with closing(psycopg.connect(database.url(Role.MIGRATOR))) as owner:
            noted = owner.execute("SELECT detail FROM audit WHERE act = 'notice a restored database'").fetchall()
    assert verify(database).sound
    assert len(noted) == 1 and old_head in noted[0][0].values()
