"""A request with a key is done once, however often and however quickly it is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from starlette.requests import Request

from api.database.roles import Role
from api.deps import hash_of_request
from tests.api.conftest import Caller
from tests.api.world import World
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
