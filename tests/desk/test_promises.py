"""Agreeing a promise, and what an investee can and cannot say in a report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT, Actor, NotAllowed
from domain.desk import covenants, reports
from domain.errors import InputRefused, NotFound
from domain.parties import Role as PersonRole
from tests.conftest import TestDatabase
from tests.desk.promised import D, Promised, promise

JULY = date(2024, 7, 10)


def agree(session: Session, p: Promised, **changed: object) -> UUID:
    said: dict[str, object] = {
        "deal_id": p.deal_id,
        "code": "C-2",
        "clause": "Another promise",
        "kind": "mission",
        "condition_family": "access",
        "indicator_id": p.indicator_id,
        "direction": "at_most",
        "tolerance": D("0.1"),
        "grace_days": 0,
        "remedy_days": 30,
        "agreed_on": date(2024, 1, 1),
        "public": False,
        "trajectory": [(date(2024, 6, 30), D(5))],
        "tests": [(date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 31))],
        "by": NIGHT,
    }
    return covenants.agree(session, **{**said, **changed})  # type: ignore[arg-type]


def refused(**said: object) -> list[str]:
    with pytest.raises(InputRefused) as refusal:
        reports.submit(**said)  # type: ignore[arg-type]
    return [str(problem) for problem in refusal.value.problems]


def test_a_promise_opens_one_report_per_period_however_many_ask(session: Session) -> None:
    p = promise(session, "a")
    agree(session, p)
    assert session.execute(text("SELECT count(*) FROM report")).scalar_one() == 2
    detail = reports.report_detail(session, report_id=p.report_id(session))
    assert [(asked.covenant, asked.expected, asked.limit) for asked in detail.asked] == [
        ("C-2", D(5), D("5.5")),
        ("C-a", D(100), D(100)),
    ]


def test_everything_wrong_with_a_promise_is_told_at_once_and_nothing_is_kept(session: Session) -> None:
    p = promise(session, "a")
    with pytest.raises(InputRefused) as refusal:
        agree(
            session,
            p,
            code="C-a",
            direction="about",
            kind="moral",
            condition_family="luck",
            tolerance=D(2),
            trajectory=[],
            tests=[(date(2024, 4, 1), date(2024, 6, 30), date(2024, 7, 31))],
        )
    assert [str(problem) for problem in refusal.value.problems] == [
        "direction: is one of at_least, at_most, not “about”",
        "kind: is one of mission, conduct, financial, not “moral”",
        "condition_family: is one of access, directionality, profit_sharing, reinvestment, not “luck”",
        "tolerance: is a share of the expected value: from 0 to less than 1",
        "trajectory: names no day and value",
        "code: “C-a” is another covenant's",
        "test of 30 Jun 2024: the deal's report for this day is owed from 1 Jan 2024, due 31 Jul 2024",
    ]
    assert session.execute(text("SELECT count(*) FROM covenant")).scalar_one() == 1


def test_an_officer_agrees_promises_and_an_investee_does_not(session: Session) -> None:
    p = promise(session, "a")
    with pytest.raises(NotAllowed):
        agree(session, p, by=p.investee)
    with pytest.raises(NotFound, match="there is no deal"):
        agree(session, p, deal_id=UUID(int=7))
    with pytest.raises(NotFound, match="there is no indicator"):
        agree(session, p, indicator_id=UUID(int=7))


def test_what_is_owed_is_what_nobody_has_submitted(session: Session) -> None:
    p = promise(session, "a")
    owed = reports.owed(session, as_of=date(2024, 8, 5), fund_code="a")
    # Due on 31 July: five days over on 5 August; the second half-year has begun and is not due yet.
    assert [(report.period_end, report.days_overdue) for report in owed] == [
        (date(2024, 6, 30), 5),
        (date(2024, 12, 31), 0),
    ]
    assert not reports.owed(session, as_of=date(2023, 12, 31), deal_id=p.deal_id)
    p.submit(session, "120", JULY)
    assert [report.period_end for report in reports.owed(session, as_of=JULY)] == [date(2024, 12, 31)]
    assert len(reports.owed(session, as_of=date(2024, 7, 9))) == 2, "as of the day before it was still owed"


def test_a_correction_is_a_version_that_replaces_the_last_and_keeps_it(session: Session) -> None:
    p = promise(session, "a")
    assert p.submit(session, "90", JULY) == 1
    assert p.submit(session, "95.5", date(2024, 7, 20)) == 2
    detail = reports.report_detail(session, report_id=p.report_id(session))
    assert [(v.version, v.submitted_on, v.signed_by, v.values) for v in detail.versions] == [
        (1, JULY, "Ada Quay", {"homes-a": D(90)}),
        (2, date(2024, 7, 20), "Ada Quay", {"homes-a": D("95.5")}),
    ]
    rows = session.execute(
        text("SELECT v.version, r.version FROM report_version v LEFT JOIN report_version r ON r.id = v.replaces_id")
    )
    assert sorted(tuple(row) for row in rows) == [(1, None), (2, 1)]
    second = reports.report_detail(session, report_id=p.report_id(session, 1))
    assert (second.asked[0].last_value, second.asked[0].last_value_on) == (D("95.5"), date(2024, 6, 30))


def test_every_problem_of_a_report_is_told_at_once(session: Session) -> None:
    p = promise(session, "a")
    report = p.report_id(session)
    said = {
        "session": session,
        "report_id": report,
        "by": p.investee,
        "submitted_on": JULY,
        "statement": "",
        "signed_by": "A",
    }
    assert refused(**{**said, "values": {"homes-a": D("NaN"), "trees": D(1)}, "signed_by": " ", "statement": "\0"}) == [
        "homes-a: is not a number",
        "trees: is not asked by this report, which asks homes-a",
        "signed_by: a report is signed by somebody, by name",
        "statement: holds signs that are no text",
    ]
    assert refused(**{**said, "values": {"homes-a": Decimal("1e400")}, "submitted_on": date(2024, 6, 29)}) == [
        "homes-a: is larger than any value this book holds",
        "report: its period ends on 30 Jun 2024; submit it then or later",
    ]
    assert refused(**{**said, "values": {"homes-a": None}}) == [
        "report: give at least one figure, or say why there is none"
    ]
    assert session.execute(text("SELECT count(*) FROM report_version")).scalar_one() == 0


def test_a_correction_says_something_new_and_comes_later(session: Session) -> None:
    p = promise(session, "a")
    p.submit(session, "90", JULY)
    with pytest.raises(InputRefused, match="report: it says the same as version 1"):
        p.submit(session, "90.0", JULY)
    with pytest.raises(InputRefused, match="submitted_on: version 1 came on 10 Jul 2024; a correction comes later"):
        p.submit(session, "91", date(2024, 7, 9))
    session.execute(text("UPDATE fund SET business_day = '2024-08-01'"))
    with pytest.raises(InputRefused, match="the fund's book has reached 1 Aug 2024; date it then or later"):
        p.submit(session, "91", date(2024, 7, 31))


def test_the_last_day_of_the_period_is_early_enough(session: Session) -> None:
    assert promise(session, "a").submit(session, "90", date(2024, 6, 30)) == 1


def test_a_preview_says_what_an_answer_would_mean_and_writes_nothing(session: Session) -> None:
    p = promise(session, "a")
    report = p.report_id(session)
    (met,) = reports.preview(session, report_id=report, values={"homes-a": D(102)}, as_of=JULY)
    assert met.sentence == "reported 102 homes against at least 100 by 30 Jun 2024: met, headroom 2 homes (2.0 %)"
    (open_,) = reports.preview(session, report_id=report, values={}, as_of=JULY)
    assert open_.outcome == "unknown"
    with pytest.raises(InputRefused, match="homes-a: has more than 6 digits after the decimal point"):
        reports.preview(session, report_id=report, values={"homes-a": D("0.1234567")}, as_of=JULY)
    with pytest.raises(InputRefused, match="its period begins on 1 Jan 2024"):
        reports.preview(session, report_id=report, values={}, as_of=date(2023, 12, 31))
    assert session.execute(text("SELECT count(*) FROM report_version")).scalar_one() == 0


def test_another_investee_cannot_even_know_of_the_report(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        mine, theirs = promise(session, "a"), promise(session, "b")
        report = mine.report_id(session)
    with pytest.raises(NotFound), database.sessions.begin(Role.APP, theirs.investee) as session:
        reports.report_detail(session, report_id=report)
    with pytest.raises(NotFound), database.sessions.begin(Role.APP, theirs.investee) as session:
        theirs_says = Promised(mine.fund_id, mine.deal_id, mine.indicator_id, theirs.investee, "a")
        reports.submit(
            session, report_id=report, values={"homes-a": D(1)}, statement="", signed_by="B", submitted_on=JULY,
            by=theirs_says.investee,
        )  # fmt: skip
    with database.sessions.begin(Role.APP, theirs.investee) as session:
        assert {owed.deal for owed in reports.owed(session, as_of=JULY)} == {"D-b"}
    with database.sessions.begin(Role.APP, mine.investee) as session:
        assert mine.submit(session, "104", JULY) == 1
        assert reports.report_detail(session, report_id=report).versions[0].values == {"homes-a": D(104)}
        (line,) = covenants.covenant_lines(session, deal_id=mine.deal_id, as_of=JULY)
        assert (line.next_limit, line.last_finding) == (D(100), None)


def test_the_night_role_too_refuses_another_partys_person(session: Session) -> None:
    mine, theirs = promise(session, "a"), promise(session, "b")
    stranger = Promised(mine.fund_id, mine.deal_id, mine.indicator_id, theirs.investee, "a")
    with pytest.raises(NotFound):
        stranger.submit(session, "1", JULY)
    officer = Actor(mine.investee.id, "Officer", PersonRole.OFFICER)
    with pytest.raises(NotAllowed):
        Promised(mine.fund_id, mine.deal_id, mine.indicator_id, officer, "a").submit(session, "1", JULY)


def test_two_submissions_at_once_are_two_versions(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        p = promise(session, "a")
    done: list[int] = []

    def submit(value: str) -> None:
        with database.sessions.begin(Role.APP, p.investee) as own:
            done.append(p.submit(own, value, JULY))

    threads = [Thread(target=submit, args=(str(90 + n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [1, 2, 3, 4]


def test_a_covenant_shows_its_next_test_and_its_last_finding(session: Session) -> None:
    p = promise(session, "a")
    p.submit(session, "104", JULY)
    p.nights(session, JULY)
    (line,) = covenants.covenant_lines(session, deal_id=p.deal_id, as_of=JULY)
    assert line.next_test is not None
    assert line.last_finding is not None
    assert (line.next_test.period_end, line.next_limit) == (date(2024, 12, 31), D(200))
    assert (line.last_finding.outcome, line.last_finding.stands) == ("met", True)
