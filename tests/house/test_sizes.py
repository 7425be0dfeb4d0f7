"""Functions stay readable at one sitting, and files small enough to find things in."""

import ast
from pathlib import Path

from tests.house.tree import ROOT, expect_none, files, lay, syntax, text_of

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
ROOMS = tuple(f"{room}/**/*.py" for room in ("api", "domain", "migrations", "tests", "bench"))


def long_files(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)} has {lines} lines"
        for path in files(root, *ROOMS)
        if (lines := len(text_of(path).splitlines())) > FILE_LINES_MAX
    ]


def long_functions(root: Path) -> list[str]:
    return [
        f"{name}:{node.lineno} {node.name} has {lines} lines"
        for name, tree in syntax(root, *ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def test_files_stay_small() -> None:
    expect_none(long_files(ROOT))


def test_functions_stay_small() -> None:
    expect_none(long_functions(ROOT))


def test_a_long_file_and_a_long_function_are_seen(tmp_path: Path) -> None:
    sixty_one = "def long():\n" + "    x = 1\n" * 60
    lay(tmp_path, **{"domain/a.py": sixty_one, "api/b.py": "x = 1\n" * 401, "bench/c.py": "x = 1\n" * 400})
    assert long_functions(tmp_path) == ["domain/a.py:1 long has 61 lines"]
    assert long_files(tmp_path) == ["api/b.py has 401 lines"]
