"""``docs/security-asvs.md`` has every requirement of levels 1 and 2, each with a test that is there or a reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.house.test_security import named_and_missing
from tests.house.tree import ROOT, expect_none, lay, text_of

DOCUMENT = "docs/security-asvs.md"
# OWASP ASVS 5.0.0, the list that its repository publishes as CSV: in each section the requirements of levels 1 and 2
# come before those of level 3, so a section is told by how many they are.
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2  2.1:3 2.2:3 2.3:4 2.4:1  3.2:2 3.3:4 3.4:6 3.5:5 3.7:2  4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3  6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4  7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1  9.1:3 9.2:4  10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1  12.1:3 12.2:2 12.3:4  13.1:1 13.2:5 13.3:2 13.4:5  14.1:2 14.2:4 14.3:3
15.1:3 15.2:3 15.3:7  16.1:1 16.2:5 16.3:4 16.4:3 16.5:3  17.1:1 17.2:4 17.3:2
"""
LEVEL_1, LEVEL_2 = 70, 183
"""How many of each level the standard publishes."""
STANDINGS = ("met", "in part", "not met", "operator", "no such thing")


def numbers() -> list[str]:
    return [
        f"V{section}.{place}"
        for section, count in (one.split(":") for one in SECTIONS.split())
        for place in range(1, int(count) + 1)
    ]


def rows(root: Path) -> list[list[str]]:
    """Return the cells of each row: number, what it asks for, how it stands, by what or why not."""
    lines = [line for line in text_of(root / DOCUMENT).splitlines() if line.startswith("| V")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def counted(root: Path) -> str:
    """Return how the rows stand, as the document says it at its top."""
    times = Counter(row[2] for row in rows(root))
    return f"{sum(times.values())} requirements: " + ", ".join(f"{times[one]} {one}" for one in STANDINGS) + "."


def problems(root: Path, expected: list[str]) -> list[str]:
    found = rows(root)
    wrong = [f"{row[0]} has {len(row)} cells" for row in found if len(row) != 4]
    listed = [row[0] for row in found]
    if listed != expected:
        wrong += [f"{one} is missing" for one in expected if one not in listed]
        wrong += [f"{one} is there twice, or of another level" for one in Counter(listed) - Counter(expected)]
        wrong += ["the numbers are not in their order"] if sorted(listed) == sorted(expected) else []
    for number, asks, stands, why in (row for row in found if len(row) == 4):
        shown = re.findall(r"`(?:tests/[\w/]+\.py::test_\w+)`", why)
        documents = re.findall(r"`(docs/[\w/.-]+\.md)`", why)
        wrong += [f"{number} names {one}, which is not there" for one in documents if not (root / one).is_file()]
        if not asks or stands not in STANDINGS:
            wrong.append(f"{number} stands nowhere")
        elif stands == "met" and not shown and not documents:
            wrong.append(f"{number} is met and nothing shows it")
        elif stands != "met" and len(why.split()) < 2:
            wrong.append(f"{number} says no reason")
    if counted(root) not in text_of(root / DOCUMENT):
        wrong.append(f"the document does not say: {counted(root)}")
    return wrong + named_and_missing(root, DOCUMENT)


def test_as_many_are_asked_for_as_the_standard_publishes() -> None:
    assert len(numbers()) == LEVEL_1 + LEVEL_2


def test_every_requirement_of_both_levels_is_answered() -> None:
    expect_none(problems(ROOT, numbers()))


@pytest.mark.parametrize(("row", "wrong"), [
    ("| V1.1.1 | x | met | `tests/a.py::test_there` |", []),
    ("| V1.1.1 | x | met | `docs/a.md`, \"Here\" |", []),
    ("| V1.1.1 | x | no such thing | there is none |", []),
    ("| V1.1.1 | x | met | by reading it |", ["V1.1.1 is met and nothing shows it"]),
    ("| V1.1.1 | x | met | `docs/lost.md` |", ["V1.1.1 names docs/lost.md, which is not there"]),
    ("| V1.1.1 | x | met | `tests/a.py::test_lost` |", ["tests/a.py::test_lost"]),
    ("| V1.1.1 | x | not met | no |", ["V1.1.1 says no reason"]),
    ("| V1.1.1 | x | perhaps | there is none |", ["V1.1.1 stands nowhere"]),
    ("| V1.1.2 | x | no such thing | there is none |",
     ["V1.1.1 is missing", "V1.1.2 is there twice, or of another level"]),
])  # fmt: skip
def test_what_is_missing_is_seen(tmp_path: Path, row: str, wrong: list[str]) -> None:
    lay(tmp_path, **{DOCUMENT: row, "docs/a.md": "a", "tests/a.py": "def test_there(): ...\n"})
    lay(tmp_path, **{DOCUMENT: f"{row}\n{counted(tmp_path)}\n"})
    assert problems(tmp_path, ["V1.1.1"]) == wrong
