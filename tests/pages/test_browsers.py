"""What a browser is given to do its part: fields that hide and help, a way out on every page, nothing left behind."""

from __future__ import annotations

import re

import pytest

from tests.pages.conftest import PASSWORD, Browser, hidden

LONG = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich! 0123 \\ ' \" <b>"


def enters(browser: Browser, password: str) -> bool:
    told = Browser(browser.app)("POST", "/sign-in", data={"email": "board@bank.example", "password": password})
    assert told.status_code in (303, 401)
    return told.status_code == 303


@pytest.mark.parametrize(("fresh", "others"), [
    ("  lantern saddle  cobalt  ", ("lantern saddle  cobalt", "  lantern saddle cobalt  ")),
    (LONG, (LONG.upper(), LONG[:64])),
    ("saddle-cobalt-" + "kettle9 " * 23 + "xy", ("saddle-cobalt-" + "kettle9 " * 23 + "x",)),
])  # fmt: skip
def test_any_long_password_is_taken_as_it_was_typed(
    people_in: dict[str, Browser], fresh: str, others: tuple[str, ...]
) -> None:
    assert 12 <= len(fresh) <= 200
    board = people_in["board"]
    done = board.send(board.get("/account"), "/account/password", old=PASSWORD, fresh=fresh, again=fresh)
    assert done.status_code == 303, done.text
    assert enters(board, fresh)
    assert [enters(board, other) for other in others] == [False] * len(others)


def test_passwords_are_typed_unseen_and_helpers_may_fill_them(people_in: dict[str, Browser], stranger: Browser) -> None:
    fields = []
    for page in (stranger.get("/sign-in"), people_in["officer"].get("/account")):
        fields += re.findall(r'<input[^>]*name="(?:password|old|fresh|again)"[^>]*>', page.text)
        assert "onpaste" not in page.text
        assert 'autocomplete="off"' not in page.text
    assert len(fields) == 4
    helped = [found[1] for one in fields if (found := re.search(r'autocomplete="([a-z-]+)"', one))]
    assert helped == ["current-password", "current-password", "new-password", "new-password"]
    assert all('type="password"' in one and "value=" not in one.replace('value=""', "") for one in fields)


@pytest.mark.parametrize(("who", "pages"), [
    ("officer", ("/officer", "/deals", "/deals/D-ANN", "/account", "/no-such-page")),
    ("board", ("/board", "/board/approvals", "/account")),
    ("ann", ("/investee", "/account")),
])  # fmt: skip
def test_every_page_has_the_way_out(people_in: dict[str, Browser], who: str, pages: tuple[str, ...]) -> None:
    for page in pages:
        assert 'action="/sign-out"' in people_in[who].get(page).text, page


def test_signing_out_clears_what_the_browser_keeps(people_in: dict[str, Browser]) -> None:
    officer = people_in["officer"]
    told = officer("POST", "/sign-out", data=hidden(officer.get("/officer"), "/sign-out"))
    assert told.status_code == 303
    assert told.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert re.match(r'missionbook_session="";.*Max-Age=0', told.headers["Set-Cookie"])
