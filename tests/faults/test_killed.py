"""kill -9 while eight clients post: nothing that was acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest

from tests.database.holders import kill, postmaster_of, within
from tests.faults.running import (
    Bank,
    Counted,
    Program,
    Wish,
    clients_posting,
    count,
    nobody_writes,
    sealed_and_sound,
    serving,
    somebody_waits,
    wishes,
)


def test_the_program_is_killed_twice_while_eight_clients_post(bank: Bank, tell: Callable[[Counted], None]) -> None:
    asked = wishes(bank, 64)
    with serving(bank) as program:
        with clients_posting(bank, lambda: program.address, asked) as tally:
            for acknowledged in (16, 40):
                tally.wait_for(acknowledged)
                program.kill()
                program.start()
        counted = count(bank, asked, tally)
        tell(counted)
        assert counted.acknowledged == 64
        sealed_and_sound(bank, program)


def test_postgresql_is_killed_twice_while_eight_clients_post(
    bank: Bank, program: Program, tell: Callable[[Counted], None]
) -> None:
    asked = wishes(bank, 64)
    with clients_posting(bank, lambda: program.address, asked) as tally:
        for acknowledged in (16, 40):
            tally.wait_for(acknowledged)
            kill(postmaster_of(bank.data))
    counted = count(bank, asked, tally)
    tell(counted)
    assert counted.acknowledged == 64
    sealed_and_sound(bank, program)


@pytest.mark.parametrize("table", ["posting", "answer"])
def test_a_request_that_is_killed_in_its_middle_leaves_nothing(
    bank: Bank, tell: Callable[[Counted], None], table: str
) -> None:
    """The request waits inside its transaction at a table that it may not write yet; there the program is killed."""
    (wish,) = wishes(bank, 1)
    with serving(bank) as program:
        with nobody_writes(bank, table):
            cut = threading.Thread(target=try_once, args=(program, wish))
            cut.start()
            assert within(60, lambda: somebody_waits(bank))
            program.kill()
            cut.join(60)
        assert within(60, lambda: not others_at_work(bank))
        assert bank.ask("SELECT count(*) FROM entry WHERE kind = 'drawdown'") == [(0,)]
        program.start()
        with clients_posting(bank, lambda: program.address, [wish]) as tally:
            pass
        tell(count(bank, [wish], tally))
        sealed_and_sound(bank, program)


def try_once(program: Program, wish: Wish) -> None:
    with pytest.raises(httpx.TransportError):
        program.call("officer", "POST", f"/instruments/{wish.instrument}/drawdowns", key=wish.key, json=wish.body)


def others_at_work(bank: Bank) -> bool:
    """Tell whether the killed program's transaction is still there: its server notices when it next speaks to it."""
    return bool(
        bank.ask(
            "SELECT 1 FROM pg_stat_activity WHERE datname = 'missionbook' AND usename = 'missionbook_app' "
            "AND xact_start IS NOT NULL"
        )
    )
