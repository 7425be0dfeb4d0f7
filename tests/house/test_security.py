"""What ``docs/security.md`` promises: the tests it names are there, no parser carries code, cookies are ours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from fastapi import Request

from api.deps import cookie_name
from tests.house.tree import ROOT, dotted, expect_none, lay, syntax, text_of

CARRIES_CODE = {
    "xml", "lxml", "defusedxml", "zipfile", "tarfile", "gzip", "bz2", "lzma", "pickle", "marshal", "shelve", "dill",
    "yaml",
}  # fmt: skip
"""Parsers of XML, archives and serialised objects: no door reads any."""
RUNS_COMMANDS = {"subprocess", "pty", "pexpect"}
"""Only the embedded database's life runs programs, and none of what it is told comes in through a door."""
RUNS_BY_OS = re.compile(
    r"os\.(system|popen|exec[lv]\w*|spawn[lv]\w*|posix_spawnp?|startfile)|asyncio\.create_subprocess_\w+"
    r"|\w*loop\.subprocess_\w+|subprocess\.(getoutput|getstatusoutput)|pty\.spawn"
)
"""Ways to run a program that need no import of their own, or that always take a shell."""
RUNS_CODE = {"eval", "exec", "compile"}


REACHES_OUT = {
    "httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "smtplib", "imaplib", "poplib",
    "ftplib",
    "telnetlib", "xmlrpc", "ldap", "ldap3", "paramiko", "memcache", "pymemcache", "redis", "websockets", "pickle",
}  # fmt: skip
"""What would call another service: the program calls its database, and nobody else."""
GUESSABLE = {"random", "uuid.uuid1", "hashlib.md5", "hashlib.sha1", "hashlib.new", "crypt"}
"""Chance that can be told before, and hashes that nobody should rely on."""
FROM_WORDS = {"from_string", "Template", "Markup"}
"""Templates and markup made of words in the program: pages are made of files, and what is told is text."""


def what_is_not_used(root: Path) -> list[str]:
    """Return where a module calls out, makes what can be guessed, or makes templates of words."""
    seen = []
    for name, tree in syntax(root, "api/**/*.py", "domain/**/*.py", "migrations/**/*.py"):
        for node in ast.walk(tree):
            reached: list[str] = []
            match node:
                case ast.Import(names=names):
                    said = reached = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), names=names):
                    said = reached = [module, *(f"{module}.{alias.name}" for alias in names)]
                case ast.Attribute(attr=attr):
                    said = [dotted(node), attr]
                case ast.Call(func=ast.Name(id=called)):
                    said = [called]
                case _:
                    continue
            seen += [f"{name}:{node.lineno} {one}" for one in said if one in GUESSABLE | FROM_WORDS]
            seen += [f"{name}:{node.lineno} {one}" for one in reached if {one, one.split(".")[0]} & REACHES_OUT]
    return sorted(set(seen))


def named_and_missing(root: Path, document: str = "docs/security.md") -> list[str]:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text_of(root / document))
    return [f"{file}::{test}" for file, test in named if f"def {test}(" not in text_of(root / file)]


def is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def carriers(root: Path) -> list[str]:
    seen = []
    for name, tree in syntax(root, "api/**/*.py", "domain/**/*.py"):
        for node in ast.walk(tree):
            match node:
                case ast.Import():
                    modules = [alias.name for alias in node.names]
                case ast.ImportFrom(module=str(module), names=names):
                    by_os = [f"{module}.{one.name}" for one in names if RUNS_BY_OS.fullmatch(f"{module}.{one.name}")]
                    seen += [f"{name}:{node.lineno} {one}" for one in by_os]
                    modules = [module]
                case ast.Call(func=ast.Name(id=called)) if called in RUNS_CODE:
                    seen.append(f"{name}:{node.lineno} {called}()")
                    continue
                case ast.Attribute() if RUNS_BY_OS.fullmatch(dotted(node)):
                    seen.append(f"{name}:{node.lineno} {dotted(node)}")
                    continue
                case ast.keyword(arg="shell", value=value) if not is_false(value):
                    seen.append(f"{name}:{value.lineno} a shell")
                    continue
                case _:
                    continue
            wrong = CARRIES_CODE if name.startswith("api/database/") else CARRIES_CODE | RUNS_COMMANDS
            seen += [f"{name}:{node.lineno} {one}" for one in modules if one.split(".")[0] in wrong]
    return seen


def test_every_test_that_the_document_names_is_there() -> None:
    assert "`tests/" in text_of(ROOT / "docs/security.md")
    expect_none(named_and_missing(ROOT))


def test_no_door_reads_what_can_carry_code() -> None:
    expect_none(carriers(ROOT))


def test_nothing_calls_out_can_be_guessed_or_makes_pages_of_words() -> None:
    expect_none(what_is_not_used(ROOT))


def test_what_calls_out_is_seen(tmp_path: Path) -> None:
    bad = "import httpx\nfrom urllib import request\nfrom urllib.parse import quote\nimport random\nimport hashlib\n"
    bad += "hashlib.sha1(b'')\nhashlib.sha256(b'')\nenvironment.from_string('x')\nfrom http import client\n"
    lay(tmp_path, **{"api/a.py": bad})
    assert what_is_not_used(tmp_path) == [
        f"api/a.py:{one}"
        for one in ("1 httpx", "2 urllib.request", "4 random", "6 hashlib.sha1", "8 from_string", "9 http.client")
    ]


def test_a_parser_and_a_lost_test_are_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "api/a.py": "import xml.etree\nfrom pickle import loads\nx = eval('1')\nimport json\n",
            "api/b.py": "import subprocess\n",
            "api/database/c.py": "import subprocess\nsubprocess.run(['ls'])\n",
            "api/database/d.py": "import os\nimport subprocess\nsubprocess.run('ls', shell=True)\n"
            "os.system('ls')\nfrom os import popen\nrun = subprocess.getoutput\nshell = x\nrun('ls', shell=x)\n",
            "docs/security.md": "`tests/a.py::test_there` `tests/a.py::test_lost`",
            "tests/a.py": "def test_there(): ...\n",
        },
    )
    assert sorted(carriers(tmp_path)) == [
        "api/a.py:1 xml.etree",
        "api/a.py:2 pickle",
        "api/a.py:3 eval()",
        "api/b.py:1 subprocess",
        "api/database/d.py:3 a shell",
        "api/database/d.py:4 os.system",
        "api/database/d.py:5 os.popen",
        "api/database/d.py:6 subprocess.getoutput",
        "api/database/d.py:8 a shell",
    ]
    assert named_and_missing(tmp_path) == ["tests/a.py::test_lost"]


def test_over_https_the_cookie_is_bound_to_its_host() -> None:
    def name(scheme: str) -> str:
        scope = {"type": "http", "scheme": scheme, "path": "/", "headers": [], "server": ("bank.example", 443)}
        return cookie_name(Request(scope))

    assert (name("https"), name("http")) == ("__Host-missionbook_session", "missionbook_session")
