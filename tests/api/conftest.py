"""The real application on a fresh database, over ASGI, and people of every role who are signed in."""

from __future__ import annotations

import asyncio
import functools
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.database.roles import Role as DatabaseRole
from api.main import build_app
from domain.authority import NIGHT, Actor
from domain.desk import people
from domain.desk.parties import add_party
from domain.parties import PartyKind, Role
from tests.api.world import World, make_world
from tests.conftest import TestDatabase

PASSWORD = "correct-horse-battery"
INVESTEES = {"ann": "HARBOUR", "ben": "MILL"}


@functools.cache
def hashed_password() -> str:
    """Hash the password of all once: it is slow on purpose."""
    return people.hash_password(PASSWORD)


class Caller:
    """Somebody at the doors: a stranger, or a person with a token."""

    def __init__(self, app: FastAPI, token: str | None = None, *, address: str = "192.0.2.1") -> None:
        self.app, self.address = app, address
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, address: str, **more: Any) -> httpx.Response:
        return asyncio.run(self.call(method, address, **more))

    async def call(self, method: str, address: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(self.address, 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://bank.example") as client:
            return await client.request(method, address, headers=headers, **more)

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self("GET", address, **more)

    def post(self, address: str, json: Any = None, *, key: str | None = "", **more: Any) -> httpx.Response:
        """Post; a key of its own goes with it unless ``key`` is None."""
        headers = {} if key is None else {"Idempotency-Key": key or str(uuid4())}
        return self("POST", address, json=json, headers={**headers, **more.pop("headers", {})}, **more)


@pytest.fixture
def app(database: TestDatabase) -> FastAPI:
    return build_app(database)


@pytest.fixture
def stranger(app: FastAPI) -> Caller:
    return Caller(app)


@pytest.fixture
def parties(database: TestDatabase) -> dict[str, UUID]:
    """Two investees, by code."""
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        return {
            code: add_party(session, code=code, name=code.title(), kind=PartyKind.BUSINESS, by=NIGHT)
            for code in INVESTEES.values()
        }


@pytest.fixture
def bank(app: FastAPI, database: TestDatabase, parties: dict[str, UUID]) -> dict[str, Caller]:
    """Callers with a token: one of each role inside, a second officer, and Ann and Ben of two investees."""
    names: dict[str, tuple[Role, UUID | None]] = {
        role.value: (role, None) for role in Role if role is not Role.INVESTEE
    }
    names["officer2"] = (Role.OFFICER, None)
    names |= {name: (Role.INVESTEE, parties[code]) for name, code in INVESTEES.items()}
    callers = {}
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        ids = {
            name: people.add_user(
                session, email=f"{name}@bank.example", name=name, role=role, party_id=party, password=PASSWORD,
                by=NIGHT, password_hash=hashed_password(),
            )
            for name, (role, party) in names.items()
        }  # fmt: skip
    for name, (role, party) in names.items():
        actor = Actor(id=ids[name], name=name, role=role, party_id=party)
        with database.sessions.begin(DatabaseRole.APP, actor) as session:
            callers[name] = Caller(app, people.give_token(session, by=actor).token)
    return callers


@pytest.fixture
def world(database: TestDatabase, parties: dict[str, UUID]) -> World:
    return make_world(database, parties)
