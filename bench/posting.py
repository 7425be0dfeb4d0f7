"""Posting beside a bare insert: with 1, 8 and 32 clients, on one hot account, in batches, and from Python's desk.

Bare is one statement that inserts a header and two postings into tables with primary keys and nothing else. Ours is one
statement too, as an officer under the role that serves requests: row-level security, keys, triggers and the check at
COMMIT included. Each client is a process with a connection of its own to one durable server (fsync on); bare and ours
take turns in short rounds, and a ratio is the median of the rounds' ratios, for the machine is never quiet.

``MISSIONBOOK_BENCH_PGLEDGER=/path/to/pgledger.sql`` measures that ledger, between its own accounts, beside ours.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from api.database.embedded import Cluster
from api.database.roles import Role
from api.database.sessions import Sessions
from bench._book import DAY, fresh, opened, server
from domain.authority import NIGHT, Actor
from domain.desk import funds, people
from domain.ledger import Entry, Posting, transfer
from domain.parties import Role as PersonRole
from domain.store import ledger
from domain.store.posting import KeyedEntry, post_many

PROMISED = {1: 0.35, 8: 0.30, 32: 0.20}
BATCH, BATCH_PROMISED, DESK_PROMISED = 100, 2.0, 0.15
ROUNDS = int(os.environ.get("MISSIONBOOK_BENCH_ROUNDS", "7"))
SECONDS = float(os.environ.get("MISSIONBOOK_BENCH_SECONDS", "1.5"))
ACCOUNTS = 64

BARE_TABLES = """
    CREATE SCHEMA bare;
    CREATE TABLE bare.entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, fund_id uuid, kind text, reason text,
        idem_key text, booked_on date, effective_on date, recorded_at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE bare.posting (entry_id bigint, line int, account_id bigint, currency varchar(3), booked_on date,
        effective_on date, amount bigint, PRIMARY KEY (entry_id, line));
    GRANT USAGE ON SCHEMA bare TO missionbook_app;
    GRANT ALL ON bare.entry, bare.posting TO missionbook_app"""
BARE = """
    WITH header AS (INSERT INTO bare.entry (fund_id, kind, reason, idem_key, booked_on, effective_on)
                    VALUES (%s, 'transfer', 'bench', %s, '2026-03-31', '2026-03-31') RETURNING id)
    INSERT INTO bare.posting SELECT id, line, account, 'EUR', '2026-03-31', '2026-03-31', amount
    FROM header, (VALUES (1, %s::bigint, %s::bigint), (2, %s::bigint, %s::bigint)) AS p (line, account, amount)"""
POST = """SELECT * FROM post_entry(%s, %s, %s, %s, %s::bytea, 'transfer', 'bench', '', NULL, '2026-03-31', '2026-03-31',
    NULL, %s::text[], '{EUR,EUR}', '{500,-500}', '{NULL,NULL}')"""
HASH = "\\x" + "78" * 32


@dataclass(frozen=True, slots=True)
class Book:
    """What a client needs to post: where, for whom, and in which database the other ledger is, if there is one."""

    app: str
    fund: UUID
    officer: UUID
    first_account: int
    pgledger: str
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """One client's own connections, and the ways in which it posts; each returns how many entries it posted."""

    book: Book
    client: int

    def bare(self, connection: psycopg.Connection[Any], turn: int) -> int:
        """One statement into tables with primary keys alone."""
        debit, credit = self._pair(turn)
        first = self.book.first_account
        said = (str(self.book.fund), self._key(turn), first + debit, 500, first + credit, -500)
        connection.execute(BARE, said)
        return 1

    def ours(self, connection: psycopg.Connection[Any], turn: int) -> int:
        """One call with everything on, between accounts that are spread."""
        return self._ours(connection, turn, *self._pair(turn))

    def hot(self, connection: psycopg.Connection[Any], turn: int) -> int:
        """The same, always into the one account that carries a limit."""
        return self._ours(connection, turn, ACCOUNTS, turn % ACCOUNTS)

    def _ours(self, connection: psycopg.Connection[Any], turn: int, debit: int, credit: int) -> int:
        fund, officer = str(self.book.fund), str(self.book.officer)
        said = (fund, officer, officer, self._key(turn), HASH, f"{{a{debit},a{credit}}}")
        connection.execute(POST, said)
        return 1

    def theirs(self, connection: psycopg.Connection[Any], turn: int) -> int:
        """A transfer of pgledger's."""
        debit, credit = self._pair(turn)
        names = self.book.theirs
        connection.execute("SELECT * FROM pgledger_create_transfer(%s, %s, 5)", (names[credit], names[debit]))
        return 1

    def _pair(self, turn: int) -> tuple[int, int]:
        return pair(self.client * 7 + turn)

    def _key(self, turn: int) -> str:
        return f"POST /api/v1/bench {os.getpid()} {time.time_ns()} {turn}"


