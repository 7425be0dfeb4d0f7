"""What the demonstration's people have in hand today stands where it is read, and changes no published figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session

from api.database.roles import Role, clone_database, drop_database
from api.database.sessions import Sessions
from api.demonstration_today import tell_today
from domain.authority import NIGHT, Actor
from domain.desk import authority, currencies, people, periods, requests, verification
from domain.desk.impact import impact_report
from domain.money import Money
from tests.conftest import TestDatabase

END = date(2026, 3, 31)
CHANGING = {"seal", "sealed_at", "evergreen"}


def published(session: Session, fund: str) -> dict[str, Any]:
    """Return the impact report's figures; of the pool, all but where its cash is kept and the seals of its entries."""
    report = impact_report(session, fund_code=fund, as_of=END)
    figures = {name: value for name, value in asdict(report).items() if name not in CHANGING}
    ever = asdict(report.evergreen)
    kept = ("contributed", "deployed", "returned", "costs", "undrawn", "recycling_ratio", "pool", "outstanding")
    return figures | {name: ever[name] for name in kept}


@pytest.fixture(scope="module")
def told(loaded_demonstration: TestDatabase) -> Iterator[tuple[Sessions, dict[str, Any]]]:
    """A copy of the demonstration in which its people have told today's, and what was published before."""
    with loaded_demonstration.sessions.begin(Role.NIGHT) as session:
        before = {fund: published(session, fund) for fund in ("commons", "renewal")}
    loaded_demonstration.sessions.close()  # nobody is connected to what is copied
    cluster, name = loaded_demonstration.cluster, "demonstration_today"
    clone_database(cluster.superuser_url(), template=loaded_demonstration.name, name=name)
    sessions = Sessions(lambda role: cluster.url(role, name))
    try:
        tell_today(sessions)
        yield sessions, before
    finally:
        sessions.close()
        drop_database(cluster.superuser_url(), name=name)


@pytest.fixture
def reading(told: tuple[Sessions, dict[str, Any]]) -> Iterator[Session]:
    with told[0].begin(Role.NIGHT) as session:
        yield session


def person(session: Session, name: str) -> Actor:
    (user,) = (one for one in people.users(session, by=NIGHT) if one.email.startswith(name))
    return Actor(id=user.id, name=user.name, role=user.role)


@pytest.mark.parametrize("fund", ["commons", "renewal"])
def test_no_published_figure_changes(reading: Session, told: tuple[Sessions, dict[str, Any]], fund: str) -> None:
    assert published(reading, fund) == told[1][fund]
    assert verification.verify(reading).sound


@pytest.mark.parametrize("fund", ["commons", "renewal"])
def test_the_years_that_have_passed_are_closed(reading: Session, fund: str) -> None:
    found = periods.periods(reading, fund_code=fund)
    assert [str(one.period_end) for one in found.closed] == ["2025-12-31", "2024-12-31"]
    assert {one.closed_by for one in found.closed} == {"Board member, finance"}
    assert found.open_day == END


def test_the_renewal_fund_holds_dollars_at_a_dated_rate(reading: Session) -> None:
    (held,) = currencies.positions(reading, fund_code="renewal")
    # 500,000.00 EUR at 1.0850
    assert (held.cash, held.cost) == (Money(542_500_00, "USD"), Money(500_000_00, "EUR"))
    assert (held.worth, held.unrealised) == (Money(500_000_00, "EUR"), Money(0, "EUR"))
    assert currencies.positions(reading, fund_code="commons") == ()


def test_a_tie_binds_and_an_act_is_lent(told: tuple[Sessions, dict[str, Any]]) -> None:
    with told[0].begin(Role.NIGHT) as session:
        tied, borrower = person(session, "board.communities"), person(session, "officer.communities")
    with told[0].begin(Role.APP, tied) as session:
        (tie,) = authority.conflicts(session, by=tied)
        assert (tie.party_code, tie.ended_at) == ("peat-meadows-trust", None)
    with told[0].begin(Role.APP, borrower) as session:
        (lent,) = authority.delegations(session, by=borrower)
        assert (lent.lender, list(lent.acts), lent.in_force) == ("Board member, finance", ["approve a reversal"], True)


@pytest.mark.parametrize(
    ("who", "may"),
    [("board.finance", True), ("officer.communities", True), ("officer.renewal", False)],
    ids=["the board", "who borrowed the act of it", "not who asked"],
)
def test_a_request_waits_for_a_second_person(told: tuple[Sessions, dict[str, Any]], who: str, may: bool) -> None:
    with told[0].begin(Role.NIGHT) as session:
        by = person(session, who)
    with told[0].begin(Role.APP, by) as session:
        (asked,) = requests.requests(session, by=by, only_open=True)
        assert (asked.deal, asked.entry_kind, asked.amount) == ("R-16", "commitment", Money(10_000_000_00, "EUR"))
        assert requests.may_decide(session, asked, by=by).allowed is may
