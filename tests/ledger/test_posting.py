"""What the ledger guarantees holds for every way in, and one call posts an entry or says in a name why not."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT, Actor
from domain.desk import parties, people
from domain.ledger import (
    Entry,
    EntryAlreadyReversed,
    KeyUsedForAnotherRequest,
    PeriodClosed,
    Posting,
    mirrored,
    transfer,
)
from domain.parties import PartyKind
from domain.parties import Role as PersonRole
from domain.store import ledger
from domain.store.ledger import AccountUnknown, CashNotEnough
from domain.store.posting import KeyedEntry, post_many
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.ways import (
    REFUSED,
    TAKEN,
    WAYS,
    Attempt,
    Ground,
    row_by_row_and_whole,
)

MARCH_1, MARCH_2 = date(2026, 3, 1), date(2026, 3, 2)


def entry(postings: tuple[Posting, ...], *, on: date = MARCH_1, reverses_id: int | None = None) -> Entry:
    kind = "test" if reverses_id is None else "reversal"
    return Entry(kind=kind, reason="", booked_on=on, effective_on=on, postings=postings, reverses_id=reverses_id)


def paid_in(minor: int = 100, *, on: date = MARCH_1) -> Entry:
    return entry(transfer(debit="cash", credit="contributed", minor=minor, currency="GBP"), on=on)


@pytest.fixture
def ground(database: TestDatabase) -> Ground:
    """Two funds in pounds and euros, one with a closed period, an entry with its reversal and one without."""
    with database.sessions.begin(Role.NIGHT) as session:
        funds = {code: open_fund(session, code) for code in ("commons", "other")}
        for fund in funds.values():
            ledger.open_accounts(session, fund_id=fund, currency="EUR")
        first = ledger.post(session, paid_in(), fund_id=funds["commons"], by=NIGHT, key="first", scope="test")
        back = entry(mirrored(paid_in().postings), reverses_id=first)
        entries = {
            "first": first,
            "reversal": ledger.post(session, back, fund_id=funds["commons"], by=NIGHT, key="back", scope="test"),
            "fresh": ledger.post(session, paid_in(), fund_id=funds["commons"], by=NIGHT, key="fresh", scope="test"),
        }
        session.connection().exec_driver_sql(
            "INSERT INTO period (fund_id, period_end) SELECT id, '2026-01-31' FROM fund WHERE code = 'commons'"
        )
        accounts = {
            (code, account, currency): number
            for code, fund in funds.items()
            for (account, currency), number in ledger.account_ids(session, fund).items()
        }
    return Ground(database.url(Role.NIGHT), funds, accounts, entries)


def counted(url: str) -> tuple[Any, ...] | None:
    with closing(psycopg.connect(url)) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM posting), (SELECT sum(amount) FROM posting)"
        ).fetchone()


def tried(way: str, ground: Ground, attempt: Attempt) -> str:
    """What refused an attempt, by its name; nothing where it was taken."""
    try:
        WAYS[way](ground, attempt)
    except psycopg.IntegrityError as refused:
        return refused.diag.constraint_name or str(refused)
    return ""


@pytest.mark.parametrize("way", WAYS)
def test_the_database_refuses_however_the_rows_come_in(ground: Ground, way: str) -> None:
    before = counted(ground.url)
    assert {name: tried(way, ground, attempt) for name, (attempt, _) in REFUSED.items()} == {
        name: constraint for name, (_, constraint) in REFUSED.items()
    }
    assert counted(ground.url) == before


@pytest.mark.parametrize("way", WAYS)
def test_what_is_sound_is_taken_however_it_comes_in(ground: Ground, way: str) -> None:
    assert {name: tried(way, ground, attempt) for name, attempt in TAKEN.items()} == dict.fromkeys(TAKEN, "")
    assert counted(ground.url) == (3 + 5, 6 + 2 + 3 + 4 + 2 + 2, 0)


def test_who_says_that_an_entry_arrives_whole_brings_it_in_one_statement(ground: Ground) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused:
        row_by_row_and_whole(ground, Attempt())
    assert refused.value.diag.constraint_name == "entry_is_complete"


@pytest.mark.parametrize("whole", [None, True])
@pytest.mark.parametrize("line", [1, 3])
def test_an_entry_that_was_found_whole_takes_no_more_lines(ground: Ground, whole: bool | None, line: int) -> None:
    """Also not in its own transaction, once the check at COMMIT was called early."""
    head = ground.head(Attempt()) | {"arrived_whole": whole}
    values, marks = list(head.values()), ", ".join(["%s"] * len(head))
    with closing(psycopg.connect(ground.url)) as connection:
        row = connection.execute(
            f"""WITH header AS (INSERT INTO entry ({", ".join(head)}) VALUES ({marks}) RETURNING id)
                INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
                SELECT id, line, account_id, 'GBP', '2026-03-01', '2026-03-01', amount
                FROM header, (VALUES (1, {ground.accounts["commons", "cash", "GBP"]}, 100),
                    (2, {ground.accounts["commons", "contributed", "GBP"]}, -100)) AS p (line, account_id, amount)
                RETURNING entry_id""".encode(),
            values,
        ).fetchone()
        assert row is not None
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(psycopg.IntegrityError) as refused:
            connection.execute(
                """INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
                   VALUES (%s, %s, %s, 'GBP', '2026-03-01', '2026-03-01', 7)""",
                (row[0], line, ground.accounts["commons", "cash", "GBP"]),
            )
    assert refused.value.diag.constraint_name in ("posting_belongs_to_its_entry", "posting_pkey")


def test_a_temporary_table_does_not_stand_in_for_one_of_the_book(ground: Ground) -> None:
    with closing(psycopg.connect(ground.url)) as connection:
        connection.execute("CREATE TEMP TABLE entry (LIKE public.entry INCLUDING DEFAULTS)")
        connection.execute(
            "INSERT INTO pg_temp.entry (id, fund_id, actor_scope, idem_key, body_hash, kind, reason, booked_on, "
            "effective_on, posting_count) VALUES (%s, %s, '', '', '', '', '', '2026-03-01', '2026-03-01', 9)",
            (ground.entries["fresh"], ground.funds["commons"]),
        )
        with pytest.raises(psycopg.IntegrityError) as refused:
            connection.execute(
                """INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
                   VALUES (%s, 3, %s, 'GBP', '2026-03-01', '2026-03-01', 7)""",
                (ground.entries["fresh"], ground.accounts["commons", "cash", "GBP"]),
            )
    assert refused.value.diag.constraint_name == "posting_belongs_to_its_entry"


def test_a_refusal_in_words_leaves_nothing_and_the_transaction_goes_on(database: TestDatabase, ground: Ground) -> None:
    fund, first, fresh = ground.funds["commons"], ground.entries["first"], ground.entries["fresh"]
    dollars = entry(transfer(debit="cash", credit="contributed", minor=1, currency="USD"))
    out = entry(transfer(debit="running_costs", credit="cash", minor=101, currency="GBP"))

    def refused(session: Session, said: Entry, refusal: type[Exception], key: str = "new") -> str:
        with pytest.raises(refusal) as told:
            ledger.post(session, said, fund_id=fund, by=NIGHT, key=key, scope="test")
        return str(told.value)

    with database.sessions.begin(Role.NIGHT) as session:
        ledger.limit_account(session, fund_id=fund, code="cash", currency="GBP", floor_minor=0)
        assert refused(session, dollars, AccountUnknown) == "the fund has no account cash in USD"
        refused(session, dollars, AccountUnknown, key="first")
        refused(session, paid_in(99), KeyUsedForAnotherRequest, key="first")
        with pytest.raises(KeyUsedForAnotherRequest):
            ledger.post(session, paid_in(), fund_id=ground.funds["other"], by=NIGHT, key="fresh", scope="test")
        refused(session, paid_in(on=date(2026, 1, 31)), PeriodClosed)
        refused(session, entry(mirrored(paid_in().postings), reverses_id=first), EntryAlreadyReversed)
        refused(session, entry(paid_in().postings, reverses_id=ground.entries["reversal"]), EntryAlreadyReversed)
        refused(session, out, CashNotEnough)
        assert ledger.post(session, paid_in(), fund_id=fund, by=NIGHT, key="fresh", scope="test") == fresh
        ledger.post(session, paid_in(1), fund_id=fund, by=NIGHT, key="new", scope="test")
        ledger.post(session, out, fund_id=fund, by=NIGHT, key="out", scope="test")
    assert counted(ground.url) == (5, 10, 0)


def test_a_person_of_the_bank_posts_in_their_own_name_and_nobody_else_does(
    database: TestDatabase, ground: Ground
) -> None:
    ids: dict[PersonRole, UUID] = {}
    with database.sessions.begin(Role.NIGHT) as session:
        party = parties.add_party(session, code="ann", name="Ann's Works", kind=PartyKind.BUSINESS, by=NIGHT)
        for role in (PersonRole.OFFICER, PersonRole.BOARD, PersonRole.INVESTEE):
            ids[role] = people.add_user(
                session,
                email=f"{role}@bank.example",
                name=str(role),
                role=role,
                party_id=party if role is PersonRole.INVESTEE else None,
                password="a password of the test",
                password_hash="$argon2id$kept",
                by=NIGHT,
            )
    officer = Actor(ids[PersonRole.OFFICER], "Ola", PersonRole.OFFICER)
    board = Actor(ids[PersonRole.BOARD], "Bo", PersonRole.BOARD)
    investee = Actor(ids[PersonRole.INVESTEE], "Ann", PersonRole.INVESTEE, party)
    for signed_in, name in ((officer, board), (officer, NIGHT), (investee, investee), (None, NIGHT)):
        with (
            pytest.raises(ProgrammingError, match="only the bank's own people post, each in their own name"),
            database.sessions.begin(Role.APP, signed_in) as session,
        ):
            ledger.post(session, paid_in(), fund_id=ground.funds["commons"], by=name, key="1")
    with database.sessions.begin(Role.APP, officer) as session:
        ledger.post(session, paid_in(), fund_id=ground.funds["commons"], by=officer, key="1")
    assert counted(ground.url) == (4, 8, 0)


def test_many_entries_are_posted_at_once_all_or_none(database: TestDatabase, ground: Ground) -> None:
    fund = ground.funds["commons"]
    odd = Entry("test", 'a "quoted" \\ {reason},\n NULL', MARCH_1, MARCH_2, paid_in(7).postings, source_ref="NULL")
    many = [KeyedEntry(f"many {n}", paid_in(n)) for n in range(1, 8)] + [KeyedEntry('odd "1"', odd)]

    def all_of(entries: list[KeyedEntry]) -> list[int]:
        with database.sessions.begin(Role.NIGHT) as session:
            return post_many(session, entries, fund_id=fund, recorded_by=None, scope="test")

    numbers = all_of(many)
    assert len(set(numbers)) == 8
    with database.sessions.begin(Role.NIGHT) as session:
        assert [ledger.entry_by_id(session, number) for number in numbers] == [(fund, keyed.entry) for keyed in many]
    # Sent again with one that is new: those that stand keep their numbers.
    again = all_of([*many[:4], KeyedEntry("many 9", paid_in(9)), *many[4:]])
    assert again[:4] + again[5:] == numbers
    assert counted(ground.url) == (3 + 9, 6 + 18, 0)
    with pytest.raises(KeyUsedForAnotherRequest), database.sessions.begin(Role.NIGHT) as session:
        post_many(session, many[:1], fund_id=ground.funds["other"], recorded_by=None, scope="test")
    dollars = entry(transfer(debit="cash", credit="contributed", minor=1, currency="USD"))
    back = entry(mirrored(paid_in().postings), reverses_id=ground.entries["first"])
    for said, key, refusal in (
        (dollars, "new", AccountUnknown),
        (paid_in(99), "many 1", KeyUsedForAnotherRequest),
        (paid_in(99), "many 10", KeyUsedForAnotherRequest),
        (paid_in(on=date(2026, 1, 31)), "new", PeriodClosed),
        (back, "new", EntryAlreadyReversed),
    ):
        with pytest.raises(refusal):
            all_of([KeyedEntry("many 10", paid_in(10)), KeyedEntry(key, said)])
    assert counted(ground.url) == (3 + 9, 6 + 18, 0)


def test_a_limit_opened_while_others_post_waits_for_them_and_counts_what_they_posted(
    database: TestDatabase, ground: Ground
) -> None:
    fund = ground.funds["commons"]
    with ThreadPoolExecutor(1) as beside, database.sessions.begin(Role.NIGHT) as session:
        ledger.post(session, paid_in(55), fund_id=fund, by=NIGHT, key="1")

        def limit() -> None:
            with database.sessions.begin(Role.NIGHT) as other:
                ledger.limit_account(other, fund_id=fund, code="cash", currency="GBP", floor_minor=0)

        waiting = beside.submit(limit)
        within(20, lambda: waits(ground.url))
        session.commit()
        waiting.result(20)
    assert limited(ground.url) == [(155, 155)]


def test_eight_who_post_on_three_limited_accounts_never_lock_each_other_out(
    database: TestDatabase, ground: Ground
) -> None:
    fund, codes = ground.funds["commons"], ("cash", "loan_principal", "fees_receivable")
    with database.sessions.begin(Role.NIGHT) as session:
        for code in codes:
            ledger.limit_account(session, fund_id=fund, code=code, currency="GBP", floor_minor=-1_000_000)

    def client(number: int) -> None:
        chance = random.Random(number)
        for turn in range(15):
            one, two, three = chance.sample(codes, 3)
            lines = (Posting(one, 5, "GBP"), Posting(two, -2, "GBP"), Posting(three, -3, "GBP"))
            with database.sessions.begin(Role.NIGHT) as session:
                ledger.post(session, entry(lines), fund_id=fund, by=NIGHT, key=f"{number} {turn}")

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(client, range(8)))
    assert counted(ground.url) == (3 + 120, 6 + 360, 0)
    assert [balance for balance, _ in limited(ground.url)] == [posted for _, posted in limited(ground.url)]


def test_one_key_from_eight_threads_posts_once_and_all_are_told_the_same(
    database: TestDatabase, ground: Ground
) -> None:
    def client(_: int) -> int:
        with database.sessions.begin(Role.NIGHT) as session:
            return ledger.post(session, paid_in(3), fund_id=ground.funds["commons"], by=NIGHT, key="one")

    with ThreadPoolExecutor(8) as clients:
        assert len(set(clients.map(client, range(8)))) == 1
    assert counted(ground.url) == (4, 8, 0)


def limited(url: str) -> list[tuple[Any, ...]]:
    """The kept balance of every limited account, beside the sum of its postings."""
    with closing(psycopg.connect(url)) as connection:
        return connection.execute(
            """SELECT balance_minor,
                      coalesce((SELECT sum(amount) FROM posting WHERE account_id = l.account_id), 0)::bigint
               FROM account_limit l ORDER BY account_id"""
        ).fetchall()


def waits(url: str) -> bool:
    """Whether anybody waits for a lock in the database."""
    with closing(psycopg.connect(url)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return row is not None and row[0] > 0


def within(seconds: float, happened: Callable[[], bool]) -> None:
    """Wait until something has happened; fail if it has not in time."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
