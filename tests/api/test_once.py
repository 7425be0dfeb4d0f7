"""A request with a key is done once, however often and however quickly it is sent."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from starlette.requests import Request

from api.database.roles import Role
from api.deps import hash_of_request
from tests.api.conftest import Caller
from tests.api.test_edits import PROPOSAL
from tests.api.world import FUND, World
from tests.conftest import TestDatabase


def drawdown(amount: str) -> dict[str, Any]:
    return {"money": {"amount": amount, "currency": "EUR"}, "effective_on": "2026-03-31"}


@pytest.fixture
def address(world: World) -> str:
    return f"/api/v1/instruments/{world.ann.instrument}/drawdowns"


def drawn(caller: Caller, world: World) -> str:
    amount: str = caller.get(f"/api/v1/instruments/{world.ann.instrument}").json()["figures"]["drawn"]["amount"]
    return amount


def test_a_retry_gets_the_first_answer_again(bank: dict[str, Caller], world: World, address: str) -> None:
    first = bank["officer"].post(address, drawdown("1000.00"), key="k1")
    again = bank["officer"].post(address, drawdown("1000.00"), key="k1")
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert again.content == first.content, "byte for byte"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert drawn(bank["officer"], world) == "1000.00"


def test_the_order_of_members_makes_no_other_request(bank: dict[str, Caller], world: World, address: str) -> None:
    body = drawdown("1000.00")
    bank["officer"].post(address, body, key="k1")
    assert bank["officer"].post(address, dict(reversed(body.items())), key="k1").status_code == 201
    assert drawn(bank["officer"], world) == "1000.00"


def test_another_body_or_another_address_with_the_same_key_is_refused(
    bank: dict[str, Caller], world: World, address: str
) -> None:
    bank["officer"].post(address, drawdown("1000.00"), key="k1")
    for other in (
        bank["officer"].post(address, drawdown("1000.01"), key="k1"),
        bank["officer"].post(address.replace(str(world.ann.instrument), str(world.ben.instrument)),
                             drawdown("1000.00"), key="k1"),
    ):  # fmt: skip
        assert (other.status_code, other.json()["type"]) == (422, "/problems/key-used-for-another-request")
    assert drawn(bank["officer"], world) == "1000.00"


@pytest.mark.parametrize(
    ("path", "query", "body", "same"),
    [
        ("/a", b"", b'{"x": 1, "y": 2}', True),
        ("/a", b"", b'{"y": 2, "x": 1}', True),
        ("/a", b"", b'{"x": 2, "y": 1}', False),
        ("/b", b"", b'{"x": 1, "y": 2}', False),
        ("/a", b"on=2026-03-31", b'{"x": 1, "y": 2}', False),
        ("/a", b"", b'{"x": 1, "y": 2', False),
    ],
)
def test_what_is_asked_is_the_address_its_parameters_and_the_body(
    path: str, query: bytes, body: bytes, same: bool
) -> None:
    def hashed(path: str, query: bytes, body: bytes) -> bytes:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {"type": "http", "method": "POST", "path": path, "query_string": query, "headers": [(b"host", b"x")]}
        return asyncio.run(hash_of_request(Request(scope, receive)))

    assert (hashed(path, query, body) == hashed("/a", b"", b'{"x": 1, "y": 2}')) is same


def test_the_same_key_of_another_person_or_at_another_door_is_another_key(
    bank: dict[str, Caller], world: World, address: str
) -> None:
    assert bank["officer"].post(address, drawdown("1000.00"), key="k1").status_code == 201
    assert bank["officer2"].post(address, drawdown("1000.00"), key="k1").status_code == 201
    receipt = bank["officer"].post(address.replace("drawdowns", "receipts"), drawdown("1.00"), key="k1")
    assert receipt.status_code == 201, receipt.text
    assert drawn(bank["officer"], world) == "2000.00"


@pytest.mark.parametrize("key", [None, "", "  ", "k" * 201, "schlüssel"])
def test_a_missing_or_unusable_key_is_refused_in_words(
    bank: dict[str, Caller], world: World, address: str, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    told = bank["officer"]("POST", address, json=drawdown("1000.00"), headers=headers)
    assert (told.status_code, told.json()["type"]) == (400, "/problems/idempotency-key-missing")
    assert "Idempotency-Key" in told.json()["detail"]
    assert drawn(bank["officer"], world) == "0.00"


def test_a_refused_request_may_be_sent_again_with_its_key(bank: dict[str, Caller], world: World, address: str) -> None:
    assert bank["officer"].post(address, drawdown("100000.01"), key="k1").status_code == 409
    assert bank["officer"].post(address, drawdown("100000.00"), key="k1").status_code == 201


def test_eight_racing_with_one_key_pay_once(
    bank: dict[str, Caller], world: World, address: str, database: TestDatabase
) -> None:
    async def race() -> list[Any]:
        calls = [
            bank["officer"].call("POST", address, json=drawdown("1000.00"), headers={"Idempotency-Key": "k1"})
            for _ in range(8)
        ]
        return await asyncio.gather(*calls)

    told = asyncio.run(race())
    assert [one.status_code for one in told] == [201] * 8
    assert len({one.json()["entry_id"] for one in told}) == 1
    assert sorted(one.headers.get("Idempotency-Replayed", "") for one in told) == ["", *["true"] * 7]
    assert drawn(bank["officer"], world) == "1000.00"
    with database.sessions.begin(Role.NIGHT) as session:
        assert session.execute(text("SELECT count(*) FROM entry WHERE kind = 'drawdown'")).scalar_one() == 1


def test_a_report_is_submitted_once_and_corrected_by_another_key(bank: dict[str, Caller], world: World) -> None:
    address = f"/api/v1/reports/{world.ann.report}/versions"
    body = {"values": {"homes": "412"}, "signed_by": "Ann Example", "statement": "Counted."}
    assert bank["ann"].post(address, body, key="r1").json() == {"version": 1}
    assert bank["ann"].post(address, body, key="r1").json() == {"version": 1}
    assert bank["ann"].post(address, {**body, "values": {"homes": 398}}, key="r2").json() == {"version": 2}
    versions = bank["ann"].get(f"/api/v1/reports/{world.ann.report}").json()["versions"]
    assert [(one["version"], one["values"]) for one in versions] == [(1, {"homes": "412"}), (2, {"homes": "398"})]


TODAY = datetime.now(UTC).date()
ADDED: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "board",
        "/delegations",
        {"to": "officer2@bank.example", "acts": ["approve a reversal"], "from_day": f"{TODAY - timedelta(days=2)}",
         "to_day": f"{TODAY + timedelta(days=2)}"},
        "delegation",
    ),
    ("officer", "/conflicts", {"party": "MILL", "words": "my brother", "since": "2026-01-01"}, "conflict_of_interest"),
    (
        "steward",
        f"/funds/{FUND}/amounts",
        {"act": "pay out a drawdown", "role": "officer", "alone": None, "valid_from": "2026-03-31", "source": "x"},
        "authority_limit",
    ),
    ("officer", "/parties", {"code": "NEW", "name": "New", "kind": "charity"}, "party WHERE code = 'NEW'"),
    ("officer", "/deals", PROPOSAL, f"deal WHERE code = '{PROPOSAL['code']}'"),
]  # fmt: skip
"""Who adds what at which door, and the rows that there are one of afterwards."""


def count(database: TestDatabase, rows: str) -> int:
    with database.sessions.begin(Role.NIGHT) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {rows}")).scalar_one())


@pytest.mark.parametrize(("who", "path", "body", "rows"), ADDED, ids=[path for _, path, _, _ in ADDED])
def test_what_is_added_with_a_key_is_there_once(
    bank: dict[str, Caller], world: World, database: TestDatabase, who: str, path: str, body: dict[str, Any], rows: str
) -> None:
    first = bank[who].post(f"/api/v1{path}", body, key="k1")
    assert first.status_code == 201, first.text
    again = bank[who].post(f"/api/v1{path}", body, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers.get("ETag") == first.headers.get("ETag")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(database, rows) == 1


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (0, r"delegation \d+ lends them just this already"),
        (1, "this tie is declared already, from 1 Jan 2026 on"),
        (2, "it is set already, from 31 Mar 2026 on and by this source"),
    ],
)
def test_what_is_added_again_without_a_key_is_refused_in_words(
    bank: dict[str, Caller], world: World, database: TestDatabase, at: int, words: str
) -> None:
    who, path, body, rows = ADDED[at]
    assert bank[who].post(f"/api/v1{path}", body, key=None).status_code == 201
    again = bank[who].post(f"/api/v1{path}", body, key=None)
    assert again.status_code == 422
    (problem,) = again.json()["problems"]
    assert re.fullmatch(words, problem["what"])
    assert count(database, rows) == 1


def test_a_step_that_is_sent_again_with_its_key_is_answered_again(bank: dict[str, Caller], world: World) -> None:
    _, path, body, _ = ADDED[4]
    deal = bank["officer"].post(f"/api/v1{path}", body)
    step = f"/api/v1/deals/{deal.json()['id']}/stages"
    told = [bank["officer"].post(step, {"stage": "appraised"}, key="k1", headers={"If-Match": '"1"'}) for _ in range(2)]
    assert [(one.status_code, one.headers["ETag"], one.json()["stage"]) for one in told] == [
        (200, '"2"', "appraised"),
        (200, '"2"', "appraised"),
    ]


def test_a_loan_that_is_ended_twice_with_one_key_is_answered_twice(bank: dict[str, Caller], world: World) -> None:
    _, path, body, _ = ADDED[0]
    number = bank["board"].post(f"/api/v1{path}", body).json()["delegation_id"]
    told = [bank["board"].post(f"/api/v1/delegations/{number}/end", {}, key="k2") for _ in range(2)]
    assert [(one.status_code, one.json()) for one in told] == [(201, {"delegation_id": number})] * 2
