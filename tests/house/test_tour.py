"""The documents lead to places that exist."""

import re
from pathlib import Path

from tests.house.tree import ROOT, expect_none, files, lay, text_of

_SHOWN = re.compile(r"`((?:api|domain|migrations|tests|bench|docs|docker|examples)/[\w./-]*|\.ci/[\w-]+)`")
_LINKED = re.compile(r"\]\((?!https?://|mailto:|#)([^)#]+)")


def lost(root: Path) -> list[str]:
    """Paths shown in code style from the root, and links from the page, that lead nowhere."""
    wrong = []
    for page in files(root, "*.md", "docs/**/*.md"):
        text, name = text_of(page), str(page.relative_to(root))
        wrong += [f"{name} shows {path}" for path in _SHOWN.findall(text) if not (root / path).exists()]
        wrong += [f"{name} links {path}" for path in _LINKED.findall(text) if not (page.parent / path).exists()]
    return wrong


def test_every_place_that_a_document_names_exists() -> None:
    assert (ROOT / "docs/tour.md").exists()
    expect_none(lost(ROOT))


def test_a_lost_place_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "docs/tour.md": "`domain/money.py`, `domain/gone.py`, [a](adr/), [b](https://example.org)",
            "domain/money.py": "",
        },
    )
    assert lost(tmp_path) == ["docs/tour.md shows domain/gone.py", "docs/tour.md links adr/"]
