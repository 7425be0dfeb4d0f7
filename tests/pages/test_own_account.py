"""One's own account and the audit as pages: signing out elsewhere, another password, who did what from where."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from api.database.roles import Role
from api.pages.own_account import short_agent
from domain.authority import NIGHT
from domain.desk import audit
from domain.desk.audit import ActsAsked
from domain.errors import InputRefused
from domain.store import audit as store
from tests.conftest import TestDatabase
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


def test_the_audit_tells_a_refusal_in_words(people_in: dict[str, Browser]) -> None:
    assert people_in["officer"].get("/audit").status_code == 403
    page = words(people_in["auditor"].get("/audit?outcome=refused"))
    assert "read the audit refused" in page, "not by its colour alone"
    assert "Only an auditor or a steward may read the audit; you are an officer" in page
    assert not re.search("problem:|reasons:|needed:|lender:", page)
    assert not {"['", "None", "True"} & set(page.split()) and "['" not in page


def test_every_form_of_a_page_comes_back_at_its_own_place(people_in: dict[str, Browser]) -> None:
    page = people_in["officer"].get("/authority").text
    for form, place in (("conflicts", "ties"), ("delegations", "lent")):
        assert f'action="/authority/{form}#{place}"' in page
        assert f'id="{place}"' in page


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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("outcome=zz", "Done or refused is expected"),
        ("act=nonsense", "The audit holds no act “nonsense”"),
        ("person=nobody", "Choose one of the people"),
        (f"person={UUID(int=7)}", "There is no such person"),
        ("subject_kind=zz", "The audit holds no acts on “zz”"),
        ("fund=zz", "There is no fund “zz”"),
        ("before=zz", "The audit is not narrowed by “before”"),
        ("first_day=zz", "Give a day, such as 31 Mar 2026"),
        ("first_day=2026-02-01&last_day=2026-01-31", "It lies before the first day, 1 Feb 2026"),
        ("outcome=zz&fund=zz", "There are 2 problems"),
        ("person=nobody&fund=zz", "There are 2 problems"),
        ("door=window", "One of page, api, command, worker is expected"),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_and_never_left_out(
    people_in: dict[str, Browser], asked: str, said: str
) -> None:
    auditor = people_in["auditor"]
    page = auditor.get(f"/audit?{asked}")
    assert (page.status_code, said in words(page)) == (422, True), words(page)[:800]
    assert "Acts, newest first" not in words(page)
    assert auditor.get(f"/audit/files/csv?{asked}").status_code == 422


def test_the_audit_names_people_and_is_narrowed_to_one(people_in: dict[str, Browser]) -> None:
    auditor = people_in["auditor"]
    page = auditor.get("/audit?act=administer+people+and+settings")
    row = next(one for one in re.findall(r"<tr role.*?</tr>", page.text, re.DOTALL) if "No. " in one)
    assert re.search(r"user (officer|board|auditor|steward|ann|ben|[^<]*@[^<]*)<", row), row
    chosen = re.search(r'<option value="([^"]+)">officer</option>', page.text)
    assert chosen
    assert auditor.get(f"/audit?person={chosen[1]}").status_code == 200


def rows_of(page: str) -> list[str]:
    """The rows of the audit on its page."""
    return [one for one in re.findall(r"<tr role.*?</tr>", page, re.DOTALL) if "No. " in one]


def test_the_number_that_an_error_page_ends_in_finds_its_act(people_in: dict[str, Browser]) -> None:
    refused, other = (people_in[who].get("/audit") for who in ("officer", "board"))
    numbers = [re.search(r"Number of this request ([0-9a-f]{32})", words(page)) for page in (refused, other)]
    assert numbers[0] and numbers[1] and numbers[0][1] != numbers[1][1]
    (row,) = rows_of(people_in["auditor"].get(f"/audit?request={numbers[0][1]}").text)
    assert ">officer</a>" in row
    assert f"Request …{numbers[0][1][-8:]}" in row, "in one line, and it leads to what else the request did"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("door=page&address=192.0.2.1&outcome=refused", 1),
        ("door=api&outcome=refused", 0),
        ("address=192.0.2.9", 0),
        ("subject_kind=user&subject=ann&act=administer+people+and+settings", 1),
        ("subject_kind=user&subject=nobody", 0),
        ("request=0123", 0),
    ],
)
def test_the_audit_is_narrowed_by_what_its_page_shows(people_in: dict[str, Browser], asked: str, found: int) -> None:
    people_in["officer"].get("/audit")
    assert len(rows_of(people_in["auditor"].get(f"/audit?{asked}").text)) == found


def test_what_an_act_left_as_it_was_is_not_told_as_a_change(
    people_in: dict[str, Browser], database: TestDatabase
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        store.record(
            session, by=NIGHT, act="restate", subject_kind="rate", subject="USD",
            before={"source": "ECB", "units": "1.08"}, after={"source": "ECB", "units": "1.09"},
        )  # fmt: skip
    told = words(people_in["auditor"].get("/audit?act=restate"))
    assert "units: 1.08 → 1.09" in told
    assert "ECB" not in told


def test_the_command_refuses_an_act_that_no_row_has(database: TestDatabase, people_in: dict[str, Browser]) -> None:
    with (
        database.sessions.begin(Role.NIGHT) as session,
        pytest.raises(InputRefused, match="the audit holds no act “nonsense”"),
    ):
        audit.exported(session, by=NIGHT, asked=ActsAsked(act="nonsense"))


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("Reader/2", "Reader/2"),
        ("x" * 41, "x" * 40 + "…"),
    ],
)
def test_what_a_browser_says_of_itself_is_told_in_short(agent: str, short: str) -> None:
    assert short_agent(agent) == short


def test_each_sign_in_has_its_own_button_in_its_row(people_in: dict[str, Browser]) -> None:
    here = people_in["board"]
    another_browser(people_in)
    page = here.get("/account")
    rows = [row for row in re.findall(r"<tr role.*?</tr>", page.text, re.DOTALL) if "Reader/2" in row]
    assert len(rows) == 1
    assert re.search(r'aria-label="Sign out a browser of [^"]+">Sign out</button>', rows[0])
    assert re.search(r"<h2[^>]*>Another password</h2>", page.text)
