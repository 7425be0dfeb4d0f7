"""Tokens and browsers after the password: how long they last, exchanging them, looking them through, ending them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.desk import sign_ins
from tests.api.conftest import PASSWORD, Caller
from tests.conftest import TestDatabase

SAID = {"email": "board@bank.example", "password": PASSWORD}


def signed_in(stranger: Caller, **headers: str) -> Caller:
    given = stranger.post("/api/v1/tokens", SAID, headers=headers)
    assert given.status_code == 201, given.text
    return Caller(stranger.app, given.json()["token"])


def move(database: TestDatabase, column: str, by: str) -> None:
    with database.sessions.begin(Role.MIGRATOR) as session:
        session.execute(text(f"UPDATE access_token SET {column} = {column} - interval '{by}'"))


@pytest.mark.parametrize(("column", "by", "status"), [
    ("last_used_at", "119 minutes", 200),
    ("last_used_at", "121 minutes", 401),
    ("expires_at", "11 hours", 200),
    ("expires_at", "13 hours", 401),
])  # fmt: skip
def test_a_token_ends_when_it_rests_and_when_its_time_is_over(
    bank: dict[str, Caller], stranger: Caller, database: TestDatabase, column: str, by: str, status: int
) -> None:
    board = signed_in(stranger)
    move(database, column, by)
    assert board.get("/api/v1/me").status_code == status


def test_the_last_use_is_written_once_a_minute_at_most(
    bank: dict[str, Caller], stranger: Caller, database: TestDatabase
) -> None:
    def last_used() -> object:
        with database.sessions.begin(Role.MIGRATOR) as session:
            return session.execute(text("SELECT max(last_used_at) FROM access_token")).scalar_one()

    board = signed_in(stranger)
    first = last_used()
    board.get("/api/v1/me")
    assert last_used() == first
    move(database, "last_used_at", "61 seconds")
    board.get("/api/v1/me")
    assert last_used() > first  # type: ignore[operator]  # moments, as the driver gives them


def test_an_exchanged_token_goes_on_and_the_old_one_ends(bank: dict[str, Caller], stranger: Caller) -> None:
    old = signed_in(stranger)
    given = old.post("/api/v1/tokens/rotation")
    assert given.status_code == 201, given.text
    new = Caller(stranger.app, given.json()["token"])
    assert new.get("/api/v1/me").json()["email"] == SAID["email"]
    assert len([one for one in new.get("/api/v1/sign-ins").json() if one["door"] == "token"]) == 2, "with the fixture's"


def test_a_copied_token_ends_its_whole_family_and_is_told_to_the_audit(
    bank: dict[str, Caller], stranger: Caller
) -> None:
    old = signed_in(stranger)
    new = Caller(stranger.app, old.post("/api/v1/tokens/rotation").json()["token"])
    newest = Caller(stranger.app, new.post("/api/v1/tokens/rotation").json()["token"])
    assert newest.get("/api/v1/me").status_code == 200
    assert old.get("/api/v1/me").status_code == 401
    assert newest.get("/api/v1/me").status_code == 401, "whoever has it must give the password again"
    assert bank["board"].get("/api/v1/me").status_code == 200, "another family goes on"
    for _ in range(3):
        old.get("/api/v1/me")
    found = bank["auditor"].get("/api/v1/audit?act=use an exchanged token").json()["items"]
    assert [(one["actor_name"], one["outcome"], one["came_from"]) for one in found] == [
        (SAID["email"], "refused", "192.0.2.1")
    ]


def test_a_family_of_tokens_ends_seven_days_after_the_password(
    bank: dict[str, Caller], stranger: Caller, database: TestDatabase
) -> None:
    board = signed_in(stranger)
    move(database, "family_ends_at", "6 days 20 hours")
    given = board.post("/api/v1/tokens/rotation").json()
    with database.sessions.begin(Role.MIGRATOR) as session:
        left = session.execute(
            text("SELECT CAST(:until AS timestamptz) - clock_timestamp()"), {"until": given["expires_at"]}
        ).scalar_one()
    assert 3.9 < left.total_seconds() / 3600 <= 4


def test_everybody_looks_after_their_own_sign_ins(bank: dict[str, Caller], stranger: Caller) -> None:
    board = signed_in(stranger, **{"User-Agent": "reporting/1.0"})
    found = board.get("/api/v1/sign-ins").json()
    assert [(one["door"], one["came_from"], one["agent"], one["is_this_one"]) for one in found] == [
        ("token", "192.0.2.1", "reporting/1.0", True),
        ("token", "", "", False),
    ]
    assert not any("hash" in name or "secret" in name for name in found[0])
    mine, other = found[0]["id"], found[1]["id"]
    assert bank["officer"]("DELETE", f"/api/v1/sign-ins/{mine}").status_code == 404, "of somebody else"
    assert board("DELETE", f"/api/v1/sign-ins/{other}").status_code == 204
    assert board("DELETE", f"/api/v1/sign-ins/{other}").status_code == 404
    assert bank["board"].get("/api/v1/me").status_code == 401
    assert board.get("/api/v1/me").status_code == 200


def test_signing_out_everywhere_ends_all_of_ones_own(bank: dict[str, Caller], stranger: Caller) -> None:
    board = signed_in(stranger)
    assert board("DELETE", "/api/v1/sign-ins").json() == {"ended": 2}
    assert [one.get("/api/v1/me").status_code for one in (board, bank["board"], bank["officer"])] == [401, 401, 200]


def test_what_is_over_for_a_month_is_taken_away_and_the_audit_stays(
    bank: dict[str, Caller], stranger: Caller, database: TestDatabase
) -> None:
    signed_in(stranger)
    with database.sessions.begin(Role.MIGRATOR) as session:
        session.execute(
            text("""UPDATE access_token SET expires_at = clock_timestamp() - interval '31 days',
            family_ends_at = clock_timestamp() - interval '31 days'
            WHERE user_id = (SELECT id FROM app_user WHERE name = 'board')""")
        )
    with database.sessions.begin(Role.NIGHT) as session:
        assert sign_ins.forget(session) == 2
        assert sign_ins.forget(session) == 0
        kept = session.execute(text("SELECT count(*) FROM audit WHERE act = 'sign in' AND actor_name = 'board'"))
        assert kept.scalar_one() == 2
