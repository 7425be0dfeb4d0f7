"""Balances on a past day over ten million postings: all accounts of a fund under 100 ms, one account under 2 ms.

The book is made set-based, with triggers and foreign keys off for the making only and with seals that nobody verifies:
one fund of 28 accounts, ten years, two postings an entry, half of them on cash, one entry in twenty with a value day of
up to thirty days before. Its months are then closed as the desk closes them, all but the last. Bare is the plain sum
over the same rows in the same run. Medians, the worst beside.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from api.database.embedded import Cluster
from api.database.roles import Role
from api.database.sessions import Sessions
from bench._book import fresh, server
from domain.authority import NIGHT
from domain.calendar import month_ends
from domain.desk import funds, ledger, periods
from domain.store import balances as store

ENTRIES = 5_000_000
FIRST, LAST = date(2016, 1, 1), date(2025, 12, 31)
CLOSED_TO = date(2025, 11, 30)
ALL_MS_MAX, ONE_MS_MAX = 100.0, 2.0
ROUNDS = 25
NAME = "balances"

PLAIN = """SELECT a.code, a.currency, coalesce(sum(p.amount), 0)::bigint FROM account a
           LEFT JOIN posting p ON p.account_id = a.id AND p.{by} <= :as_of GROUP BY a.code, a.currency"""


def main() -> bool:
    """Measure and print; return whether both promises hold by booking and by value day."""
    with server(durable=False) as cluster:
        return measured(cluster)


def measured(cluster: Cluster) -> bool:
    """Make the book in a fresh database of a server, close its months and measure."""
    sessions = fresh(cluster, NAME)
    try:
        fund_id = made(cluster, sessions)
        with sessions.begin(Role.NIGHT, NIGHT) as session:
            return compared(session, fund_id)
    finally:
        sessions.close()


def made(cluster: Cluster, sessions: Sessions) -> UUID:
    """Make the fund, its postings and its closings."""
    begun = time.perf_counter()
    with sessions.begin(Role.NIGHT, NIGHT) as session:
        fund_id = funds.open_fund(
            session, code="ten-years", name="Ten years", currency="EUR", mandate="", recycling="full",
            opened_on=FIRST, business_day=LAST, missions=[], by=NIGHT, cash_floor_minor=None,
        )  # fmt: skip
        session.execute(text("SELECT seal_facts()"))
    with psycopg.connect(cluster.superuser_url(NAME), autocommit=True) as connection:
        connection.execute(making(fund_id).encode())
        connection.execute("VACUUM ANALYZE")
    print(f"made {2 * ENTRIES:,} postings in {time.perf_counter() - begun:.0f} s, triggers off")
    sealing = timed(lambda **_: sealed(sessions), [LAST] * 5)
    print(f"a sealing that finds nothing to seal: {told(sealing)}")
    took = []
    for day in month_ends(after=FIRST, to=CLOSED_TO):
        begun = time.perf_counter()
        with sessions.begin(Role.NIGHT, NIGHT) as session:
            periods.close(session, fund_code="ten-years", period_end=day, by=NIGHT)
        took.append(1000 * (time.perf_counter() - begun))
    print(
        f"closing a month of {2 * ENTRIES // 120:,} postings: {statistics.median(took):.0f} ms, worst {max(took):.0f}"
    )
    with psycopg.connect(cluster.superuser_url(NAME), autocommit=True) as connection:
        connection.execute(sealing_of_closings().encode())
        connection.execute("VACUUM ANALYZE balance_snapshot, period, seal")
    return fund_id


def making(fund_id: UUID) -> str:
    """Return the statements that make the fund's postings and their seals."""
    return f"""
SET session_replication_role = replica;
INSERT INTO entry (id, fund_id, actor_scope, idem_key, body_hash, kind, reason, booked_on, effective_on, posting_count)
SELECT n, '{fund_id}', 'bench', n::text, '\\x00', 'receipt', 'made', day,
       CASE WHEN n % 20 = 0 THEN greatest('{FIRST}', day - (1 + n % 30)::int) ELSE day END, 2
FROM (SELECT n, DATE '{FIRST}' + (n::bigint * 3652 / {ENTRIES})::int AS day FROM generate_series(0, {ENTRIES - 1}) n) x;
INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount)
SELECT e.id, l.line, CASE l.line WHEN 1 THEN (SELECT id FROM account WHERE code = 'cash') ELSE o.id END, 'EUR',
       e.booked_on, e.effective_on, CASE l.line WHEN 1 THEN 1 ELSE -1 END * (1 + e.id % 100000)
FROM entry e CROSS JOIN (VALUES (1), (2)) l (line)
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places FROM account
      WHERE code <> 'cash') o ON o.place = e.id % o.places;
INSERT INTO seal (fact_id, fact_kind, chain_id, number, position, leaf_hash, chain_hash)
SELECT e.id, 'entry', c.id, 2 * e.id + 1, 2 * e.id + 1, sha256(e.id::text::bytea), sha256(e.id::text::bytea)
FROM entry e CROSS JOIN seal_chain c WHERE c.fund_id = '{fund_id}';
UPDATE seal_chain SET number = {2 * ENTRIES} WHERE fund_id = '{fund_id}';
UPDATE seal_horizon SET position = {2 * ENTRIES}, cluster = (SELECT system_identifier FROM pg_control_system()),
    horizon = (pg_current_xact_id()::text::bigint + 1)::text;
SELECT setval('fact_id', {ENTRIES} + 1000);
"""


