"""Five thousand calls at every door of the API, made up by schemathesis from the bank's own description of it.

Half of them are as the description says and half are not; half of the identifiers are real ones. Somebody of every
role calls in turn, each with a sign-in that holds. Promised: no server error, and no answer that the description does
not know. The calls are the same in every run.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
import psycopg
import schemathesis
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from starlette.types import Receive, Scope, Send

from api.database.embedded import Cluster
from api.database.migrations import migrate
from api.database.roles import DATABASE
from api.database.roles import Role as DatabaseRole
from api.database.sessions import Sessions
from api.demonstration import load_demonstration
from api.main import build_app
from bench._book import server
from domain.authority import NIGHT
from domain.desk import people
from domain.parties import Role

CALLS = 5_000
CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
NOT_CALLED = {"/api/v1/tokens", "/api/v1/tokens/current", "/api/v1/tokens/rotation", "/api/v1/sign-ins"}
"""Signing in locks a caller out after some failures, and signing out would end the run: both have their own tests."""


@dataclass(slots=True)
class Knocked:
    """What the doors answered: how often which status, server errors, answers that are not as described."""

    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    server_errors: list[str] = field(default_factory=list)
    not_as_described: Counter[str] = field(default_factory=Counter)


class SignedIn:
    """The application, with somebody's sign-in at every call: what is made up leaves it out as it leaves out others."""

    def __init__(self, app: FastAPI) -> None:
        self._app, self.token = app, ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.token:
            headers = [one for one in scope["headers"] if one[0].lower() != b"authorization"]
            scope = {**scope, "headers": [*headers, (b"authorization", f"Bearer {self.token}".encode())]}
        await self._app(scope, receive, send)


def knock(app: FastAPI, tokens: Mapping[str, str], known: Mapping[str, Sequence[object]], *, calls: int) -> Knocked:
    """Call every operation of the application about ``calls`` times in all; ``known`` are identifiers by their name."""
    load_all_checks()
    checks = CHECKS.get_by_names(list(CHECKED))
    signed_in = SignedIn(app)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", signed_in)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    operations = [one for one in operations if one.path not in NOT_CALLED]
    told, each = Knocked(), 2 + calls // (2 * len(operations))  # some doors take fewer
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try_operation(operation, mode, signed_in, tokens, known, checks, told, times=each)
    return told


def try_operation(
    operation: Any, mode: GenerationMode, signed_in: SignedIn, tokens: Mapping[str, str],
    known: Mapping[str, Sequence[object]], checks: Any, told: Knocked, *, times: int,
) -> None:  # fmt: skip
    """Make calls to one operation, as described or not."""

    @hypothesis.seed(20_260_331)
    @hypothesis.settings(
        max_examples=times, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def call(case: Any, data: st.DataObject) -> None:
        who = list(tokens)[told.calls % len(tokens)]
        for name in case.path_parameters or {}:
            if name in known and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(list(known[name])))
        signed_in.token = tokens[who]
        answer = case.call(headers={"Idempotency-Key": f"call-{told.calls}"} if case.method != "GET" else {})
        told.calls += 1
        told.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            told.server_errors.append(f"{who}: {case.as_curl_command()}: {answer.text[:300]}")
            return
        try:
            case.validate_response(answer, checks=checks)
        except (Failure, FailureGroup) as unlike:
            for one in getattr(unlike, "exceptions", [unlike]):
                told.not_as_described[f"{case.method} {operation.path}: {one.title} {answer.status_code}"] += 1

    try:
        call()
    except hypothesis.errors.Unsatisfiable:
        return  # nothing of that mode can be made up: a door without parameters cannot be asked wrongly


PASSWORD = "five-thousand-calls"
CALLERS = {role.value: role for role in Role}
KNOWN = {
    "code": "SELECT code FROM fund UNION ALL (SELECT code FROM project LIMIT 5) "
    "UNION ALL (SELECT code FROM party LIMIT 5)",
    "deal_id": "SELECT id::text FROM deal ORDER BY code LIMIT 8",
    "instrument_id": "SELECT id::text FROM instrument ORDER BY code LIMIT 8",
    "covenant_id": "SELECT id::text FROM covenant ORDER BY code LIMIT 8",
    "report_id": "SELECT id::text FROM report ORDER BY id LIMIT 8",
    "entry_id": "SELECT id FROM entry ORDER BY id LIMIT 20",
    "account": "SELECT DISTINCT code FROM account LIMIT 8",
}


async def tokens_of(app: FastAPI) -> dict[str, str]:
    """Sign everybody in at the door."""
    tokens = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bank.example") as client:
        for name in CALLERS:
            body = {"email": f"{name}@calls.example", "password": PASSWORD}
            answer = await client.post("/api/v1/tokens", json=body)
            tokens[name] = answer.raise_for_status().json()["token"]
    return tokens


def main() -> bool:
    """Call the application on the demonstration's book, in a database of its own."""
    with server(durable=False) as cluster:
        migrate(cluster.url(DatabaseRole.MIGRATOR))
        sessions = Sessions(cluster.url)
        load_demonstration(sessions)
        with psycopg.connect(cluster.superuser_url(DATABASE)) as connection:
            known = {
                name: [row[0] for row in connection.execute(question.encode())] for name, question in KNOWN.items()
            }
            party = connection.execute("SELECT d.investee_id FROM deal d ORDER BY code LIMIT 1").fetchone()
        with sessions.begin(DatabaseRole.NIGHT) as session:
            for name, role in CALLERS.items():
                people.add_user(
                    session, email=f"{name}@calls.example", name=name, role=role, password=PASSWORD, by=NIGHT,
                    party_id=party[0] if party and role is Role.INVESTEE else None,
                )  # fmt: skip
        app = build_app(TheBook(sessions, cluster))
        set_up_quiet_logs()
        told = knock(app, asyncio.run(tokens_of(app)), known, calls=CALLS)
        sessions.close()
    print(
        f"{told.calls} calls: " + ", ".join(f"{n} times {int(status)}" for status, n in sorted(told.statuses.items()))
    )
    print(f"server errors: {len(told.server_errors)}; answers not as described: {told.not_as_described.total()}")
    for line in [*told.server_errors[:20], *(f"{n} times {what}" for what, n in told.not_as_described.most_common(20))]:
        print(f"  {line}")
    return not told.server_errors and not told.not_as_described and told.calls >= CALLS


@dataclass(frozen=True, slots=True)
class TheBook:
    """The database that the application is built around."""

    sessions: Sessions
    cluster: Cluster

    def url(self, role: DatabaseRole) -> str:
        """Return where the database is, for a role."""
        return self.cluster.url(role)


def set_up_quiet_logs() -> None:
    """Say nothing of each of thousands of requests."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
