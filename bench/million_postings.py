"""One million postings in one batch: with all checks at most 3 times a bare COPY of the same rows.

Ours is ``post_many`` with half a million entries in one transaction, from Python's objects to the end of COMMIT:
hashing their bodies, writing the arrays, keys, indexes, triggers and sums. Bare is COPY, in one transaction of the same
server, of exactly the rows that ours left behind, already formatted, into tables with the same keys and indexes but
without foreign keys, triggers and checks at COMMIT. Beside it: two COPYs into the ledger, checked entry by entry at
COMMIT.
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
from psycopg import sql

from api.database.embedded import Cluster
from api.database.roles import Role
from bench._book import DAY, fresh, opened, server
from bench.ibrd_import import copied
from domain.ledger import Entry, Posting
from domain.store.posting import KeyedEntry, post_many

TIMES_BARE_MAX = 3.0
ENTRIES = int(os.environ.get("MISSIONBOOK_BENCH_ENTRIES", "500000"))
ROUNDS = int(os.environ.get("MISSIONBOOK_BENCH_ROUNDS", "3"))
ACCOUNTS = 1000


def main() -> bool:
    """Measure and print; return whether the promise holds."""
    times, by_copy = [], []
    with server() as cluster:
        for number in range(ROUNDS):
            ours, copied_and_checked, bare = one_round(cluster, f"round_{number}")
            times.append(ours / bare)
            by_copy.append(copied_and_checked / bare)
            print(
                f"{2 * ENTRIES:,} postings: ours {ours:.1f} s, two COPYs checked at COMMIT "
                f"{copied_and_checked:.1f} s, bare COPY {bare:.1f} s",
                flush=True,
            )
    ratio = statistics.median(times)
    print(f"ratio {ratio:.2f} (promised at most {TIMES_BARE_MAX}); two COPYs {statistics.median(by_copy):.2f}")
    return ratio <= TIMES_BARE_MAX


def one_round(cluster: Cluster, name: str) -> tuple[float, float, float]:
    """Return the seconds of our batch, of two COPYs into the real tables, and of COPY into bare ones."""
    sessions = fresh(cluster, name)
    try:
        fund = opened(sessions, accounts=ACCOUNTS)
        batch = list(entries())
        start = time.perf_counter()
        with sessions.begin(Role.NIGHT) as session:
            post_many(session, batch, fund_id=fund, recorded_by=None, scope="bench")
        ours = time.perf_counter() - start
    finally:
        sessions.close()
    with psycopg.connect(cluster.superuser_url(name)) as connection:
        held = {table: read_out(connection, table) for table in ("entry", "posting")}
        bare = copied(connection, held, prefix="bare_", foreign_keys=False)
    checked = copied_and_checked(cluster, name)
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    return ours, checked, bare


def entries() -> Iterator[KeyedEntry]:
    """Yield entries over a thousand accounts and three years."""
    for number in range(ENTRIES):
        day = DAY - timedelta(days=number % 1000)
        lines = (
            Posting(f"a{number % ACCOUNTS}", number + 1, "EUR"),
            Posting(f"a{(number * 7 + 1) % ACCOUNTS}", -number - 1, "EUR"),
        )
        yield KeyedEntry(f"bench {number}", Entry("transfer", "bench", day, day, lines))


def read_out(connection: psycopg.Connection[tuple[object, ...]], table: str) -> bytes:
    """Return a table's rows as COPY writes them."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as out:
        for piece in out:
            buffer.write(piece)
    return buffer.getvalue()


def copied_and_checked(cluster: Cluster, name: str) -> float:
    """Return the seconds of two COPYs of as many new entries into the real tables, each checked at COMMIT."""
    columns = "fund_id, actor_scope, body_hash, kind, reason, booked_on, effective_on, posting_count"
    with psycopg.connect(cluster.url(Role.NIGHT, name)) as connection, connection.cursor() as cursor:
        heads, lines = io.BytesIO(), io.BytesIO()
        for query, buffer in (
            (f"SELECT id + 100000000, 'copy ' || id, {columns} FROM entry", heads),
            (
                "SELECT entry_id + 100000000, line, account_id, currency, booked_on, effective_on, amount FROM posting",
                lines,
            ),
        ):
            with cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as out:
                for piece in out:
                    buffer.write(piece)
        connection.commit()
        start = time.perf_counter()
        for statement, buffer in (
            (f"COPY entry (id, idem_key, {columns}) FROM STDIN", heads),
            (
                "COPY posting (entry_id, line, account_id, currency, booked_on, effective_on, amount) FROM STDIN",
                lines,
            ),
        ):
            with cursor.copy(statement.encode()) as copy:
                copy.write(buffer.getvalue())
        connection.commit()
        return time.perf_counter() - start
