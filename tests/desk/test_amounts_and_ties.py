"""Amounts bind every act that carries one, in parts too; a declared tie binds on more than the deal itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.authority import AUTHORITY, LENDABLE, Act, Actor, AmountTakesTwo, ConflictOfInterest, NotAllowed
from domain.desk import (
    authority,
    classification,
    currencies,
    edits,
    funds,
    instruments,
    ledger,
    missions,
    requests,
)
from domain.errors import InputRefused
from domain.measured import MEASURED
from domain.money import Money
from domain.parties import Role
from tests.desk.financed import OPENED, TODAY, Financed
from tests.desk.test_authority import appraised, approve, declare, here, lend, steward, today

__all__ = ["here", "steward", "today"]


def bound(here: Financed, steward: Actor, act: str, role: str, minor: int = 1) -> None:
    authority.set_amount(
        here.session, fund_code="fund", act=act, role=role, minor=minor, valid_from=OPENED, source="resolution 7",
        by=steward,
    )  # fmt: skip


def drawn(here: Financed) -> UUID:
    loan = here.signed()
    here.draw(loan, 1_000_00)
    return loan


def take_back(here: Financed) -> int:
    return ledger.reverse(
        here.session, entry_id=entry_of(here, "drawdown"), booked_on=None, reason="wrong", by=here.officer, key="back"
    )


def entry_of(here: Financed, kind: str) -> int:
    found = here.session.execute(text("SELECT max(id) FROM entry WHERE kind = :kind"), {"kind": kind})
    return int(found.scalar_one())


def ask_back(here: Financed) -> int:
    return requests.ask_reversal(here.session, entry_id=entry_of(here, "commitment"), reason="wrong", by=here.officer)


def ask_money(here: Financed, loan: UUID, minor: int = 500_00, on: date = OPENED) -> int:
    return requests.ask_payout(
        here.session, instrument_id=loan, minor=minor, effective_on=on, reason="roof", by=here.officer
    )


def pay_cost(here: Financed, minor: int = 10_00, key: str = "cost") -> int:
    said = {"effective_on": TODAY, "reason": "rent", "by": here.officer, "key": key}
    return funds.pay_running_cost(here.session, fund_id=here.fund_id, minor=minor, **said)  # type: ignore[arg-type] # the same four


def convert(here: Financed, steward: Actor) -> None:
    currencies.open_currency(here.session, fund_code="fund", currency="USD", by=steward)
    currencies.state_rate(
        here.session, fund_code="fund", currency="USD", units=Decimal("1.1"), on=TODAY, source="x", by=here.second
    )
    currencies.convert(
        here.session, fund_code="fund", sold=Money(10_00, "EUR"), into="USD", bought_minor=None, effective_on=TODAY,
        by=here.officer, key="convert",
    )  # fmt: skip


def cancel(here: Financed, loan: UUID, minor: int | None = 10_00, key: str = "cancel") -> None:
    instruments.cancel_undrawn(
        here.session, instrument_id=loan, minor=minor, effective_on=OPENED, reason="less", by=here.officer, key=key
    )


def bites(here: Financed, steward: Actor, act: Act) -> None:  # noqa: C901 - a case for each act
    """Bring the book to where the act is next, set a bound of a cent, and do it."""
    role = "board" if act in (Act.APPROVE, Act.APPROVE_PAYOUT, Act.APPROVE_REVERSAL) else "officer"

    def then() -> None:
        bound(here, steward, str(act), role)

    match act:
        case Act.PROPOSE:
            then()
            here.propose()
        case Act.APPROVE:
            deal_id = appraised(here)
            then()
            approve(here, deal_id, here.board)
        case Act.SIGN:
            deal_id = appraised(here)
            here.advance(deal_id, "approved")
            then()
            here.advance(deal_id, "contracted")
        case Act.PAY_OUT:
            loan = here.signed()
            then()
            here.draw(loan, 10_00)
        case Act.APPROVE_PAYOUT:
            loan = here.signed()
            bound(here, steward, "pay out a drawdown", "officer")
            number = ask_money(here, loan)
            then()
            requests.approve(here.session, request_id=number, by=here.board, key="yes")
        case Act.CANCEL:
            loan = here.signed()
            then()
            cancel(here, loan, None)
        case Act.PAY_COST:
            then()
            pay_cost(here)
        case Act.RECORD_RECEIPT:
            loan = drawn(here)
            then()
            here.receive(loan, 10_00, "2024-07-01")
        case Act.REVERSE:
            drawn(here)
            then()
            take_back(here)
        case Act.APPROVE_REVERSAL:
            here.signed()
            number = ask_back(here)
            then()
            requests.approve(here.session, request_id=number, by=here.board, key="yes")
        case Act.CONVERT:
            then()
            convert(here, steward)
        case _:
            pytest.fail(f"{act} is measured, and nothing here does it")


@pytest.mark.parametrize("act", sorted(MEASURED))
def test_every_amount_that_can_be_set_binds(here: Financed, steward: Actor, act: Act) -> None:
    with pytest.raises(AmountTakesTwo, match=f"you may {act} of up to EUR 0.01 alone"):
        bites(here, steward, act)


@pytest.mark.parametrize("act", sorted(set(Act) - MEASURED))
def test_what_carries_no_amount_is_given_none(here: Financed, steward: Actor, act: Act) -> None:
    with pytest.raises(InputRefused, match="carries no amount, so none would bind"):
        bound(here, steward, str(act), next(iter(AUTHORITY[act])))


@pytest.mark.parametrize("act", sorted(LENDABLE - MEASURED))
def test_what_carries_no_amount_is_lent_without_one(here: Financed, today: date, act: Act) -> None:
    role = next(iter(AUTHORITY[act]))
    lender, to = (here.officer, here.board) if role is Role.OFFICER else (here.board, here.officer)
    with pytest.raises(InputRefused, match="carries no amount: lend it by itself"):
        lend(here, today, [act], lender=lender, to=to, at_most_minor=1)
    assert lend(here, today, [act], lender=lender, to=to)


def test_a_lent_approval_goes_up_to_what_was_lent(here: Financed, today: date) -> None:
    deal_id = appraised(here)
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second, at_most_minor=1)
    with pytest.raises(NotAllowed):
        approve(here, deal_id, here.second)
    lend(here, today, [Act.APPROVE], lender=here.board, to=here.second, at_most_minor=36_000_00)
    approve(here, deal_id, here.second)


def test_an_amount_is_not_passed_in_parts(here: Financed, steward: Actor) -> None:
    loan, other = here.signed(), here.signed("D-2")
    bound(here, steward, "pay out a drawdown", "officer", 1_000_00)
    first = here.draw(loan, 600_00, key="one")
    assert here.draw(loan, 600_00, key="one") == first, "the same request again is no second payment"
    with pytest.raises(AmountTakesTwo, match=r"and this is EUR 400\.01, after EUR 600\.00 in 7 days; ask for it"):
        here.draw(loan, 400_01)
    number = ask_money(here, loan, 400_01)
    requests.approve(here.session, request_id=number, by=here.board, key="yes")
    here.draw(loan, 400_00)
    here.draw(other, 1_000_00)
    ledger.reverse(here.session, entry_id=first, booked_on=None, reason="wrong", by=here.second, key="back")
    here.draw(loan, 600_00)


def test_costs_are_added_up_in_a_fund_and_approvals_on_a_deal(here: Financed, steward: Actor) -> None:
    bound(here, steward, "pay a running cost", "officer", 25_00)
    pay_cost(here, 20_00, "one")
    with pytest.raises(AmountTakesTwo, match=r"after EUR 20\.00"):
        pay_cost(here, 5_01, "two")
    loan = here.signed()
    bound(here, steward, "pay out a drawdown", "officer", 0)
    bound(here, steward, "approve a payout", "board", 700_00)
    one, two = ask_money(here, loan, 500_00), ask_money(here, loan, 200_01)
    requests.approve(here.session, request_id=one, by=here.board, key="one")
    with pytest.raises(AmountTakesTwo, match=r"after EUR 500\.00"):
        requests.approve(here.session, request_id=two, by=here.board, key="two")
    assert not requests.may_decide(
        here.session, requests.request_line(here.session, request_id=two, by=here.board), by=here.board
    ).allowed


def test_what_is_lent_is_not_passed_in_parts(here: Financed, today: date) -> None:
    loan = here.signed()
    lend(here, today, [Act.PAY_OUT], lender=here.officer, to=here.board, at_most_minor=100_00)
    pay = Financed(here.session, here.fund_id, here.party_id, here.project_id, here.board, here.second, here.board)
    pay.draw(loan, 60_00)
    with pytest.raises(NotAllowed):
        pay.draw(loan, 40_01)
    pay.draw(loan, 40_00)


def test_a_tie_of_who_asked_binds_who_approves(here: Financed, steward: Actor, today: date) -> None:
    loan = here.signed()
    bound(here, steward, "pay out a drawdown", "officer", 0)
    number = ask_money(here, loan)
    declare(here, today, here.officer)
    with pytest.raises(ConflictOfInterest, match="Olga has a conflict of interest with Acme, so somebody"):
        requests.approve(here.session, request_id=number, by=here.board, key="yes")
    requests.refuse(here.session, request_id=number, reason="a tie", by=here.board)


def test_a_tie_to_a_contributor_binds_on_taking_its_contribution_back(here: Financed, today: date) -> None:
    entry_id = entry_of(here, "contribution")
    number = requests.ask_reversal(here.session, entry_id=entry_id, reason="wrong", by=here.second)
    declare(here, today, here.officer)
    declare(here, today, here.board)
    with pytest.raises(ConflictOfInterest, match="somebody else has to reverse an entry"):
        requests.ask_reversal(here.session, entry_id=entry_id, reason="wrong", by=here.officer)
    with pytest.raises(ConflictOfInterest, match="somebody else has to approve a reversal"):
        requests.approve(here.session, request_id=number, by=here.board, key="yes")


def test_a_tie_binds_on_what_is_said_of_the_projects_that_a_partys_deals_finance(here: Financed, today: date) -> None:
    def say(by: Actor) -> None:
        edits.classify_project(here.session, code="roofs", missions=[], fund_code="fund", by=by)

    def tell(by: Actor) -> None:
        classification.classify_projects(
            here.session, fund_code="fund", said=[classification.ClassificationLine(2, "roofs", "green")], subject="x",
            by=by,
        )  # fmt: skip

    def add(by: Actor) -> None:
        missions.add_co_finance(
            here.session, code=f"co-{by.name.lower()}", project_id=here.project_id, co_investor="Bank", kind="private",
            amount_minor=1, currency="EUR", committed_on=OPENED, by=by,
        )  # fmt: skip

    here.propose()
    declare(here, today, here.officer)
    for act in (tell, say, add):
        with pytest.raises(ConflictOfInterest, match="Olga has a conflict of interest with Acme"):
            act(here.officer)
        act(here.second)
