"""Signing in with a browser: where each role begins, what a stranger sees, and what a session's end loses (nothing)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.pages.form_words import FIELD_WORDS, FORM_WORDS, form_words
from api.pages.sign_in_page import NEVER_KEPT, NOT_TYPED
from tests.api.world import World
from tests.house.test_doors import doors
from tests.pages.conftest import PASSWORD, Browser, hidden, words

PAGES = ("/", "/officer", "/deals", "/deals/D-ANN", "/entries/1", "/investee", "/board", "/board/approvals")


@pytest.mark.parametrize(("who", "home"), [
    ("officer", "/officer"), ("auditor", "/officer"), ("board", "/board"), ("ann", "/investee"),
])  # fmt: skip
def test_everybody_begins_where_their_work_is(people_in: dict[str, Browser], who: str, home: str) -> None:
    assert people_in[who].get("/").headers["Location"] == home
    page = people_in[who].get(home)
    assert page.status_code == 200
    assert page.text.count("<h1>") == 1
    assert "Skip to the content" in words(page)


def test_a_password_opens_a_session_and_signing_out_ends_it(people_in: dict[str, Browser], stranger: Browser) -> None:
    said = {"email": " Officer@bank.example ", "password": PASSWORD, "next": "/deals"}
    told = stranger("POST", "/sign-in", data=said)
    assert (told.status_code, told.headers["Location"]) == (303, "/deals")
    cookie = told.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    found = re.search(r"=([^;]+);", cookie)
    assert found
    officer = Browser(stranger.app, found.group(1))
    assert officer.send(officer.get("/officer"), "/sign-out").headers["Location"] == "/sign-in"
    assert officer.get("/officer").headers["Location"] == "/sign-in?next=/officer"


def test_each_sign_in_gets_a_secret_of_its_own_and_the_old_one_ends(people_in: dict[str, Browser]) -> None:
    officer = people_in["officer"]
    told = officer("POST", "/sign-in", data={"email": "officer@bank.example", "password": PASSWORD})
    fresh = told.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    assert fresh != officer.cookie
    assert officer.get("/officer").status_code == 303
    assert Browser(officer.app, fresh).get("/officer").status_code == 200


def test_an_email_without_end_is_nobodys_and_is_not_sent_back(app: FastAPI) -> None:
    told = Browser(app)("POST", "/sign-in", data={"email": "a" * 500_000, "password": PASSWORD})
    assert told.status_code == 401
    assert "a" * 300 in told.text
    assert "a" * 302 not in told.text


@pytest.mark.parametrize("said", [
    {"email": "officer@bank.example", "password": "wrong-horse-battery"},
    {"email": "nobody@bank.example", "password": PASSWORD},
    {"email": "", "password": ""},
])  # fmt: skip
def test_what_does_not_fit_is_told_in_one_and_the_same_sentence(
    people_in: dict[str, Browser], stranger: Browser, said: dict[str, str]
) -> None:
    told = stranger("POST", "/sign-in", data=said)
    assert told.status_code == 401
    assert "Email and password do not fit together" in words(told)
    assert "Set-Cookie" not in told.headers
    assert PASSWORD not in told.text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_signing_in_never_leads_to_another_house(
    people_in: dict[str, Browser], stranger: Browser, elsewhere: str
) -> None:
    said = {"email": "officer@bank.example", "password": PASSWORD, "next": elsewhere}
    assert stranger("POST", "/sign-in", data=said).headers["Location"] == "/officer"


@pytest.mark.parametrize(("headers", "status"), [
    ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://bank.example"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 303), ({"Sec-Fetch-Site": "none"}, 303),
    ({"Origin": "http://bank.example"}, 303), ({}, 303),
])  # fmt: skip
def test_a_sign_in_sent_by_another_site_is_refused(
    people_in: dict[str, Browser], stranger: Browser, headers: dict[str, str], status: int
) -> None:
    said = {"email": "officer@bank.example", "password": PASSWORD}
    assert stranger("POST", "/sign-in", data=said, headers=headers).status_code == status


FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(("headers", "kept"), [
    (FROM_HERE, True), ({"Origin": "http://bank.example"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False), ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Origin": "http://evil.example"}, False), ({}, False),
])  # fmt: skip
def test_what_another_site_sent_is_never_kept_to_be_sent_again(
    people_in: dict[str, Browser], world: World, stranger: Browser, headers: dict[str, str], kept: bool
) -> None:
    address = f"/instruments/{world.ann.instrument}/drawdown"
    told = stranger("POST", address, data={"amount": "777.00", "day": "2026-03-31", "step": "book"}, headers=headers)
    assert told.status_code == 401
    assert ("777.00" in told.text, "kept-action" in told.text) == (kept, kept)


def test_what_was_kept_names_where_it_goes_and_is_looked_at_before_it_is_booked(
    people_in: dict[str, Browser], world: World, stranger: Browser
) -> None:
    address = f"/instruments/{world.ann.instrument}/drawdown"
    asked = {"amount": "777.00", "day": "2026-03-31", "step": "book", "key": "k"}
    over = stranger("POST", address, data=asked, headers=FROM_HERE)
    said = {**hidden(over, "/sign-in"), "email": "officer@bank.example", "password": PASSWORD, "kept.step": "book"}
    carried = stranger("POST", "/sign-in", data=said)
    assert carried.status_code == 303, "a form that nobody vouches for is not carried on"
    again = stranger("POST", "/sign-in", data=said, headers=FROM_HERE)
    assert address in words(again)
    officer = Browser(stranger.app, again.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
    shown = officer.send(again, address)
    assert shown.status_code == 200
    assert "Book it" in words(shown)


@pytest.mark.parametrize(("who", "address", "said", "told"), [
    ("officer", "/authority/conflicts", {"party": "lantern", "words": "my brother runs it", "key": "k"},
     "Declare a conflict of interest /authority/conflicts Party lantern What it is my brother runs it"),
    ("board", "/authority/delegations", {"to": "ann@bank.example", "from_day": "2026-04-01", "amount": "5.00"},
     "Lend acts of your role /authority/delegations To whom ann@bank.example First day 2026-04-01 At most 5.00"),
    ("steward", "/authority/conflicts/7/end", {"words": "all sold"},
     "End a conflict of interest /authority/conflicts/7/end Why all sold"),
])  # fmt: skip
def test_what_was_kept_is_shown_in_the_forms_own_words(
    people_in: dict[str, Browser], stranger: Browser, who: str, address: str, said: dict[str, str], told: str
) -> None:
    over = stranger("POST", address, data=said, headers=FROM_HERE)
    asked = {**hidden(over, "/sign-in"), "email": f"{who}@bank.example", "password": PASSWORD}
    again = stranger("POST", "/sign-in", data=asked, headers=FROM_HERE)
    assert f"It goes to {told}" in words(again)


def test_every_form_and_every_field_has_its_words(app: FastAPI) -> None:
    bare = {"/sign-in", "/sign-out", "/account/password", "/account/sign-ins", "/account/sign-ins/{sign_in_id}"}
    forms = {path for method, path in doors(app) if method == "POST" and not path.startswith("/api/")} - bare
    unnamed = [path for path in forms if not form_words(re.sub(r"{[^}]*}", "1", path))]
    assert (unnamed, len(forms) > 10) == ([], True)
    own = {name for _pattern, _words, of_form in FORM_WORDS for name in of_form}
    of_addresses = {"after", "by", "currency", "flow", "format", "instrument", "seal"}  # of what is read, not sent
    told = of_addresses | own | set(FIELD_WORDS) | NEVER_KEPT | NOT_TYPED | {"email", "next"}
    pages = Path(form_words.__code__.co_filename).parent
    read = {name for file in pages.glob("*.py") for name in re.findall(r'typed\.get\("([a-z_]+)"', file.read_text())}
    assert (read - told, len(read) > 20) == (set(), True)


def test_a_password_that_was_typed_is_never_kept(stranger: Browser, world: World) -> None:
    asked = {"old": PASSWORD, "fresh": "a-fresh-secret", "again": "a-fresh-secret"}
    told = stranger("POST", "/account/password", data=asked, headers=FROM_HERE)
    assert PASSWORD not in told.text
    assert "a-fresh-secret" not in told.text


def test_strangers_are_led_to_the_sign_in(world: World, stranger: Browser) -> None:
    for address in PAGES:
        told = stranger.get(address)
        assert told.status_code == 303, address
        assert told.headers["Location"].startswith("/sign-in"), address


def test_what_was_typed_outlives_the_session(people_in: dict[str, Browser], world: World, stranger: Browser) -> None:
    address = f"/investee/reports/{world.ann.report}"
    asked = {"value.homes": "412", "statement": "counted <b>twice</b>", "step": "preview", "csrf_token": "of old"}
    over = stranger("POST", address, data=asked, headers=FROM_HERE)
    assert over.status_code == 401
    assert "what you typed is kept" in words(over)
    said = {**hidden(over, "/sign-in"), "email": "ann@bank.example", "password": PASSWORD}
    again = stranger("POST", "/sign-in", data=said, headers=FROM_HERE)
    assert again.status_code == 200
    assert "412" in words(again)
    assert "<b>twice</b>" not in again.text
    found = re.search(r"=([^;]+);", again.headers["Set-Cookie"])
    assert found
    ann = Browser(stranger.app, found.group(1))
    assert "Met" in words(ann.send(again, address))


def test_a_form_without_the_secret_of_its_session_is_refused(people_in: dict[str, Browser], world: World) -> None:
    page = people_in["officer"].get("/deals/D-ANN")
    said = {**hidden(page, "/deals/D-ANN"), "stage": "active", "day": "2026-03-31"}
    for token in ("", "another"):
        told = people_in["officer"]("POST", "/deals/D-ANN", data={**said, "csrf_token": token})
        assert told.status_code == 403
        assert "The form could not be taken" in words(told)


def test_an_unknown_address_is_told_in_words(people_in: dict[str, Browser], stranger: Browser) -> None:
    for who in (stranger, people_in["officer"]):
        told = who.get("/no/such/place")
        assert told.status_code == 404
        assert "There is no such page" in words(told)
        assert told.headers["X-Request-ID"] in words(told)
