"""The night: what it finds on which day, and that it finds the same however it runs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import Actor, NotAllowed
from domain.desk import covenants, exits, night
from domain.desk.ledger import seal_facts
from domain.desk.night import STEPS, NightRunsForwards
from domain.parties import Role as PersonRole
from domain.store.deal_queries import draw_stops
from tests.conftest import TestDatabase
from tests.desk.promised import D, Promised, days_from, promise

END = date(2025, 12, 31)


def outcomes(promised: Promised, session: Session) -> list[tuple[object, ...]]:
    return [(row[1], row[2], row[6]) for row in promised.story(session)["findings"]]


def test_a_report_in_time_is_found_met_the_night_it_came(session: Session) -> None:
    p = promise(session, "a")
    p.submit(session, "104", date(2024, 7, 10))
    assert p.nights(session, date(2024, 8, 31)) == [date(2024, 7, 10)]
    story = p.story(session)
    assert story["findings"] == [
        (date(2024, 6, 30), date(2024, 7, 10), "met", D(104), D(100), D(4), 1,
         "reported 104 homes against at least 100 by 30 Jun 2024: met, headroom 4 homes (4.0 %)"),
    ]  # fmt: skip
    assert not story["breaches"]


def test_the_last_day_of_grace_is_in_time_and_the_day_after_is_not(session: Session) -> None:
    in_time, late = promise(session, "a"), promise(session, "b")
    in_time.submit(session, "100", date(2024, 8, 14))
    late.submit(session, "100", date(2024, 8, 15))
    for p in (in_time, late):
        p.nights(session, date(2024, 8, 31))
    assert outcomes(in_time, session) == [(date(2024, 8, 14), "met", 1)]
    assert outcomes(late, session) == [(date(2024, 8, 15), "met", 1)]
    assert not late.story(session)["breaches"], "the night of the 15th sees the report that came on the 15th"


def test_silence_opens_a_breach_that_a_late_report_remedies(session: Session) -> None:
    p = promise(session, "a")
    p.nights(session, date(2024, 9, 1))
    # Due 31 July, 14 days of grace: absent on 15 August; 90 days to remedy it: 16 + 30 + 31 + 13 = until 13 November.
    assert outcomes(p, session) == [(date(2024, 8, 15), "not_reported", None)]
    assert p.story(session)["breaches"] == [
        (date(2024, 6, 30), date(2024, 8, 15), date(2024, 8, 15), date(2024, 11, 13))
    ]
    p.submit(session, "120", date(2024, 11, 13))
    p.nights(session, date(2025, 1, 1), after=date(2024, 9, 1))
    assert p.story(session)["events"] == [
        (date(2024, 8, 15), "remedied", date(2024, 11, 13), "met for the period to 30 Jun 2024")
    ]
    assert not p.story(session)["triggers"]


def test_a_late_report_that_misses_leaves_the_breach_open_until_its_end(session: Session) -> None:
    p = promise(session, "a")
    p.nights(session, date(2024, 9, 1))
    p.submit(session, "80", date(2024, 9, 2))
    p.nights(session, date(2024, 12, 31), after=date(2024, 9, 1))
    assert outcomes(p, session) == [(date(2024, 8, 15), "not_reported", None), (date(2024, 9, 2), "missed", 1)]
    assert p.story(session)["events"] == [
        (date(2024, 8, 15), "unremedied", date(2024, 11, 14), "not remedied by 13 Nov 2024")
    ]
    (trigger,) = exits.triggers(session, fund_code="a", as_of=END)
    assert (trigger.rule, trigger.raised_on, trigger.deal) == ("unremedied_mission_breach", date(2024, 11, 14), "D-a")
    assert (trigger.status, trigger.covenant) == ("awaiting decision", "C-a")
    assert [(link["kind"], link["day"]) for link in trigger.evidence] == [
        ("clause", "2023-06-01"), ("test", "2024-06-30"), ("finding", "2024-08-15"), ("finding", "2024-09-02"),
        ("report", "2024-09-02"), ("breach", "2024-08-15"), ("remedy_end", "2024-11-13"),
    ]  # fmt: skip
    assert trigger.mechanisms == ("cancel_undrawn", "call", "assignment", "private_refinancing", "write_off")
    assert not exits.triggers(session, fund_code="a", as_of=date(2024, 11, 13))


def test_a_missed_report_is_remedied_by_its_correction_or_by_the_next_test(session: Session) -> None:
    corrected, caught_up = promise(session, "a"), promise(session, "b", remedy_days=200)
    for p in (corrected, caught_up):
        p.submit(session, "90", date(2024, 7, 10))
        p.nights(session, date(2024, 7, 31))
    corrected.submit(session, "101", date(2024, 8, 1))
    caught_up.submit(session, "200", date(2025, 1, 5), number=1)  # 10 July + 200 days is 26 January 2025
    for p in (corrected, caught_up):
        p.nights(session, date(2025, 1, 10), after=date(2024, 7, 31))
    assert corrected.story(session)["events"] == [
        (date(2024, 7, 10), "remedied", date(2024, 8, 1), "met for the period to 30 Jun 2024")
    ]
    assert caught_up.story(session)["events"] == [
        (date(2024, 7, 10), "remedied", date(2025, 1, 5), "met for the period to 31 Dec 2024")
    ]


def test_a_remedy_falls_with_the_figure_that_it_rested_on(session: Session) -> None:
    in_time, too_late = promise(session, "a"), promise(session, "b")
    for p in (in_time, too_late):
        p.submit(session, "90", date(2024, 7, 10))
        p.submit(session, "100", date(2024, 7, 20))
        p.nights(session, date(2024, 7, 31))
        assert p.story(session)["events"][0][1] == "remedied"
    # Remedy period: 10 July + 90 days is 8 October.
    in_time.submit(session, "91", date(2024, 8, 1))
    in_time.nights(session, date(2024, 8, 10), after=date(2024, 7, 31))
    (breach,) = covenants.breaches(session, deal_id=in_time.deal_id, as_of=date(2024, 8, 10))
    assert (breach.state, breach.ended_on) == ("open", None)
    assert covenants.open_breaches(session, deal_id=in_time.deal_id)
    assert len(draw_stops(session, in_time.deal_id)) == 1
    assert not draw_stops(session, too_late.deal_id), "its remedy still stands"
    in_time.nights(session, date(2024, 10, 31), after=date(2024, 8, 10))
    too_late.submit(session, "91", date(2024, 10, 20))
    too_late.nights(session, date(2024, 10, 31), after=date(2024, 7, 31))
    for p, day in ((in_time, date(2024, 10, 9)), (too_late, date(2024, 10, 20))):
        assert p.story(session)["events"][1][1:3] == ("unremedied", day)
        assert [row[1] for row in p.story(session)["triggers"]] == [day]


def test_a_figure_left_open_is_unknown_and_opens_no_breach(session: Session) -> None:
    p = promise(session, "a")
    p.submit(session, None, date(2024, 7, 10))
    p.nights(session, date(2024, 12, 31))
    assert outcomes(p, session) == [(date(2024, 7, 10), "unknown", 1)]
    assert not p.story(session)["breaches"]


def test_another_kind_of_covenant_raises_no_trigger(session: Session) -> None:
    p = promise(session, "a", kind="conduct")
    p.nights(session, date(2024, 12, 31))
    assert p.story(session)["events"][0][1] == "unremedied"
    assert not p.story(session)["triggers"]


@pytest.mark.parametrize("stage", ["closed", "declined", "withdrawn"])
def test_a_deal_that_is_over_owes_no_report(session: Session, stage: str) -> None:
    p = promise(session, "a")
    session.execute(
        text(
            "INSERT INTO deal_stage (fund_id, deal_id, stage, happened_on, reason) "
            "VALUES (:f, :d, :s, '2024-08-01', '')"
        ),
        {"f": p.fund_id, "d": p.deal_id, "s": stage},
    )
    assert p.nights(session, END) == []
    assert not p.story(session)["findings"]


def test_the_second_run_of_a_night_changes_nothing(session: Session) -> None:
    p = promise(session, "a")
    first = night.run_day(session, fund_id=p.fund_id, day=date(2024, 8, 15))
    before = p.story(session)
    second = night.run_day(session, fund_id=p.fund_id, day=date(2024, 8, 15))
    assert dict(first.changes) == {"accrue": 0, "reports": 1, "breaches": 1, "exits": 0}
    assert set(second.changes.values()) == {0}
    assert p.story(session) == before


def test_a_test_that_cannot_be_computed_is_told_and_the_rest_goes_on(session: Session) -> None:
    p = promise(session, "a")
    session.execute(
        text(
            "INSERT INTO covenant (code, deal_id, clause, kind, condition_family, indicator_id, direction, tolerance, "
            "grace_days, remedy_days, agreed_on, public) SELECT 'C-bare', deal_id, clause, kind, condition_family, "
            "indicator_id, direction, tolerance, grace_days, remedy_days, agreed_on, public FROM covenant"
        )
    )
    session.execute(
        text(
            "INSERT INTO covenant_test (covenant_id, period_start, period_end, due_on) SELECT b.id, t.period_start, "
            "t.period_end, t.due_on FROM covenant_test t, covenant b WHERE b.code = 'C-bare'"
        )
    )
    night.run_day(session, fund_id=p.fund_id, day=date(2024, 8, 15))
    assert outcomes(p, session) == [(date(2024, 8, 15), "not_reported", None)]
    (refused,) = night.refusals(session, fund_id=p.fund_id, after=date(2024, 8, 14), to=date(2024, 8, 15))
    assert (refused.step, refused.subject) == ("reports", "C-bare 2024-06-30")
    assert refused.words == "the trajectory has 1 problem: trajectory: names no day and value"


def test_days_without_work_are_passed_over(session: Session) -> None:
    p = promise(session, "a")
    p.submit(session, "90", date(2024, 7, 10))
    # The report's day, the day after its remedy period (8 October), the day the second report is absent, 91 days on.
    assert p.nights(session, END) == [
        date(2024, 7, 10), date(2024, 10, 9), date(2025, 2, 15), date(2025, 5, 17),
    ]  # fmt: skip


def next_day(database: TestDatabase, p: Promised, *, after: date) -> date | None:
    with database.sessions.begin(Role.NIGHT) as session:
        return night.next_day_with_work(session, fund_id=p.fund_id, after=after, to=END)


def test_a_killed_night_goes_on_where_it_stopped(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        killed, whole = promise(session, "a"), promise(session, "b")
        for p in (killed, whole):
            p.submit(session, "90", date(2024, 7, 10))
        whole.nights(session, END)
    last = date(2024, 7, 9)
    while day := next_day(database, killed, after=last):
        last = day
        for step in STEPS:  # every step of every night is killed once after its work, before its COMMIT
            with pytest.raises(ZeroDivisionError), database.sessions.begin(Role.NIGHT) as session:
                night.run_step(session, fund_id=killed.fund_id, day=day, step=step)
                raise ZeroDivisionError
            assert next_day(database, killed, after=day - timedelta(days=1)) == day, "a night that began has work left"
            with database.sessions.begin(Role.NIGHT) as session:
                night.run_step(session, fund_id=killed.fund_id, day=day, step=step)
    with database.sessions.begin(Role.NIGHT) as session:
        assert killed.story(session) == whole.story(session)
        assert len(whole.story(session)["triggers"]) == 2


def test_what_was_known_at_a_seal_stays_as_it_was(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        p = promise(session, "a")
        p.submit(session, "90", date(2024, 7, 10))
        p.nights(session, date(2024, 10, 31))
    seals = []
    for _ in range(2):
        with database.sessions.begin(Role.NIGHT) as session:
            seal_facts(session)
        with database.sessions.begin(Role.NIGHT) as session:
            row = session.execute(
                text("SELECT number, (SELECT position FROM seal_horizon) FROM seal_chain WHERE fund_id = :f"),
                {"f": p.fund_id},
            ).one()
            seals.append(tuple(row))
            if len(seals) == 1:
                p.submit(session, "110", date(2024, 11, 1))
                p.nights(session, date(2024, 11, 30), after=date(2024, 10, 31))
    with database.sessions.begin(Role.NIGHT) as session:
        (before, then), (_, now) = seals
        old, new = (
            [
                (line.outcome.value, line.measured)
                for line in covenants.findings(session, deal_id=p.deal_id, as_of=END, position=position)
                if line.stands
            ]
            for position in (then, now)
        )
        assert old == [("missed", Decimal(90))]
        assert new == [("met", Decimal(110))]
        assert len(exits.triggers(session, fund_code="a", as_of=END, seal=before)) == 1
        assert exits.triggers(session, fund_code="a", as_of=END, seal=0) == ()


def test_the_business_day_moves_on_and_never_back(session: Session) -> None:
    p = promise(session, "a")
    night.move_business_day(session, fund_id=p.fund_id, to=date(2024, 3, 31))
    with pytest.raises(
        NightRunsForwards, match="the book of a has reached 31 Mar 2024; its night cannot run back to 30 Mar 2024"
    ):
        night.move_business_day(session, fund_id=p.fund_id, to=date(2024, 3, 30))
    with pytest.raises(NotAllowed):
        night.move_business_day(session, fund_id=p.fund_id, to=date(2024, 4, 1), by=p.investee)
    assert night.fund_to_close(session, fund_code="a", to=date(2024, 3, 31)).business_day == date(2024, 3, 31)


def test_an_officer_may_close_a_day_and_a_board_member_may_not(session: Session) -> None:
    p = promise(session, "a")
    night.move_business_day(
        session, fund_id=p.fund_id, to=date(2024, 1, 1), by=Actor(p.investee.id, "O", PersonRole.OFFICER)
    )
    with pytest.raises(NotAllowed):
        night.fund_to_close(session, fund_code="a", to=date(2024, 2, 1), by=Actor(p.investee.id, "B", PersonRole.BOARD))


# Three periods of twelve days in spring 2024, due five days after their end, two days of grace, ten days to remedy.
FIRST = date(2024, 3, 1)
SHORT = tuple(
    (FIRST + timedelta(days=12 * n), FIRST + timedelta(days=12 * n + 11), FIRST + timedelta(days=12 * n + 16))
    for n in range(3)
)
LAST = FIRST + timedelta(days=66)
SUBMISSIONS = st.lists(
    st.tuples(
        st.integers(0, 2),  # which period
        st.integers(0, 30),  # days after its end
        st.sampled_from(["9", "10", "11", None]),  # missed, met, met, left open
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(submissions=SUBMISSIONS, pauses=st.sets(st.integers(0, 66), max_size=8))
def test_however_the_nights_are_split_they_find_the_same(
    session: Session, submissions: list[tuple[int, int, str | None]], pauses: set[int]
) -> None:
    """One fund runs every single day, one jumps, one lags behind and catches up: the same story each time."""
    said = [
        (SHORT[number][1] + timedelta(days=after), number, value, order)
        for order, (number, after, value) in enumerate(submissions)
    ]
    outer = session.begin_nested()
    funds = [
        promise(session, code, periods=SHORT, line=((FIRST, D(10)),), grace_days=2, remedy_days=10)
        for code in ("every", "jump", "lag")
    ]
    every, jump, lag = funds
    caught_up = {p.code: FIRST - timedelta(days=1) for p in funds}
    for day in days_from(FIRST, LAST):
        for on, number, value, order in said:
            if on == day:
                for p in funds:
                    p.submit(session, value, day, number=number, statement=f"version {order}")
        night.run_day(session, fund_id=every.fund_id, day=day)
        jump.nights(session, day, after=caught_up["jump"])
        caught_up["jump"] = day
        if (day - FIRST).days in pauses or day == LAST:
            lag.nights(session, day, after=caught_up["lag"])
            caught_up["lag"] = day
    stories = [p.story(session) for p in funds]
    outer.rollback()
    assert stories[0] == stories[1] == stories[2]
