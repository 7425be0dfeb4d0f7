"""Seals: every kind of fact gets a number for good, late commits are not skipped, and tampering is named."""

from __future__ import annotations

import hashlib
import struct
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.authority import NIGHT
from domain.store import audit, balances, seals
from domain.store.seals import SealBeyondHead
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.sealing import DAY, pay_in, seal


@pytest.fixture
def fund_id(database: TestDatabase) -> UUID:
    """A fund whose own coming in is sealed already, in the bank's chain."""
    with database.sessions.begin(Role.NIGHT) as session:
        made = open_fund(session)
    seal(database)
    return made


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
        kinds = (
            session.execute(text("SELECT fact_kind FROM seal WHERE fact_kind <> 'definition' ORDER BY number"))
            .scalars()
            .all()
        )
    assert kinds == ["fund_limit", "entry"]


def test_each_fund_has_its_own_chain_and_the_bank_one_too(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        other = open_fund(session, "renewal")
        audit.record(session, by=NIGHT, act="sign in", subject_kind="user", subject="x")
    pay_in(database, fund_id, "1")
    pay_in(database, other, "2")
    assert seal(database) == 5, "two entries, one act, the new fund and its accounts"
    with database.sessions.begin(Role.NIGHT) as session:
        assert [seals.known_at(session, fund).number for fund in (fund_id, other)] == [1, 1]
        assert set(seals.heads(session)) == {"bank", "commons", "renewal"}


def test_the_chain_is_sha256_of_the_head_before_the_leaf_and_the_seals_own_words(
    database: TestDatabase, fund_id: UUID
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    with database.sessions.begin(Role.NIGHT) as session:
        seal_row = session.execute(text("SELECT * FROM seal WHERE fact_kind = 'entry'")).one()
        head = seals.heads(session)["commons"]
    start = hashlib.sha256(str(fund_id).encode()).digest()
    microseconds = (seal_row.sealed_at - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    said = struct.pack(">qqq", 1, seal_row.position, microseconds)
    assert head == hashlib.sha256(start + bytes(seal_row.leaf_hash) + said).hexdigest()


def test_every_table_of_facts_is_sealed_and_every_other_append_only_table_is_digested(database: TestDatabase) -> None:
    """A table that takes its numbers from the facts' sequence is in the sealer's view and append-only."""
    with database.sessions.begin(Role.NIGHT) as session:
        facts = set(
            session.execute(
                text(
                    """SELECT c.relname FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
                       WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%fact_id%'"""
                )
            ).scalars()
        )
        view = session.execute(text("SELECT pg_get_viewdef('fact'::regclass)")).scalar_one()
        guarded, new, digested = (
            set(
                session.execute(
                    text(
                        """SELECT tgrelid::regclass::text FROM pg_trigger
                           WHERE tgfoid = CAST(:function AS regprocedure)"""
                    ),
                    {"function": function},
                ).scalars()
            )
            for function in ("refuse_change()", "facts_are_new()", "digest_definitions()")
        )
    assert len(facts) >= 20
    assert [kind for kind in facts if f"'{kind}'::text" not in view] == []
    assert facts - guarded == set()
    assert facts - new == {"entry"}, "an entry is looked at once, by entries_arrive()"
    # An entry's leaf holds its postings; a balance is summed again; what seals stand on is what verification is about.
    about = {"seal", "seal_chain", "seal_horizon"}
    # An answer that was given is final; what it told of is sealed itself.
    assert guarded - facts - {"posting", "balance_snapshot", "answer"} - about <= digested
    assert {"fund", "account_limit", "app_user"} <= digested, "what changes in part is digested in part"
