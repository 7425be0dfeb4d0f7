"""Sessions: who a transaction acts for, and how it ends.

A session is one transaction. It commits when its block ends and rolls back when anything rises from it; nothing inside
the domain commits. What row-level security may show is set once, at the start, for this transaction only: a pooled
connection that served one investee tells the next one nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import psycopg
from sqlalchemy import Engine, create_engine, text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import Actor
from domain.parties import Role as PersonRole


@dataclass(frozen=True, slots=True)
class Whence:
    """From where transactions are asked for: the kind of door (page, api, command, worker) and the caller's address."""

    door: str = "command"
    address: str = ""


WHENCE: ContextVar[Whence] = ContextVar("whence", default=Whence())  # noqa: B039 - frozen, so nobody can change it
"""Set once where a request or a job comes in, so that no transaction of it can forget to say so."""

BY_KEY_ALONE = text(
    """SELECT set_config(name, 'off', true) FROM unnest(ARRAY[
           'enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan', 'enable_hashjoin', 'enable_hashagg', 'jit'
       ]) AS name UNION ALL SELECT set_config('max_parallel_workers_per_gather', '0', true)
       UNION ALL SELECT set_config('missionbook.outside', 'yes', true)"""
)
PREPARED_AFTER = 5
"""How often a statement is run on a connection before it is prepared: as the driver has it."""


class Sessions:
    """Transactions on one database, by role. Engines are made when they are first needed and live with the process."""

    def __init__(self, url_of: Callable[[Role], str], *, pool_size: int = 5) -> None:
        self._url_of = url_of
        self._pool_size = pool_size
        self._engines: dict[Role, Engine] = {}
        self._lock = threading.Lock()

    @contextmanager
    def begin(self, role: Role, actor: Actor | None = None, *, request: str = "") -> Iterator[Session]:
        """Open a transaction for an actor (None: nobody, who sees no investee's rows); commit it at the end.

        ``request`` is the number of the request it serves; its audit rows carry it, and where it came from.
        """
        whence = WHENCE.get()
        with Session(self.engine(role), expire_on_commit=False) as session, session.begin():
            session.execute(
                text(
                    "SELECT set_config('missionbook.actor', :actor, true), "
                    "set_config('missionbook.request', :request, true), "
                    "set_config('missionbook.door', :door, true), "
                    "set_config('missionbook.came_from', :address, true)"
                ),
                {
                    "actor": str(actor.id) if actor and actor.id else "",
                    "request": request,
                    "door": whence.door,
                    "address": whence.address,
                },
            )
            _read_by_key_alone(session, outside=actor is not None and actor.role is PersonRole.INVESTEE)
            yield session

    def engine(self, role: Role) -> Engine:
        """The role's engine; parameters never appear in its errors."""
        with self._lock:
            if role not in self._engines:
                self._engines[role] = create_engine(
                    self._url_of(role).replace("postgresql://", "postgresql+psycopg://", 1),
                    pool_size=self._pool_size,
                    max_overflow=self._pool_size,
                    pool_pre_ping=True,
                    hide_parameters=True,
                )
            return self._engines[role]

    def close(self) -> None:
        """Let every connection go."""
        with self._lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _read_by_key_alone(session: Session, *, outside: bool) -> None:
    """Have whoever is outside the bank read a table by conditions on its indexes only, and never all of it.

    A bitmap is the one way to read that begins with a condition on an index, and row-level security gives one. The
    other settings keep off what is made as large as the planner thinks the tables are. A plan that was kept for the
    bank's own people reads whole tables, so whoever is outside uses none that was kept.
    """
    connection = session.connection().connection.driver_connection
    if isinstance(connection, psycopg.Connection):
        connection.prepare_threshold = None if outside else PREPARED_AFTER
    if outside:
        session.execute(BY_KEY_ALONE)
