"""``missionbook report``: JSON for programs, tables that a board can read, refusals in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.database.roles import Role
from domain.desk.ledger import seal_facts
from domain.errors import NotFound
from domain.store.seals import SealBeyondHead
from tests.conftest import TestDatabase

DAY = ("--fund", "commons", "--as-of", "2026-03-31")


@pytest.fixture
def environment(loaded_demonstration: TestDatabase) -> Mapping[str, str]:
    """The demonstration as an operator's own server, so that the command holds no data folder."""
    return {
        "MISSIONBOOK_DATABASE_URL": loaded_demonstration.url(Role.APP),
        **{
            f"MISSIONBOOK_DATABASE_URL_{role.value.upper()}": loaded_demonstration.url(role)
            for role in (Role.MIGRATOR, Role.NIGHT, Role.REGISTER)
        },
        "COLUMNS": "200",
    }


def run(environment: Mapping[str, str], *words: str, command: str = "report") -> str:
    done = CliRunner().invoke(app, [command, *words], env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_impact_report_is_one_object_that_its_seal_repeats(environment: Mapping[str, str], tmp_path: Path) -> None:
    told = json.loads(run(environment, "impact", *DAY, "--format", "json"))
    assert {"fund", "as_of", "seal", "missions", "evergreen", "crowding_in", "covenants", "exit_triggers"} <= set(told)
    assert (told["fund"], told["as_of"]) == ("commons", "2026-03-31")
    assert {"name", "targets"} <= set(told["missions"][0])
    assert told["money"][-1]["committed"] == {"amount": "34100000.00", "currency": "GBP"}
    file = tmp_path / "report.json"
    run(environment, "impact", *DAY, "--format", "json", "--seal", str(told["seal"]), "--out", str(file))
    assert json.loads(file.read_text()) == told


def test_the_evergreen_report_sums_to_its_cash(environment: Mapping[str, str]) -> None:
    told = json.loads(run(environment, "evergreen", *DAY, "--format", "json"))
    assert told["cash"] == {"amount": "12975692.00", "currency": "GBP"}
    assert sum(int(row["amount"]["amount"].replace(".", "")) for row in told["pool"]) == 1297569200
    assert {"contribution", "generation", "amount"} == set(told["pool"][0])
    assert told["recycling_ratio"] == "1.05"


@pytest.mark.parametrize(
    "words",
    [
        "Community Commons Fund (commons), as of 31 Mar 2026, as known at seal",
        "Homes retrofitted, by Mar 2030",
        "15,786,745.04",
        "Crowding-in: 1.50.",
        "56 met, 1 missed, 0 not reported, 1 unknown, 0 waived",
        "Parkway Kitchens",
        "recycling ratio",
    ],
)
def test_the_table_tells_a_board_what_it_asks(environment: Mapping[str, str], words: str) -> None:
    assert words in " ".join(run(environment, "impact", *DAY).split())


def test_no_two_columns_have_one_name_and_figures_are_set_apart_like_money(environment: Mapping[str, str]) -> None:
    printed = run(environment, "impact", *DAY)
    heading = next(line for line in printed.splitlines() if "expected" in line and "on track" in line)
    assert heading.split() == ["indicator", "unit", "actual", "expected", "target", "on", "track"]
    # Emissions: 2,250 of 5,000, of which 5,000 × 2,191 ÷ 3,652 = 2,999.726… are expected.
    assert {"2,250", "2,999.73", "5,000"} <= set(printed.split())
    assert "12,975,692.00" in printed


def test_a_day_before_the_fund_or_beyond_its_book_is_said(environment: Mapping[str, str]) -> None:
    beyond = "The book of commons has reached 31 Mar 2026; what follows is what was known then."
    before = "before that day its book holds nothing."
    for command, report in (("report", ["impact"]), ("report", ["evergreen"]), ("exits", [])):
        for day, said in (("2031-01-01", beyond), ("2019-01-01", before), ("2026-03-31", "")):
            words = [*report, "--fund", "commons", "--as-of", day]
            printed = " ".join(run(environment, *words, command=command).split())
            assert [sentence in printed for sentence in (beyond, before)] == [said == beyond, said == before], words
    told = json.loads(run(environment, "impact", "--fund", "commons", "--as-of", "2031-01-01", "--format", "json"))
    assert (told["as_of"], told["reached"]) == ("2031-01-01", "2026-03-31")


def test_exits_name_the_seal_that_they_were_read_at(environment: Mapping[str, str]) -> None:
    told = json.loads(run(environment, *DAY, "--format", "json", command="exits"))
    impact = json.loads(run(environment, "impact", *DAY, "--format", "json"))
    assert isinstance(told["seal"], int)
    assert (told["seal"], told["reached"]) == (impact["seal"], "2026-03-31")
    again = run(environment, *DAY, "--format", "json", "--seal", str(told["seal"]), command="exits")
    assert json.loads(again) == told
    assert f"as known at seal {told['seal']}" in run(environment, *DAY, command="exits")


def test_the_json_of_the_evergreen_figures_adds_up_to_them(environment: Mapping[str, str]) -> None:
    told = json.loads(run(environment, "evergreen", *DAY, "--format", "json"))
    for figure, rows in told["made_of"].items():
        minor = sum(int(row["amount"]["amount"].replace(".", "")) for row in rows)
        assert minor == int(told[figure]["amount"].replace(".", "")), figure
    assert {row["deal"] for row in told["made_of"]["returned"]} >= {"C-01", "C-04", "C-05"}
    assert {"entry_id", "kind", "booked_on", "amount", "deal", "seal"} == set(told["made_of"]["costs"][0])


def test_an_unknown_fund_and_a_seal_to_come_are_refused(
    environment: Mapping[str, str], loaded_demonstration: TestDatabase
) -> None:
    with loaded_demonstration.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)
    with pytest.raises(NotFound, match="there is no fund nowhere"):
        run(environment, "impact", "--fund", "nowhere", "--as-of", "2026-03-31")
    with pytest.raises(SealBeyondHead, match="seal 999999 does not exist yet"):
        run(environment, "evergreen", *DAY, "--seal", "999999")


@pytest.mark.parametrize("day", ["31.03.2026", "2026-02-30", "soon"])
def test_a_day_that_is_none_is_a_matter_of_usage(environment: Mapping[str, str], day: str) -> None:
    done = CliRunner().invoke(app, ["report", "impact", "--fund", "commons", "--as-of", day], env=environment)
    assert done.exit_code == 2


def test_a_file_that_cannot_be_written_is_told(environment: Mapping[str, str], tmp_path: Path) -> None:
    words = ["report", "evergreen", *DAY, "--out", str(tmp_path / "missing" / "report.txt")]
    done = CliRunner().invoke(app, words, env=environment)
    assert done.exit_code == 1
    assert "cannot be written: No such file or directory" in done.output
