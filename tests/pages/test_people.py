"""The list of users, for auditors and stewards: who is let in, who is no more, and who never had a password."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from api.cli import app as command
from api.database.roles import Role as DatabaseRole
from domain.authority import NIGHT
from domain.desk import people
from domain.parties import Role
from domain.store import people_queries
from tests.api.test_user_command import environment
from tests.conftest import TestDatabase
from tests.pages.conftest import PASSWORD, PASSWORD_HASH, Browser, words

__all__ = ["environment"]


@pytest.fixture
def joiners(database: TestDatabase, people_in: dict[str, Browser]) -> None:
    """Noa came with a loaded book and has no password yet; Lee was let in, and has left."""
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        people_queries.add_user(
            session, email="noa@bank.example", name="Noa", role="risk", party_id=None,
            password_hash=people_queries.NO_PASSWORD,
        )  # fmt: skip
        people.add_user(
            session, email="lee@bank.example", name="Lee", role=Role.OFFICER, party_id=None,
            password=PASSWORD, by=NIGHT, password_hash=PASSWORD_HASH,
        )  # fmt: skip
        people.disable_user(session, email="lee@bank.example", by=NIGHT)


@pytest.mark.usefixtures("joiners")
def test_auditors_and_stewards_see_everybody_and_whether_they_can_sign_in(people_in: dict[str, Browser]) -> None:
    for who in ("auditor", "steward"):
        told = words(people_in[who].get("/people"))
        assert "Lee lee@bank.example Officer Disabled" in told
        assert "Noa noa@bank.example Risk No password yet" in told
        assert "ann ann@bank.example Investee Harbour <script>alert(1)</script> & Sons Let in" in told
        assert "People" in words(people_in[who].get("/audit")), "the way there"
    for who in ("officer", "board", "ann"):
        assert people_in[who].get("/people").status_code == 403
        assert 'href="/people"' not in people_in[who].get("/authority").text


@pytest.mark.usefixtures("joiners")
def test_the_list_is_printed_by_a_command(environment: Mapping[str, str]) -> None:
    done = CliRunner().invoke(command, ["user", "list", "--format", "json"], env=environment)
    assert done.exit_code == 0, done.output
    states = {one["email"]: one["state"] for one in json.loads(done.stdout)["users"]}
    assert [states[f"{name}@bank.example"] for name in ("lee", "noa", "ann")] == [
        "disabled", "no password yet", "let in",
    ]  # fmt: skip
    assert "Lee" in CliRunner().invoke(command, ["user", "list"], env=environment).output


def test_two_people_of_one_name_are_told_apart_in_the_audit_and_its_files(
    people_in: dict[str, Browser], database: TestDatabase
) -> None:
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        ids = {
            email: people.add_user(
                session, email=email, name="Kim", role=Role.OFFICER, party_id=None, password=PASSWORD, by=NIGHT,
                password_hash=PASSWORD_HASH,
            )
            for email in ("kim@bank.example", "kim2@bank.example")
        }  # fmt: skip
    for email in ids:
        Browser(people_in["auditor"].app)("POST", "/sign-in", data={"email": email, "password": PASSWORD})
    auditor = people_in["auditor"]
    page = auditor.get("/audit?act=sign+in")
    for email, person in ids.items():
        assert f'<option value="{person}">Kim ({email})</option>' in page.text
        assert f"Kim {email} sign in" in words(page)
    assert '">auditor</option>' in page.text, "one of a name is told by the name"
    rows = csv.DictReader(io.StringIO(auditor.get("/audit/files/csv?act=sign+in").text))
    told = {(row["who"], row["email of who"], row["id of who"]) for row in rows}
    assert {("Kim", email, str(person)) for email, person in ids.items()} <= told
