"""Where the data folder lies, and who we are, makes no difference: root from a closed folder, a stranger, odd names."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.database import embedded, placement
from api.database.embedded import discard, hold
from api.database.problems import DataFolderNotUsable, ServerNotStarted
from api.database.roles import Role
from tests.database.holders import ROOT, answers, ask, holding, postmaster_of, running, within

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server another user")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody but us may pass, like root's home or a CI's clone."""
    tmp_path.chmod(0o700)
    yield tmp_path
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700  # nobody opened it for the server


@as_root
def test_root_works_from_a_folder_that_is_closed_to_the_servers_user(closed: Path) -> None:
    data = closed / "data"
    with hold(data, durable=False) as cluster:
        assert cluster.folder.is_relative_to(placement.OUTSIDE)
        assert (cluster.folder.parent / "belongs-to").read_text().strip() == str(data)
        ask(cluster.superuser_url(), "CREATE TABLE kept AS SELECT 7 AS value")
    first = cluster.folder.parent
    with hold(data, durable=False) as again:
        assert ask(again.superuser_url(), "SELECT value FROM kept") == 7
    discard(data)
    assert not first.exists()
    with hold(data, durable=False) as anew:  # a data folder made anew gets a new cluster
        assert anew.folder.parent != first
        assert ask(anew.superuser_url(), "SELECT to_regclass('kept')") is None
    discard(data)


@as_root
def test_root_copies_the_programs_once_when_the_servers_user_cannot_run_them(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wheel inside a closed clone: a copy of it, links would be reachable by another way.
    wheel = placement.installation_in_wheel()
    package = closed / placement.PACKAGE
    shutil.copytree(wheel, package / placement.INSTALLATION, ignore=shutil.ignore_patterns("*.a", "pgxs"))
    libraries = wheel.parent.parent / f"{placement.PACKAGE}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, closed / libraries.name)
    # The two places are this machine's: the test moves them, the code under test runs as it is.
    with tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        monkeypatch.setattr(placement, "OUTSIDE", Path(outside) / "missionbook")
        monkeypatch.setattr(placement, "installation_in_wheel", lambda: package / placement.INSTALLATION)
        for _ in range(2):
            with hold(closed / "data", durable=False) as cluster:
                assert answers(cluster.url(Role.APP))
                (copy,) = (Path(outside) / "missionbook" / "binaries").iterdir()
                server = postmaster_of(cluster.folder.parent)  # its children come and go; this one stays
                assert Path(f"/proc/{server}/exe").readlink().is_relative_to(copy)
        assert within(5, lambda: not running(cluster.folder.parent))
        discard(closed / "data")


@functools.cache
def strangers_python() -> tuple[str, dict[str, str]] | None:
    """An interpreter that the user nobody can run with our packages, or None."""
    if os.geteuid() != 0:
        return None
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        words = [python, "-c", "import psycopg, pydantic, api.database.embedded"]
        try:
            done = subprocess.run(words, env=environment, user="nobody", cwd="/", capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python, environment
    return None


@as_root
def test_an_ordinary_user_needs_nothing_of_root(data: Path) -> None:
    found = strangers_python()
    if found is None:
        pytest.skip("no Python on this machine that the user nobody may run with our packages")
    python, environment = found
    data.parent.chmod(0o777)
    with holding(data, python=python, env=environment, user="nobody", extra_groups=[], cwd="/") as holder:
        assert answers(holder.url)
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert data.owner() == "nobody"
        with pytest.raises(DataFolderNotUsable, match="it belongs to user"), hold(data):
            pass  # two users on one folder would lock each other out
        holder.kill()
        assert within(2, lambda: not running(data))


@pytest.mark.parametrize("name", ['it\'s a "folder" of 5 %41', "Förder,bank & söhne", "long" * 30])
def test_any_name_of_a_folder_will_do(data: Path, name: str) -> None:
    odd = data / name
    data.mkdir(mode=0o711)
    with hold(odd, durable=False) as cluster:
        assert answers(cluster.url(Role.APP))
        assert len(cluster.sockets) < 100
    assert within(5, lambda: not running(odd))
    discard(odd)


def test_a_short_link_that_a_cleaner_took_is_made_again_while_the_server_runs(data: Path) -> None:
    far = data / ("far" * 40)
    data.mkdir(mode=0o711)
    with hold(far, durable=False) as cluster:
        Path(cluster.sockets).unlink()
        assert not answers(cluster.url(Role.APP))
        with hold(far, durable=False) as other:
            assert answers(other.url(Role.APP))
        assert answers(cluster.url(Role.APP))
    assert within(5, lambda: not running(far))
    discard(far)
    assert not Path(cluster.sockets).is_symlink()


def test_a_short_link_that_somebody_else_made_is_refused(data: Path) -> None:
    folder = data / ("far" * 40)
    link = Path("/tmp") / f"mb-{os.geteuid()}-{data.parent.name}"
    link.mkdir()
    try:
        with pytest.raises(ServerNotStarted, match="is there already and is not ours"):
            embedded.short_path(folder, data.parent.name)
    finally:
        link.rmdir()


def test_a_folder_that_holds_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    with pytest.raises(DataFolderNotUsable, match="holds other things already, such as letters"), hold(tmp_path):
        pass
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_a_file_in_place_of_the_folder_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DataFolderNotUsable, match="File exists"), hold(tmp_path / "data"):
        pass
