"""The demonstration's ledgers, added up again by ``bean-check``."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.database.roles import Role
from tests.conftest import TestDatabase
from tests.statements.beancheck import bean_check, exported


@pytest.mark.parametrize("fund", ["commons", "renewal"])
def test_bean_check_accepts_a_fund_of_the_demonstration(
    loaded_demonstration: TestDatabase, tmp_path: Path, fund: str
) -> None:
    text = exported(loaded_demonstration.sessions, fund)
    assert text.count("\n  entry: ") > 20 and text.count(" balance Assets:Cash ") > 5
    assert bean_check(text, tmp_path) == ""


def test_bean_check_refuses_it_with_one_amount_changed(loaded_demonstration: TestDatabase, tmp_path: Path) -> None:
    text = exported(loaded_demonstration.sessions, "commons")
    assert "Equity:Contributed  -10000000.00 GBP" in text
    changed = text.replace("Equity:Contributed  -10000000.00 GBP", "Equity:Contributed  -10000000.01 GBP", 1)
    assert "does not balance" in bean_check(changed, tmp_path)


def test_the_command_writes_it(loaded_demonstration: TestDatabase, tmp_path: Path) -> None:
    environment = {
        "MISSIONBOOK_DATABASE_URL": loaded_demonstration.url(Role.APP),
        **{
            f"MISSIONBOOK_DATABASE_URL_{role.value.upper()}": loaded_demonstration.url(role)
            for role in (Role.MIGRATOR, Role.NIGHT, Role.REGISTER)
        },
    }
    file = tmp_path / "commons.beancount"
    asked = ["export", "beancount", "--fund", "commons", "--as-of", "2025-12-31"]
    done = CliRunner().invoke(app, [*asked, "--out", str(file)], env=environment, catch_exceptions=False)
    assert done.exit_code == 0
    printed = CliRunner().invoke(app, asked, env=environment, catch_exceptions=False)
    assert printed.stdout_bytes == file.read_bytes()
    assert bean_check(file.read_text(encoding="utf-8"), tmp_path) == ""
    refused = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "no" / "file")], env=environment)
    assert refused.exit_code == 1 and "cannot be written" in refused.output
