"""The embedded server is there while somebody holds the data folder, whatever dies in between."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from api.database import keeper, placement
from api.database.embedded import attach, hold, serve_lock
from api.database.problems import AlreadyServed, DataFolderNotUsable, ServerNotStarted
from tests.database.holders import (
    ROOT,
    answers,
    ask,
    commands,
    holding,
    keeper_of,
    kill,
    postmaster_of,
    running,
    within,
)


def test_a_second_process_attaches_to_the_running_server(data: Path) -> None:
    with holding(data) as first:
        started = ask(first.url, "SELECT pg_postmaster_start_time()")
        with hold(data, durable=False) as second:
            assert ask(second.superuser_url(), "SELECT pg_postmaster_start_time()") == started
        assert answers(first.url)  # the first still holds


def test_the_last_holder_takes_the_server_with_it(data: Path) -> None:
    with holding(data) as first, holding(data) as second:
        assert answers(first.url)
        assert answers(second.url)
        first.let_go()
        time.sleep(0.3)
        assert answers(second.url)
        assert len(running(data)) > 2  # the walk below sees what runs
        second.let_go()
        assert within(20, lambda: not running(data))


def test_the_server_goes_when_its_last_holder_is_killed(data: Path) -> None:
    with holding(data) as only:
        assert answers(only.url)
        only.kill()
        assert within(20, lambda: not running(data))


def test_killing_the_process_group_of_a_holder_spares_the_keeper(data: Path) -> None:
    with holding(data) as only:
        assert answers(only.url)
        ask(only.url, "CREATE TABLE kept AS SELECT 7 AS value")
        os.killpg(only.process.pid, signal.SIGKILL)
        assert within(20, lambda: not running(data))
    assert "database system is shut down" in (data / keeper.LOG).read_text()  # in order, not by force
    with hold(data, durable=False) as cluster:
        assert ask(cluster.superuser_url(), "SELECT value FROM kept") == 7


FORK = """
import os, sys, time
from pathlib import Path
from api.database.embedded import hold
with hold(Path(sys.argv[1]), durable=False):
    child = os.fork() or time.sleep(60)
    print(child, flush=True)
    sys.stdin.read()
