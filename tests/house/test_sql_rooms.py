"""SQL lives in the store, in the migrations and beside the database's own life; nowhere else."""

import ast
import re
from pathlib import Path

from tests.house.tree import ROOT, expect_none, in_order, lay, syntax

ALLOWED = ("domain/store/", "api/database/")
_STATEMENT = re.compile(
    r"\s*(SELECT\s.+|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\(|TRUNCATE\s|COPY\s+\w+\s"
    r"|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|ROLE|DATABASE|VIEW|FUNCTION)\s|SET\s+LOCAL\s)",
    re.DOTALL,
)
_BUILDERS = {"select", "insert", "update", "delete", "text", "func"}


def _is_docstring(node: ast.Constant, tree: ast.Module) -> bool:
    return any(isinstance(outer, ast.Expr) and outer.value is node for outer in ast.walk(tree))


def sql_elsewhere(root: Path) -> list[str]:
    seen = []
    for name, tree in syntax(root, "api/**/*.py", "domain/**/*.py"):
        if name.startswith(ALLOWED) or name.removesuffix(".py") + "/" in ALLOWED:
            continue
        for node in in_order(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("sqlalchemy", "sqlmodel"):
                built = sorted(_BUILDERS & {alias.name for alias in node.names})
                seen += [f"{name}:{node.lineno} imports {what} from {node.module}" for what in built]
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and _STATEMENT.match(node.value)
                and not _is_docstring(node, tree)
            ):
                seen.append(f"{name}:{node.lineno} {' '.join(node.value.split())[:40]}")
    return seen


def test_sql_is_only_in_its_rooms() -> None:
    expect_none(sql_elsewhere(ROOT))


def test_sql_elsewhere_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "api/routes/a.py": '"""SELECT is a word here."""\nfrom sqlmodel import Session, select\nx = "SELECT 1"\n',
            "domain/desk/b.py": 'y = f"DELETE FROM entry WHERE id = {x}"\nz = "Select a fund"\n',
            "domain/store/c.py": 'from sqlalchemy import text\nx = text("SELECT 1")\n',
        },
    )
    assert sql_elsewhere(tmp_path) == [
        "api/routes/a.py:2 imports select from sqlmodel",
        "api/routes/a.py:3 SELECT 1",
        "domain/desk/b.py:1 DELETE FROM entry WHERE id =",
    ]
