"""Deals from proposal to exit: who may, what the limits leave, and two people at once."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT, Actor, NotAllowed, SamePersonPreparedAndDecides
from domain.deals import (
    DayRefused,
    DealStillHolds,
    ProposedInstrument,
    Stage,
    StageBeforeItsTime,
    StageNotReachable,
)
from domain.desk import deals, funds, instruments
from domain.desk.funds import CodeTaken
from domain.desk.parties import add_party
from domain.errors import InputRefused, NotFound
from domain.limits import LimitExceeded
from domain.money import Money
from domain.parties import Role
from domain.royalties import RoyaltyRunsOn
from tests.desk.financed import LOAN, OPENED, TODAY, Financed, finance, person


@pytest.fixture
def here(session: Session) -> Financed:
    return finance(session)


def limit(here: Financed, basis: str, subject: str, minor: int, on: date = OPENED) -> None:
    funds.set_limit(
        here.session,
        fund_id=here.fund_id,
        basis=basis,
        subject=subject,
        amount_minor=minor,
        valid_from=on,
        source="test",
        by=NIGHT,
    )


def test_a_deal_goes_its_way_and_each_stage_is_kept(here: Financed) -> None:
    deal_id = here.propose()
    here.advance(deal_id, "appraised", "approved", on=date(2024, 2, 1))
    here.advance(deal_id, "contracted", on=date(2024, 3, 1))
    detail = deals.deal_detail(here.session, deal_id=deal_id)
    assert [(line.stage, str(line.happened_on), line.by) for line in detail.stages] == [
        ("proposed", "2024-01-01", "Olga"),
        ("appraised", "2024-02-01", "Olga"),
        ("approved", "2024-02-01", "Bea"),
        ("contracted", "2024-03-01", "Olga"),
    ]
    assert (detail.deal.stage, detail.deal.signed_on, detail.version) == ("contracted", date(2024, 3, 1), 4)
    assert detail.next_stages == (Stage.ACTIVE, Stage.CLOSED)
    [loan] = detail.instruments
    assert (loan.figures.committed, loan.figures.undrawn) == (Money(36_000_00, "EUR"), Money(36_000_00, "EUR"))
    assert [(e.kind, e.amount_minor, str(e.effective_on)) for e in detail.entries] == [
        ("commitment", 36_000_00, "2024-03-01")
    ]
    assert len(loan.schedule) == 4


@pytest.mark.parametrize(
    ("stage", "role"),
    [
        ("appraised", Role.BOARD),
        ("approved", Role.OFFICER),
        ("declined", Role.OFFICER),
        ("withdrawn", Role.BOARD),
        ("contracted", Role.BOARD),
        ("exiting", Role.OFFICER),
        ("closed", Role.BOARD),
    ],
)
def test_a_stage_takes_the_role_of_its_act(here: Financed, stage: str, role: Role) -> None:
    deal_id = here.propose()
    with pytest.raises(NotAllowed):
        deals.advance(
            here.session,
            deal_id=deal_id,
            to=Stage(stage),
            happened_on=OPENED,
            reason="",
            by=person(here.session, "Zoe", role),
        )


def test_who_proposed_a_deal_does_not_approve_it(here: Financed) -> None:
    deal_id = here.propose()
    here.advance(deal_id, "appraised")
    both = Actor(id=here.officer.id, name="Olga", role=Role.BOARD)  # the same person with the board's role
    with pytest.raises(SamePersonPreparedAndDecides, match="Olga proposed the deal"):
        deals.advance(here.session, deal_id=deal_id, to=Stage.APPROVED, happened_on=OPENED, reason="", by=both)


def test_a_stage_comes_after_the_last_one_and_by_its_day(here: Financed) -> None:
    deal_id = here.propose()
    here.advance(deal_id, "appraised", on=date(2024, 2, 1))
    with pytest.raises(StageNotReachable, match="a deal that is appraised cannot become contracted"):
        here.advance(deal_id, "contracted", on=date(2024, 2, 1))
    with pytest.raises(StageBeforeItsTime, match="the deal became appraised on 1 Feb 2024"):
        here.advance(deal_id, "approved", on=date(2024, 1, 31))
    with pytest.raises(DayRefused, match="the fund's book stands at 31 Dec 2025"):
        here.advance(deal_id, "approved", on=date(2026, 1, 2))


def test_a_deal_with_money_out_is_not_closed(here: Financed) -> None:
    loan = here.signed()
    deal_id = deals.deal_by_code(here.session, "D-1")
    with pytest.raises(DealStillHolds, match=r"EUR 0\.00 is outstanding and EUR 36,000\.00 is not drawn"):
        here.advance(deal_id, "closed", on=TODAY)
    here.draw(loan, 36_000_00)
    here.advance(deal_id, "active")
    with pytest.raises(DealStillHolds, match=r"EUR 36,000\.00 is outstanding and EUR 0\.00 is not drawn"):
        here.advance(deal_id, "closed", on=TODAY)
    here.receive(loan, 36_108_00, "2024-02-01")
    here.advance(deal_id, "closed", on=TODAY)
    assert deals.deal_list(here.session)[0].stage is Stage.CLOSED


def state_revenue(here: Financed, royalty: UUID, year: int, revenue_minor: int) -> None:
    state = instruments.state_revenue
    first, last = date(year, 1, 1), date(year, 12, 31)
    state(
        here.session, instrument_id=royalty, period_start=first, period_end=last, revenue_minor=revenue_minor,
        by=here.officer, key=f"revenue of {year}",
    )  # fmt: skip


def test_a_deal_is_not_closed_before_its_royalty_has_reached_its_cap(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    deal_id = deals.deal_by_code(here.session, "D-1")
    here.draw(royalty, 4_000_00)
    # 3 % of 100,000.00 is 3,000.00; the cap is 5,000.00
    state_revenue(here, royalty, 2024, 100_000_00)
    with pytest.raises(DealStillHolds, match=r"EUR 3,000\.00 is outstanding"):
        here.advance(deal_id, "closed", on=TODAY)
    here.receive(royalty, 3_000_00, "2025-02-01", part="royalty")
    with pytest.raises(RoyaltyRunsOn, match=r"D-1-I may still bring in EUR 2,000\.00 until"):
        here.advance(deal_id, "closed", on=TODAY)
    # 3 % of 70,000.00 is 2,100.00, of which the cap leaves 2,000.00
    state_revenue(here, royalty, 2025, 70_000_00)
    here.receive(royalty, 2_000_00, "2025-12-31", part="royalty")
    here.advance(deal_id, "closed", on=TODAY)
    assert deals.deal_list(here.session)[0].stage is Stage.CLOSED
    assert here.holds(royalty)["royalty_at_cost"] == 4_000_00, "the cost stays on the books"


def test_a_deal_is_closed_when_its_royalty_has_ended_below_its_cap(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    deal_id = deals.deal_by_code(here.session, "D-1")
    here.draw(royalty, 4_000_00)
    here.session.execute(text("UPDATE fund SET business_day = '2028-01-31'"))
    here.session.expire_all()
    with pytest.raises(RoyaltyRunsOn, match=r"EUR 5,000\.00 until"):
        here.advance(deal_id, "closed", on=date(2027, 12, 31))  # its last day
    here.advance(deal_id, "closed", on=date(2028, 1, 1))
    assert deals.deal_list(here.session)[0].stage is Stage.CLOSED


def test_a_royalty_that_was_never_drawn_keeps_no_deal_open(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    instruments.cancel_undrawn(
        here.session, instrument_id=royalty, effective_on=TODAY, reason="", by=here.officer, key="cancel"
    )
    here.advance(deals.deal_by_code(here.session, "D-1"), "closed", on=TODAY)
    assert deals.deal_list(here.session)[0].stage is Stage.CLOSED


def test_nothing_of_a_refused_proposal_is_written(here: Financed) -> None:
    bad = ProposedInstrument("X", "loan", -1, {**LOAN, "rate": "300"}, OPENED)
    with pytest.raises(InputRefused) as refused:
        deals.propose(
            here.session,
            fund_id=here.fund_id,
            code="D-9",
            project_id=here.project_id,
            investee_id=here.party_id,
            title="Nine",
            purpose="",
            instruments=[bad],
            proposed_on=OPENED,
            by=here.officer,
        )
    assert [p.where for p in refused.value.problems] == ["instrument X, commitment", "instrument X, rate"]
    assert here.count("deal") == here.count("instrument") == 0


def test_codes_are_used_once_and_who_is_not_there_is_told(here: Financed) -> None:
    here.propose()
    with pytest.raises(CodeTaken, match="there is a deal D-1 already"):
        here.propose()
    with pytest.raises(NotFound, match="there is no party"):
        here.propose("D-2", party_id=here.project_id)
    with pytest.raises(NotFound, match="there is no project"):
        here.propose("D-2", project_id=here.party_id)


@pytest.mark.parametrize(
    ("basis", "subject", "room"),
    [
        ("ticket", "", 30_000_00),
        ("group", "", 50_000_00),
        ("group", "acme", 50_000_00),
        ("mission", "green", 50_000_00),
        ("instrument", "loan", 50_000_00),
    ],
)
def test_a_limit_is_checked_at_approval_up_to_its_last_cent(
    here: Financed, basis: str, subject: str, room: int
) -> None:
    # 20,000.00 are committed by D-1; D-2 asks for 30,000.00
    here.signed(minor=20_000_00)
    deal_id = here.propose("D-2", minor=30_000_00)
    here.advance(deal_id, "appraised")
    limit(here, basis, subject, room - 1)
    with pytest.raises(LimitExceeded, match=r"1 limit of the fund would be exceeded: .* over by EUR 0\.01"):
        here.advance(deal_id, "approved")
    limit(here, basis, subject, room)
    here.advance(deal_id, "approved")
    seen = {(h.basis.value, h.left.minor) for h in deals.headroom(here.session, fund_id=here.fund_id, as_of=TODAY)}
    assert seen == {(basis, 0)}


def test_another_group_has_its_own_limit(here: Financed) -> None:
    limit(here, "group", "", 36_000_00)
    here.signed()
    other = add_party(here.session, code="solo", name="Solo", kind="charity", by=here.officer)
    here.advance(here.propose("D-2", party_id=other), "appraised", "approved")
    with pytest.raises(LimitExceeded, match="group acme"):
        here.advance(here.propose("D-3", minor=1), "appraised", "approved")


def test_a_limit_that_was_lowered_stops_signing_and_drawing(here: Financed) -> None:
    loan = here.signed("D-1")
    deal_id = here.propose("D-2", minor=1_00)
    here.advance(deal_id, "appraised", "approved")
    limit(here, "mission", "green", 36_000_99, date(2024, 6, 1))
    here.draw(loan, 1_00, "2024-05-31")  # before the new limit binds
    with pytest.raises(LimitExceeded):
        here.draw(loan, 1_00, "2024-06-01")
    with pytest.raises(LimitExceeded):
        here.advance(deal_id, "contracted", on=date(2024, 6, 1))
    here.advance(deal_id, "contracted", on=date(2024, 5, 31))


def test_what_was_cancelled_or_closed_leaves_room(here: Financed) -> None:
    limit(here, "mission", "green", 36_000_00)
    loan = here.signed("D-1")
    deal_id = here.propose("D-2", minor=6_000_00)
    here.advance(deal_id, "appraised")
    with pytest.raises(LimitExceeded):
        here.advance(deal_id, "approved")
    instruments.cancel_undrawn(
        here.session,
        instrument_id=loan,
        minor=6_000_00,
        effective_on=OPENED,
        reason="",
        by=here.officer,
        key="c",
    )
    here.advance(deal_id, "approved")


def test_deals_are_listed_by_code_from_any_place(here: Financed) -> None:
    for code in ("D-3", "D-1", "D-2"):
        here.propose(code, minor=100_00)

    def codes(**said: object) -> list[str]:
        return [line.code for line in deals.deal_list(here.session, **said)]  # type: ignore[arg-type]

    assert codes() == ["D-1", "D-2", "D-3"]
    assert codes(limit=2) == ["D-1", "D-2"]
    assert codes(after="D-2", limit=2) == ["D-3"]
    assert codes(search="deal d-2") == ["D-2"]
    assert codes(search="acme") == ["D-1", "D-2", "D-3"]
    assert codes(search="%") == codes(search="D_1") == []
    assert codes(stage=Stage.APPROVED) == codes(fund_code="nobody") == []
    assert codes(stage=Stage.PROPOSED, fund_code="fund") == ["D-1", "D-2", "D-3"]


def test_terms_that_no_one_can_read_back_are_never_stored(here: Financed) -> None:
    deal_id = here.propose()
    [line] = deals.deal_detail(here.session, deal_id=deal_id).instruments
    assert line.terms == LOAN


@pytest.mark.parametrize(
    ("way", "to", "by"),
    [
        ((), "declined", "board"),
        ((), "withdrawn", "officer"),
        (("appraised", "approved", "contracted", "active"), "exiting", "board"),
        (("appraised", "approved", "contracted"), "closed", "officer"),
    ],
)
def test_who_ends_a_deal_says_why(here: Financed, way: tuple[str, ...], to: str, by: str) -> None:
    deal_id = here.propose()
    here.advance(deal_id, *(("appraised",) if to == "declined" else ()), *way)
    for reason in ("", " \n "):
        with pytest.raises(InputRefused, match=f"reason: say why the deal is to be {to}"):
            deals.advance(
                here.session,
                deal_id=deal_id,
                to=Stage(to),
                happened_on=OPENED,
                reason=reason,
                by=here.board if by == "board" else here.officer,
            )


def test_nothing_is_committed_before_the_contract(here: Financed) -> None:
    deal_id = here.propose()

    def told() -> tuple[str, str, str]:
        (line,) = deals.deal_list(here.session)
        (loan,) = deals.deal_detail(here.session, deal_id=deal_id).instruments
        assert (line.asked, line.committed) == (loan.figures.asked, loan.figures.committed)
        return line.stage, str(line.asked), str(line.committed)

    assert told() == ("proposed", "EUR 36,000.00", "EUR 0.00")
    here.advance(deal_id, "appraised", "approved")
    assert told() == ("approved", "EUR 36,000.00", "EUR 0.00")
    here.advance(deal_id, "contracted")
    assert told() == ("contracted", "EUR 36,000.00", "EUR 36,000.00")
    loan = deals.deal_detail(here.session, deal_id=deal_id).instruments[0].id
    instruments.cancel_undrawn(
        here.session, instrument_id=loan, minor=6_000_00, effective_on=OPENED, reason="less is needed",
        by=here.officer, key="less",
    )  # fmt: skip
    assert told() == ("contracted", "EUR 36,000.00", "EUR 30,000.00")  # 36,000.00 - 6,000.00


def test_a_plan_does_not_begin_before_the_contract(here: Financed) -> None:
    deal_id = here.propose()
    here.advance(deal_id, "appraised", "approved", on=date(2024, 2, 1))

    def plan() -> tuple[str, list[int]]:
        (loan,) = deals.deal_detail(here.session, deal_id=deal_id).instruments
        return str(loan.planned_on), [row.interest_minor for row in loan.schedule[:1]]

    # Not signed: nothing is drawn before the fund's business day, a day (3.60) before the last due day, 1 January 2026.
    assert plan() == ("2025-12-31", [3_60])
    here.advance(deal_id, "contracted", on=date(2024, 3, 1))
    # 36,000.00 at 3.6 % earns 3.60 a day: 120 days of 30E/360 from 1 March to 1 July are 432.00
    assert plan() == ("2024-03-01", [432_00])
