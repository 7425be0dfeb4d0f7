"""What is secret is told to nobody else: known passwords, tokens and cookies go through the running program.

Then they are looked for in its log, in every answer but the one that gives them, and in every row of every table.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
import structlog

from api.database.roles import Role
from api.logs import set_up_logs
from tests.api.conftest import PASSWORD
from tests.faults.running import Bank, Program
from tests.pages.conftest import hidden

BOARD, OFFICER = "board@bank.example", "officer@bank.example"
FRESH, WRONG, SHORT = "tulip-quartz-meadow-71", "wrong-walnut-lantern-52", "sh0rt-1"
MISPLACED, UNREADABLE, WHISPERED = "misplaced-orchid-33-kettle", "unread-cobalt-44-saddle", "whispered-fennel-88-anvil"


@dataclass(slots=True)
class Told:
    """What was answered, and what must stay secret: by a word that says what it is."""

    answers: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    def hear(self, answer: httpx.Response, status: int, *, when: str = "", **gives: str) -> httpx.Response:
        """Note an answer without the secrets that it is there to give, which are noted by themselves."""
        assert answer.status_code == status, answer.text
        cookies = (re.split("[=;]", one)[:2] for one in answer.headers.get_list("Set-Cookie"))
        said = f"{answer.request.url.path} {answer.text} {dict(answer.headers)}"
        for what, secret in {**gives, **{f"{name} {when}": value for name, value in cookies}}.items():
            self.secrets[what] = secret
            said = said.replace(secret, "")
        self.answers.append(said)
        return answer


def through_the_api(door: httpx.Client, told: Told) -> None:
    """Sign in right and wrong, exchange a token, use the copied one, and put secrets where none belongs."""
    for said, status in (
        ({"email": OFFICER, "password": WRONG}, 401),
        ({"email": MISPLACED, "password": PASSWORD}, 401),
        ({"email": OFFICER, "password": [WRONG]}, 422),
        ({"email": OFFICER, "password": PASSWORD, "passphrase": WRONG}, 422),
        ({"email": OFFICER, "password": WRONG * 400}, 422),
    ):
        told.hear(door.post("/api/v1/tokens", json=said), status)
    told.hear(door.post("/api/v1/tokens", content=f'{{"email": "{UNREADABLE}", "password": "{UNREADABLE}'), 422)
    given = door.post("/api/v1/tokens", json={"email": OFFICER, "password": PASSWORD})
    old = given.json()["token"]
    told.hear(given, 201, token=old)
    exchanged = door.post("/api/v1/tokens/rotation", headers={"Authorization": f"Bearer {old}"})
    new = exchanged.json()["token"]
    told.hear(exchanged, 201, exchanged_token=new)
    told.hear(door.get("/api/v1/me", params={"token": new}), 422)
    told.hear(door.get("/api/v1/deals", params={"token": new}, headers={"Authorization": f"Bearer {new}"}), 422)
    told.hear(door.get("/api/v1/me", headers={"Authorization": f"Bearer {old}"}), 401)
    basic = base64.b64encode(f"{OFFICER}:{WHISPERED}".encode()).decode()
    told.secrets["a header of another kind"] = basic
    told.hear(door.get("/api/v1/me", headers={"Authorization": f"Basic {basic}"}), 401)


def through_the_pages(door: httpx.Client, told: Told) -> str:
    """Sign in right and wrong, change the password right and wrong; return the cookie that is good at the end."""

    told.hear(door.post("/sign-in", data={"email": BOARD, "password": WRONG}), 401)
    # The field of the email has it again, for who typed it.
    told.hear(door.post("/sign-in", data={"email": MISPLACED, "password": WRONG}), 401, typed_as_an_email=MISPLACED)
    told.hear(door.post("/sign-in", data={"email": BOARD, "password": PASSWORD}), 303, when="at first")
    page = door.get("/account")
    form = hidden(page, "/account/password")
    for old, fresh, again, status in (
        (WRONG, FRESH, FRESH, 422), (PASSWORD, SHORT, SHORT, 422), (PASSWORD, FRESH, WRONG, 422),
        (PASSWORD, FRESH, FRESH, 303),
    ):  # fmt: skip
        answer = door.post("/account/password", data={**form, "old": old, "fresh": fresh, "again": again})
        told.hear(answer, status, when="after a change", the_secret_of_forms=form["csrf_token"])
    told.hear(door.post("/account/password", data={"csrf_token": WHISPERED, "old": FRESH}), 403)
    return door.cookies["missionbook_session"]


def rename(bank: Bank, table: str, name: str) -> None:
    with psycopg.connect(bank.cluster.url(Role.MIGRATOR), autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {table} RENAME TO {name}".encode())


def rows_with(bank: Bank, word: str) -> list[str]:
    """Return the tables in which a word stands in any column of any row."""
    tables = bank.ask(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert len(tables) > 50
    return [
        table for (table,) in tables if bank.ask(f"SELECT 1 FROM {table} t WHERE strpos(t::text, %s) > 0 LIMIT 1", word)
    ]


def test_no_secret_is_told_to_a_log_an_audit_an_answer_or_a_row(bank: Bank, program: Program) -> None:
    told = Told(secrets={
        "the password": PASSWORD, "the new one": FRESH, "a wrong one": WRONG, "a short one": SHORT,
        "one typed as an email": MISPLACED, "one in a body that is no JSON": UNREADABLE, "one made up": WHISPERED,
    })  # fmt: skip
    with httpx.Client(base_url=program.address, trust_env=False, timeout=60) as door:
        through_the_api(door, told)
        cookie = through_the_pages(door, told)
        # Nobody expects a table to be gone: what an unexpected failure says of its request, in answer and log.
        rename(bank, "web_session", "gone")
        told.hear(door.get("/account", headers={"Cookie": f"missionbook_session={cookie}"}), 500)
        rename(bank, "gone", "web_session")
    log = bank.log.read_text(encoding="utf-8")
    assert log.count('"event": "request"') >= 15 or log.count('"door"') >= 15, "the log was written"
    assert "web_session" in log, "the failure is in the log"
    for what, secret in told.secrets.items():
        assert secret not in log, f"{what} is in the log"
        assert [one[:60] for one in told.answers if secret in one] == [], f"{what} is in an answer"
        assert rows_with(bank, secret) == [], f"{what} is in a table"
    ((acts,),) = bank.ask("SELECT count(*) FROM audit WHERE outcome = 'refused'")
    assert acts >= 6, "the refusals are in the audit"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_failure_shown_to_a_person_tells_where_and_not_with_what(capsys: pytest.CaptureFixture[str]) -> None:
    def check(password: str) -> None:
        if password:
            raise ValueError("no password will do")

    shown = Terminal()
    set_up_logs(shown)
    try:
        check(WHISPERED)
    except ValueError:
        structlog.get_logger().exception("unexpected failure", token=WHISPERED)
    finally:
        set_up_logs()
    assert "no password will do" in shown.getvalue()
    assert WHISPERED not in shown.getvalue()
