"""The import contracts of ``pyproject.toml`` refuse what they are there to refuse.

``make check`` holds the project to them; here a small house breaks each of them once.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, lay, text_of

GOOD = {
    "api/__init__.py": "",
    "api/main.py": "import domain.desk\n",
    "api/files/__init__.py": "",
    "api/pages/__init__.py": "import api.files\n",
    "api/routes/__init__.py": "import api.files\n",
    "api/commands/__init__.py": "import api.files\n",
    "domain/__init__.py": "",
    "domain/desk/__init__.py": "import sqlmodel\nimport domain.store\n",
    "domain/store/__init__.py": "import sqlalchemy\nimport pandas\nimport numpy\nimport domain.loans\n",
    "domain/loans.py": "import domain.schedule\n",
    "domain/schedule.py": "import numpy\nimport domain.money\n",
    "domain/money.py": "import domain.errors\n",
    "domain/errors.py": "",
}


def contracts(root: Path) -> tuple[set[str], set[str]]:
    """The contracts that the house at ``root`` keeps, and those that it breaks."""
    (root / "pyproject.toml").write_text(text_of(ROOT / "pyproject.toml"), encoding="utf-8")
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    told = subprocess.run([*words, "--no-logo"], cwd=root, capture_output=True, text=True, check=False).stdout
    lines = [line.split(" (")[0] for line in told.splitlines()]
    kept = {line.removesuffix(" KEPT") for line in lines if line.endswith(" KEPT")}
    return kept, {line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")}


def test_a_good_house_keeps_every_contract(tmp_path: Path) -> None:
    kept, broken = contracts(lay(tmp_path, **GOOD))
    assert (len(kept), broken) == (7, set())


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("domain/loans.py", "import api", "The doors open onto the domain, never the other way round"),
        ("domain/money.py", "import domain.loans", "The desk acts, the store remembers, the rules know"),
        ("domain/gadgets.py", "", "The desk acts, the store remembers, the rules know"),
        ("api/main.py", "import domain.store", "The doors never go past the desk to the store"),
        ("api/files/sheets.py", "import api.pages", "Files know no page, no route and no command; those write files"),
        ("domain/loans.py", "from sqlmodel import Session", "Rules know no database, no web and no settings"),
        ("domain/loans.py", "import numpy", "Among the rules, numpy is for the schedule engine"),
        ("domain/schedule.py", "import pandas", "Among the rules, pandas is for impact and portfolio"),
    ],
)
def test_a_forbidden_import_is_seen(tmp_path: Path, file: str, line: str, broken: str) -> None:
    lay(tmp_path, **GOOD, **({} if file in GOOD else {file: ""}))
    with (tmp_path / file).open("a", encoding="utf-8") as end:
        end.write(line + "\n")
    assert contracts(tmp_path)[1] == {broken}
