"""Two go-betweens that break connections: one before the program, one between the program and PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import psycopg

from api.database import keeper


class Fate(StrEnum):
    """What becomes of a COMMIT."""

    PASSES = "it passes"
    NEVER_ARRIVES = "the connection breaks before it"
    IS_NOT_ANSWERED = "the connection breaks after it was done and before that was told"


class Proxy:
    """Takes connections and gives each a thread; ``fates`` are dealt to what may be cut, in order; then all passes."""

    def __init__(self, door: socket.socket, fates: list[Fate]) -> None:
        self.door, self._fates, self._lock = door, iter(fates), threading.Lock()
        self.dealt: list[Fate] = []
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def deal(self) -> Fate:
        """Return what becomes of the next one."""
        with self._lock:
            fate = next(self._fates, Fate.PASSES)
            if fate is not Fate.PASSES:
                self.dealt.append(fate)
            return fate

    def thread(self, work: Callable[..., None], *what: object) -> None:
        def safely() -> None:
            with contextlib.suppress(OSError):  # the other side hung up, or we did
                work(*what)

        thread = threading.Thread(target=safely, daemon=True)
        self._threads.append(thread)
        thread.start()

    def kept(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._open.append(connection)
        return connection

    def accept(self, serve: Callable[[socket.socket], None]) -> None:
        while True:
            connection, _ = self.door.accept()
            self.thread(serve, self.kept(connection))

    def close(self) -> None:
        """Break everything that is left."""
        hang_up(self.door)
        for connection in self._open:
            hang_up(connection)
        for thread in self._threads:
            thread.join(10)


def hang_up(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def exactly(connection: socket.socket, count: int) -> bytes:
    """Return so many bytes, or rise when the other side hung up."""
    read = bytearray()
    while len(read) < count:
        more = connection.recv(count - len(read))
        if not more:
            raise ConnectionResetError
        read += more
    return bytes(read)


def message(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return a message of PostgreSQL's protocol: its kind, and all of it."""
    head = exactly(connection, 5)
    return head[:1], head + exactly(connection, struct.unpack("!I", head[1:])[0] - 4)


class BetweenProgramAndDatabase(Proxy):
    """Stands where PostgreSQL's socket is looked for, and cuts the COMMITs of transactions that wrote something."""

    def __init__(self, folder: Path, behind: Path, superuser_url: str, fates: list[Fate]) -> None:
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(folder / keeper.SOCKET))
        door.listen(64)
        super().__init__(door, fates)
        self._behind, self._superuser_url = behind / keeper.SOCKET, superuser_url
        self.thread(self.accept, self.serve)

    def serve(self, program: socket.socket) -> None:
        database = self.kept(socket.socket(socket.AF_UNIX))
        database.connect(str(self._behind))
        length = exactly(program, 4)  # the first message says who comes, and has no kind
        database.sendall(length + exactly(program, struct.unpack("!I", length)[0] - 4))
        process, swallow = list[int](), threading.Event()
        self.thread(self.answers, database, program, process, swallow)
        while True:
            _kind, words = message(program)
            if words[:1] in b"QP" and b"COMMIT\0" in words and self.has_written(process[0]):
                fate = self.deal()
                if fate is Fate.NEVER_ARRIVES:
                    hang_up(program, database)
                    return
                if fate is Fate.IS_NOT_ANSWERED:
                    swallow.set()
            database.sendall(words)

    def answers(
        self, database: socket.socket, program: socket.socket, process: list[int], swallow: threading.Event
    ) -> None:
        try:
            while True:
                kind, words = message(database)
                if kind == b"K":
                    process.append(struct.unpack("!I", words[5:9])[0])
                if kind == b"C" and swallow.is_set():
                    return
                program.sendall(words)
        finally:
            hang_up(program, database)

    def has_written(self, process: int) -> bool:
        """Ask PostgreSQL whether the transaction of a connection has a number: only those that write get one."""
        with psycopg.connect(self._superuser_url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT backend_xid IS NOT NULL FROM pg_stat_activity WHERE pid = %s", (process,)
            ).fetchone()
        return bool(found and found[0])


class BeforeTheProgram(Proxy):
    """Passes requests on, and hangs up on some of those who sent one as soon as the program begins to answer."""

    def __init__(self, program: Callable[[], tuple[str, int]], fates: list[Fate]) -> None:
        super().__init__(socket.create_server(("127.0.0.1", 0)), fates)
        self._program = program
        self.thread(self.accept, self.serve)

    @property
    def address(self) -> str:
        host, port = self.door.getsockname()
        return f"http://{host}:{port}"

    def serve(self, client: socket.socket) -> None:
        fate = self.deal()
        if fate is Fate.NEVER_ARRIVES:
            hang_up(client)
            return
        program = self.kept(socket.create_connection(self._program()))
        self.thread(pour, client, program)
        try:
            for number in itertools.count():
                answered = program.recv(65536)
                if not answered or (fate is Fate.IS_NOT_ANSWERED and number == 0):
                    return
                client.sendall(answered)
        finally:
            hang_up(client, program)


def pour(source: socket.socket, sink: socket.socket) -> None:
    while read := source.recv(65536):
        sink.sendall(read)


@contextlib.contextmanager
def between_program_and_database(
    folder: Path, behind: Path, superuser_url: str, fates: list[Fate]
) -> Iterator[BetweenProgramAndDatabase]:
    """Have the go-between, and never leave it behind."""
    proxy = BetweenProgramAndDatabase(folder, behind, superuser_url, fates)
    try:
        yield proxy
    finally:
        proxy.close()


@contextlib.contextmanager
def before_the_program(address: str, fates: list[Fate]) -> Iterator[BeforeTheProgram]:
    """Have the go-between, and never leave it behind."""
    host, port = address.removeprefix("http://").split(":")
    proxy = BeforeTheProgram(lambda: (host, int(port)), fates)
    try:
        yield proxy
    finally:
        proxy.close()
