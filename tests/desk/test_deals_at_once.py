"""Deals on real connections, through the application's own role: two people at once, and an investee who looks."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role as Door
from domain.authority import NIGHT, Actor
from domain.deals import CommitmentExceeded, Stage
from domain.desk import deals, funds, instruments
from domain.desk.parties import add_party
from domain.errors import NotFound, Refusal
from domain.parties import Role
from tests.conftest import TestDatabase
from tests.desk.financed import OPENED, TODAY, Financed, finance


def settled(database: TestDatabase) -> tuple[Financed, UUID, UUID]:
    """Commit a signed deal of 36,000.00, and a second one that waits for the board."""
    with database.sessions.begin(Door.NIGHT) as session:
        here = finance(session)
        loan = here.signed("D-1")
        waiting = here.propose("D-2", minor=50_000_00)
        here.advance(waiting, "appraised")
    return here, loan, waiting


def at_once(database: TestDatabase, *acts: tuple[Actor, Callable[[Session], object]]) -> list[object]:
    """Do acts at the same moment, each in its own transaction of the application's role; return answers or refusals."""
    start = Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, by: Actor, act: Callable[[Session], object]) -> None:
        try:
            with database.sessions.begin(Door.APP, by) as session:
                start.wait(10)
                answers[number] = act(session)
        except Refusal as refused:
            answers[number] = type(refused)

    threads = [Thread(target=run, args=(number, *act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def count(database: TestDatabase, sql: str) -> int:
    with database.sessions.begin(Door.NIGHT) as session:
        return int(session.execute(text(sql)).scalar_one())


def test_a_request_of_an_officer_may_do_all_that_an_officer_does(database: TestDatabase) -> None:
    with database.sessions.begin(Door.NIGHT) as session:
        here = finance(session)

    def acting(session: Session) -> Financed:
        return Financed(session, here.fund_id, here.party_id, here.project_id, here.officer, here.second, here.board)

    ids = {}
    for kind in ("loan", "equity", "royalty"):
        with database.sessions.begin(Door.APP, here.officer) as session:
            deal_id = acting(session).propose(f"A-{kind}", kind=kind, minor=1_000_00)
            acting(session).advance(deal_id, "appraised")
        with database.sessions.begin(Door.APP, here.board) as session:
            acting(session).advance(deal_id, "approved")
        with database.sessions.begin(Door.APP, here.officer) as session:
            acting(session).advance(deal_id, "contracted")
            ids[kind] = deals.deal_detail(session, deal_id=deal_id).instruments[0].id
            acting(session).draw(ids[kind], 900_00)
    with database.sessions.begin(Door.APP, here.officer) as session:
        acting(session).receive(ids["loan"], 10_00, "2024-02-01")
        acting(session).receive(ids["equity"], 10_00, "2024-02-01", part="sale", cost_minor=9_00)
        instruments.state_revenue(
            session,
            instrument_id=ids["royalty"],
            period_start=OPENED,
            period_end=date(2024, 6, 30),
            revenue_minor=1_000_00,
            by=here.officer,
            key="revenue",
        )
        acting(session).receive(ids["royalty"], 30_00, "2024-07-31")
        for kind, instrument_id in ids.items():
            instruments.cancel_undrawn(
                session, instrument_id=instrument_id, effective_on=TODAY, reason="", by=here.officer, key=kind
            )
        # 100,000.00 in, 2,700.00 out, 50.00 back
        assert acting(session).books()["cash"] == 97_350_00


def test_two_board_members_decide_one_deal_once(database: TestDatabase) -> None:
    here, _, waiting = settled(database)

    def decide(to: Stage) -> Callable[[Session], object]:
        return lambda session: deals.advance(
            session, deal_id=waiting, to=to, happened_on=TODAY, reason="as decided", by=here.board
        )

    answers = at_once(database, (here.board, decide(Stage.APPROVED)), (here.board, decide(Stage.DECLINED)))
    assert sorted(map(str, answers)) == ["<class 'domain.deals.StageNotReachable'>", "None"]
    # proposed, appraised and one of the two
    assert count(database, f"SELECT count(*) FROM deal_stage WHERE deal_id = '{waiting}'") == 3


def test_two_officers_draw_the_same_commitment_once(database: TestDatabase) -> None:
    here, loan, _ = settled(database)

    def draw(by: Actor, key: str) -> tuple[Actor, Callable[[Session], object]]:
        return by, lambda session: instruments.draw_down(
            session, instrument_id=loan, minor=36_000_00, effective_on=OPENED, by=by, key=key
        )

    answers = at_once(database, draw(here.officer, "a"), draw(here.second, "b"))
    assert [a for a in answers if a is CommitmentExceeded] == [CommitmentExceeded]
    assert count(database, "SELECT count(*) FROM entry WHERE kind = 'drawdown'") == 1


def test_one_request_sent_many_times_at_once_books_once(database: TestDatabase) -> None:
    here, loan, _ = settled(database)

    def draw(session: Session) -> int:
        return instruments.draw_down(
            session, instrument_id=loan, minor=1_000_00, effective_on=OPENED, by=here.officer, key="same"
        )

    answers = at_once(database, *[(here.officer, draw)] * 5)
    assert len(set(answers)) == 1 and isinstance(answers[0], int)
    assert count(database, "SELECT count(*) FROM entry WHERE kind = 'drawdown'") == 1


def test_two_approvals_do_not_share_the_same_room(database: TestDatabase) -> None:
    here, _, waiting = settled(database)
    with database.sessions.begin(Door.NIGHT) as session:
        there = Financed(session, here.fund_id, here.party_id, here.project_id, here.officer, here.second, here.board)
        other = there.propose("D-3", minor=50_000_00)
        there.advance(other, "appraised")
        # 36,000.00 are signed; there is room for one of two deals of 50,000.00, and a cent too little for both
        funds.set_limit(
            session,
            fund_id=here.fund_id,
            basis="mission",
            subject="green",
            amount_minor=135_999_99,
            valid_from=OPENED,
            source="test",
            by=NIGHT,
        )

    def approve(deal_id: UUID) -> Callable[[Session], object]:
        return lambda session: deals.advance(
            session, deal_id=deal_id, to=Stage.APPROVED, happened_on=TODAY, reason="as decided", by=here.board
        )

    answers = at_once(database, (here.board, approve(waiting)), (here.board, approve(other)))
    assert sorted(map(str, answers)) == ["<class 'domain.limits.LimitExceeded'>", "None"]


def test_an_investee_sees_its_own_deals_alone(database: TestDatabase) -> None:
    here, _, _ = settled(database)
    with database.sessions.begin(Door.NIGHT) as session:
        other = add_party(session, code="solo", name="Solo", kind="charity", by=here.officer)
        users = [
            session.execute(
                text(
                    "INSERT INTO app_user (email, name, role, party_id, password_hash) "
                    "VALUES (:email, 'Ina', 'investee', :party, '!') RETURNING id"
                ),
                {"email": f"{party}@example.org", "party": party},
            ).scalar_one()
            for party in (here.party_id, other)
        ]
    seen = []
    for user in users:
        with database.sessions.begin(Door.APP, Actor(user, "Ina", Role.INVESTEE)) as session:
            seen.append([line.code for line in deals.deal_list(session)])
            if seen[-1]:
                deals.deal_detail(session, deal_id=deals.deal_by_code(session, "D-1"))
            else:
                with pytest.raises(NotFound):
                    deals.deal_by_code(session, "D-1")
    assert seen == [["D-1", "D-2"], []]
