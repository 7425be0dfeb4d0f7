"""Who owns an account is let in from a new address while others guess: by the browser, a token, or a steward."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from api.database.roles import Role
from api.deps import BROWSER_COOKIE
from api.main import build_app
from api.security import check_password
from domain.authority import NIGHT, Actor, NotAllowed
from domain.desk import people, sign_ins
from domain.errors import InputRefused, NotFound, Refusal
from domain.parties import Role as PersonRole
from tests.api.test_lockout import let_time_pass, wait_of
from tests.conftest import TestDatabase
from tests.pages.conftest import PASSWORD, PASSWORD_HASH, Browser

HOME, ABROAD, CAFE = "192.0.2.1", "198.51.100.7", "203.0.113.99"
OFFICER, BOARD = "officer@bank.example", "board@bank.example"


@pytest.fixture
def people_here(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        for role in (PersonRole.OFFICER, PersonRole.BOARD):
            people.add_user(
                session, email=f"{role}@bank.example", name=role, role=role, party_id=None, password=PASSWORD, by=NIGHT,
                password_hash=PASSWORD_HASH,
            )  # fmt: skip


def enter(app: FastAPI, email: str, address: str, *, browser: str = "", password: str = PASSWORD) -> httpx.Response:
    headers = {"Cookie": f"{BROWSER_COOKIE}={browser}"} if browser else {}
    return Browser(app, address=address)(
        "POST", "/sign-in", data={"email": email, "password": password}, headers=headers
    )


def given_to(told: httpx.Response) -> str:
    """Return by what the house knows this browser again."""
    found = re.search(rf"{BROWSER_COOKIE}=([\w-]+);([^,]*)", told.headers.get("Set-Cookie", ""))
    assert found, "no browser's cookie was given"
    assert "HttpOnly" in found.group(2)
    assert "SameSite=strict" in found.group(2)
    return found.group(1)


def guess_from_everywhere(database: TestDatabase, email: str) -> None:
    """Fifty guesses from as many addresses, and no free minute: the person's own wait lasts."""
    for number in range(50):
        wait_of(database, email, f"203.0.113.{number}")
    let_time_pass(database, "-100 seconds", kind="account")


@pytest.mark.parametrize(("who_had_it", "days", "status"), [
    (OFFICER, 0, 303), (OFFICER, 29, 303), (OFFICER, 31, 429), (BOARD, 0, 429), ("made up", 0, 429), ("", 0, 429),
])  # fmt: skip
def test_a_browser_its_owner_signed_in_with_is_let_in_from_a_new_address(
    app: FastAPI, database: TestDatabase, people_here: None, who_had_it: str, days: int, status: int
) -> None:
    browser = "x" * 43 if who_had_it == "made up" else ""
    if "@" in who_had_it:
        browser = given_to(enter(app, who_had_it, HOME))
    let_time_pass(database, f"{days} days")
    guess_from_everywhere(database, OFFICER)
    assert enter(app, OFFICER, CAFE).status_code == 429, "from a new address and a new browser nobody is let in"
    told = enter(app, OFFICER, CAFE, browser=browser)
    assert told.status_code == status
    if status == 303:
        assert given_to(told) == browser, "a browser that several people share stays known to each of them"


def test_a_browser_that_was_never_here_is_told_what_any_other_is(
    app: FastAPI, database: TestDatabase, people_here: None
) -> None:
    browser = given_to(enter(app, OFFICER, HOME))
    for other in (BOARD, "nobody@bank.example"):
        told = [enter(app, other, CAFE, browser=browser, password="guess-guess") for _ in range(2)]
        assert [(one.status_code, one.headers.get("Set-Cookie")) for one in told] == [(401, None)] * 2


def test_a_known_browser_guesses_no_faster_than_a_known_address(
    app: FastAPI, database: TestDatabase, people_here: None
) -> None:
    browser = given_to(enter(app, OFFICER, HOME))

    def wait(address: str) -> int:
        with database.sessions.begin(Role.APP) as session:
            return sign_ins.count_attempt(session, email=OFFICER, address=address, browser=browser).wait_seconds

    assert [wait(f"203.0.113.{number}") for number in range(5)] == [0] * 5
    let_time_pass(database, "-100 seconds", kind="pair")
    assert wait(ABROAD) > 90, "wherever the browser is, its failures are counted together"
    assert enter(app, OFFICER, ABROAD, browser=browser).status_code == 429, "the right password waits too"
    assert wait_of(database, OFFICER, CAFE) == 0, "who comes without it has not guessed yet"


def test_made_up_browsers_are_counted_at_their_address(database: TestDatabase) -> None:
    def wait(number: int) -> int:
        with database.sessions.begin(Role.APP) as session:
            made_up = f"{number:043}"
            return sign_ins.count_attempt(session, email=OFFICER, address=CAFE, browser=made_up).wait_seconds

    assert [wait(number) for number in range(5)] == [0] * 5
    let_time_pass(database, "-100 seconds", kind="pair")
    assert wait(5) > 90


def test_a_program_that_exchanged_its_token_at_an_address_is_known_there(
    app: FastAPI, database: TestDatabase, people_here: None
) -> None:
    given = Browser(app, address=HOME)("POST", "/api/v1/tokens", json={"email": OFFICER, "password": PASSWORD}).json()
    there = Browser(app, address=ABROAD)
    exchanged = there("POST", "/api/v1/tokens/rotation", headers={"Authorization": f"Bearer {given['token']}"})
    assert exchanged.status_code == 201
    guess_from_everywhere(database, OFFICER)
    assert wait_of(database, OFFICER, CAFE) > 90
    check_password(database.sessions, email=OFFICER, password=PASSWORD, address=ABROAD)


def test_a_steward_lets_somebody_in_from_an_address_that_was_named(database: TestDatabase, people_here: None) -> None:
    guess_from_everywhere(database, OFFICER)
    assert wait_of(database, OFFICER, CAFE) > 90
    with database.sessions.begin(Role.NIGHT) as session:
        sign_ins.let_in_from(session, email=" Officer@bank.example", address=CAFE, by=NIGHT)
    check_password(database.sessions, email=OFFICER, password=PASSWORD, address=CAFE)
    assert wait_of(database, OFFICER, ABROAD) > 90


@pytest.mark.parametrize(("email", "address", "by", "refusal"), [
    (OFFICER, "the office", NIGHT, InputRefused),
    ("nobody@bank.example", CAFE, NIGHT, NotFound),
    (OFFICER, CAFE, Actor(id=None, name="an officer", role=PersonRole.OFFICER), NotAllowed),
])  # fmt: skip
def test_nobody_is_let_in_who_should_not(
    database: TestDatabase, people_here: None, email: str, address: str, by: Actor, refusal: type[Refusal]
) -> None:
    with database.sessions.begin(Role.NIGHT) as session, pytest.raises(refusal):
        sign_ins.let_in_from(session, email=email, address=address, by=by)


def test_over_https_no_neighbour_can_set_the_cookie_of_a_browser(database: TestDatabase, people_here: None) -> None:
    app = build_app(database)
    told = Browser(app)("POST", "https://bank.example/sign-in", data={"email": OFFICER, "password": PASSWORD})
    cookies = told.headers.get_list("Set-Cookie")
    assert [one.partition("=")[0] for one in cookies] == ["__Host-missionbook_session", "__Host-missionbook_browser"]
    for one in cookies:
        assert "; Secure" in one
        assert "; Path=/" in one
        assert "Domain" not in one
