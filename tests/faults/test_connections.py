"""Connections that break at the worst moment: during COMMIT, and while the answer is on its way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from api.database.roles import DATABASE, Role
from tests.faults.proxies import Fate, before_the_program, between_program_and_database
from tests.faults.running import (
    Bank,
    Counted,
    Program,
    clients_posting,
    count,
    sealed_and_sound,
    serving,
    wishes,
)

CUTS = [Fate.IS_NOT_ANSWERED, Fate.NEVER_ARRIVES, Fate.PASSES] * 5


def test_the_connection_to_the_database_breaks_during_commit(bank: Bank, tell: Callable[[Counted], None]) -> None:
    """Ten COMMITs are cut, in turn after and before PostgreSQL did them: the program cannot know which it was."""
    asked = wishes(bank, 40)
    with (
        tempfile.TemporaryDirectory(prefix="mb-cut-") as folder,
        between_program_and_database(
            Path(folder), Path(bank.cluster.sockets), bank.cluster.superuser_url(DATABASE), list(CUTS)
        ) as proxy,
        serving(
            bank,
            MISSIONBOOK_DATA=str(Path(folder) / "data"),
            MISSIONBOOK_DATABASE_URL=replace(bank.cluster, sockets=folder).url(Role.APP),
            MISSIONBOOK_DATABASE_URL_NIGHT=bank.cluster.url(Role.NIGHT),
            MISSIONBOOK_DATABASE_URL_MIGRATOR=bank.cluster.url(Role.MIGRATOR),
            MISSIONBOOK_DATABASE_URL_REGISTER=bank.cluster.url(Role.REGISTER),
        ) as program,
    ):
        with clients_posting(bank, lambda: program.address, asked) as tally:
            pass
        assert [proxy.dealt.count(fate) for fate in (Fate.IS_NOT_ANSWERED, Fate.NEVER_ARRIVES)] == [5, 5]
        assert tally.retries >= 10
        tell(count(bank, asked, tally))
        sealed_and_sound(bank, program)


def test_a_go_between_loses_requests_and_answers(bank: Bank, program: Program, tell: Callable[[Counted], None]) -> None:
    asked = wishes(bank, 40)
    with before_the_program(program.address, list(CUTS)) as proxy:
        with clients_posting(bank, lambda: proxy.address, asked) as tally:
            pass
        assert [proxy.dealt.count(fate) for fate in (Fate.IS_NOT_ANSWERED, Fate.NEVER_ARRIVES)] == [5, 5]
    assert tally.retries >= 10
    tell(count(bank, asked, tally))
    sealed_and_sound(bank, program)
