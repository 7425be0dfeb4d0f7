"""Every door of the application, with somebody else's identifiers: what is foreign answers like what is not there.

The doors are taken from the application itself. One that is new and of which this file does not know what its
identifiers mean, or what is sent to it, fails here until somebody has said so.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.deps import COOKIE
from tests.api.conftest import PASSWORD, Caller
from tests.api.world import DAY, FUND, World

MONEY = {"amount": "10.00", "currency": "EUR"}
PUBLIC = {"/api/openapi.json", "/healthz", "/readyz", "/metrics", "/problems/{word}", "/static", "/sign-in"}
"""Doors that show nothing of the book and ask nobody for a name."""

OWN = {
    "POST /api/v1/tokens", "POST /api/v1/tokens/rotation", "DELETE /api/v1/tokens/current", "DELETE /api/v1/sign-ins",
    "POST /sign-out", "POST /account/sign-ins", "POST /account/password",
}  # fmt: skip
"""Doors about the caller alone, which would sign the caller out here.

What they do is told in ``test_signing_in``, ``test_sign_ins`` and ``test_own_account``.
"""

BODIES: dict[str, Any] = {
    "POST /api/v1/funds/{code}/days": {"to": "2026-04-01"},
    "PUT /api/v1/projects/{code}/missions": {"missions": []},
    "POST /api/v1/parties": {"code": "NEW", "name": "New", "kind": "charity"},
    "POST /api/v1/deals": {
        "code": "D-NEW", "fund": FUND, "project": "P-BEN", "investee": "MILL", "title": "New",
        "instruments": [{"code": "L-NEW", "kind": "loan", "commitment": MONEY, "valid_from": "2026-03-31",
                         "terms": {}}],
    },
    "POST /api/v1/deals/{deal_id}/stages": {"stage": "active"},
    "POST /api/v1/instruments/{instrument_id}/drawdowns": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/receipts": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/receipts/preview": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/revenues": {
        "revenue": MONEY, "period_start": "2026-01-01", "period_end": "2026-03-31",
    },
    "POST /api/v1/entries/{entry_id}/reversal": {"reason": "x"},
    "POST /api/v1/seals": None,
    "POST /api/v1/funds/{code}/amounts": {
        "act": "pay out a drawdown", "role": "officer", "alone": MONEY, "valid_from": "2026-04-01", "source": "x",
    },
    "POST /api/v1/funds/{code}/periods": {"period_end": "2025-01-31"},
    "POST /api/v1/funds/{code}/currencies": {"currency": "USD"},
    "POST /api/v1/funds/{code}/rates": {"currency": "USD", "units": "1.0850", "on": "2026-03-31", "source": "x"},
    "POST /api/v1/funds/{code}/conversions": {"sold": MONEY, "into": "USD", "effective_on": "2026-03-31"},
    "POST /api/v1/conflicts": {"party": "MILL", "words": "a brother works there"},
    "POST /api/v1/conflicts/{number}/end": {"words": "he left"},
    "POST /api/v1/delegations": {
        "to": "ben@bank.example", "acts": ["pay out a drawdown"], "from_day": "2026-04-01", "to_day": "2026-04-02",
    },
    "POST /api/v1/delegations/{number}/end": None,
    "POST /api/v1/requests": {"kind": "reversal", "reason": "x", "entry_id": 1},
    "POST /api/v1/requests/{request_id}/approval": None,
    "POST /api/v1/requests/{request_id}/refusal": {"reason": "x"},
    "POST /api/v1/requests/{request_id}/withdrawal": None,
    "POST /api/v1/reports/{report_id}/versions": {"values": {"homes": 500}, "signed_by": "Ann"},
    "POST /api/v1/reports/{report_id}/preview": {"values": {"homes": 500}},
}  # fmt: skip
"""What is sent to each door that takes something."""

NO_IDENTIFIERS = {"versions/{number}", "files/{kind}"}
"""What stands in an address and belongs to nobody."""

QUERIES = {"fund": FUND}
"""What is asked at doors that must be told of which fund; others are asked without."""


@dataclass(frozen=True, slots=True)
class Door:
    """A method, the pattern of an address, and what may be asked in it."""

    method: str
    pattern: str
    asks: frozenset[str]
    must: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.pattern}"

    @property
    def is_page(self) -> bool:
        return not self.pattern.startswith("/api/")


def difference(one: tuple[int, str], other: tuple[int, str]) -> list[str]:
    """Return the statuses that differ, or the lines."""
    if one[0] != other[0]:
        return [str(one), str(other)]
    both = difflib.ndiff(one[1].splitlines(), other[1].splitlines())
    return [line for line in both if line[:1] in "+-"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who knocks, with the secret of their forms where they come with a browser."""

    call: Caller
    secret: str = ""


