"""One's own account and the audit as pages: signing out elsewhere, another password, who did what from where."""

from __future__ import annotations

import re

from tests.pages.conftest import PASSWORD, Browser, hidden, words

FRESH = "mustang-elbow-rain"


def another_browser(people_in: dict[str, Browser]) -> Browser:
    said = {"email": "board@bank.example", "password": PASSWORD}
    told = Browser(people_in["board"].app)("POST", "/sign-in", data=said, headers={"User-Agent": "Reader/2"})
    found = re.search(r"=([^;]+);", told.headers["Set-Cookie"])
    assert found
    return Browser(people_in["board"].app, found.group(1))


def test_one_sees_and_ends_ones_own_sign_ins(people_in: dict[str, Browser]) -> None:
    here, there = people_in["board"], another_browser(people_in)
    page = here.get("/account")
    assert "Reader/2" in words(page)
    assert words(page).count("this one") == 1
    action = next(one for one in re.findall(r'action="([^"]+)"', page.text) if one.startswith("/account/sign-ins/"))
    assert people_in["officer"]("POST", action, data=hidden(people_in["officer"].get("/account"), "/account/sign-ins")
        ).status_code == 404  # fmt: skip
    assert here.send(page, action).headers["Location"] == "/account"
    assert there.get("/board").headers["Location"].startswith("/sign-in")
    left = here.send(here.get("/account"), "/account/sign-ins")
    assert left.headers["Location"] == "/sign-in"
    assert here.get("/board").headers["Location"].startswith("/sign-in")


def test_another_password_takes_the_old_one_and_ends_the_other_sign_ins(people_in: dict[str, Browser]) -> None:
    here, there = people_in["board"], another_browser(people_in)
    page = here.get("/account")
    for said, why in (
        ({"old": PASSWORD, "fresh": "short", "again": "short"}, "Takes 12 to 200 characters"),
        ({"old": PASSWORD, "fresh": "password1234", "again": "password1234"}, "Is one that many people choose"),
        ({"old": PASSWORD, "fresh": "the board itself", "again": "the board itself"}, "Holds your name or email"),
        ({"old": PASSWORD, "fresh": FRESH, "again": FRESH + "y"}, "The two are not the same"),
        ({"old": "another-old-one", "fresh": FRESH, "again": FRESH}, "This is not your present password"),
    ):
        told = here.send(page, "/account/password", **said)
        assert told.status_code == 422
        assert why in words(told)
        assert FRESH not in told.text
    done = here.send(page, "/account/password", old=PASSWORD, fresh=FRESH, again=FRESH)
    assert done.headers["Location"] == "/account?changed=true"
    assert there.get("/account").headers["Location"].startswith("/sign-in")
    assert here.get("/account").headers["Location"].startswith("/sign-in"), "this browser has a new secret"
    found = re.search(r"=([^;]+);", done.headers["Set-Cookie"])
    assert found
    assert "Your password is changed" in words(Browser(here.app, found.group(1)).get("/account?changed=true"))


def test_the_audit_is_read_by_auditors_and_narrowed_by_its_form(people_in: dict[str, Browser]) -> None:
    another_browser(people_in)
    assert people_in["officer"].get("/audit").status_code == 403
    page = people_in["auditor"].get("/audit?act=sign+in&outcome=done")
    assert page.status_code == 200
    told = words(page)
    assert "page 192.0.2.1" in told
    assert "officer" in told
    assert "Nothing fits" in words(people_in["auditor"].get("/audit?first_day=2001-01-01&last_day=2001-01-02"))
    file = people_in["auditor"].get("/audit/files/csv?act=sign+in")
    assert file.headers["Content-Disposition"] == "attachment; filename=\"audit.csv\"; filename*=UTF-8''audit.csv"
    assert file.text.splitlines()[0].startswith("number,moment (UTC),who,act")
    assert people_in["auditor"].get("/audit/files/xlsx").content[:2] == b"PK"
    assert "take out the audit" in words(people_in["auditor"].get("/audit"))
    assert people_in["ann"].get("/audit/files/csv").status_code == 403
