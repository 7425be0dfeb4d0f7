"""Requirements are pinned by hash, carry no address, and follow ``pyproject.toml``."""

import re
import tomllib
from pathlib import Path

from tests.house.tree import ROOT, expect_none, lay, text_of, tracked

LOCKS_WITH_ADDRESSES = {"uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[^\s;]+)", re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(root: Path, file: str) -> dict[str, set[str]]:
    """Name to pinned versions; more than one where Python versions differ."""
    found: dict[str, set[str]] = {}
    for match in _PIN.finditer(text_of(root / file)):
        found.setdefault(plain(match["name"]), set()).add(match["version"])
    return found


def declared(root: Path, group: str | None = None) -> list[str]:
    project = tomllib.loads(text_of(root / "pyproject.toml"))["project"]
    listed = project["optional-dependencies"][group] if group else project["dependencies"]
    return [plain(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in listed]


def problems(root: Path) -> list[str]:
    wrong = []
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = text_of(root / file)
        blocks = re.split(r"\n(?=\S)", text.strip())
        wrong += [f"{file}: no hash for {block.splitlines()[0]}" for block in blocks if "--hash=sha256:" not in block]
        wrong += [f"{file}: an address: {line}" for line in text.splitlines() if "://" in line or "index-url" in line]
    runtime, development = pins(root, "requirements.txt"), pins(root, "requirements-dev.txt")
    wrong += [f"requirements.txt lacks {name}" for name in declared(root) if name not in runtime]
    wrong += [f"requirements-dev.txt lacks {name}" for name in declared(root, "dev") if name not in development]
    wrong += [
        f"requirements-dev.txt pins {name} otherwise" for name in runtime if development.get(name) != runtime[name]
    ]
    return wrong


def locks(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in tracked(root) if path.name in LOCKS_WITH_ADDRESSES]


def test_requirements_are_pinned_by_hash_without_addresses() -> None:
    assert len(pins(ROOT, "requirements.txt")) > 20
    expect_none(problems(ROOT))


def test_no_lock_file_that_records_addresses() -> None:
    expect_none(locks(ROOT))


def test_a_bare_pin_an_address_and_a_lock_are_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "pyproject.toml": '[project]\ndependencies = ["Rich>=14", "typer[all]"]\n'
            'optional-dependencies = {dev = ["pytest"]}\n',
            "requirements.txt": "rich==14.0\n",
            "requirements-dev.txt": "-i https://example.org/x\nrich==14.1 \\\n    --hash=sha256:00\n",
            "uv.lock": "",
        },
    )
    assert problems(tmp_path) == [
        "requirements.txt: no hash for rich==14.0",
        "requirements-dev.txt: no hash for -i https://example.org/x",
        "requirements-dev.txt: an address: -i https://example.org/x",
        "requirements.txt lacks typer",
        "requirements-dev.txt lacks pytest",
        "requirements-dev.txt pins rich otherwise",
    ]
    assert locks(tmp_path) == ["uv.lock"]
