"""A bank that is really running: a durable data folder, the program as a process, and people who post at its doors.

Every payment that is asked for has an amount of its own. What is in the book is therefore counted by amount, which no
key and no answer of the program has a say in.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg

from api.database.embedded import Cluster
from api.database.roles import DATABASE, Role
from tests.api.world import World
from tests.database.holders import within

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("missionbook")
CLIENTS = 8
ATTEMPTS_MAX = 4000
PAUSE_SECONDS = 0.05  # what a client waits before it asks again; nothing is decided by it
DAY = "2026-03-31"
TO_BE_TRIED_AGAIN = {"/problems/act-still-runs", "/problems/changed-meanwhile", "/problems/already-there"}


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank in a data folder: its server, what is in its book, and a token for each of its people."""

    data: Path
    cluster: Cluster
    world: World
    tokens: Mapping[str, str]
    log: Path

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself, past the program."""
        with psycopg.connect(self.cluster.superuser_url(DATABASE), autocommit=True) as connection:
            return connection.execute(question.encode(), values).fetchall()

    def environment(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("MISSIONBOOK_")}
        return {**own, "MISSIONBOOK_DATA": str(self.data), "MISSIONBOOK_PORT": "0", **more}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program on this bank's folder."""
        return subprocess.run(
            [PROGRAM, *words], cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )


class Program:
    """``missionbook serve``, started, killed and started again; ``address`` is where it answered last."""

    def __init__(self, bank: Bank, **environment: str) -> None:
        self.bank, self.address = bank, "http://127.0.0.1:9"
        self._environment = bank.environment(**environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it is ready."""
        log = self.bank.log
        said_before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [PROGRAM, "serve"], cwd=ROOT, env=self._environment, stdout=out, stderr=out
            )

        def ready() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, self.said()
            with log.open("rb") as file:
                file.seek(said_before)
                found = re.search(rb"Missionbook: (http://[^\s]+)", file.read())
            if not found:
                return False
            try:
                answer = httpx.get(f"{found[1].decode()}/readyz", timeout=5, trust_env=False)
            except httpx.TransportError:
                return False
            if answer.status_code == 200:
                self.address = found[1].decode()
            return answer.status_code == 200

        assert within(180, ready), self.said()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(sign)
            self._process.wait(60)

    def said(self) -> str:
        return self.bank.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def call(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Call a door of the API as somebody."""
        return call(f"{self.address}/api/v1{path}", self.bank.tokens[who], method=method, **more)


def call(address: str, token: str, *, method: str = "POST", key: str = "", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Connection": "close", **more.pop("headers", {})}
    if key:
        headers["Idempotency-Key"] = key
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.request(method, address, headers=headers, **more)


@contextlib.contextmanager
def serving(bank: Bank, **environment: str) -> Iterator[Program]:
    """Have the program run, and never leave it behind."""
    program = Program(bank, **environment)
    try:
        program.start()
        yield program
    finally:
        program.stop()


@dataclass(frozen=True, slots=True)
class Wish:
    """A payment that somebody asks for, with a key of its own and an amount that nothing else in the book has."""

    key: str
    instrument: UUID
    minor: int
    booked_on: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        euros = f"{self.minor // 100}.{self.minor % 100:02}"
        told = {"money": {"amount": euros, "currency": "EUR"}, "effective_on": self.booked_on or DAY}
        return told | ({"booked_on": self.booked_on} if self.booked_on else {})


def wishes(bank: Bank, count: int, *, first: int = 0, booked_on: str | None = None) -> list[Wish]:
    """Return payments of EUR 100.00, 100.01, 100.02 …, in turn under two deals."""
    loans = (bank.world.ann.instrument, bank.world.ben.instrument)
    return [Wish(f"wish-{n}", loans[n % 2], 100_00 + n, booked_on) for n in range(first, first + count)]


@dataclass(slots=True)
class Tally:
    """What the clients were told: the entry's number by key, and what was refused for good."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    retries: int = 0
    _told: threading.Condition = field(default_factory=threading.Condition)

    def note(self, key: str, answer: httpx.Response | None) -> bool:
        """Note an answer (None: there was none); tell whether it is the last word on this payment."""
        with self._told:
            if answer is None or answer.status_code >= 500 or answer.json().get("type") in TO_BE_TRIED_AGAIN:
                self.retries += 1
                return False
            if answer.status_code == 201:
                self.acknowledged[key] = answer.json()["entry_id"]
            else:
                self.refused[key] = answer.json()
            self._told.notify_all()
            return True

    def wait_for(self, count: int) -> None:
        """Return as soon as so many payments have their last word."""
        with self._told:
            assert self._told.wait_for(lambda: len(self.acknowledged) + len(self.refused) >= count, 120), self


@contextlib.contextmanager
def clients_posting(
    bank: Bank,
    address: Callable[[], str],
    asked: Sequence[Wish],
    *,
    clients: int = CLIENTS,
    before: Callable[[Wish], object] | None = None,
) -> Iterator[Tally]:
    """Let clients post payments while the block runs; each asks again, under the same key, until it is answered.

    ``before`` is called before each payment is first asked for: it may wait.
    """
    tally, pause, broken = Tally(), threading.Event(), list[BaseException]()

    def work(number: int) -> None:
        try:
            for wish in asked[number::clients]:
                if before:
                    before(wish)
                for _ in range(ATTEMPTS_MAX):
                    where = f"{address()}/api/v1/instruments/{wish.instrument}/drawdowns"
                    answer = None
                    with contextlib.suppress(httpx.TransportError):
                        answer = call(where, bank.tokens["officer"], key=wish.key, json=wish.body)
                    if tally.note(wish.key, answer):
                        break
                    pause.wait(PAUSE_SECONDS)
        except BaseException as problem:  # noqa: BLE001 - a thread's failure is the test's
            broken.append(problem)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield tally
    finally:
        for thread in threads:
            thread.join(600)
    assert not broken, broken
    assert len(tally.acknowledged) + len(tally.refused) == len(asked), "somebody never got an answer"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the clients were told, beside what is in the book."""

    acknowledged: int
    found: int
    doubled: int
    lost: int
    half_done: int
    retries: int

    @property
    def whole(self) -> bool:
        """Whether nothing acknowledged is lost, nothing is there twice, nothing is half there."""
        return (self.lost, self.doubled, self.half_done) == (0, 0, 0) and self.found == self.acknowledged

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.found} found, {self.doubled} doubled, {self.lost} lost, "
            f"{self.half_done} half done ({self.retries} retries)"
        )


