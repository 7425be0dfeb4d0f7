"""``missionbook authority`` prints the published table, for people and for programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from api.cli import app


def test_the_table_is_printed_as_json_and_as_a_table() -> None:
    told = CliRunner().invoke(app, ["authority", "--format", "json"])
    assert told.exit_code == 0
    table = {one["act"]: one for one in json.loads(told.stdout)}
    assert table["pay out a drawdown"]["roles"] == {"officer": {"alone_minor": 25_000_000_00}}
    assert (table["waive a breach or a missed finding"]["awaited"], table["approve a deal"]["never"]) == (
        True,
        "whoever proposed the deal",
    )
    shown = CliRunner().invoke(app, ["authority"], env={"COLUMNS": "140"})
    assert "officer to 50,000,000.00, board" in shown.stdout