@pytest.fixture
def foreign(bank: dict[str, Caller], world: World) -> dict[str, object]:
    """What each identifier is when it is Ben's, by the words before and in its place."""

    def made(who: str, path: str, body: dict[str, Any]) -> Any:
        told = bank[who].post(f"/api/v1{path}", body)
        assert told.status_code == 201, told.text
        return next(value for name, value in told.json().items() if name in ("id", "number") or name.endswith("_id"))

    today = datetime.now(UTC).date()
    money = {"amount": "1234.56", "currency": "EUR"}
    drawn = made(
        "officer", f"/instruments/{world.ben.instrument}/drawdowns", {"money": money, "effective_on": str(DAY)}
    )
    paid_in = bank["officer"].get("/api/v1/entries?limit=100").json()["items"]
    two_people = next(entry["id"] for entry in paid_in if entry["kind"] == "contribution")
    asked = {"kind": "reversal", "reason": "paid in by mistake", "entry_id": two_people}
    lent = {
        "to": "officer2@bank.example",
        "acts": ["pay out a drawdown"],
        "from_day": str(today),
        "to_day": str(today + timedelta(days=30)),
    }
    request = made("officer", "/requests", asked)
    bank["ben"].post("/api/v1/tokens", {"email": "ben@bank.example", "password": PASSWORD})
    another = next(one for one in bank["ben"].get("/api/v1/sign-ins").json() if not one["is_this_one"])
    return {
        "deals/{deal_id}": world.ben.deal,
        "deals/{code:path}": "D-BEN",
        "instruments/{instrument_id}": world.ben.instrument,
        "covenants/{covenant_id}": world.ben.covenant,
        "reports/{report_id}": world.ben.report,
        "entries/{entry_id}": drawn,
        "projects/{code}": "P-BEN",
        "parties/{code}": "MILL",
        "funds/{code}": FUND,
        "officer/{code}": FUND,
        "board/{code}": FUND,
        "ledger/{code}": FUND,
        "accounts/{account}": "cash",
        "versions/{number}": 1,
        "files/{kind}": "csv",
        "sign-ins/{sign_in_id}": UUID(another["id"]),
        "conflicts/{number}": made("risk", "/conflicts", {"party": "MILL", "words": "a brother works there"}),
        "delegations/{number}": made("officer", "/delegations", lent),
        "requests/{request_id}": request,
        "requests/{number}": request,
    }


def doors(app: FastAPI) -> list[Door]:
    found = []
    for context in iter_route_contexts(app.routes):
        pattern = context.path or ""
        if not pattern or pattern in PUBLIC:
            continue
        dependant: Any = getattr(context, "dependant", None)
        asked = dependant.query_params if dependant else []
        asks = frozenset(field.alias for field in asked)
        must = frozenset(field.alias for field in asked if field.field_info.is_required())
        found += [Door(method, pattern, asks, must) for method in sorted(set(context.methods or ()) - {"HEAD"})]
    return [door for door in found if door.name not in OWN]


def places(pattern: str) -> list[str]:
    """Return the identifiers in an address, each with the word before it."""
    return re.findall(r"[^/]+/\{[^}]+\}", pattern)


def filled(pattern: str, things: dict[str, object]) -> str:
    for place in places(pattern):
        assert place in things, f"say in `foreign` what {place} stands for: {pattern}"
        pattern = pattern.replace(place, f"{place.split('/')[0]}/{things[place]}")
    return pattern


def unknown_of(thing: object) -> object:
    match thing:
        case UUID():
            return uuid4()
        case int():
            return thing + 1_000_000
        case _:
            return "NOBODY-S"


def unknown(foreign: dict[str, object]) -> dict[str, object]:
    return {place: thing if place in NO_IDENTIFIERS else unknown_of(thing) for place, thing in foreign.items()}


def knock(caller: Visitor, door: Door, address: str, **query: object) -> httpx.Response:
    """Knock with everything that a door may want but a right."""
    more: dict[str, Any] = {"params": {**{name: QUERIES[name] for name in door.must}, **query}}
    if door.method not in ("GET", "DELETE") and not door.is_page:
        assert door.name in BODIES, f"say in BODIES what {door.name} takes"
        more |= {"json": BODIES[door.name], "headers": {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}}
    elif door.method == "POST":
        more |= {"data": {"csrf_token": caller.secret}}
    return caller.call(door.method, address, **more)


def told(answer: httpx.Response, door: Door, things: dict[str, object]) -> tuple[int, str]:
    """Return what an answer says, without its number and without what was asked."""
    text = answer.text
    said = re.search(r'"trace_id":"([0-9a-f]+)"', text)
    number = said[1] if said else answer.headers.get("x-request-id", "")
    asked = [str(things[place]) for place in places(door.pattern)]
    for one in (number, filled(door.pattern, things), *asked):
        if one:
            text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", "…", text)
    return answer.status_code, re.sub(r'name="(csrf_token|key)" value="[^"]*"', "", text)


