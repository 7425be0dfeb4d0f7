"""The runner of nights: a transaction per step, all funds or one, two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text

from api.commands.exits import plain_triggers
from api.commands.night import plain_run, run_nights
from api.commands.printing import plain
from api.database.roles import Role
from api.nights import NightRun, run_night
from domain.desk import exits
from domain.desk.night import FundFollowsItsStatement, NightRunsForwards
from domain.errors import NotFound
from domain.store import seals
from tests.conftest import TestDatabase
from tests.desk.promised import promise
from tests.ledger.conftest import open_fund

END = date(2025, 12, 31)


def test_all_funds_run_to_the_day_and_are_sealed(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        a, b = promise(session, "a"), promise(session, "b")
        a.submit(session, "100", date(2024, 7, 10))
    ran = run_nights(database.sessions, fund_codes=None, to=END)
    # a: met in July; absent on 15 February 2025, unremedied after 90 days. b: that, and the same a half-year before.
    assert [plain(plain_run(run)) for run in ran] == [
        {
            "fund": "a", "from": "2023-12-31", "to": "2025-12-31", "days": 3, "refused": [],
            "changes": {"accrue": 0, "reports": 2, "breaches": 2, "exits": 1},
        },
        {
            "fund": "b", "from": "2023-12-31", "to": "2025-12-31", "days": 4, "refused": [],
            "changes": {"accrue": 0, "reports": 2, "breaches": 4, "exits": 2},
        },
    ]  # fmt: skip
    with database.sessions.begin(Role.NIGHT) as session:
        told = plain(plain_triggers(exits.trigger_report(session, fund_code="b", as_of=END)))
        assert [trigger["raised_on"] for trigger in told["triggers"]] == ["2024-11-14", "2025-05-17"]
        assert (told["fund"], told["as_of"], told["reached"]) == ("b", "2025-12-31", "2025-12-31")
        assert told["seal"] == seals.known_at(session, b.fund_id).number > 0
        assert {"rule", "raised_on", "deal", "evidence", "mechanisms", "status"} <= set(told["triggers"][0])
        unsealed = session.execute(
            text("SELECT count(*) FROM finding f WHERE NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = f.id)")
        )
        assert unsealed.scalar_one() == 0
        assert b.story(session)["triggers"][0][2] == 6


def test_a_second_run_changes_nothing_and_an_earlier_day_is_refused(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        promise(session, "a")
    run_night(database.sessions, fund_code="a", to=END)
    again = run_night(database.sessions, fund_code="a", to=END)
    assert (again.days, set(again.changes.values())) == (0, {0})
    words = "the book of a has reached 31 Dec 2025; its night cannot run back to 30 Dec 2025"
    with pytest.raises(NightRunsForwards, match=words):
        run_nights(database.sessions, fund_codes=["a"], to=date(2025, 12, 30))
    with pytest.raises(NotFound, match="there is no fund z"):
        run_nights(database.sessions, fund_codes=["z"], to=END)


def test_two_nights_at_once_do_each_thing_once(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        together, alone = promise(session, "a"), promise(session, "b")
        for p in (together, alone):
            p.submit(session, "90", date(2024, 7, 10))
    run_night(database.sessions, fund_code="b", to=END)

    def run(_: int) -> NightRun:
        return run_night(database.sessions, fund_code="a", to=END)

    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(run, range(4)))
    assert [sum(one.changes[step] for one in ran) for step in ("reports", "breaches", "exits")] == [2, 4, 2]
    with database.sessions.begin(Role.NIGHT) as session:
        assert together.story(session) == alone.story(session)


def test_a_fund_that_only_follows_a_statement_is_moved_by_releases_and_not_by_nights(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        promised, followed = promise(session, "a"), open_fund(session, "b")
        for fund_id in (promised.fund_id, followed):
            session.execute(
                text(
                    "INSERT INTO statement_release (fund_id, source, period_end, file_name, file_hash, row_count) "
                    "VALUES (:fund, 'ibrd', '2023-12-31', 'loans.csv', 'x', 1)"
                ),
                {"fund": fund_id},
            )
    assert [run.fund for run in run_nights(database.sessions, fund_codes=None, to=END)] == ["a"]
    with pytest.raises(FundFollowsItsStatement, match="b follows the statement it was imported from"):
        run_nights(database.sessions, fund_codes=["b"], to=date(2026, 4, 1))
