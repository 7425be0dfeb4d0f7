"""Sign-ins that are given, exchanged and ended at the same time, and guesses that must not stop the bank."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.database.roles import Role
from api.security import SIGN_INS_AT_WORK_MAX, SIGN_INS_WAITING_MAX
from domain.authority import NIGHT, Actor
from domain.desk import people, sign_ins
from domain.parties import Role as PersonRole
from tests.api.conftest import PASSWORD, Caller
from tests.conftest import TestDatabase
from tests.database.holders import within

BOARD = "board@bank.example"
SAID = {"email": BOARD, "password": PASSWORD}


def waits(database: TestDatabase, done: Future[Any]) -> bool:
    """Wait until somebody waits for a lock (or was done without)."""

    def somebody() -> bool:
        with database.sessions.begin(Role.MIGRATOR) as session:
            found = session.execute(
                text(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND (database IS NULL OR database = "
                    "(SELECT oid FROM pg_database WHERE datname = current_database()))"
                )
            )
            return bool(found.scalar_one()) or done.done()

    return within(60, somebody)


def board_of(database: TestDatabase) -> Actor:
    with database.sessions.begin(Role.NIGHT) as session:
        return Actor(people.user_id_by_email(session, email=BOARD), "board", PersonRole.BOARD)


def test_signing_out_everywhere_also_ends_what_is_being_exchanged(
    database: TestDatabase, app: FastAPI, bank: dict[str, Caller]
) -> None:
    by = board_of(database)
    old = bank["board"]
    token_id = next(one["id"] for one in old.get("/api/v1/sign-ins").json() if one["is_this_one"])
    with ThreadPoolExecutor(1) as pool:
        with database.sessions.begin(Role.APP, by) as session:
            fresh = sign_ins.exchange_token(session, token_id=token_id, address="192.0.2.1", by=by)

            def end() -> None:
                with database.sessions.begin(Role.APP, by) as other:
                    sign_ins.end_everywhere(other, by=by)

            ending = pool.submit(end)
            assert waits(database, ending)
        ending.result(60)
    assert Caller(app, fresh.token).get("/api/v1/me").status_code == 401


def test_a_copied_token_also_ends_what_is_being_exchanged(
    database: TestDatabase, app: FastAPI, bank: dict[str, Caller]
) -> None:
    by = board_of(database)
    first = bank["board"]
    second = Caller(app, first.post("/api/v1/tokens/rotation").json()["token"])
    token_id = next(one["id"] for one in second.get("/api/v1/sign-ins").json() if one["is_this_one"])
    with ThreadPoolExecutor(1) as pool:
        with database.sessions.begin(Role.APP, by) as session:
            third = sign_ins.exchange_token(session, token_id=token_id, address="192.0.2.1", by=by)
            using = pool.submit(lambda: first.get("/api/v1/me"))
            assert waits(database, using)
        assert using.result(60).status_code == 401
    assert Caller(app, third.token).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("door", ["/api/v1/tokens", "/sign-in"])
def test_an_old_password_lets_nobody_in_once_it_is_replaced(
    database: TestDatabase, bank: dict[str, Caller], stranger: Caller, door: str
) -> None:
    said = {"json": SAID} if door.startswith("/api") else {"data": SAID}
    with ThreadPoolExecutor(1) as pool:
        with database.sessions.begin(Role.NIGHT) as session:
            people.change_password(session, email=BOARD, password_hash="$argon2id$another", by=NIGHT)
            signing_in = pool.submit(lambda: stranger("POST", door, **said))
            assert waits(database, signing_in)
        assert signing_in.result(60).status_code == 401


def test_who_guesses_stops_nobody_from_working(
    database: TestDatabase, app: FastAPI, bank: dict[str, Caller], stranger: Caller
) -> None:
    count = SIGN_INS_AT_WORK_MAX + SIGN_INS_WAITING_MAX + 5

    async def story(counter: psycopg.Connection) -> tuple[int, list[Any]]:
        guesses = [
            asyncio.create_task(
                stranger.call("POST", "/api/v1/tokens", json={"email": f"{n}@x.example", "password": "a-guess-a-guess"})
            )
            for n in range(count)
        ]
        done, _waiting = await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        assert done, "some are told at once that there is no place"
        worked = await asyncio.wait_for(bank["officer"].call("GET", "/api/v1/me"), 60)
        counter.rollback()
        return worked.status_code, await asyncio.gather(*guesses)

    # No attempt can be counted while this transaction is open: those that have a place stay at work.
    with psycopg.connect(database.cluster.superuser_url(database.name)) as counter:
        counter.execute("LOCK TABLE sign_in_attempt IN SHARE MODE")
        status, told = asyncio.run(story(counter))
    assert status == 200
    full = [one for one in told if one.status_code == 503]
    assert len(full) == 5
    assert {(one.json()["type"], one.headers["Retry-After"]) for one in full} == {("/problems/too-many-sign-ins", "3")}
    assert {one.status_code for one in told} - {503} <= {401, 429}