def count(bank: Bank, asked: Sequence[Wish], tally: Tally) -> Counted:
    """Look in the database for every payment that was asked for."""
    rows = bank.ask(
        """SELECT -p.amount, e.id FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
           WHERE e.kind = 'drawdown' AND a.code = 'cash'"""
    )
    times = Counter(minor for minor, _ in rows)
    kept = {(minor, entry_id) for minor, entry_id in rows}
    ((entries, acts, answered, open_answers),) = bank.ask(
        """SELECT (SELECT count(*) FROM entry WHERE kind = 'drawdown'),
                  (SELECT count(*) FROM audit WHERE act = 'pay out a drawdown' AND outcome = 'done'),
                  (SELECT count(*) FROM answer WHERE route LIKE '%%drawdowns' AND status = 201),
                  (SELECT count(*) FROM answer WHERE status IS NULL)"""
    )
    return Counted(
        acknowledged=len(tally.acknowledged),
        found=sum(1 for wish in asked if times[wish.minor]),
        doubled=sum(1 for times_there in times.values() if times_there > 1),
        lost=sum(
            1
            for wish in asked
            if wish.key in tally.acknowledged and (wish.minor, tally.acknowledged[wish.key]) not in kept
        ),
        half_done=abs(entries - acts) + abs(entries - answered) + open_answers,
        retries=tally.retries,
    )


def verified(bank: Bank) -> dict[str, Any]:
    """Return what ``missionbook verify`` tells, which must be that the book is sound."""
    told = bank.command("verify", "--format", "json")
    assert told.returncode == 0, told.stdout + told.stderr
    answer: dict[str, Any] = json.loads(told.stdout)
    assert answer["sound"] is True
    return answer


def sealed_and_sound(bank: Bank, program: Program) -> None:
    """Seal through the door, then look: every fact carries one seal, and the book verifies."""
    assert program.call("steward", "POST", "/seals").status_code == 201
    assert unsealed(bank) == 0
    told = program.call("auditor", "GET", "/verification").json()
    assert told["sound"], told["first"]


def unsealed(bank: Bank) -> int:
    ((number,),) = bank.ask("SELECT count(*) FROM fact f WHERE NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = f.id)")
    return int(number)


@contextlib.contextmanager
def nobody_writes(bank: Bank, table: str) -> Iterator[psycopg.Connection]:
    """Let nobody write a table while the block runs; reading it goes on."""
    with psycopg.connect(bank.cluster.url(Role.MIGRATOR)) as connection:
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
        yield connection
        connection.rollback()


def somebody_waits(bank: Bank) -> bool:
    """Tell whether a transaction waits for a table that ``nobody_writes``."""
    return bool(bank.ask("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'"))
