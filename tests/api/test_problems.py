"""How failures are told: in words, with a stable type and a trace id, and with nothing from the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from api.deps import Transaction
from api.refusals import TABLE
from tests.api.conftest import Caller
from tests.api.world import World

MEMBERS = {"type", "title", "status", "detail", "trace_id"}


def test_types_are_told_apart() -> None:
    words = [word for _, word in TABLE.values()]
    assert len(words) == len(set(words))


def test_an_unknown_address_gets_problem_details_under_api_and_a_page_elsewhere(stranger: Caller) -> None:
    told = stranger.get("/api/v1/no-such-thing")
    assert (told.status_code, told.headers["content-type"]) == (404, "application/problem+json")
    assert set(told.json()) == MEMBERS
    assert told.json()["type"] == "/problems/no-such-address"
    page = stranger.get("/no-such-page")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_refusal_tells_its_facts(bank: dict[str, Caller], world: World) -> None:
    told = (
        bank["officer"]
        .post(
            f"/api/v1/instruments/{world.ann.instrument}/drawdowns",
            {"money": {"amount": "100000.01", "currency": "EUR"}, "effective_on": "2026-03-31"},
        )
        .json()
    )
    trace_id = told.pop("trace_id")
    assert len(trace_id) == 32
    assert told == {
        "type": "/problems/commitment-exceeded",
        "title": "Commitment exceeded",
        "status": 409,
        "detail": "EUR 100,000.01 is more than the EUR 100,000.00 left of the commitment",
        "undrawn": {"amount": "100000.00", "currency": "EUR"},
        "asked": {"amount": "100000.01", "currency": "EUR"},
    }


def test_every_problem_of_a_request_is_told_at_once(bank: dict[str, Caller]) -> None:
    told = bank["officer"].post("/api/v1/parties", {"code": "a b", "kind": "bank", "colour": "red"})
    assert (told.status_code, told.json()["type"]) == (422, "/problems/input-refused")
    assert [one["where"] for one in told.json()["problems"]] == ["code", "name", "kind", "colour"]
    assert told.json()["problems"][1]["what"] == "is missing"


def with_doors(app: FastAPI) -> None:
    router = APIRouter()

    @router.post("/api/test/fails-at-commit")
    def fails_at_commit(session: Transaction) -> dict[str, str]:
        # An entry that says it has two postings and has none: the database notices at COMMIT, not before.
        session.execute(
            text(
                "INSERT INTO entry (fund_id, recorded_by, actor_scope, idem_key, body_hash, kind, reason, booked_on, "
                "effective_on, posting_count) "
                "SELECT id, actor_id(), 'x', 'x', '', 'receipt', 'x', '2026-03-31', '2026-03-31', 2 FROM fund"
            )
        )
        return {"answer": "it went well"}

    @router.get("/api/test/fails")
    def fails() -> None:
        raise RuntimeError("the password is hunter2")

    @router.get("/test/fails")
    def fails_on_a_page() -> None:
        raise RuntimeError("the password is hunter2")

    @router.get("/api/test/slow")
    def slow(session: Transaction) -> None:
        session.execute(text("SET LOCAL statement_timeout = '20ms'"))
        session.execute(text("SELECT pg_sleep(5)"))

    app.include_router(router)


def test_a_commit_that_fails_is_a_failure_and_not_an_answer(
    app: FastAPI, bank: dict[str, Caller], world: World
) -> None:
    with_doors(app)
    told = bank["officer"].post("/api/test/fails-at-commit")
    assert (told.status_code, told.json()["type"]) == (500, "/problems/failure")
    assert "posting" not in told.text
    assert len(bank["officer"].get("/api/v1/entries?limit=100").json()["items"]) == 3  # contribution, 2 commitments


@pytest.mark.parametrize("path", ["/api/test/fails", "/test/fails"])
def test_what_nobody_expected_shows_nothing_from_the_inside(
    app: FastAPI, stranger: Caller, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with_doors(app)
    told = stranger.get(path)
    assert told.status_code == 500
    for word in ("hunter2", "Traceback", "RuntimeError"):
        assert word not in told.text
    assert told.headers["X-Request-ID"] in told.text
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert told.headers["X-Request-ID"] in capsys.readouterr().err  # and the log leads on


def test_what_takes_too_long_is_given_up_in_words(app: FastAPI, bank: dict[str, Caller]) -> None:
    with_doors(app)
    told = bank["officer"].get("/api/test/slow")
    assert (told.status_code, told.json()["type"]) == (503, "/problems/too-slow")
    assert told.headers["Retry-After"] == "1"


BAD = "/api/v1/parties"


NONSENSE = [
    (b"", 422),
    (b"{", 422),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b"\xff\xfe", 422),
    ('{"name": "Zoë"}'.encode("latin-1"), 400),
    (b"[" * 50_000, 400),
    (b'{"code": "X", "name": "a\\u0000b", "kind": "charity"}', 422),
    (b'{"code": "X", "name": "\\ud800", "kind": "charity"}', 422),
    (b'{"code": 1e400, "name": "X", "kind": "charity"}', 422),
    (b'{"code": NaN, "name": "X", "kind": "charity"}', 422),
    (b'{"code": "X", "name": "' + b"x" * 1_100_000 + b'"}', 413),
]


def test_nonsense_is_refused_in_words(bank: dict[str, Caller]) -> None:
    for raw, status in NONSENSE:
        told = bank["officer"]("POST", BAD, content=raw, headers={"Content-Type": "application/json"})
        assert told.status_code == status, (raw[:60], told.text)
        assert set(told.json()) >= MEMBERS
    assert bank["officer"].get(BAD + "?search=X").json()["items"] == []


def test_a_body_of_undeclared_length_is_cut_off(bank: dict[str, Caller]) -> None:
    async def endless() -> Any:
        for _ in range(300):
            yield b"x" * 10_000

    told = bank["officer"]("POST", BAD, content=endless(), headers={"Content-Type": "application/json"})
    assert (told.status_code, told.json()["type"]) == (413, "/problems/request-too-large")


BAD_MONEY: list[tuple[dict[str, Any], str]] = [
    ({"amount": "-5.00", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "0.00", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "1e400", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "NaN", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "=1+1", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "1,000.00", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "1.001", "currency": "EUR"}, "2026-03-31"),
    ({"amount": "9" * 30, "currency": "EUR"}, "2026-03-31"),
    ({"amount": 5, "currency": "EUR"}, "2026-03-31"),
    ({"amount": "5.00", "currency": "GBP"}, "2026-03-31"),
    ({"amount": "5.00", "currency": "euro"}, "2026-03-31"),
    ({"amount": "5.00", "currency": "EUR"}, "31/03/2026"),
    ({"amount": "5.00", "currency": "EUR"}, "2026-02-30"),
    ({"amount": "5.00", "currency": "EUR"}, "9999-12-31"),
    ({"amount": "5.00", "currency": "EUR"}, "0001-01-01"),
]


def test_bad_money_and_bad_days_move_nothing(bank: dict[str, Caller], world: World) -> None:
    address = f"/api/v1/instruments/{world.ann.instrument}"
    for money, effective_on in BAD_MONEY:
        told = bank["officer"].post(f"{address}/drawdowns", {"money": money, "effective_on": effective_on})
        assert told.status_code == 422, (money, effective_on, told.text)
    assert bank["officer"].get(address).json()["figures"]["drawn"]["amount"] == "0.00"


def test_bad_values_of_a_report_are_refused(bank: dict[str, Caller], world: World) -> None:
    values: list[Any] = ["1e400", "NaN", "Infinity", "=1", "1,5", True, [], {}, 10**16, "0.1234567", 1e22]
    for value in values:
        told = bank["ann"].post(
            f"/api/v1/reports/{world.ann.report}/versions", {"values": {"homes": value}, "signed_by": "Ann"}
        )
        assert (told.status_code, told.json()["type"]) == (422, "/problems/input-refused"), value


BAD_ADDRESSES = [
    "/deals?stage=sold",
    "/deals?limit=0",
    "/deals?limit=1000000",
    "/deals?fund='; DROP TABLE deal; --",
    "/deals?after=%00",
    "/deals?search=%00",
    "/deals/not-a-uuid",
    "/entries?after=x",
    "/entries/0",
    "/entries/99999999999999999999",
    "/funds/no-such-fund",
    "/funds/harbours/impact-report?as_of=yesterday",
    "/funds/harbours/impact-report?seal=-1",
    "/funds/harbours/impact-report?seal=999999",
    "/findings",
]


def test_bad_addresses_are_refused_in_words(bank: dict[str, Caller], world: World) -> None:
    for path in BAD_ADDRESSES:
        told = bank["officer"].get(f"/api/v1{path}")
        assert told.status_code in (404, 422), (path, told.text)
        assert set(told.json()) >= MEMBERS
        assert "psycopg" not in json.dumps(told.json())


def test_markup_in_a_name_stays_a_name(bank: dict[str, Caller]) -> None:
    name = "<script>alert(1)</script> =cmd|' /C calc'!A0"
    told = bank["officer"].post("/api/v1/parties", {"code": "X1", "name": name, "kind": "business"})
    assert (told.status_code, told.json()["name"]) == (201, name)
    assert told.headers["content-type"] == "application/json"
