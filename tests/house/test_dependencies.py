"""Every dependency has a line of reason in ADR 0003, and no reason outlives its dependency."""

import re
from pathlib import Path

from tests.house.test_requirements import declared, plain
from tests.house.tree import ROOT, expect_none, lay, text_of


def reasons(root: Path) -> dict[str, str]:
    text = "".join(text_of(path) for path in root.glob("docs/adr/0003-*.md"))
    rows = re.findall(r"^\| `([^`]+)` \|([^|]+)\|", text, re.MULTILINE)
    return {plain(name): reason.strip() for name, reason in rows}


def problems(root: Path) -> list[str]:
    needed, given = {*declared(root), *declared(root, "dev")}, reasons(root)
    wrong = [f"{name} has no reason" for name in sorted(needed) if not given.get(name)]
    return wrong + [f"{name} is explained but not used" for name in sorted(given) if name not in needed]


def test_every_dependency_has_its_reason() -> None:
    assert len(reasons(ROOT)) > 20
    expect_none(problems(ROOT))


def test_a_dependency_without_reason_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "pyproject.toml": '[project]\ndependencies = ["rich>=14", "typer"]\noptional-dependencies = {dev = []}\n',
            "docs/adr/0003-x.md": "| `rich` | Tables. |\n| `flask` | Habit. |\n",
        },
    )
    assert problems(tmp_path) == ["typer has no reason", "flask is explained but not used"]
