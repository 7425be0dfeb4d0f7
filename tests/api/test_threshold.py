"""What every answer carries, what machines ask, and what the log keeps to itself."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time

import pytest
import structlog
from fastapi import FastAPI

from api.database.migrations import head, revisions
from api.database.roles import Role
from api.database.sessions import Sessions
from api.logs import set_up_logs
from api.main import build_app
from api.readiness import Readiness, ReadinessKept
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


@pytest.mark.parametrize(("scheme", "told"), [("https", "max-age=31536000; includeSubDomains"), ("http", None)])
def test_who_came_over_https_is_told_to_stay_there(stranger: Caller, scheme: str, told: str | None) -> None:
    for path in ("/sign-in", "/api/v1/deals", "/no-such-page", "/static/missionbook.css"):
        assert stranger.get(f"{scheme}://bank.example{path}").headers.get("Strict-Transport-Security") == told, path


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "DEBUG", "PROPFIND", "OPTIONS"])
@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/deals", "/api/v1/tokens", "/static/missionbook.css"])
def test_no_other_method_is_taken(stranger: Caller, method: str, path: str) -> None:
    told = stranger(method, path, headers={"X-Echo": "whisper"})
    assert told.status_code == 405
    assert "whisper" not in told.text


@pytest.mark.parametrize(
    "path", ["/static", "/static/", "/static/../api/main.py", "/static/%2e%2e/api/main.py", "/.git/config"]
)
def test_no_folder_is_listed_and_no_other_file_served(stranger: Caller, path: str) -> None:
    told = stranger.get(path)
    assert told.status_code in (404, 405, 307)
    assert "missionbook.css" not in told.text.replace('"/static/missionbook.css', "")
    assert "import" not in told.text


def test_no_other_origin_is_let_read(stranger: Caller) -> None:
    for path in ("/sign-in", "/api/v1/deals", "/healthz"):
        headers = stranger.get(path, headers={"Origin": "https://evil.example"}).headers
        assert not [name for name in headers if name.lower().startswith("access-control-")], path


def test_what_is_logged_stays_within_its_line() -> None:
    stream = io.StringIO()
    set_up_logs(stream)
    try:
        structlog.get_logger().info("refused", said='one\r\n{"event": "forged"}\u2028two')
    finally:
        set_up_logs()
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["said"]) == ("refused", 'one\r\n{"event": "forged"}\u2028two')
    assert said["timestamp"].endswith("Z"), "UTC"


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


def test_however_many_ask_at_once_one_at_a_time_asks_the_database(database: TestDatabase) -> None:
    class Counted:
        """The database, and how many askers it had at one moment: each stays long enough for others to come in."""

        sessions = database.sessions
        turn, here, most = threading.Lock(), 0, 0

        def url(self, role: Role) -> str:
            with self.turn:
                self.here += 1
                self.most = max(self.most, self.here)
            time.sleep(0.2)
            with self.turn:
                self.here -= 1
            return database.url(role)

    counted = Counted()
    caller = Caller(build_app(counted))

    async def all_at_once() -> list[int]:
        return [told.status_code for told in await asyncio.gather(*(caller.call("GET", "/readyz") for _ in range(80)))]

    assert asyncio.run(all_at_once()) == [200] * 80
    assert counted.most == 1


@pytest.mark.parametrize("found", list(Readiness))
def test_what_was_found_stands_for_a_second(found: Readiness) -> None:
    moments, asked = [0.0], list[float]()

    def ask() -> Readiness:
        asked.append(moments[-1])
        return found if moments[-1] < 1 else Readiness.READY

    kept = ReadinessKept(ask, clock=lambda: moments[-1])

    def answer_at(moment: float) -> Readiness:
        moments.append(moment)
        return asyncio.run(kept.now())

    assert [answer_at(moment) for moment in (0.0, 0.5, 0.999, 1.0, 1.5, 2.5)] == [found] * 3 + [Readiness.READY] * 3
    assert asked == [0.0, 1.0, 2.5]


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
