"""``missionbook statement``: tables for people, JSON and files for programs, refusals in words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from api.cli import app
from api.database.roles import Role
from domain.errors import InputRefused, NotFound
from domain.store.seals import SealBeyondHead
from tests.statements.conftest import FUND, Story

DAY = ("--fund", FUND, "--as-of", "2025-12-31")


@pytest.fixture
def environment(told: Story) -> Mapping[str, str]:
    """The story's database as an operator's own server, so that the command holds no data folder."""
    return {
        "MISSIONBOOK_DATABASE_URL": told.database.url(Role.APP),
        **{
            f"MISSIONBOOK_DATABASE_URL_{role.value.upper()}": told.database.url(role)
            for role in (Role.MIGRATOR, Role.NIGHT, Role.REGISTER)
        },
    }


def run(environment: Mapping[str, str], *words: str) -> bytes:
    done = CliRunner().invoke(app, ["statement", *words], env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("balance-sheet", *DAY), ["Green Homes (GREEN): Balance sheet, as of 31 Dec 2025", "All assets", "980.00"]),
        (("income", *DAY), ["Income, 1 Jan 2025 to 31 Dec 2025", "Running costs", "30.00", "Result", "20.00"]),
        (("cash-flow", *DAY, "--from", "2025-04-01"), ["Cash at the start", "600.00", "Entries taken back", "570.00"]),
        (("trial-balance", *DAY), ["Loan principal", "Memorandum", "1,060.00"]),
        (("trial-balance", "--fund", FUND, "--as-of", "2025-04-30", "--by-value-day"), ["Running costs", "30.00"]),
        (("account", "cash", *DAY, "--from", "2025-09-01"), ["Opening balance", "520.00", "sold", "610.00"]),
        (("balance-sheet", *DAY), ["Result of the year", "20.00", "Under the balance sheet", "100.00"]),
        (("balance-sheet", *DAY, "--compare", "2025-03-31"), ["EUR, 2025-03-31", "1,060.00"]),
        (("income", *DAY, "--from", "2025-10-01"), ["EUR, 2024-10-01 to 2024-12-31"]),
        (("cash-flow", *DAY), ["From the financing of investees", "-410.00", "Change in cash", "570.00"]),
        (("trial-balance", *DAY, "--from", "2025-04-01"), ["Opening debit", "600.00", "245.00", "275.00", "570.00"]),
        (("journal", *DAY, "--from", "2025-10-01"), ["mistake", "taken back", "given out", "5.00"]),
        (("balance-sheet", "--fund", FUND), ["Green Homes (GREEN): Balance sheet, as of 31 Dec 2025", "980.00"]),
        (("journal", "--fund", FUND), ["Journal, 1 Jan 2025 to 31 Dec 2025", "taken back"]),
        (("balance-sheet", *DAY, "--seal", "3"), ["as known at seal 3", "More is known today: the fund's last seal"]),
    ],
)
def test_a_table_for_people(environment: Mapping[str, str], words: tuple[str, ...], shown: list[str]) -> None:
    printed = " ".join(run(environment, *words).decode().split())
    for one in shown:
        assert one in printed, printed


def test_a_table_leaves_out_what_holds_nothing_but_says_that_there_is_no_provision(
    environment: Mapping[str, str],
) -> None:
    printed = run(environment, "balance-sheet", *DAY).decode()
    assert "Provisions" in printed and "Royalties" not in printed
    assert "Royalties" in run(environment, "balance-sheet", *DAY, "--format", "csv").decode()
    assert "royalty_at_cost" not in run(environment, "trial-balance", *DAY).decode()


@pytest.mark.parametrize("name", ["balance-sheet", "journal", "account"])
def test_what_is_known_today_is_said_on_the_terminal_and_in_no_file(environment: Mapping[str, str], name: str) -> None:
    asked = (name, *(["cash"] if name == "account" else []), *DAY, "--seal", "3")
    assert "More is known today" in run(environment, *asked).decode()
    for form in ("json", "csv"):
        said = run(environment, *asked, "--format", form).decode()
        assert not [one for one in ("last_seal", "reached", "period", "seal_asked") if one in said]


@pytest.mark.parametrize("name", ["trial-balance", "balance-sheet", "income", "cash-flow", "journal", "account"])
def test_json_and_files_say_the_same(environment: Mapping[str, str], tmp_path: Path, name: str) -> None:
    asked = (name, *(["cash"] if name == "account" else []), *DAY)
    said = json.loads(run(environment, *asked, "--format", "json"))
    assert (said["fund"], said["as_of"]) == (FUND, "2025-12-31")
    assert "from" in said
    rows = list(csv.reader(io.StringIO(run(environment, *asked, "--format", "csv").decode(), newline="")))
    file = tmp_path / "statement.xlsx"
    written = ["statement", *asked, "--format", "xlsx", "--out", str(file), "--seal", str(said["seal"])]
    assert f"written: {file}" in CliRunner().invoke(app, written, env=environment).stderr.replace("\n", "")
    assert len(CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()) == len(rows) > 2


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("balance-sheet", "--fund", "none", "--as-of", "2025-12-31"), NotFound),
        (("account", "gold", *DAY), NotFound),
        (("account", "all", *DAY), NotFound),
        (("account", "all", *DAY, "--instrument", "L-NONE"), NotFound),
        (("income", *DAY, "--compare", "2026-01-01"), InputRefused),
        (("journal", *DAY, "--from", "2026-01-01"), InputRefused),
        (("balance-sheet", *DAY, "--seal", "999"), SealBeyondHead),
        (("income", *DAY, "--from", "2026-01-01"), InputRefused),
    ],
)
def test_what_is_refused(environment: Mapping[str, str], words: tuple[str, ...], refusal: type[Exception]) -> None:
    done = CliRunner().invoke(app, ["statement", *words], env=environment)
    assert isinstance(done.exception, refusal)


def test_a_file_that_cannot_be_written_is_told(environment: Mapping[str, str], tmp_path: Path) -> None:
    words = ["statement", "income", *DAY, "--format", "csv", "--out", str(tmp_path / "no" / "file.csv")]
    done = CliRunner().invoke(app, words, env=environment)
    assert done.exit_code == 1 and "cannot be written" in done.output
