"""Who passes which door: strangers none, each role its own, an investee only to what is theirs."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.database.roles import Role
from api.database.sessions import Sessions
from api.main import build_app
from tests.api.conftest import Caller
from tests.api.world import FUND, World
from tests.conftest import TestDatabase

OPEN = {"/api/openapi.json", "/api/v1/tokens"}
MONEY = {"amount": "10.00", "currency": "EUR"}


def doors(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or ())
        if context.path and context.path.startswith("/api/") and context.path not in OPEN and method != "HEAD"
    ]


def filled(path: str) -> str:
    for name in ("deal_id", "instrument_id", "covenant_id", "report_id"):
        path = path.replace("{" + name + "}", str(uuid4()))
    return path.replace("{entry_id}", "1").replace("{code}", "x")


def test_a_stranger_is_refused_at_every_door(app: FastAPI, stranger: Caller) -> None:
    found = doors(app)
    assert len({path for _, path in found}) >= 25
    for method, path in found:
        told = stranger(method, filled(path), json={})
        assert (told.status_code, told.json()["type"]) == (401, "/problems/sign-in-needed"), (method, path)
        assert told.headers["WWW-Authenticate"] == "Bearer"


def test_a_made_up_token_opens_nothing(app: FastAPI) -> None:
    for token in ("x", "é" * 5, "", "a" * 4000):
        caller = Caller(app)
        # As bytes: a header in text could not hold what a stranger may send.
        caller.headers = {"Authorization": f"Bearer {token}".encode()}  # type: ignore[dict-item]
        assert caller.get("/api/v1/me").status_code == 401


INSIDE = {"officer", "risk", "board", "auditor", "steward"}


DOORS: list[tuple[str, str, Any, set[str]]] = [
    ("GET", "/funds", None, INSIDE),
    ("GET", f"/funds/{FUND}/impact-report", None, INSIDE),
    ("GET", f"/funds/{FUND}/evergreen-report", None, INSIDE),
    ("GET", f"/funds/{FUND}/statements/trial-balance", None, INSIDE),
    ("GET", f"/funds/{FUND}/headroom", None, INSIDE),
    ("GET", "/entries", None, INSIDE),
    ("GET", "/projects", None, INSIDE),
    ("GET", f"/exit-triggers?fund={FUND}", None, INSIDE),
    ("GET", "/seals/head", None, INSIDE),
    ("GET", "/audit", None, {"auditor", "steward"}),
    ("GET", "/users", None, {"auditor", "steward"}),
    ("GET", "/verification", None, {"auditor", "board", "steward", "officer"}),
    ("GET", "/missions", None, {*INSIDE, "ann"}),
    ("GET", "/deals", None, {*INSIDE, "ann"}),
    ("POST", "/parties", {"code": "NEW", "name": "New", "kind": "charity"}, {"officer"}),
    ("POST", f"/funds/{FUND}/days", {"to": "2026-04-01"}, {"officer", "steward"}),
    ("PUT", "/projects/P-ANN/missions", {"missions": []}, {"officer"}),
]


def test_each_role_passes_its_own_doors(bank: dict[str, Caller], world: World) -> None:
    for method, path, body, may in DOORS:
        headers = {"If-Match": '"0"'} if method == "PUT" else {}
        for name in sorted({*INSIDE, "ann"}):
            told = bank[name](method, f"/api/v1{path}", json=body, headers=headers)
            expected = {True: (200, 201), False: (403,)}[name in may]
            assert told.status_code in expected, (name, path, told.text)
            if name not in may:
                assert told.json()["type"] == "/problems/not-allowed"


def test_an_investee_sees_only_theirs_over_one_pooled_connection(
    database: TestDatabase, bank: dict[str, Caller], world: World
) -> None:
    one = Sessions(database.url, pool_size=1)

    class Narrow:
        sessions = one

        def url(self, role: Role) -> str:
            return database.url(role)

    app = build_app(Narrow())
    ann, ben, officer = (Caller(app) for _ in range(3))
    for caller, name in ((ann, "ann"), (ben, "ben"), (officer, "officer")):
        caller.headers = bank[name].headers

    def codes(caller: Caller, path: str) -> list[str]:
        return [row["code"] for row in caller.get(path).json()["items"]]

    for _ in range(3):  # turn by turn on the same connection
        assert codes(ann, "/api/v1/deals") == ["D-ANN"]
        assert codes(officer, "/api/v1/deals") == ["D-ANN", "D-BEN"]
        assert codes(ben, "/api/v1/deals") == ["D-BEN"]
        assert codes(ann, "/api/v1/parties") == ["HARBOUR"]
    one.close()


def test_what_is_another_investees_is_not_there(bank: dict[str, Caller], world: World) -> None:
    ben = world.ben
    theirs = [
        f"/deals/{ben.deal}",
        f"/deals/{ben.deal}/covenants",
        f"/deals/{ben.deal}/entries",
        f"/instruments/{ben.instrument}",
        f"/instruments/{ben.instrument}/schedule",
        f"/covenants/{ben.covenant}/findings",
        f"/findings?deal={ben.deal}",
        f"/breaches?deal={ben.deal}",
        f"/reports?deal={ben.deal}",
        f"/reports/{ben.report}",
        "/projects/P-BEN",
        "/parties/MILL",
    ]
    for path in theirs:
        assert bank["ben"].get(f"/api/v1{path}").status_code == 200, path
        told = bank["ann"].get(f"/api/v1{path}")
        assert (told.status_code, told.json()["type"]) == (404, "/problems/no-such-thing"), path
        assert "Mill" not in told.text
    for path, body in (
        (f"/reports/{ben.report}/versions", {"values": {"homes": 500}, "signed_by": "Ann"}),
        (f"/reports/{ben.report}/preview", {"values": {"homes": 500}}),
        (f"/instruments/{ben.instrument}/drawdowns", {"money": MONEY, "effective_on": "2026-03-31"}),
        (f"/instruments/{ben.instrument}/receipts", {"money": MONEY, "effective_on": "2026-03-31"}),
    ):
        assert bank["ann"].post(f"/api/v1{path}", body).status_code in (403, 404), path
    assert bank["ben"].get(f"/api/v1/reports/{ben.report}").json()["versions"] == []


def test_lists_without_a_fund_show_an_investee_nothing_of_others(bank: dict[str, Caller], world: World) -> None:
    for path in ("findings", "breaches", "reports"):
        told = bank["ann"].get(f"/api/v1/{path}?fund={FUND}")
        assert told.status_code == 200, told.text
        assert "BEN" not in told.text


def test_reaching_for_what_is_not_theirs_leaves_an_audit_row(bank: dict[str, Caller], world: World) -> None:
    foreign = bank["ann"].get(f"/api/v1/deals/{world.ben.deal}")
    forbidden = bank["ann"].get("/api/v1/funds")
    bank["ann"].post("/api/v1/tokens", {"email": "ben@bank.example", "password": "guessing-at-it"})
    told = bank["auditor"].get("/api/v1/audit?outcome=refused").json()["items"]
    assert [(row["actor_name"], row["act"], row["subject"]) for row in told] == [
        ("ben@bank.example", "sign in refused", "POST /api/v1/tokens"),
        ("ann", "read the book", "GET /api/v1/funds"),
        ("ann", "no such thing", f"GET /api/v1/deals/{world.ben.deal}"),
    ]
    assert [row["request_id"] for row in told[1:]] == [
        forbidden.headers["X-Request-ID"],
        foreign.json()["trace_id"],
    ]


def test_many_more_callers_than_connections_are_all_answered(app: FastAPI, bank: dict[str, Caller]) -> None:
    async def rush() -> list[int]:
        calls = [bank["officer"].call("GET", "/api/v1/funds") for _ in range(120)]
        return [told.status_code for told in await asyncio.gather(*calls)]

    assert set(asyncio.run(rush())) == {200}
