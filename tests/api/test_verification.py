"""A head on paper is held against the present chain, at the door and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from api.database.roles import Role
from tests.api.conftest import Caller
from tests.api.test_commands_in_trouble import environment, run
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund
from tests.ledger.sealing import pay_in, seal, verify

UNKNOWN = "ab" * 32


def test_an_auditor_holds_a_head_against_the_chain(bank: dict[str, Caller], database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        fund = open_fund(session, "papers")
    pay_in(database, fund, "1")
    seal(database)
    auditor = bank["auditor"]
    told = auditor.get("/api/v1/verification").json()
    (kept,) = (head for head in told["paper"] if head["chain"] == "papers")
    assert (told["against"], kept["number"]) == (None, 1)
    pay_in(database, fund, "2")
    seal(database)
    told = auditor.get(f"/api/v1/verification?against=papers:1:{kept['head']}").json()
    assert told["sound"] is True
    assert {**told["against"], "sealed_at": ""} == {"known": True, "chain": "papers", "number": 1, "sealed_at": ""}
    told = auditor.get(f"/api/v1/verification?against={UNKNOWN}").json()
    assert (told["sound"], told["against"]["known"], told["first"]["kind"]) == (False, False, "head")
    refused = auditor.get("/api/v1/verification?against=papers")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/head-not-legible")


def test_the_command_prints_heads_that_it_takes_back(database: TestDatabase, tmp_path: Path) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        fund = open_fund(session, "papers")
    pay_in(database, fund, "1")
    seal(database)
    kept = next(str(head) for head in verify(database).paper if head.chain == "papers")
    urls = {f"MISSIONBOOK_DATABASE_URL_{role.name}": database.url(role) for role in Role if role is not Role.APP}
    env = environment(tmp_path, MISSIONBOOK_DATABASE_URL=database.url(Role.APP), **urls)
    code, out = run(("verify", "--against", kept, "--format", "json"), env)
    told = json.loads(out)
    assert (code, told["sound"], told["against"]["number"], kept in told["paper"]) == (0, True, 1, True)
    code, out = run(("verify", "--against", f"papers:{UNKNOWN}"), env)
    assert code == 1 and "NOT SOUND" in out
    assert kept in out.splitlines(), "on a line of its own, whole, as it is kept"
    assert "head does not fit: the head on paper is" in " ".join(out.split())
    assert "is no link of the chain of papers" in " ".join(out.split())
    code, out = run(("verify", "--against", "papers"), env)
    assert code == 2 and "64 hexadecimal digits" in " ".join(out.replace("│", " ").split())
