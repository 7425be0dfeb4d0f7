"""The command as a person runs it: JSON on standard output, refusals in words on standard error, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.positions.statements import A, B, written


def missionbook(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MISSIONBOOK_")}
    return subprocess.run(
        [Path(sys.executable).parent / "missionbook", *words],
        env=env | {"MISSIONBOOK_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_statement_is_imported_and_a_broken_one_is_refused_in_words(tmp_path: Path) -> None:
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    good.write_text(written([A, B]), encoding="utf-8")
    broken.write_text(written([A | {"Due to IBRD": "1e400"}, B | {"Board Approval Date": "soon"}]), encoding="utf-8")

    done = missionbook(tmp_path, "import", "ibrd", str(good), "--fund", "IBRD", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["rows"], told["changes"], told["totals"]["due"]) == (2, 2, "690.00")
    assert told["identities"]["disbursed"] == {"held": 1, "failed": 1}

    table = missionbook(tmp_path, "import", "ibrd", str(good), "--fund", "IBRD")
    assert table.returncode == 0
    assert "USD 690.00" in table.stdout
    assert "disbursed = repaid + due + sold" in table.stdout

    refused = missionbook(tmp_path, "import", "ibrd", str(broken), "--fund", "BAD", "--format", "json")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "column “Due to IBRD”: “1e400”: this is larger than any amount of money" in refused.stderr
    assert "column “Board Approval Date”: “soon”: expected a day" in refused.stderr
    assert "Traceback" not in refused.stderr
