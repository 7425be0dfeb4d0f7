"""Every door of the application, with somebody else's identifiers: what is foreign answers like what is not there.

The doors are taken from the application itself. One that is new and of which nobody said what its identifiers mean
(`foreign`), or what is sent to it (``what_doors_take``), fails here until somebody has.
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
from tests.api.what_doors_take import BODIES, FORMS, NO_IDENTIFIERS, OTHER_BODIES, OWN, PUBLIC, QUERIES, TIE, Of
from tests.api.world import DAY, FUND, Side, World


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
        "conflicts/{number}": made("risk", "/conflicts", {"party": "MILL", "words": TIE}),
        "delegations/{number}": made("officer", "/delegations", lent),
        "requests/{request_id}": request,
        "requests/{number}": request,
        "people/{email}": "ben@bank.example",
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
        case str() if "@" in thing:
            return "nobody@bank.example"
        case _:
            return "NOBODY-S"


def unknown(foreign: dict[str, object]) -> dict[str, object]:
    return {place: thing if place in NO_IDENTIFIERS else unknown_of(thing) for place, thing in foreign.items()}


def bodies(door: Door) -> list[Any]:
    """Return what is sent to a door, one after the other; nothing where it takes nothing."""
    if door.method in ("GET", "DELETE"):
        return [None]
    if door.is_page:
        return [FORMS.get(door.name, {})]
    assert door.name in BODIES, f"say in BODIES what {door.name} takes"
    return [BODIES[door.name], *OTHER_BODIES.get(door.name, [])]


def named(said: Any) -> list[str]:
    """Return what a body names, by the words before it and in its place."""
    if isinstance(said, Of):
        return [said.place]
    inside = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return [place for one in inside for place in named(one)]


def sent(said: Any, things: dict[str, object]) -> Any:
    """Return a body with identifiers in their places."""
    match said:
        case Of(place):
            thing = things[place]
            return str(thing) if isinstance(thing, UUID) else thing
        case dict():
            return {name: sent(value, things) for name, value in said.items()}
        case list():
            return [sent(one, things) for one in said]
        case _:
            return said


def knock(caller: Visitor, door: Door, things: dict[str, object], body: Any = None, **query: object) -> httpx.Response:
    """Knock with everything that a door may want but a right."""
    more: dict[str, Any] = {"params": {**{name: QUERIES[name] for name in door.must}, **query}}
    if door.method not in ("GET", "DELETE") and not door.is_page:
        more |= {"json": sent(body, things), "headers": {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}}
    elif door.method == "POST":
        more |= {"data": {**sent(body, things), "csrf_token": caller.secret}}
    return caller.call(door.method, filled(door.pattern, things), **more)


def told(answer: httpx.Response, door: Door, things: dict[str, object], body: Any = None) -> tuple[int, str]:
    """Return what an answer says, without its number and without what was asked."""
    text = answer.text
    said = re.search(r'"trace_id":"([0-9a-f]+)"', text)
    number = said[1] if said else answer.headers.get("x-request-id", "")
    asked = [str(things[place]) for place in (*places(door.pattern), *named(body))]
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


def words_of(side: Side, name: str, party: str) -> list[str]:
    """What can only come from one investee's side of the book."""
    ids = [str(one) for one in (side.deal, side.instrument, side.covenant, side.report)]
    codes = [f"{letter}-{name}" for letter in "DLVP"]
    return [*ids, *codes, party, f"Loan to {name}", f"Project of {name}", f"{name.lower()}@bank"]


def kept_from(who: str, world: World, foreign: dict[str, object]) -> list[str]:
    """Return the words that no answer may tell somebody, unless they said them first."""
    of_ann = words_of(world.ann, "ANN", "HARBOUR")
    of_ben = [*words_of(world.ben, "BEN", "MILL"), "Mill", "1,234.56", "1234.56"]
    bens_sign_in = str(foreign["sign-ins/{sign_in_id}"])
    kept = {
        "stranger": [*of_ann, *of_ben, TIE, bens_sign_in],
        "ann": [*of_ben, TIE, bens_sign_in],
        "ben": [*of_ann, TIE],
        "officer": [TIE, bens_sign_in],
        "board": [TIE, bens_sign_in],
        "risk": [bens_sign_in],
    }  # who reads the audit reads there of ties and sign-ins
    return [*kept.get(who, []), PASSWORD, "$argon2"]


def is_anothers(who: str, place: str) -> bool:
    """Tell whether what `foreign` has in a place is hidden from somebody, so that not even its being there is told.

    The bank's people read the whole book, and what Ben has is Ben's.
    """
    match who:
        case "stranger":
            return True
        case "ben":
            hidden = {"conflicts", "delegations", "requests"}
        case "auditor" | "steward":
            hidden = {"sign-ins"}
        case _:
            hidden = {"sign-ins", "conflicts", "delegations"}
    return place.partition("/")[0] in hidden


