"""The tree runs anywhere: no path of one machine in it, and no registry's address."""

import re
from pathlib import Path

from tests.house.tree import ROOT, expect_none, lay, text_of, tracked

_MACHINE = re.compile(r"(?<![\w.*}-])/(work|root|home|Users)/[\w.-]")
_REGISTRY = re.compile(
    r"https?://[^ \"']*/(simple|packages)/|file:" + r"///[\w]|--(extra-)?index" + r"-url|--find" + r"-links"
    r"|(?<![\w.])(pypi\.org|pythonhosted\.org|registry\.npmjs\.org)(?![\w])"
)


def leaks(root: Path) -> list[str]:
    seen = []
    for path in tracked(root):
        name = str(path.relative_to(root))
        if name == "tests/house/test_addresses.py":
            continue
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if found := _MACHINE.search(line) or _REGISTRY.search(line):
                seen.append(f"{name}:{number} {found.group()}")
    return seen


def test_no_machine_path_and_no_registry_in_the_tree() -> None:
    assert len(tracked(ROOT)) > 20
    expect_none(leaks(ROOT))


def test_a_path_and_a_registry_are_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "a.md": "see /home/ann/notes\nand ../shared/design\nthe page /work-list and /roots\n",
            "b.toml": 'index = "https:' + '//pypi.org/simple/"\n',
            "c.txt": "--extra-index" + "-url x\n--no-emit-index-url\n",
        },
    )
    assert leaks(tmp_path) == [
        "a.md:1 /home/a",
        "b.toml:1 https:" + "//pypi.org/simple/",
        "c.txt:1 --extra-index" + "-url",
    ]
