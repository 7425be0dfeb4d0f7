"""Every refusal has its HTTP answer, in one table: ``api/refusals.py``."""

import ast
from pathlib import Path

from tests.house.tree import ROOT, dotted, expect_none, lay, syntax


def _bases(root: Path) -> dict[str, set[str]]:
    return {
        node.name: {dotted(base).rpartition(".")[2] for base in node.bases}
        for _, tree in syntax(root, "domain/**/*.py", "api/**/*.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


def refusals(root: Path) -> dict[str, set[str]]:
    """Each class that descends from ``Refusal``, with itself and its ancestors below ``Refusal``."""
    bases = _bases(root)

    def line(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        above = bases.get(name, set()) - seen
        return {name}.union(*(line(base, seen | {name}) for base in above))

    return {name: line(name) - {"Refusal"} for name in bases if name != "Refusal" and "Refusal" in line(name)}


def unmapped(root: Path) -> list[str]:
    """Refusals that neither by themselves nor by an ancestor stand in the table."""
    table = {
        dotted(node).rpartition(".")[2]
        for _, tree in syntax(root, "api/refusals.py", "api/refusals/*.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    return sorted(name for name, family in refusals(root).items() if not family & table)


def test_every_refusal_is_mapped() -> None:
    assert refusals(ROOT), "the walk saw no refusal at all"
    expect_none(unmapped(ROOT))


def test_an_unmapped_refusal_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "domain/a.py": "class A(errors.Refusal): ...\nclass B(A): ...\nclass C(Refusal): ...\n"
            "class D(str): ...\nclass E(Refusal): ...\n",
            "api/refusals.py": "from domain import a\nfrom domain.a import A, C\nSTATUS = {A: 409, a.E: 404}\n",
        },
    )
    assert unmapped(tmp_path) == ["C"]
