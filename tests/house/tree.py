"""What the house tests look at: the project's own files, read as text or as syntax, never imported.

Each check is a function from a root folder to sentences, empty when all is well; so a test can hand it a small bad
house and see it fail.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_MADE_ON_THE_SPOT = {".git", ".venv", "data", "build", "dist", "node_modules", "__pycache__"}


def files(root: Path, *patterns: str) -> list[Path]:
    """The project's files whose path below ``root`` matches one of ``patterns``, such as ``domain/**/*.py``."""
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not _MADE_ON_THE_SPOT & set(path.relative_to(root).parts))


def tracked(root: Path) -> list[Path]:
    """The files that Git knows, or would know after the next add; every file where Git cannot tell."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0 or not (root / ".git").exists():
        return files(root, "**/*")
    return sorted(path for name in listed.stdout.split("\0") if name and (path := root / name).is_file())


def text_of(path: Path) -> str:
    """The file's text, or nothing where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def syntax(root: Path, *patterns: str) -> Iterator[tuple[str, ast.Module]]:
    """Name and syntax tree of each Python file that matches."""
    for path in files(root, *patterns):
        yield str(path.relative_to(root)), ast.parse(text_of(path), filename=str(path))


def in_order(tree: ast.Module) -> list[ast.AST]:
    """Every node in the order in which a reader meets it."""
    return sorted(ast.walk(tree), key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)))


def dotted(node: ast.expr) -> str:
    """``a.b.c`` for a chain of names, and an empty text for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def lay(root: Path, **texts: str) -> Path:
    """Write a small house for a test: ``lay(tmp_path, **{"domain/x.py": "..."})``."""
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def expect_none(problems: list[str]) -> None:
    """Fail with every problem on a line of its own."""
    assert not problems, "\n" + "\n".join(problems)
