"""The server itself, over a socket: how much of a request it gathers, and whom it believes about the caller."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api.commands.serve import server_config
from api.main import build_app
from api.middleware import HEADER_BYTES_MAX, HEADERS_MAX
from api.settings import Settings, SettingsRefused, settings
from tests.api.conftest import Caller
from tests.conftest import TestDatabase
from tests.database.holders import within


@contextmanager
def serving(app: ASGIApp, *, proxies: str = "") -> Iterator[tuple[str, int]]:
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app, proxies=proxies))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        assert within(60, lambda: server.started)
        yield door.getsockname()[:2]
    finally:
        server.should_exit = True
        thread.join(60)
        door.close()


def status_of(address: tuple[str, int], headers: bytes, *, path: str = "/healthz") -> int:
    """Send a request as it stands and return the status of its answer; 0 for none."""
    with socket.create_connection(address, timeout=60) as line:
        try:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n".encode())
            line.sendall(headers + b"\r\n")
            said = line.makefile("rb").readline()
        except OSError:  # the server need not read to the end what it refuses
            return 0
    return int(said.split()[1]) if said else 0


def test_headers_beyond_the_bound_are_refused_however_they_come(app: FastAPI) -> None:
    long = b"X-Long: " + b"a" * 1000 + b"\r\n"
    cases = {
        b"X: a\r\n" * (HEADERS_MAX - 10): {200},
        b"X: a\r\n" * (HEADERS_MAX + 10): {431},
        long * (HEADER_BYTES_MAX // 1000 - 2): {200},
        long * (HEADER_BYTES_MAX // 1000 + 2): {0, 400, 431},
        long * 20_000: {0, 400, 431},
        b"X-Long: " + b"a" * 20_000_000 + b"\r\n": {0, 400, 431},
    }
    with serving(app) as address:
        for headers, told in cases.items():
            assert status_of(address, headers) in told, (headers[:12], len(headers))
        assert status_of(address, b"") == 200


@pytest.mark.parametrize(("proxies", "is_believed"), [("", False), ("192.0.2.9", False), ("127.0.0.1", True)])
def test_a_proxy_is_believed_only_where_it_is_named(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, proxies: str, is_believed: bool
) -> None:
    # The library's own setting must not open what ours keeps shut.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # as an operator sets it
    seen: list[tuple[str, str]] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append((scope["client"][0], scope["scheme"]))
        await app(scope, receive, send)

    # Any ASGI application will do for the server.
    with serving(looking, proxies=proxies) as address:
        assert status_of(address, b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n") == 200
    assert seen == [("198.51.100.7", "https") if is_believed else ("127.0.0.1", "http")]


def test_another_name_than_the_allowed_ones_is_not_answered(database: TestDatabase) -> None:
    named = Caller(build_app(database, hosts=Settings(hosts="Bank.example, book.example:8000").allowed_hosts))
    assert [
        named.get("/sign-in", headers={"Host": host}).status_code
        for host in ("bank.example", "BANK.example", "book.example:8000", "book.example", "evil.example", "")
    ] == [200, 200, 200, 421, 421, 421]
    assert named.get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MISSIONBOOK_PROXIES", "*"),
        ("MISSIONBOOK_HOSTS", "*"),
        ("MISSIONBOOK_METRICS_FROM", "*"),
        ("MISSIONBOOK_METRICS_FROM", "198.51.100.7, 300.1"),
    ],
)
def test_what_cannot_be_an_address_or_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv(name, said)  # settings are read from the environment, as an operator sets it
    with pytest.raises(SettingsRefused, match=name):
        settings()
