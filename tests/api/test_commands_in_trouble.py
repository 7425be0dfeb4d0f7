"""What a command says when the database cannot be had or the address is taken: words, exit code 1, no stack trace."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from api.database.roles import Role
from tests.conftest import TestDatabase
from tests.house.tree import ROOT

NOBODY = "postgresql://missionbook_app:s3cret@127.0.0.1:1/book"


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from api.cli import main; main()", *words]


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MISSIONBOOK_")}
    return {**kept, "MISSIONBOOK_DATA": str(data), **more}


def run(words: tuple[str, ...], env: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(command(*words), env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words", [("verify",), ("serve",), ("report", "impact", "--fund", "commons", "--as-of", "2026-03-31")]
)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        (NOBODY, "nobody answers where it should be"),
        ("nonsense", "its address cannot be read"),
        ("postgresql://missionbook_app:s3cret@127.0.0.1:notaport/book", "the database: "),
    ],
)
def test_a_database_that_cannot_be_had_is_told_in_words(
    words: tuple[str, ...], url: str, said: str, tmp_path: Path
) -> None:
    urls = {f"MISSIONBOOK_DATABASE_URL{role}": url for role in ("", "_MIGRATOR", "_NIGHT", "_REGISTER")}
    code, out = run(words, environment(tmp_path, MISSIONBOOK_PORT="0", **urls))
    assert (code, "Traceback" in out, "s3cret" in out) == (1, False, False), out
    assert said in out


def test_a_half_restored_database_is_told_in_words(database: TestDatabase, tmp_path: Path) -> None:
    with psycopg.connect(database.cluster.superuser_url(database.name)) as connection:
        connection.execute("REVOKE ALL ON alembic_version FROM missionbook_app")
    urls = {
        "MISSIONBOOK_DATABASE_URL": database.url(Role.APP),
        "MISSIONBOOK_DATABASE_URL_NIGHT": database.url(Role.NIGHT),
    }
    for words in (("verify",), ("serve",)):
        code, out = run(words, environment(tmp_path, MISSIONBOOK_PORT="0", **urls))
        assert (code, "Traceback" in out) == (1, False), out
        assert "its rights are not all there, as after a restore that stopped half-way" in out


def test_a_table_that_is_not_there_is_told_in_words(database: TestDatabase, tmp_path: Path) -> None:
    with psycopg.connect(database.cluster.superuser_url(database.name)) as connection:
        connection.execute("DROP TABLE seal CASCADE")
    urls = {
        "MISSIONBOOK_DATABASE_URL": database.url(Role.APP),
        "MISSIONBOOK_DATABASE_URL_NIGHT": database.url(Role.NIGHT),
    }
    code, out = run(("verify",), environment(tmp_path, **urls))
    assert (code, "Traceback" in out) == (1, False), out
    assert "a table or function of the book is not there" in out


def test_a_server_of_somebodys_own_is_not_served_half(tmp_path: Path) -> None:
    code, out = run(("serve",), environment(tmp_path, MISSIONBOOK_DATABASE_URL=NOBODY))
    assert (code, out.strip()) == (
        1,
        "refused: the database role night is not configured: set MISSIONBOOK_DATABASE_URL_NIGHT",
    )


def test_an_address_that_is_taken_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out = run(("serve",), environment(data, MISSIONBOOK_PORT=str(port)))
    assert code == 1
    assert f"127.0.0.1:{port} cannot be taken: another programme answers there" in out
    assert "Traceback" not in out
    assert not (data / "sign-ins.json").exists()


def test_an_address_that_this_machine_lacks_is_refused(tmp_path: Path) -> None:
    code, out = run(("serve",), environment(tmp_path / "data", MISSIONBOOK_HOST="192.0.2.7", MISSIONBOOK_PORT="0"))
    assert (code, "192.0.2.7:0 cannot be taken: this machine has no such address" in out) == (1, True)


def test_port_0_is_a_free_one_that_is_told_and_a_worker_is_asked_for(database: TestDatabase, tmp_path: Path) -> None:
    urls = {
        "MISSIONBOOK_DATABASE_URL": database.url(Role.APP),
        "MISSIONBOOK_DATABASE_URL_NIGHT": database.url(Role.NIGHT),
    }
    server = subprocess.Popen(
        command("serve"),
        env=environment(tmp_path, MISSIONBOOK_PORT="0", PYTHONUNBUFFERED="1", **urls),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert "missionbook worker" in server.stdout.readline()
        told = re.fullmatch(r"Missionbook: (http://127\.0\.0\.1:\d+)\n", server.stdout.readline())
        assert told
        assert not told[1].endswith(":0")
        with urllib.request.urlopen(f"{told[1]}/readyz", timeout=30) as answer:
            assert answer.status == 200
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        assert server.stdout is not None
        server.stdout.close()
