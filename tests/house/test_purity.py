"""The domain reads no clock and never commits: days are arguments, and who opened the transaction ends it."""

import ast
from pathlib import Path

from tests.house.tree import ROOT, dotted, expect_none, in_order, lay, syntax

_CLOCKS = {
    "date.today", "datetime.today", "datetime.now", "datetime.utcnow", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "Timestamp.now", "Timestamp.today",
}  # fmt: skip
_ENDINGS = {"commit", "begin"}


def clocks(root: Path) -> list[str]:
    seen = []
    for name, tree in syntax(root, "domain/**/*.py"):
        for node in in_order(tree):
            if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in _CLOCKS:
                seen.append(f"{name}:{node.lineno} reads the clock with {dotted(node)}")
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                seen.append(f"{name}:{node.lineno} imports from time")
    return seen


def endings(root: Path) -> list[str]:
    return [
        f"{name}:{node.lineno} ends the transaction with {dotted(node.func) or node.func.attr}()"
        for name, tree in syntax(root, "domain/**/*.py")
        for node in in_order(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENDINGS
    ]


def test_the_domain_reads_no_clock() -> None:
    expect_none(clocks(ROOT))


def test_the_domain_never_commits() -> None:
    expect_none(endings(ROOT))


def test_a_clock_and_a_commit_are_seen_and_the_databases_clock_is_not(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "domain/a.py": "import datetime\nx = datetime.date.today()\ny = func.now()\nz = datetime.now\n",
            "domain/b.py": "from time import time\ndef f(session):\n    session.commit()\n    session.begin_nested()\n",
            "api/c.py": "import time\ntime.time()\nsession.commit()\n",
        },
    )
    assert clocks(tmp_path) == [
        "domain/a.py:2 reads the clock with datetime.date.today",
        "domain/a.py:4 reads the clock with datetime.now",
        "domain/b.py:1 imports from time",
    ]
    assert endings(tmp_path) == ["domain/b.py:3 ends the transaction with session.commit()"]