"""


def test_a_forked_child_does_not_hold_for_its_killed_parent(data: Path) -> None:
    words = [sys.executable, "-c", FORK, str(data)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        try:
            gone = within(20, lambda: not [pid for pid in running(data) if pid != child])
            assert Path(f"/proc/{child}").exists()
        finally:
            kill(child)
        assert gone


def test_a_killed_server_is_started_again_with_its_data(data: Path) -> None:
    with holding(data, durable=True) as holder:
        ask(holder.url, "CREATE TABLE kept AS SELECT 7 AS value")
        before = postmaster_of(data)
        kill(before)
        assert within(10, lambda: answers(holder.url))
        assert postmaster_of(data) != before
        assert ask(holder.url, "SELECT value FROM kept") == 7


def test_a_killed_server_is_started_again_though_an_old_session_is_busy(data: Path) -> None:
    with holding(data) as holder, contextlib.closing(psycopg.connect(holder.url, autocommit=True)) as busy:
        # It never waits, so it does not see that its postmaster died, and it holds the old shared memory.
        busy.pgconn.send_query(b"SET statement_timeout = '30s'; DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")
        time.sleep(0.2)
        kill(postmaster_of(data))
        assert within(10, lambda: answers(holder.url))


def test_holders_get_a_server_again_when_the_keeper_is_killed(data: Path) -> None:
    with holding(data) as holder:
        ask(holder.url, "CREATE TABLE kept AS SELECT 7 AS value")
        kill(keeper_of(data))
        with hold(data, durable=False) as other:
            assert ask(other.superuser_url(), "SELECT value FROM kept") == 7
        assert answers(holder.url)
        kill(keeper_of(data))  # nobody else comes now
        assert within(10, lambda: keeper.is_kept(data) and answers(holder.url))


def test_all_is_well_after_everything_was_killed_at_once(data: Path) -> None:
    with holding(data, durable=True) as holder:
        ask(holder.url, "CREATE TABLE kept AS SELECT 7 AS value")
        for pid in [keeper_of(data), *running(data), holder.process.pid]:
            if Path(f"/proc/{pid}").exists():
                kill(pid)
    assert (data / "postgres" / "postmaster.pid").exists()  # left behind, as after a power cut
    with hold(data) as cluster:
        assert ask(cluster.superuser_url(), "SELECT value FROM kept") == 7


def test_a_stale_lock_file_with_the_number_of_a_living_process_stops_nobody(data: Path) -> None:
    with holding(data) as holder:
        assert answers(holder.url)
        for pid in [keeper_of(data), *running(data)]:
            if Path(f"/proc/{pid}").exists():
                kill(pid)
        holder.kill()
    user = placement.server_user()
    stranger = subprocess.Popen(["sleep", "60"], user=user.uid if user.lent else None)
    try:
        for name in ("postmaster.pid", f"{keeper.SOCKET}.lock"):
            path = data / "postgres" / name
            path.write_text("\n".join([str(stranger.pid), *path.read_text().split("\n")[1:]]))
        with hold(data, durable=False) as cluster:
            assert answers(cluster.superuser_url())
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_starts_at_once_on_a_new_folder_make_one_database(data: Path) -> None:
    with holding(data) as first, holding(data) as second, holding(data) as third:
        systems = {ask(holder.url, "SELECT system_identifier FROM pg_control_system()") for holder in (first, second)}
        assert systems == {ask(third.url, "SELECT system_identifier FROM pg_control_system()")}
        assert keeper_of(data)
    assert not list(data.glob("postgres.new-*"))


def test_a_start_that_comes_while_the_server_stops_waits_and_works(data: Path) -> None:
    for _ in range(5):
        with hold(data, durable=False) as cluster:
            assert answers(cluster.superuser_url())


@pytest.mark.parametrize("sign", ["postgres.new-*", "postgres.new-*/base/1", "postgres", "postgres/postmaster.pid"])
def test_a_start_killed_half_way_through_is_no_obstacle(data: Path, sign: str) -> None:
    with holding(data) as holder:
        assert within(10, lambda: any(data.glob(sign)))
        holder.kill()
    with hold(data, durable=False) as cluster:
        assert answers(cluster.superuser_url())
        assert not list(data.glob("postgres.new-*"))  # with the password that initdb was given


def initdb_of(data: Path) -> list[int]:
    """Return the processes of initdb on a data folder, the eldest first: it starts short-lived copies of itself."""
    return sorted(pid for pid, words in commands() if b"/initdb" in words and os.fsencode(data) in words)


def test_an_initdb_that_outlives_its_parent_keeps_the_next_start_waiting(data: Path) -> None:
    with holding(data) as holder:
        assert within(10, lambda: bool(initdb_of(data)))
        initdb = initdb_of(data)[0]
        os.kill(initdb, signal.SIGSTOP)  # however fast the machine, it is not done before we have looked
        holder.kill()
        descriptor = keeper.open_lock(data / keeper.STARTING)
        assert not keeper.try_lock(descriptor, fcntl.LOCK_EX)
        os.kill(initdb, signal.SIGCONT)
        assert within(10, lambda: keeper.try_lock(descriptor, fcntl.LOCK_EX))
        os.close(descriptor)


def test_a_server_that_cannot_start_is_told_in_words_with_its_log(data: Path) -> None:
    with hold(data, durable=False):
        pass
    assert within(5, lambda: not running(data))
    with (data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'plenty'\n")
    with pytest.raises(ServerNotStarted) as refused, hold(data, durable=False):
        pass
    assert 'invalid value for parameter "shared_buffers"' in str(refused.value)
    assert "giving up" in (data / keeper.LOG).read_text()


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(data: Path) -> None:
    with hold(data, durable=False):
        pass
    assert within(5, lambda: not running(data))
    (data / "postgres").rename(data / "elsewhere")
    with pytest.raises(DataFolderNotUsable, match="is gone; bring it back"), hold(data, durable=False):
        pass
    (data / "elsewhere").rename(data / "postgres")
    (data / "database.json").rename(data / "lost.json")
    with pytest.raises(DataFolderNotUsable, match=r"no database\.json"), hold(data, durable=False):
        pass
    (data / "lost.json").rename(data / "database.json")


def test_a_second_server_start_is_refused_in_words(data: Path) -> None:
    with serve_lock(data, address="http://127.0.0.1:8123"):
        with pytest.raises(AlreadyServed) as refused, serve_lock(data, address="http://127.0.0.1:9"):
            pass
        assert f"already being served on http://127.0.0.1:8123 by process {os.getpid()}" in str(refused.value)
        with hold(data, durable=False):
            assert attach(data)  # a command works meanwhile
    with serve_lock(data, address="http://127.0.0.1:9"):
        pass


def test_the_log_stays_bounded(data: Path) -> None:
    data.mkdir(mode=0o711)
    (data / keeper.LOG).write_bytes(b"x" * (keeper.LOG_BYTES_MAX // 8 + 1))
    with hold(data, durable=False):
        pass
    assert (data / keeper.LOG).stat().st_size < 10_000
    assert (data / f"{keeper.LOG}.1").stat().st_size > keeper.LOG_BYTES_MAX // 8
