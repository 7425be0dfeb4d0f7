"""One word per thing: the classes of the domain are named in the words of ``docs/glossary.md``.

A class is named by words of the glossary and by the joining words that the glossary lists (kind, line, ...). A refusal
is a sentence in one name (``EntryDoesNotBalance``): it must speak of at least one thing that the glossary knows.
"""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.house.test_refusals import refusals
from tests.house.tree import ROOT, expect_none, lay, syntax, text_of

NEVER = {"data", "info", "manager", "helper", "util", "client", "customer", "borrower", "company", "object", "stuff"}


def singular(word: str) -> str:
    word = word.lower()
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def words_in(text: str) -> set[str]:
    return {singular(word) for word in re.findall(r"[A-Za-z]+", text)}


def glossary_words(root: Path) -> tuple[set[str], set[str]]:
    """The words the glossary explains (bold, first column of a table) and its joining words (code, own section)."""
    text = text_of(root / "docs/glossary.md")
    first_cells = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    explained = {word for cell in first_cells for bold in re.findall(r"\*\*(.+?)\*\*", cell) for word in words_in(bold)}
    joining = re.search(r"^## Joining words$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"`([a-z]+)`", joining.group(1)) if joining else []
    return explained, {singular(word) for word in listed}


def split_name(name: str) -> list[str]:
    return [singular(word) for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+", name)]


def public_classes(root: Path) -> list[tuple[str, str]]:
    return [
        (file, node.name)
        for file, tree in syntax(root, "domain/**/*.py")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def told_twice(root: Path) -> list[str]:
    """Words that the glossary explains in more than one line."""
    first_cells = re.findall(r"^\|([^|]*)\|", text_of(root / "docs/glossary.md"), re.MULTILINE)
    bold = Counter(word.lower() for cell in first_cells for word in re.findall(r"\*\*(.+?)\*\*", cell))
    return [f"docs/glossary.md explains “{word}” {count} times" for word, count in bold.items() if count > 1]


def strange_names(root: Path) -> list[str]:
    explained, joining = glossary_words(root)
    sentences = refusals(root)
    strange = []
    for file, name in public_classes(root):
        words = split_name(name)
        unknown = [word for word in words if word not in explained | joining]
        if banned := sorted(NEVER & set(words)):
            strange.append(f"{file}: {name} uses a word the bank does not use: {', '.join(banned)}")
        elif name in sentences and not (explained - joining) & set(words):
            strange.append(f"{file}: the refusal {name} speaks of nothing that the glossary knows")
        elif name not in sentences and unknown:
            strange.append(f"{file}: {name} is not made of glossary words: {', '.join(unknown)}")
    return strange


def test_the_glossary_is_read() -> None:
    explained, joining = glossary_words(ROOT)
    assert {"loan", "investee", "covenant", "posting"} <= explained
    assert joining
    assert not joining & NEVER


def test_one_thing_is_explained_once() -> None:
    expect_none(told_twice(ROOT))


def test_a_word_that_is_told_twice_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{"docs/glossary.md": "| **Loan**, **Chain** | what |\n| **Link** | **Chain** |\n| **chain** | x |\n"},
    )
    assert told_twice(tmp_path) == ["docs/glossary.md explains “chain” 2 times"]


def test_classes_are_named_in_the_words_of_the_bank() -> None:
    expect_none(strange_names(ROOT))


def test_a_strange_name_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "docs/glossary.md": "| **Loan**, **stages** | what |\n\n## Joining words\n\n`row`\n",
            "domain/a.py": "class LoanStage: ...\nclass LoanRow: ...\nclass LoanManager: ...\nclass Widget: ...\n",
            "domain/b.py": "class LoanCannotWait(Refusal): ...\nclass NoIdea(Refusal): ...\n",
        },
    )
    assert strange_names(tmp_path) == [
        "domain/a.py: LoanManager uses a word the bank does not use: manager",
        "domain/a.py: Widget is not made of glossary words: widget",
        "domain/b.py: the refusal NoIdea speaks of nothing that the glossary knows",
    ]