def pair(turn: int) -> tuple[int, int]:
    """Return two of the accounts, never one twice."""
    first = turn % ACCOUNTS
    return first, (first + 1 + turn // ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS


def client(book: Book, number: int, way: str, ready: Any, told: Any) -> None:
    """Be one client: connect, warm up, wait for the others, post until the time is over, and tell how many."""
    post = getattr(Ways(book, number), way)
    with psycopg.connect(book.pgledger if way == "theirs" else book.app, autocommit=True) as connection:
        if way != "theirs":
            connection.execute("SELECT set_config('missionbook.actor', %s, false)", [str(book.officer)])
        for turn in range(20):
            post(connection, turn)
        ready.wait(120)
        posted, turn, start = 0, 20, time.perf_counter()
        while (passed := time.perf_counter() - start) < SECONDS:
            posted += post(connection, turn)
            turn += 1
        told.put(posted / passed)


def rate(book: Book, way: str, clients: int) -> float:
    """Return how many entries per second so many clients post together."""
    context = multiprocessing.get_context("fork")
    ready, told = context.Barrier(clients), context.Queue()
    started = [context.Process(target=client, args=(book, n, way, ready, told)) for n in range(clients)]
    for one in started:
        one.start()
    rates = [told.get(timeout=300) for _ in started]
    for one in started:
        one.join(60)
    return float(sum(rates))


def main() -> bool:
    """Measure and print; return whether what is promised holds."""
    with server() as cluster:
        book, sessions = prepared(cluster)
        held = [beside_bare(book, clients, promised) for clients, promised in PROMISED.items()]
        hot_account(book)
        held += [in_batches(book, sessions), one_by_one(book, sessions), from_the_desk(book, sessions)]
        sessions.close()
    return all(held)


def prepared(cluster: Cluster) -> tuple[Book, Sessions]:
    """Make a database with a fund, its accounts (the last one with a floor), an officer, and the bare tables."""
    sessions = fresh(cluster, "bench")
    fund_id = opened(sessions, accounts=ACCOUNTS + 1, limited=f"a{ACCOUNTS}")
    with sessions.begin(Role.NIGHT) as session:
        first = ledger.account_ids(session, fund_id)["a0", "EUR"]
        officer = people.add_user(
            session,
            email="officer@bench.example",
            name="Officer",
            role=PersonRole.OFFICER,
            party_id=None,
            password="a password of the bench",
            password_hash="x",
            by=NIGHT,
        )
    with psycopg.connect(cluster.superuser_url("bench"), autocommit=True) as connection:
        connection.execute(BARE_TABLES)
        connection.execute("ANALYZE")
    url, theirs = other_ledger(cluster)
    return Book(cluster.url(Role.APP, "bench"), fund_id, officer, first, url, theirs), sessions


def other_ledger(cluster: Cluster) -> tuple[str, tuple[str, ...]]:
    """Install pgledger in a database of its own, where its SQL is at hand; return where, and its accounts."""
    path = os.environ.get("MISSIONBOOK_BENCH_PGLEDGER")
    if not path:
        print("pgledger is not at hand: MISSIONBOOK_BENCH_PGLEDGER=/path/to/pgledger.sql measures it too")
        return "", ()
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE pgledger")
    url = cluster.superuser_url("pgledger")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(Path(path).read_text(encoding="utf-8").encode())
        made = [
            connection.execute("SELECT id FROM pgledger_create_account(%s, 'EUR')", [f"a{number}"]).fetchone()
            for number in range(ACCOUNTS)
        ]
    return url, tuple(str(row[0]) for row in made if row)


def beside_bare(book: Book, clients: int, promised: float) -> bool:
    """Print what so many clients post bare and with everything on, in turns; return whether the ratio is promised."""
    bare, ours, theirs = [], [], []
    for _ in range(ROUNDS):
        bare.append(rate(book, "bare", clients))
        ours.append(rate(book, "ours", clients))
        if book.theirs:
            theirs.append(rate(book, "theirs", clients))
    ratio = median_ratio(ours, bare)
    beside = f", pgledger {statistics.median(theirs):,.0f}/s ({median_ratio(theirs, bare):.2f})" if theirs else ""
    print(
        f"{clients:2} clients: bare {statistics.median(bare):,.0f}/s, ours {statistics.median(ours):,.0f}/s, "
        f"ratio {ratio:.2f} (promised {promised}){beside}",
        flush=True,
    )
    return ratio >= promised


def hot_account(book: Book) -> None:
    """Print what one account with a limit takes: its row stays locked until the COMMIT that moved it is on disk."""
    for clients in (1, 8):
        hot, ours = [], []
        for _ in range(ROUNDS):
            ours.append(rate(book, "ours", clients))
            hot.append(rate(book, "hot", clients))
        print(
            f"{clients:2} clients, one account with a limit: {statistics.median(hot):,.0f}/s "
            f"({median_ratio(hot, ours):.2f} of spread accounts; bound by one COMMIT at a time reaching the disk)",
            flush=True,
        )


def in_batches(book: Book, sessions: Sessions) -> bool:
    """Print what batches of 100 through Python reach beside single bare entries; return whether that is promised."""

    def batch(turn: int) -> int:
        keyed = [KeyedEntry(f"batch {time.time_ns()} {turn} {n}", entry(turn + n)) for n in range(BATCH)]
        with sessions.begin(Role.NIGHT) as session:
            post_many(session, keyed, fund_id=book.fund, recorded_by=None, scope="bench")
        return BATCH

    return through_python(book, batch, f"batches of {BATCH} from Python", BATCH_PROMISED)


def one_by_one(book: Book, sessions: Sessions) -> bool:
    """Print what one thread of ours posts, a transaction for each entry; return whether that is promised."""
    officer = officer_of(book)

    def one(turn: int) -> int:
        with sessions.begin(Role.APP, officer) as session:
            ledger.post(session, entry(turn), fund_id=book.fund, by=officer, key=f"one {time.time_ns()} {turn}")
        return 1

    return through_python(book, one, "one by one from Python", DESK_PROMISED)


def from_the_desk(book: Book, sessions: Sessions) -> bool:
    """Print what one thread does of a whole act, a running cost paid: authority and amount, floor, entry, audit row."""
    with sessions.begin(Role.NIGHT) as session:
        # An officer of its own: an amount is judged by all that a person booked, and the clients' one booked very much.
        person = people.add_user(
            session, email="desk@bench.example", name="Desk", role=PersonRole.OFFICER, party_id=None,
            password="a password of the bench", password_hash="x", by=NIGHT,
        )  # fmt: skip
        officer = Actor(person, "Desk", PersonRole.OFFICER)
        lines = transfer(debit="cash", credit="contributed", minor=10**12, currency="EUR")
        paid_in = Entry(kind="contribution", reason="bench", booked_on=DAY, effective_on=DAY, postings=lines)
        ledger.post(session, paid_in, fund_id=book.fund, by=NIGHT, key="paid in")
        ledger.limit_account(session, fund_id=book.fund, code="cash", currency="EUR", floor_minor=0)

    def one(turn: int) -> int:
        key = f"desk {time.time_ns()} {turn}"
        with sessions.begin(Role.APP, officer) as session:
            funds.pay_running_cost(
                session, fund_id=book.fund, minor=500, effective_on=DAY, reason="bench", by=officer, key=key
            )
        return 1

    return through_python(book, one, "a running cost paid at the desk", DESK_PROMISED)


def officer_of(book: Book) -> Actor:
    """Return who posts."""
    return Actor(book.officer, "Officer", PersonRole.OFFICER)


def entry(turn: int) -> Entry:
    """Return an entry between two accounts."""
    debit, credit = pair(turn)
    lines = (Posting(f"a{debit}", 500, "EUR"), Posting(f"a{credit}", -500, "EUR"))
    return Entry(kind="transfer", reason="bench", booked_on=DAY, effective_on=DAY, postings=lines)


def through_python(book: Book, post: Callable[[int], int], what: str, promised: float) -> bool:
    """Print what one thread posts through our own Python beside one bare client."""
    bare, ours = [], []
    for turn in range(20):
        post(turn)
    for _ in range(ROUNDS):
        bare.append(rate(book, "bare", 1))
        posted, turn, start = 0, 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < SECONDS:
            posted += post(turn)
            turn += 1
        ours.append(posted / passed)
    ratio = median_ratio(ours, bare)
    print(f"{what}: {statistics.median(ours):,.0f}/s, {ratio:.2f} of one bare client (promised {promised})", flush=True)
    return ratio >= promised


def median_ratio(ours: list[float], beside: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(ours, beside, strict=True))
