"""The impact report of a demonstration fund: under 100 ms of server time, on the page's own database role.

Ours is the whole report from an open transaction to the JSON text: queries under row-level security, roll-up, the
evergreen fold, and the answer's own checks. Bare is the same statements with the same values, executed and fetched by
psycopg on the same server and role, and nothing done with the rows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlmodel import Session

from api.database.embedded import Cluster
from api.database.roles import Role
from api.database.sessions import Sessions
from api.files.book import read_book
from api.schemas.impact import ImpactAnswer
from bench._book import fresh, server
from domain.authority import NIGHT, Actor
from domain.desk import ledger, people
from domain.desk.book import load
from domain.desk.impact import impact_report
from domain.parties import Role as PersonRole

MILLISECONDS_MAX = 100.0
ROUNDS = 40
FUNDS = ("commons", "renewal")
AS_OF = date(2026, 3, 31)
BOOK = Path(__file__).resolve().parents[1] / "examples" / "commons"


def main() -> bool:
    """Measure and print; return whether the promise holds for both funds."""
    with server(durable=False) as cluster:
        sessions = loaded(cluster)
        board = board_member(sessions)
        held = [measure(sessions, cluster.url(Role.APP, "bench"), board, fund) for fund in FUNDS]
        sessions.close()
    return all(held)


def loaded(cluster: Cluster) -> Sessions:
    """Load the demonstration book into a database of its own, and seal it."""
    sessions = fresh(cluster, "bench")
    with sessions.begin(Role.NIGHT) as session:
        load(session, book=read_book(BOOK))
    with sessions.begin(Role.NIGHT) as session:
        ledger.seal_facts(session)
    with psycopg.connect(cluster.superuser_url("bench"), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return sessions


def board_member(sessions: Sessions) -> Actor:
    """Return somebody of the board, so that row-level security has its work."""
    with sessions.begin(Role.NIGHT) as session:
        user = next(user for user in people.users(session, by=NIGHT) if user.role == PersonRole.BOARD)
    return Actor(user.id, user.name, PersonRole.BOARD)


def measure(sessions: Sessions, url: str, board: Actor, fund: str) -> bool:
    """Measure one fund's report beside its bare statements and print both."""
    said: list[tuple[str, Any]] = []
    engine = sessions.engine(Role.APP)

    def listen(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: Any) -> None:
        said.append((statement, values))

    with sessions.begin(Role.APP, board) as session:
        event.listen(engine, "before_cursor_execute", listen)
        size = len(report(session, fund))
        event.remove(engine, "before_cursor_execute", listen)
        ours = timed(lambda: report(session, fund))
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('missionbook.actor', %s, true)", [str(board.id)])
        bare = timed(lambda: fetch(connection, said))
    print(
        f"{fund}: {ours:.1f} ms for {size / 1000:.0f} kB from {len(said)} statements; "
        f"the statements alone {bare:.1f} ms ({ours / bare:.1f} times); promised under {MILLISECONDS_MAX:.0f} ms"
    )
    return ours < MILLISECONDS_MAX


def report(session: Session, fund: str) -> str:
    """Return the report as the page's JSON."""
    return ImpactAnswer.model_validate(impact_report(session, fund_code=fund, as_of=AS_OF)).model_dump_json()


def fetch(connection: psycopg.Connection[Any], said: Sequence[tuple[str, Any]]) -> int:
    """Execute the statements and fetch every row."""
    return sum(len(connection.execute(statement.encode(), values).fetchall()) for statement, values in said)


def timed(work: Callable[[], object]) -> float:
    """Return the median of some rounds, in milliseconds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1000
