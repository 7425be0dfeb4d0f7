"""What every answer carries, what machines ask, and what the log keeps to itself."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI

from api.database.migrations import head, revisions
from api.database.roles import Role
from api.database.sessions import Sessions
from api.main import build_app
from tests.api.conftest import PASSWORD, Caller
from tests.conftest import TestDatabase


@pytest.mark.parametrize("path", ["/api/v1/deals", "/healthz", "/no-such-page"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(stranger: Caller, path: str) -> None:
    headers = stranger.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert len(headers["X-Request-ID"]) == 32


def test_the_probes_answer(stranger: Caller) -> None:
    assert stranger.get("/healthz").json() == {"status": "alive"}
    assert stranger.get("/readyz").json() == {"status": "ready"}


def test_not_ready_without_a_database_and_before_its_migrations(database: TestDatabase) -> None:
    class Away:
        sessions = Sessions(lambda _: "postgresql://nobody@127.0.0.1:1/nothing")

        def url(self, _role: Role) -> str:
            return "postgresql://nobody@127.0.0.1:1/nothing"

    away = Caller(build_app(Away()))
    told = away.get("/readyz")
    assert (told.status_code, told.json()["type"]) == (503, "/problems/database-away")
    assert away.get("/healthz").status_code == 200
    away.headers = {"Authorization": "Bearer x"}
    told = away.get("/api/v1/me")
    assert (told.status_code, told.json()["type"]) == (503, "/problems/database-away")
    assert "127.0.0.1" not in told.text

    before = revisions()[head(revisions())]
    with database.sessions.begin(Role.MIGRATOR) as session:
        session.connection().exec_driver_sql(f"UPDATE alembic_version SET version_num = '{before}'")
    told = Caller(build_app(database)).get("/readyz")
    assert (told.status_code, told.json()["type"]) == (503, "/problems/migrations-pending")


def test_metrics_count_doors_and_name_nobody(bank: dict[str, Caller], stranger: Caller) -> None:
    bank["ann"].get("/api/v1/parties/HARBOUR")
    stranger.get("/api/v1/made-up-by-somebody")
    told = stranger.get("/metrics").text
    assert 'missionbook_requests_total{door="/api/v1/parties/{code}",method="GET",status="200"} 1.0' in told
    for word in ("HARBOUR", "ann", "made-up"):
        assert word not in told


def test_the_log_holds_no_secret(bank: dict[str, Caller], stranger: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    token = stranger.post("/api/v1/tokens", {"email": "board@bank.example", "password": PASSWORD}).json()["token"]
    Caller(stranger.app, token).get("/api/v1/deals?search=whisper")
    logged = capsys.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [(line["door"], line["status"]) for line in lines] == [("/api/v1/tokens", 201), ("/api/v1/deals", 200)]
    for word in (PASSWORD, token, "whisper"):
        assert word not in logged


def test_openapi_lists_the_api_and_its_refusals(app: FastAPI, stranger: Caller) -> None:
    spec = stranger.get("/api/openapi.json").json()
    assert spec["openapi"].startswith("3.1")
    assert len(spec["paths"]) >= 25
    draw = spec["paths"]["/api/v1/instruments/{instrument_id}/drawdowns"]["post"]
    assert {one["name"] for one in draw["parameters"]} == {"instrument_id", "Idempotency-Key"}
    assert "4XX" in draw["responses"]
    assert draw["security"]