def sealing_of_closings() -> str:
    """Return the statements that seal each closing after the last entry of its month, as at the time."""
    return f"""
SET session_replication_role = replica;
DELETE FROM seal WHERE fact_kind = 'period';
INSERT INTO seal (fact_id, fact_kind, chain_id, number, position, leaf_hash, chain_hash)
SELECT p.id, 'period', c.id, x.place, x.place, '', ''
FROM period p JOIN seal_chain c ON c.fund_id = p.fund_id
CROSS JOIN LATERAL (
    SELECT 2 * ceil((p.period_end + 1 - DATE '{FIRST}')::bigint * {ENTRIES} / 3652.0)::bigint AS place) x;
"""


def sealed(sessions: Sessions) -> None:
    """Seal what there is."""
    with sessions.begin(Role.NIGHT, NIGHT) as session:
        ledger.seal_facts(session)


def compared(session: Session, fund_id: UUID) -> bool:
    """Print every way to a balance beside the plain sum; return whether the promises hold."""
    chosen = random.Random(7)
    days = [FIRST + timedelta(days=chosen.randrange((CLOSED_TO - FIRST).days)) for _ in range(ROUNDS)]
    held = True
    for by, words in (("booked_on", "by booking day"), ("effective_on", "by value day")):
        ask = partial(store.balances, session, fund_id=fund_id, by=by)
        plain = timed(partial(plain_sum, session, by=by), days[:3])
        every, few, most = timed(ask, days), timed(partial(ask, account="losses"), days), partial(ask, account="cash")
        print(f"all accounts {words}: {told(every)}; the plain sum {told(plain)}; promise < {ALL_MS_MAX:.0f} ms")
        print(f"one account {words}: {told(few)}; promise < {ONE_MS_MAX:.0f} ms")
        print(f"the one account with half of all postings {words}: {told(timed(most, days))}")
        for position, known in ((2 * ENTRIES, "all that is sealed"), (ENTRIES, "a seal of five years ago")):
            cut = timed(partial(ask, position=position), days[:5])
            print(f"all accounts {words}, as known at {known}: {told(cut)}")
        held = held and statistics.median(every) < ALL_MS_MAX and statistics.median(few) < ONE_MS_MAX
    return held


def plain_sum(session: Session, *, as_of: date, by: str) -> object:
    """Add up every posting by a day, as anybody would."""
    return session.execute(text(PLAIN.format(by=by)), {"as_of": as_of}).all()


def timed(ask: Callable[..., object], days: list[date]) -> list[float]:
    """Return the milliseconds that a question takes for each day."""
    took = []
    for day in days:
        begun = time.perf_counter()
        ask(as_of=day)
        took.append(1000 * (time.perf_counter() - begun))
    return took


def told(took: list[float]) -> str:
    """Write a median with the worst beside it."""
    return f"{statistics.median(took):.2f} ms (worst {max(took):.1f})"
