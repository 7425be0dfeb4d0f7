"""The commands that the README and CI rely on, and the environment that each of them makes for itself."""

import contextvars
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from api import cli
from api.database.sessions import WHENCE
from tests.house.tree import ROOT, text_of

TARGETS = {"run", "test", "test-browser", "check", "bench"}
_MAKE_RUN = "import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp('make', ['make', 'run'])"
TOOLS = ("sh", "cat", "cksum", "dirname", "tr", "sed")


def folder_without_python(tmp_path: Path, python_says: int) -> Path:
    """A PATH with the shell's own tools and a ``python3`` that leaves with ``python_says``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit {python_says}\n')
    python.chmod(0o755)
    return folder


def house(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / ".ci").mkdir(parents=True)
    for name in (".ci/environment", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    return project


def test_every_target_is_there_and_makes_its_environment() -> None:
    recipes = re.findall(r"^([a-z-]+):\n((?:\t.*\n)+)", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert {name for name, recipe in recipes if ".ci/environment" in recipe} >= TARGETS


def test_ci_runs_check_and_test() -> None:
    assert {"make check", "make test"} <= set(text_of(ROOT / ".ci/run").splitlines())


def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    path = folder_without_python(tmp_path, python_says=1)
    done = subprocess.run(
        [house(tmp_path) / ".ci/environment"], env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; found Python 3.9.2" in done.stderr


def test_a_made_environment_is_left_alone_until_the_pins_change(tmp_path: Path) -> None:
    project = house(tmp_path)
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to("/bin/sh")
    path = folder_without_python(tmp_path, python_says=1)  # whoever needs a Python here fails

    def call(*words: str) -> int:
        done = subprocess.run(
            [project / ".ci/environment", *words], env={"PATH": str(path)}, capture_output=True, check=False
        )
        return done.returncode

    checksum = ["sh", "-c", "{ pwd; cat requirements-dev.txt pyproject.toml; } | cksum"]
    note = subprocess.run(checksum, cwd=project, capture_output=True, check=True).stdout
    (project / ".venv/made-from-requirements-dev.txt").write_bytes(note)
    assert [call(), call("--dev")] == [0, 0]
    with (project / "requirements-dev.txt").open("a") as pins:
        pins.write("# another pin\n")
    assert [call(), call("--dev")] == [1, 1]


def test_tests_do_not_see_the_settings_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(
        text_of(ROOT / "Makefile").replace(".ci/environment --dev", "true").replace("exec .venv/bin/python", "env; #")
    )
    told = subprocess.run(
        ["make", "test"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "MISSIONBOOK_DATABASE_URL": "postgresql://live", "KEPT": "yes"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "KEPT=yes" in told
    assert "MISSIONBOOK_" not in told


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_make_run_hands_the_signal_on_and_waits_for_the_server(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "Makefile").write_text(text_of(ROOT / "Makefile").replace(".ci/environment", "true"))
    server = tmp_path / ".venv/bin/missionbook"
    server.parent.mkdir(parents=True)
    server.write_text(
        "#!/bin/sh\ntrap 'sleep 0.3; echo closed; exit 0' TERM INT\necho serving\nwhile :; do sleep 0.1; done\n"
    )
    server.chmod(0o755)
    make = subprocess.Popen(
        # A shell that runs us in the background has us ignore SIGINT, and a child inherits that.
        [sys.executable, "-c", _MAKE_RUN],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert make.stdout is not None
    try:
        assert make.stdout.readline() == "serving\n"
        os.killpg(make.pid, how)
        make.wait(timeout=10)
        assert "closed\n" in make.stdout.read()  # ends only when the last writer has gone
    finally:
        with suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGKILL)
        make.wait()
        make.stdout.close()


def test_a_command_says_which_user_of_the_machine_runs_it() -> None:
    def whence() -> tuple[str, str]:
        cli.say_whence()
        return WHENCE.get().door, WHENCE.get().address

    # In a context of its own, so that the tests after this one come from nowhere; SUDO_UID is told apart below.
    door, address = contextvars.copy_context().run(whence)
    assert (door, address.split(",")[0]) == ("command", f"user {pwd.getpwuid(os.getuid()).pw_name}")


@pytest.mark.parametrize(("number", "sudo_number", "told"), [
    (0, "", "root"), (0, "0", "root"), (0, "4000000001", "root, by sudo for 4000000001"), (0, "jane", "root"),
    (0, "-1", "root"), (0, "９", "root"), (4000000001, "0", "4000000001"), (4000000001, "4000000002", "4000000001"),
    (0, "9" * 30, f"root, by sudo for {'9' * 30}"),
])  # fmt: skip
def test_root_is_named_with_whom_it_was_lent_to(number: int, sudo_number: str, told: str) -> None:
    assert cli.user_of_machine(number, sudo_number) == told
