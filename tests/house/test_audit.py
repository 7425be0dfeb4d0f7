"""Every act that changes something says in the audit what there is after it, and before it where something was."""

import ast
from pathlib import Path

from tests.house.tree import ROOT, dotted, expect_none, lay, syntax

CHANGE_NOTHING_THAT_IS_KEPT = {"sign in", "sign out", "sign out everywhere", "exchange a token", "take out the audit"}
"""Acts of coming, going and reading: the row itself is all that there is to say."""


def rows_without_after(root: Path) -> list[str]:
    found = []
    for file, tree in syntax(root, "domain/desk/**/*.py"):
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and dotted(node.func) in ("audit.record", "store.record")):
                continue
            said = {word.arg: word.value for word in node.keywords}
            act, outcome = said.get("act"), said.get("outcome")
            if isinstance(act, ast.Constant) and act.value in CHANGE_NOTHING_THAT_IS_KEPT:
                continue
            if isinstance(outcome, ast.Constant) and outcome.value == "refused":
                continue
            if "after" not in said:
                found.append(f"{file}:{node.lineno} an audit row that does not say what there is after the act")
    return found


def test_every_audit_row_of_a_change_says_what_there_is_after_it() -> None:
    expect_none(rows_without_after(ROOT))


def test_a_row_that_does_not_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "domain/desk/a.py": "audit.record(s, act='sign in')\naudit.record(s, act='pay')\n"
            "audit.record(s, act='pay', after={})\naudit.record(s, act='pay', outcome='refused')\n"
        },
    )
    assert rows_without_after(tmp_path) == [
        "domain/desk/a.py:2 an audit row that does not say what there is after the act"
    ]
