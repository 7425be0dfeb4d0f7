"""The real application on a fresh database, and people who are signed in with a browser's cookie."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.database.roles import Role as DatabaseRole
from api.deps import COOKIE
from api.main import build_app
from domain.authority import NIGHT, Actor
from domain.desk import instruments, ledger, people
from domain.desk.parties import add_party
from domain.parties import PartyKind, Role
from tests.api.world import DAY, World, make_world
from tests.conftest import TestDatabase

PASSWORD = "correct-horse-battery"
PASSWORD_HASH = people.hash_password(PASSWORD)
INVESTEES = {"ann": "HARBOUR", "ben": "MILL"}


class Browser:
    """Somebody at the pages: a stranger, or a person whose cookie is kept. It follows no redirect by itself."""

    def __init__(self, app: FastAPI, cookie: str = "", address: str = "192.0.2.1") -> None:
        self.app, self.cookie, self.address = app, cookie, address

    def __call__(self, method: str, address: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._call(method, address, **more))

    async def _call(self, method: str, address: str, **more: Any) -> httpx.Response:
        headers = {**({"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}), **more.pop("headers", {})}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(self.address, 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://bank.example") as client:
            return await client.request(method, address, headers=headers, **more)

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self("GET", address, **more)

    def send(self, page: httpx.Response, action: str, **said: str) -> httpx.Response:
        """Send the form of a page that goes to ``action``, with its hidden values and what somebody said."""
        return self("POST", action, data={**hidden(page, action), **said})


def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """Return the hidden values of the form that goes to an address."""
    for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
        if re.search(rf'action="{re.escape(action)}(#[a-z]+)?"', form):
            found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
            return {unescape(name): unescape(value) for name, value in found}
    raise AssertionError(f"no form to {action} in {words(page)[:600]}")


def words(page: httpx.Response) -> str:
    """Return what a page says, without its tags."""
    text = re.sub(r"<(script|style).*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.fixture
def app(database: TestDatabase) -> FastAPI:
    return build_app(database)


@pytest.fixture
def stranger(app: FastAPI) -> Browser:
    return Browser(app)


@pytest.fixture
def parties(database: TestDatabase) -> dict[str, UUID]:
    """Two investees by code; the name of one is HTML."""
    names = {"HARBOUR": "Harbour <script>alert(1)</script> & Sons", "MILL": "Mill Lane Homes"}
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        return {
            code: add_party(session, code=code, name=name, kind=PartyKind.BUSINESS, by=NIGHT)
            for code, name in names.items()
        }


@pytest.fixture
def world(database: TestDatabase, parties: dict[str, UUID]) -> World:
    """The small bank of the API's tests, with EUR 60,000.00 of Ann's loan drawn on 31 March 2025, all of it sealed."""
    made = make_world(database, parties)
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        instruments.draw_down(
            session, instrument_id=made.ann.instrument, minor=6_000_000, effective_on=DAY.replace(year=2025),
            by=NIGHT, key="first",
        )  # fmt: skip
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        ledger.seal_facts(session)
    return made


@pytest.fixture
def people_in(app: FastAPI, database: TestDatabase, world: World, parties: dict[str, UUID]) -> dict[str, Browser]:
    """Browsers that are signed in: an officer, a board member, an auditor, Ann and Ben of two investees."""
    roles: dict[str, tuple[Role, UUID | None]] = {
        name: (Role(name), None) for name in ("officer", "board", "auditor", "steward")
    }
    roles |= {name: (Role.INVESTEE, parties[code]) for name, code in INVESTEES.items()}
    browsers = {}
    for name, (role, party) in roles.items():
        with database.sessions.begin(DatabaseRole.NIGHT) as session:
            user_id = people.add_user(
                session, email=f"{name}@bank.example", name=name, role=role, party_id=party, password=PASSWORD,
                by=NIGHT, password_hash=PASSWORD_HASH,
            )  # fmt: skip
        actor = Actor(id=user_id, name=name, role=role, party_id=party)
        with database.sessions.begin(DatabaseRole.APP, actor) as session:
            browsers[name] = Browser(app, people.open_web_session(session, by=actor).secret)
    return browsers
