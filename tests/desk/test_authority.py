"""What binds a person at the desk: amounts of a fund, declared ties, and acts that are lent for a time."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.authority import Act, Actor, AmountTakesTwo, ConflictOfInterest, NotAllowed, SamePersonPreparedAndDecides
from domain.deals import Stage
from domain.delegations import Delegation, DelegationEnded
from domain.desk import authority, deals, parties
from domain.errors import InputRefused, NotFound
from domain.parties import Role
from domain.store import authority_queries
from tests.desk.financed import OPENED, TODAY, Financed, finance, person


@pytest.fixture
def here(owners_session: Session) -> Financed:
    return finance(owners_session)


@pytest.fixture
def steward(here: Financed) -> Actor:
    return person(here.session, "Stella", Role.STEWARD)


@pytest.fixture
def today(here: Financed) -> date:
    day: date = here.session.execute(text("SELECT current_date")).scalar_one()
    return day


def lend(here: Financed, today: date, acts: list[Act], *, lender: Actor, to: Actor, **said: int) -> int:
    asked = Delegation([str(act) for act in acts], today, today + timedelta(days=30), **said)
    return authority.lend(here.session, to=f"{to.name.lower()}@example.org", asked=asked, by=lender)


def declare(here: Financed, today: date, who: Actor, party_id: UUID | None = None) -> None:
    authority.declare_conflict(
        here.session, party_id=party_id or here.party_id, since=today, words="my brother runs it", by=who
    )


def approve(here: Financed, deal_id: UUID, by: Actor) -> None:
    deals.advance(here.session, deal_id=deal_id, to=Stage.APPROVED, happened_on=OPENED, reason="", by=by)


def appraised(here: Financed, *, by: Actor | None = None) -> UUID:
    deal_id = here.propose(by=by)
    here.advance(deal_id, "appraised")
    return deal_id


def test_a_fund_carries_its_own_amounts_from_a_day_on(here: Financed, steward: Actor) -> None:
    loan = here.signed()
    for minor, day in ((5_000_00, TODAY), (1_00, TODAY + timedelta(days=1))):
        authority.set_amount(
            here.session, fund_code="fund", act="pay out a drawdown", role="officer", minor=minor, valid_from=day,
            source="resolution 7", by=steward,
        )  # fmt: skip
    with pytest.raises(AmountTakesTwo, match=r"of up to EUR 5,000\.00 alone, and this is EUR 5,000\.01"):
        here.draw(loan, 5_000_01)
    here.draw(loan, 5_000_00)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"act": "fly"}, "act: it is none of the acts"),
        ({"role": "board"}, "role: one of officer is expected: others never pay out a drawdown"),
        ({"minor": -1}, "amount: an amount of zero or more"),
        ({"source": " "}, "source: name the resolution"),
    ],
)
def test_an_amount_that_cannot_be_set(here: Financed, steward: Actor, wrong: dict[str, object], words: str) -> None:
    said = {"act": "pay out a drawdown", "role": "officer", "minor": 1, "valid_from": TODAY, "source": "x"}
    with pytest.raises(InputRefused, match=words):
        authority.set_amount(here.session, fund_code="fund", by=steward, **{**said, **wrong})  # type: ignore[arg-type] # one wrong at a time


def test_a_conflict_binds_on_every_deal_of_the_party_and_on_no_other(here: Financed, today: date) -> None:
    deal_id, loan = appraised(here), here.signed("D-2")
    declare(here, today, here.board)
    declare(here, today, here.officer)
    with pytest.raises(ConflictOfInterest, match="Bea has a conflict of interest with Acme, so somebody else has to"):
        approve(here, deal_id, here.board)
    with pytest.raises(ConflictOfInterest, match="somebody else has to pay out a drawdown"):
        here.draw(loan, 1_00)
    with pytest.raises(ConflictOfInterest, match="somebody else has to propose a deal"):
        here.propose("D-3")
    here.propose("D-3", by=here.second)


@pytest.mark.parametrize("who", ["lender", "borrower"])
def test_what_a_person_lent_who_can_sign_in_no_more_is_in_force_nowhere(here: Financed, today: date, who: str) -> None:
    deal_id = appraised(here)
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second)
    (line,) = authority.delegations(here.session, by=here.board)
    assert (line.in_force, line.gone) == (True, "")
    gone = {"lender": here.board, "borrower": here.second}[who]
    here.session.execute(text("UPDATE app_user SET disabled_at = now() WHERE id = :id"), {"id": gone.id})
    (line,) = authority.delegations(here.session, by=here.officer)
    assert (line.in_force, line.gone) == (False, gone.name)
    with pytest.raises(NotAllowed):
        approve(here, deal_id, here.second)


def test_a_tie_that_is_said_to_bind_is_one_that_the_rule_finds(here: Financed, today: date, steward: Actor) -> None:
    for who, begins in ((here.board, today), (here.officer, date(2999, 1, 1))):
        declare(here, begins, who)

        def found(who: Actor = who) -> tuple[bool, bool]:
            (line,) = (one for one in authority.conflicts(here.session, by=steward) if one.user_id == who.id)
            bar = authority.may_now(here.session, Act.READ_BOOK, by=who, party_id=here.party_id)
            return line.binds, not bar.allowed

        assert found() == (begins == today,) * 2
        (line,) = (one for one in authority.conflicts(here.session, by=steward) if one.user_id == who.id)
        authority.end_conflict(here.session, conflict_id=line.id, words="sold", by=steward)
        assert found() == (False, False)


def test_a_conflict_that_begins_later_does_not_bind_yet(here: Financed, today: date) -> None:
    deal_id = appraised(here)
    declare(here, today + timedelta(days=1), here.board)
    approve(here, deal_id, here.board)
    assert deals.deal_detail(here.session, deal_id=deal_id).stages[-1].by == "Bea"


def test_a_conflict_is_ended_by_a_steward_and_never_by_who_has_it(here: Financed, steward: Actor, today: date) -> None:
    deal_id = appraised(here)
    declare(here, today, here.board)
    declare(here, today, steward)
    own, boards = authority.conflicts(here.session, by=steward)
    with pytest.raises(NotAllowed, match="only a steward may end a conflict of interest; you are a board member"):
        authority.end_conflict(here.session, conflict_id=boards.id, words="sold", by=here.board)
    with pytest.raises(SamePersonPreparedAndDecides):
        authority.end_conflict(here.session, conflict_id=own.id, words="sold", by=steward)
    authority.end_conflict(here.session, conflict_id=boards.id, words="the brother has left", by=steward)
    approve(here, deal_id, here.board)
    with pytest.raises(InputRefused, match="it was ended before"):
        authority.end_conflict(here.session, conflict_id=boards.id, words="again", by=steward)


def test_a_steward_declares_for_somebody_and_others_only_for_themselves(
    here: Financed, steward: Actor, today: date
) -> None:
    said = {"party_id": here.party_id, "since": today, "words": "a shareholder", "email": "bea@example.org"}
    with pytest.raises(NotAllowed):
        authority.declare_conflict(here.session, by=here.officer, **said)  # type: ignore[arg-type] # the same four
    authority.declare_conflict(here.session, by=steward, **said)  # type: ignore[arg-type] # the same four
    (line,) = authority.conflicts(here.session, by=steward)
    assert (line.person, line.party, line.declared_by) == ("Bea", "Acme", "Stella")
    with pytest.raises(NotFound):
        authority.declare_conflict(here.session, by=steward, **{**said, "email": "nobody@example.org"})  # type: ignore[arg-type] # as above


def test_a_lent_act_is_done_for_the_lender_and_both_are_written_down(here: Financed, today: date) -> None:
    deal_id = appraised(here)
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second)
    approve(here, deal_id, here.second)
    assert deals.deal_detail(here.session, deal_id=deal_id).stages[-1].by == "Otto for Bea"
    told = here.session.execute(text("SELECT detail FROM audit ORDER BY id DESC LIMIT 1")).scalar_one()
    assert told["acting_for_name"] == "Bea"


def test_who_borrows_decides_neither_their_own_nor_the_lenders_proposals(here: Financed, today: date) -> None:
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second)
    with pytest.raises(NotAllowed):  # their own role does not approve, and what is lent cannot be used on this deal
        approve(here, appraised(here, by=here.second), here.second)
    lend(here, today, [Act.PROPOSE], lender=here.officer, to=here.board)
    proposed_for_olga = here.propose("D-2", by=here.board)
    here.advance(proposed_for_olga, "appraised")
    with pytest.raises(SamePersonPreparedAndDecides):
        approve(here, proposed_for_olga, here.board)


def test_a_tie_of_the_lender_binds_who_borrows(here: Financed, today: date) -> None:
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second)
    declare(here, today, here.board)
    with pytest.raises(NotAllowed):
        approve(here, appraised(here), here.second)


def test_a_lent_amount_bounds_what_is_paid(here: Financed, today: date) -> None:
    loan = here.signed()
    lend(here, today, [Act.PAY_OUT], lender=here.officer, to=here.board, at_most_minor=100_00)
    pay = Financed(here.session, here.fund_id, here.party_id, here.project_id, here.board, here.second, here.board)
    with pytest.raises(NotAllowed):
        pay.draw(loan, 100_01)
    pay.draw(loan, 100_00)


@pytest.mark.parametrize("first_day", [-40, 1], ids=["over", "not begun"])
def test_a_delegation_has_a_term(here: Financed, today: date, first_day: int) -> None:
    deal_id, begins = appraised(here), today + timedelta(days=first_day)
    assert here.board.id is not None
    assert here.second.id is not None
    authority_queries.add_delegation(
        here.session, lender_id=here.board.id, borrower_id=here.second.id, acts=["approve a deal"], from_day=begins,
        to_day=begins + timedelta(days=30), at_most_minor=None, words="", recorded_by=here.board.id,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        approve(here, deal_id, here.second)


def test_a_delegation_is_ended_early_once(here: Financed, today: date) -> None:
    deal_id = appraised(here)
    number = lend(here, today, [Act.APPROVE], lender=here.board, to=here.second)
    with pytest.raises(NotAllowed):
        authority.end_delegation(here.session, delegation_id=number, by=here.officer)
    authority.end_delegation(here.session, delegation_id=number, by=here.board)
    with pytest.raises(NotAllowed):
        approve(here, deal_id, here.second)
    with pytest.raises(DelegationEnded):
        authority.end_delegation(here.session, delegation_id=number, by=here.second)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (([], 0, 90), "acts: name at least one act"),
        ((["approve a deal"], 0, 90), "to_day: a delegation lasts at most 90 days"),
        ((["approve a deal"], 0, -1), "to_day: it lies before the first day"),
        ((["approve a deal"], -9, -1), "to_day: it is over"),
        ((["sign a contract"], 0, 1), "acts: a board member may not sign a contract, so cannot lend it"),
        ((["administer people and settings"], 0, 1), "is no act that is lent"),
        ((["fly"], 0, 1), "“fly” is no act that is lent"),
        ((["pay a running cost"], 0, 1), "nobody can pay a running cost in this version, so nobody lends it"),
        ((["approve a deal"], 0, 1, 0), "amount: an amount above zero is expected"),
    ],
)
def test_a_delegation_that_cannot_be(here: Financed, today: date, asked: tuple[object, ...], words: str) -> None:
    acts, first, last, *amount = asked
    said = Delegation(acts, today + timedelta(days=first), today + timedelta(days=last), *amount)  # type: ignore[arg-type] # rows of the table
    with pytest.raises(InputRefused, match=words):
        authority.lend(here.session, to="otto@example.org", asked=said, by=here.board)


def test_acts_are_lent_to_somebody_else_inside_who_is_no_auditor(here: Financed, today: date, steward: Actor) -> None:
    auditor = person(here.session, "Aude", Role.AUDITOR)
    for who, words in ((auditor, "an auditor borrows no acts"), (here.board, "acts are lent to somebody else")):
        with pytest.raises(InputRefused, match=words):
            lend(here, today, [Act.APPROVE], lender=here.board, to=who)


def test_ninety_days_count_the_first_and_the_last(here: Financed, today: date) -> None:
    asked = Delegation(["approve a deal"], today, today + timedelta(days=89))
    assert authority.lend(here.session, to="otto@example.org", asked=asked, by=here.board)


def test_what_somebody_else_wrote_down_for_the_lender_lends_nothing(
    here: Financed, today: date, steward: Actor
) -> None:
    assert here.board.id is not None
    assert here.second.id is not None
    authority_queries.add_delegation(
        here.session, lender_id=here.board.id, borrower_id=here.second.id, acts=["approve a deal"], from_day=today,
        to_day=today, at_most_minor=None, words="", recorded_by=steward.id,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        approve(here, appraised(here), here.second)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.STEWARD])
def test_who_has_no_act_that_is_lent_lends_none(here: Financed, today: date, role: Role) -> None:
    who = person(here.session, "Sven", role)
    with pytest.raises(NotAllowed, match="only an officer, a risk officer or a board member may lend acts"):
        lend(here, today, [Act.APPROVE], lender=who, to=here.second)
    assert authority.delegations(here.session, by=who) == ()


def test_a_party_is_added_by_an_officer_and_by_who_borrowed_proposing(here: Financed, today: date) -> None:
    said = {"name": "Mill", "kind": "business", "by": here.board}
    with pytest.raises(NotAllowed, match="only an officer may add a party; you are a board member"):
        parties.add_party(here.session, code="mill", **said)  # type: ignore[arg-type] # the same three
    lend(here, today, [Act.PROPOSE], lender=here.officer, to=here.board)
    mill = parties.add_party(here.session, code="mill", **said)  # type: ignore[arg-type] # as above
    assert parties.party_by_code(here.session, code="mill").id == mill


def test_more_than_ones_own_amount_is_not_lent(here: Financed, today: date) -> None:
    with pytest.raises(InputRefused, match="it is more than an officer may pay out a drawdown of alone"):
        lend(here, today, [Act.PAY_OUT], lender=here.officer, to=here.board, at_most_minor=25_000_000_01)


@pytest.mark.parametrize(
    ("stage", "by", "says"),
    [
        ("approved", "officer", "who prepared a thing does not decide it"),
        ("appraised", "board", "conflict of interest does nothing on this deal"),
    ],
)
def test_the_database_refuses_what_the_desk_would(here: Financed, today: date, stage: str, by: str, says: str) -> None:
    deal_id = here.propose()
    declare(here, today, here.board)
    who = here.officer if by == "officer" else here.board
    with pytest.raises(IntegrityError, match=says), here.session.begin_nested():
        here.session.execute(
            text(
                "INSERT INTO deal_stage (fund_id, recorded_by, deal_id, stage, happened_on, reason) "
                "VALUES (:fund, :who, :deal, :stage, :day, '')"
            ),
            {"fund": here.fund_id, "who": who.id, "deal": deal_id, "stage": stage, "day": OPENED},
        )
