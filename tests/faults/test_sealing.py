"""The sealer beside everything else: killed in its work, held up by a long transaction, moved to another cluster."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest

from api.database import placement
from api.database.embedded import Cluster, discard, hold
from api.database.roles import DATABASE, Role
from tests.conftest import nobody_tidies
from tests.database.holders import within
from tests.faults.running import (
    Bank,
    Counted,
    Program,
    clients_posting,
    count,
    nobody_writes,
    sealed_and_sound,
    serving,
    somebody_waits,
    unsealed,
    verified,
    wishes,
)

CUT_THE_SEALER = """SELECT count(pg_terminate_backend(pid)) FROM pg_locks
    WHERE NOT granted AND locktype = 'relation'"""
SEALED_TWICE = "SELECT count(*) - count(DISTINCT fact_id) FROM seal"


def sealing(program: Program) -> None:
    """Ask the program to seal, and expect that it is cut off."""
    try:
        assert program.call("steward", "POST", "/seals").status_code == 503
    except httpx.TransportError:
        return


@pytest.mark.parametrize("killed", ["the program", "the connection"])
def test_the_sealer_is_killed_in_the_middle(bank: Bank, tell: Callable[[Counted], None], killed: str) -> None:
    """It waits with its numbers taken and cannot write the first seal; there it is killed. Nothing is half sealed."""
    asked = wishes(bank, 16)
    with serving(bank) as program:
        with nobody_writes(bank, "seal"):  # neither does the program's own sealer, which passes each minute
            with clients_posting(bank, lambda: program.address, asked) as tally:
                pass
            waiting = unsealed(bank)
            assert waiting > 16
            sealer = threading.Thread(target=sealing, args=(program,))
            sealer.start()
            assert within(60, lambda: somebody_waits(bank))
            if killed == "the program":
                program.kill()
                sealer.join(60)
            else:
                assert within(60, lambda: bool(bank.ask(CUT_THE_SEALER)) and not sealer.is_alive())
            assert not sealer.is_alive()
        assert unsealed(bank) >= waiting  # a token's use or a refusal may have added facts; no seal has
        if killed == "the program":
            program.start()
        tell(count(bank, asked, tally))
        sealed_and_sound(bank, program)
        assert bank.ask(SEALED_TWICE) == [(0,)]


def test_a_long_transaction_beside_the_sealer_is_sealed_after_and_never_skipped(
    bank: Bank, program: Program, tell: Callable[[Counted], None]
) -> None:
    """A limit is recorded in a transaction that stays open while eight clients post and the sealer passes thrice."""
    asked = wishes(bank, 24)
    with closing(psycopg.connect(bank.cluster.url(Role.NIGHT))) as slow:
        slow.execute(
            "INSERT INTO fund_limit (fund_id, basis, subject, amount_minor, valid_from, source) "
            "SELECT id, 'ticket', '', 100000000, '2026-01-01', 'slow' FROM fund"
        )
        ((own,),) = slow.execute("SELECT pg_current_xact_id()::text").fetchall()
        assert within(60, lambda: bank.ask("SELECT pg_snapshot_xmin(pg_current_snapshot())::text") == [(own,)])
        program.call("steward", "POST", "/seals")  # all that is older than the open transaction, the oldest there is
        ((sealed_before,),) = bank.ask("SELECT count(*) FROM seal")
        with clients_posting(bank, lambda: program.address, asked) as tally:
            for acknowledged in (8, 16, 24):
                tally.wait_for(acknowledged)
                assert program.call("steward", "POST", "/seals").json() == {"sealed": 0}
        assert bank.ask("SELECT count(*) FROM seal") == [(sealed_before,)]
        slow.commit()
    tell(count(bank, asked, tally))
    sealed_and_sound(bank, program)
    # It took its number first and committed last: its seal stands before all that was posted meanwhile.
    ((late, first_posted),) = bank.ask(
        """SELECT (SELECT s.position FROM seal s JOIN fund_limit l ON l.id = s.fact_id WHERE l.source = 'slow'),
                  (SELECT min(s.position) FROM seal s JOIN entry e ON e.id = s.fact_id WHERE e.kind = 'drawdown')"""
    )
    assert sealed_before < late < first_posted


@contextmanager
def restored(bank: Bank, folder: Path) -> Iterator[Bank]:
    """Dump the bank's database and restore it into a cluster of its own, with PostgreSQL's own programs."""
    programs = placement.installation_in_wheel() / "bin"
    data = folder / "data"
    with hold(data, durable=False) as cluster:
        nobody_tidies(cluster)
        dump = subprocess.run(
            [programs / "pg_dump", "--format=custom", "--dbname", bank.cluster.superuser_url(DATABASE)],
            capture_output=True, check=False,
        )  # fmt: skip
        assert dump.returncode == 0, dump.stderr.decode()
        back = subprocess.run(
            [programs / "pg_restore", "--exit-on-error", "--dbname", cluster.superuser_url(DATABASE)],
            input=dump.stdout, capture_output=True, check=False,
        )  # fmt: skip
        assert back.returncode == 0, back.stderr.decode()
        yield replace(bank, data=data, cluster=cluster, log=folder / "log")
    discard(data)


def burn_transactions(cluster: Cluster, count: int) -> None:
    """Let a cluster's transaction numbers run ahead, as they have in a database of some age."""
    with psycopg.connect(cluster.superuser_url(DATABASE), autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN FOR n IN 1.." + str(count) + " LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )


def test_a_dump_restored_into_another_cluster_goes_on_in_a_new_segment(
    bank: Bank, tell: Callable[[Counted], None]
) -> None:
    """Some of it was sealed before the dump and some was not; the new cluster's transaction numbers start far below."""
    burn_transactions(bank.cluster, 3000)
    before, after = wishes(bank, 16), wishes(bank, 16, first=16)
    with serving(bank) as program:
        with clients_posting(bank, lambda: program.address, before[:8], clients=2) as tally:
            pass
        sealed_and_sound(bank, program)
        with nobody_writes(bank, "seal"):
            with clients_posting(bank, lambda: program.address, before[8:], clients=2) as more:
                pass
            program.stop()
    heads = verified(bank)["heads"]
    waiting = unsealed(bank)
    assert waiting >= 16, "eight entries and what was noted of them"
    ((dumped_at,),) = bank.ask("SELECT clock_timestamp()")
    with tempfile.TemporaryDirectory(prefix="missionbook-restored-") as folder:
        Path(folder).chmod(0o711)
        with restored(bank, Path(folder)) as there, serving(there) as program:
            assert program.call("auditor", "GET", "/verification").json()["sound"]
            ((sealed_first,),) = there.ask("SELECT count(*) FROM seal WHERE sealed_at <= %s", dumped_at)
            with clients_posting(there, lambda: program.address, after) as tally_after:
                tally_after.wait_for(8)
                assert program.call("steward", "POST", "/seals").status_code == 201
                ((sealed_now,),) = there.ask("SELECT count(*) FROM seal")
                assert sealed_now - sealed_first >= waiting
            tally.acknowledged |= more.acknowledged | tally_after.acknowledged
            tell(count(there, before + after, tally))
            sealed_and_sound(there, program)
            noted = there.ask("SELECT detail FROM audit WHERE act = 'notice a restored database'")
            assert len(noted) == 1
            assert set(noted[0][0].values()) == set(heads.values())
            assert there.ask(SEALED_TWICE) == [(0,)]
            verified(there)