def in_the_browser(app: FastAPI, name: str) -> Visitor:
    """Sign somebody in at the page, and take the secret of their forms from the first page they see."""
    caller = Caller(app)
    answer = caller("POST", "/sign-in", data={"email": f"{name}@bank.example", "password": PASSWORD})
    cookie = answer.cookies.get(COOKIE)
    assert cookie, answer.text
    caller.headers = {"Cookie": f"{COOKIE}={cookie}"}
    page = caller.get(answer.headers["Location"])
    if page.is_redirect:
        page = caller.get(page.headers["Location"])
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert secret, page.text
    return Visitor(caller, secret[1])


def words_of_ben(world: World, foreign: dict[str, object]) -> list[str]:
    """What can only come from Ben's side of the book."""
    ben = world.ben
    ids = [str(one) for one in (ben.deal, ben.instrument, ben.covenant, ben.report)]
    return [*ids, "D-BEN", "L-BEN", "V-BEN", "P-BEN", "MILL", "Mill", "Loan to BEN", "Project of BEN", "1,234.56",
            "1234.56", "ben@bank"]  # fmt: skip


def test_every_door_is_known_here(app: FastAPI, foreign: dict[str, object]) -> None:
    found = doors(app)
    assert len(found) >= 55, "the walk saw hardly any door"
    for door in found:
        filled(door.pattern, foreign)
        if door.method not in ("GET", "DELETE") and not door.is_page:
            assert door.name in BODIES, f"say in BODIES what {door.name} takes"
        assert door.must <= set(QUERIES), f"say in QUERIES what {door.name} must be asked: {sorted(door.must)}"


def test_what_is_anothers_answers_an_investee_like_what_is_not_there(
    app: FastAPI, bank: dict[str, Caller], world: World, foreign: dict[str, object]
) -> None:
    ann = {False: Visitor(bank["ann"]), True: in_the_browser(app, "ann")}
    nothing, ben_says = unknown(foreign), words_of_ben(world, foreign)
    compared, leaks = 0, []
    for door in doors(app):
        answer = knock(ann[door.is_page], door, filled(door.pattern, foreign))
        _, said = told(answer, door, foreign)
        for word in ben_says:
            assert word not in said, (door.name, word, said[:400])
        if places(door.pattern):
            compared += 1
            answer_to_nothing = knock(ann[door.is_page], door, filled(door.pattern, nothing))
            differs = difference(told(answer, door, foreign), told(answer_to_nothing, door, nothing))
            if differs:
                leaks.append((door.name, differs))
            assert answer.status_code in (400, 403, 404, 405, 409, 412, 422), (door.name, answer.status_code)
    assert compared >= 35
    assert not leaks


def test_a_list_that_is_asked_for_anothers_deal_is_as_empty_as_for_no_deal(
    app: FastAPI, bank: dict[str, Caller], world: World, foreign: dict[str, object]
) -> None:
    asked = 0
    for door in doors(app):
        for name in sorted(door.asks & {"deal", "deal_id"}) if door.method == "GET" and not door.is_page else ():
            answers = [
                knock(Visitor(bank["ann"]), door, filled(door.pattern, foreign), **{name: str(deal)})
                for deal in (world.ben.deal, uuid4())
            ]
            first, second = [(one.status_code, one.json().get("items"), one.json().get("type")) for one in answers]
            assert first == second, (door.name, answers[0].text)
            asked += 1
    assert asked >= 3


@pytest.mark.parametrize("who", ["stranger", "officer", "risk", "board", "auditor", "steward", "ben"])
def test_no_door_breaks_or_tells_its_inside(
    app: FastAPI, bank: dict[str, Caller], stranger: Caller, world: World, foreign: dict[str, object], who: str
) -> None:
    """Whoever knocks, with what is there and with what is not: an answer in words, and nobody past the sign-in."""
    in_api = Visitor(stranger if who == "stranger" else bank[who])
    in_pages = in_api if who == "stranger" else in_the_browser(app, who)
    for door in doors(app):
        for things in (foreign, unknown(foreign)):
            answer = knock(in_pages if door.is_page else in_api, door, filled(door.pattern, things))
            assert answer.status_code < 500, (door.name, answer.text)
            for inside in ("Traceback", "psycopg", "sqlalchemy", "SELECT ", "line 1:"):
                assert inside not in answer.text, (door.name, inside)
            if who == "stranger":
                assert answer.status_code in (401, 303, 302), (door.name, answer.status_code)
            if answer.status_code >= 400 and not door.is_page:
                assert answer.json()["type"].startswith("/problems/"), (door.name, answer.text)
