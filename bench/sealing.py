"""Verifying at 100,000 entries/s, and sealing beside posting that keeps up and does not slow it.

Each entry has two postings. Bare is one pass of SHA-256 over the text of the same rows, without postings, order, chain
or a row that is written: what no sealer can be quicker than. Posting is measured as ``bench posting`` does it, with 8
clients, alone and beside a sealer that never rests, in turns; the sealer keeps up where it ends with nothing left that
is older than its last round.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from typing import Any

import psycopg

from api.database.embedded import Cluster
from api.database.roles import Role
from api.database.sessions import Sessions
from bench._book import DAY, server
from bench.posting import ACCOUNTS, Book, prepared, rate
from domain.desk.verification import verify
from domain.store import seals

ENTRIES = int(os.environ.get("MISSIONBOOK_BENCH_ENTRIES", "300000"))
ROUNDS = int(os.environ.get("MISSIONBOOK_BENCH_ROUNDS", "5"))
CLIENTS = 8
PER_SECOND_MIN = 100_000
BESIDE_MIN = 0.8
PILE = (
    # Made without the triggers: this measures the sealer.
    "SET session_replication_role = replica",
    """INSERT INTO entry (fund_id, actor_scope, idem_key, body_hash, kind, reason, booked_on, effective_on,
                          posting_count)
       SELECT %(fund)s, 'bench', 'pile ' || n, sha256(convert_to(n::text, 'UTF8')), 'transfer', 'a pile of money',
              %(day)s, %(day)s, 2 FROM generate_series(1, %(entries)s) n""",
    """INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
       SELECT e.id, line, %(first)s + (e.id + line) %% %(accounts)s, 'EUR', e.booked_on, e.effective_on,
              CASE line WHEN 1 THEN 500 ELSE -500 END
       FROM entry e CROSS JOIN generate_series(1, 2) line WHERE e.actor_scope = 'bench' ORDER BY e.id, line""",
    "SET session_replication_role = origin",
    "VACUUM ANALYZE",
)


def main() -> bool:
    """Measure and print; return whether what is promised holds."""
    with server() as cluster:
        book, sessions = prepared(cluster)
        bare = pile(cluster, book)
        sealed(sessions, bare)
        held = [verified(sessions, bare), beside_posting(cluster, book), keeps_what_it_seals(sessions)]
        sessions.close()
    return all(held)


def pile(cluster: Cluster, book: Book) -> float:
    """Make many entries that nobody has sealed; return how many a second bare hashing looks at."""
    said = {"fund": book.fund, "day": DAY, "entries": ENTRIES, "first": book.first_account, "accounts": ACCOUNTS}
    with psycopg.connect(cluster.superuser_url("bench"), autocommit=True) as owner:
        for statement in PILE:
            owner.execute(statement.encode(), said if "%" in statement else None)
        owner.execute("SET max_parallel_workers_per_gather = 0")
        started = time.perf_counter()
        owner.execute("SELECT max(sha256(convert_to(e::text, 'UTF8'))) FROM entry e").fetchone()
        return ENTRIES / (time.perf_counter() - started)


def sealed(sessions: Sessions, bare: float) -> None:
    """Seal the pile in one go."""
    started = time.perf_counter()
    with sessions.begin(Role.NIGHT) as session:
        count = seals.seal_facts(session)
    tell("sealed", count / (time.perf_counter() - started), bare)


def verified(sessions: Sessions, bare: float) -> bool:
    """Verify the whole book."""
    started = time.perf_counter()
    with sessions.begin(Role.NIGHT) as session:
        told = verify(session)
    if not told.sound:
        print(f"not sound: {told.first}")
    per_second = told.entries / (time.perf_counter() - started)
    tell("verified", per_second, bare, f"; promise {PER_SECOND_MIN:,}")
    return told.sound and per_second >= PER_SECOND_MIN


def tell(what: str, per_second: float, bare: float, promise: str = "") -> None:
    """Print one rate beside the bare one."""
    print(
        f"{what}: {per_second:,.0f} entries/s, {per_second / bare:.2f} of bare SHA-256 over rows ({bare:,.0f}){promise}"
    )


def sealer(url: str, stop: Any, told: Any) -> None:
    """Seal without rest until told to stop; tell how many facts, and the seconds it was at work."""
    count, busy = 0, 0.0
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.wait(0.1):
            started = time.perf_counter()
            row = connection.execute("SELECT seal_facts()").fetchone()
            busy += time.perf_counter() - started
            count += row[0] if row else 0
    told.put((count, busy))


def beside_posting(cluster: Cluster, book: Book) -> bool:
    """Post with eight clients, alone and beside a sealer, in turns."""
    context = multiprocessing.get_context("fork")
    alone, beside, count, busy = [], [], 0, 0.0
    for _ in range(ROUNDS):
        alone.append(rate(book, "ours", CLIENTS))
        stop, told = context.Event(), context.Queue()
        at_work = context.Process(target=sealer, args=(cluster.url(Role.NIGHT, "bench"), stop, told))
        at_work.start()
        beside.append(rate(book, "ours", CLIENTS))
        stop.set()
        more, longer = told.get(timeout=300)
        at_work.join(60)
        count, busy = count + more, busy + longer
    ratio = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
    print(
        f"{CLIENTS} clients post {statistics.median(alone):,.0f}/s alone and {statistics.median(beside):,.0f}/s beside "
        f"the sealer ({ratio:.2f}; promise {BESIDE_MIN}), which sealed {count:,} facts at {count / busy:,.0f}/s "
        "(promise: more than are posted)"
    )
    return ratio >= BESIDE_MIN and count / busy > statistics.median(beside)


def keeps_what_it_seals(sessions: Sessions) -> bool:
    """Seal what is left and look at the whole book again: nothing was skipped beside the clients."""
    with sessions.begin(Role.NIGHT) as session:
        left = seals.seal_facts(session)
    with sessions.begin(Role.NIGHT) as session:
        told = verify(session)
    print(f"{left:,} facts were left; then {told.seals:,} seals of {told.entries:,} entries: "
          f"{'sound' if told.sound else told.first}")  # fmt: skip
    return told.sound
