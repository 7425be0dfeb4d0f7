"""Migrations count up without a gap, and each says why it is there and whether the old code can run beside it."""

import ast
import re
from pathlib import Path

from tests.house.tree import ROOT, expect_none, files, lay, text_of


def _constants(tree: ast.Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                found[name] = value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for one, its in zip(names, values, strict=True):
                    if isinstance(one, ast.Name) and isinstance(its, ast.Constant):
                        found[one.id] = its.value
    return found


def _problems_of(path: Path, number: int) -> list[str]:
    tree = ast.parse(text_of(path))
    says, facts = ast.get_docstring(tree) or "", _constants(tree)
    expected, before = f"{number:04}", f"{number - 1:04}" if number > 1 else None
    wrong = []
    if not re.fullmatch(rf"{expected}_[a-z0-9_]+", path.stem):
        wrong.append(f"is not named {expected}_what_it_does.py")
    if facts.get("revision") != expected or facts.get("down_revision", "") != before:
        wrong.append(f"is not revision {expected} after {before}")
    if not re.search(r"^Why: \S", says, re.MULTILINE):
        wrong.append("does not say 'Why:'")
    if not re.search(r"^Safe while the old code runs: \S", says, re.MULTILINE):
        wrong.append("does not say 'Safe while the old code runs:'")
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    wrong += [f"has no {name}()" for name in ("upgrade", "downgrade") if name not in defined]
    return [f"{path.name} {what}" for what in wrong]


def problems(root: Path) -> list[str]:
    found = [path for path in files(root, "migrations/versions/*.py") if path.stem != "__init__"]
    return [problem for number, path in enumerate(found, 1) for problem in _problems_of(path, number)]


def test_migrations_are_numbered_and_reasoned() -> None:
    assert files(ROOT, "migrations/versions/0001_*.py"), "the walk saw no migration"
    expect_none(problems(ROOT))


def test_the_list_of_guards_was_written_after_the_newest_migration() -> None:
    """``python -m tests.ledger.guarded`` writes it; a verification expects what it says."""
    newest = files(ROOT, "migrations/versions/[0-9]*.py")[-1].stem[:4]
    assert text_of(ROOT / "domain/store/guarded.txt").startswith(f"# After migration {newest}.")


def test_a_gap_and_a_silent_migration_are_seen(tmp_path: Path) -> None:
    good = '"""Open.\n\nWhy: w\nSafe while the old code runs: yes\n"""\nrevision = "0001"\ndown_revision = None\n'
    steps = "def upgrade(): ...\ndef downgrade(): ...\n"
    silent = 'revision, down_revision = "0003", "0001"\ndef upgrade(): ...\n'
    lay(tmp_path, **{"migrations/versions/0001_open.py": good + steps, "migrations/versions/0003_jump.py": silent})
    assert problems(tmp_path) == [
        "0003_jump.py is not named 0002_what_it_does.py",
        "0003_jump.py is not revision 0002 after 0001",
        "0003_jump.py does not say 'Why:'",
        "0003_jump.py does not say 'Safe while the old code runs:'",
        "0003_jump.py has no downgrade()",
    ]