def test_every_door_is_known_here(app: FastAPI, foreign: dict[str, object]) -> None:
    found = doors(app)
    assert len(found) >= 55, "the walk saw hardly any door"
    for door in found:
        filled(door.pattern, foreign)
        assert set(named(bodies(door))) <= set(foreign)
        assert door.must <= set(QUERIES), f"say in QUERIES what {door.name} must be asked: {sorted(door.must)}"


def test_what_is_anothers_answers_an_investee_like_what_is_not_there(
    app: FastAPI, bank: dict[str, Caller], world: World, foreign: dict[str, object]
) -> None:
    ann = {False: Visitor(bank["ann"]), True: in_the_browser(app, "ann")}
    nothing, kept = unknown(foreign), kept_from("ann", world, foreign)
    compared, in_bodies, leaks = 0, 0, []
    for door in doors(app):
        for body in bodies(door):
            answer = knock(ann[door.is_page], door, foreign, body)
            _, said = told(answer, door, foreign, body)
            for word in kept:
                assert word not in said, (door.name, word, said[:400])
            if places(door.pattern) or named(body):
                compared += 1
                in_bodies += bool(named(body))
                answer_to_nothing = knock(ann[door.is_page], door, nothing, body)
                differs = difference(told(answer, door, foreign, body), told(answer_to_nothing, door, nothing, body))
                if differs:
                    leaks.append((door.name, differs))
                assert answer.status_code in (400, 403, 404, 405, 409, 412, 422), (door.name, answer.status_code)
    assert compared >= 45
    assert in_bodies >= 8
    assert not leaks


def test_a_list_that_is_asked_for_anothers_deal_is_as_empty_as_for_no_deal(
    app: FastAPI, bank: dict[str, Caller], world: World, foreign: dict[str, object]
) -> None:
    asked = 0
    for door in doors(app):
        for name in sorted(door.asks & {"deal", "deal_id"}) if door.method == "GET" and not door.is_page else ():
            answers = [
                knock(Visitor(bank["ann"]), door, foreign, **{name: str(deal)}) for deal in (world.ben.deal, uuid4())
            ]
            first, second = [(one.status_code, one.json().get("items"), one.json().get("type")) for one in answers]
            assert first == second, (door.name, answers[0].text)
            asked += 1
    assert asked >= 3


@pytest.mark.parametrize("who", ["stranger", "officer", "risk", "board", "auditor", "steward", "ben"])
def test_no_door_breaks_or_tells_its_inside(
    app: FastAPI, bank: dict[str, Caller], stranger: Caller, world: World, foreign: dict[str, object], who: str
) -> None:
    """Whoever knocks, with what is there and with what is not: an answer in words, and nobody past the sign-in.

    Nobody is told what is kept from them; of what is another's nobody is told even that it is there.
    """
    in_api = Visitor(stranger if who == "stranger" else bank[who])
    in_pages = in_api if who == "stranger" else in_the_browser(app, who)
    kept, compared, leaks = kept_from(who, world, foreign), 0, list[tuple[str, ...]]()
    for door in doors(app):
        for body in bodies(door):
            answers = []
            for things in (foreign, unknown(foreign)):
                answer = knock(in_pages if door.is_page else in_api, door, things, body)
                answers.append(told(answer, door, things, body))
                look_at(answer, door, who)
                leaks += [(door.name, word) for word in kept if word in answers[-1][1]]
            hidden = [place for place in (*places(door.pattern), *named(body)) if is_anothers(who, place)]
            if hidden and answers[0][0] in REFUSED:
                compared += 1
                leaks += [(door.name, *differs)] if (differs := difference(*answers)) else []
    assert compared >= (45 if who == "stranger" else 1)
    assert not leaks, "\n".join(map(str, leaks))


REFUSED = {302, 303, 401, 403, 404}
"""How who may not is answered: turned away, or sent to the sign-in."""


def look_at(answer: httpx.Response, door: Door, who: str) -> None:
    """See that an answer is one in words, with nothing from the inside."""
    assert answer.status_code < 500, (door.name, answer.text)
    for inside in ("Traceback", "psycopg", "sqlalchemy", "SELECT ", "line 1:"):
        assert inside not in answer.text, (door.name, inside)
    if who == "stranger":
        assert answer.status_code in (401, 303, 302), (door.name, answer.status_code)
    if answer.status_code >= 400 and not door.is_page:
        assert answer.json()["type"].startswith("/problems/"), (door.name, answer.text)
