"""Funds: opened with their accounts, paid into, bound by limits."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT, NotAllowed
from domain.deals import DayRefused, MovedByStatement
from domain.desk import deals, funds
from domain.desk.funds import CodeTaken
from domain.desk.refusals import CashNotEnough
from domain.errors import InputRefused, NotFound
from domain.ledger import CHART, KeyUsedForAnotherRequest
from domain.money import Money
from tests.desk.financed import OPENED, TODAY, Financed, finance

SAID = {
    "code": "second",
    "name": "The second fund",
    "currency": "GBP",
    "mandate": "",
    "recycling": "full",
    "opened_on": OPENED,
    "business_day": TODAY,
    "missions": ["green"],
    "by": NIGHT,
}


@pytest.fixture
def here(session: Session) -> Financed:
    return finance(session)


def test_a_fund_is_opened_with_its_accounts_and_missions(here: Financed) -> None:
    fund_id = funds.open_fund(here.session, **SAID)  # type: ignore[arg-type]
    opened = here.session.execute(text("SELECT code FROM account WHERE fund_id = :id"), {"id": fund_id})
    assert {row.code for row in opened} == set(CHART)
    assert funds.fund_missions(here.session, fund_id=fund_id) == ("green",)
    assert [fund.code for fund in funds.funds(here.session)] == ["fund", "second"]
    assert funds.fund_by_code(here.session, "second").currency == "GBP"


@pytest.mark.parametrize(
    ("wrong", "refusal", "words"),
    [
        ({"currency": "pounds"}, InputRefused, "currency: an ISO 4217 code such as EUR is expected"),
        ({"recycling": "often", "code": " "}, InputRefused, "the fund has 2 problems"),
        ({"business_day": date(2023, 12, 31)}, InputRefused, "it lies before the fund is opened on 1 Jan 2024"),
        ({"code": "fund"}, CodeTaken, "there is a fund fund already"),
        ({"missions": ["blue"]}, NotFound, "there is no mission blue"),
    ],
)
def test_a_fund_that_cannot_be_opened(
    here: Financed, wrong: dict[str, object], refusal: type[Exception], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        funds.open_fund(here.session, **{**SAID, **wrong})  # type: ignore[arg-type]


def test_a_fund_is_opened_by_the_steward(here: Financed) -> None:
    with pytest.raises(NotAllowed, match="only a steward may open a fund; you are an officer"):
        funds.open_fund(here.session, **{**SAID, "by": here.officer})  # type: ignore[arg-type]


def test_a_fund_without_a_floor_may_owe_cash_and_one_with_a_floor_may_not(here: Financed) -> None:
    said = {"minor": 1, "effective_on": OPENED, "reason": "audit", "by": here.officer, "key": "cost"}
    for code, floor in (("bound", 0), ("free", None)):
        fund_id = funds.open_fund(here.session, **{**SAID, "code": code, "cash_floor_minor": floor})  # type: ignore[arg-type]
        if floor is None:
            funds.pay_running_cost(here.session, fund_id=fund_id, **said)  # type: ignore[arg-type]
        else:
            with pytest.raises(CashNotEnough):
                funds.pay_running_cost(here.session, fund_id=fund_id, **said)  # type: ignore[arg-type]


def test_a_contribution_is_cash_and_capital_once(here: Financed) -> None:
    said = {"fund_id": here.fund_id, "party_id": here.party_id, "received_on": OPENED, "by": here.officer}
    entry = funds.contribute(here.session, code="C-2", minor=5_00, key="k", **said)  # type: ignore[arg-type]
    assert funds.contribute(here.session, code="C-2", minor=5_00, key="k", **said) == entry  # type: ignore[arg-type]
    with pytest.raises(KeyUsedForAnotherRequest):
        funds.contribute(here.session, code="C-3", minor=5_00, key="k", **said)  # type: ignore[arg-type]
    with pytest.raises(CodeTaken, match="there is a contribution C-2 already"):
        funds.contribute(here.session, code="C-2", minor=5_00, key="other", **said)  # type: ignore[arg-type]
    assert here.books() == {"cash": 100_005_00, "contributed": -100_005_00}
    lines = funds.contributions(here.session, fund_id=here.fund_id)
    assert [(line.code, line.contributor, line.amount) for line in lines] == [
        ("C-1", "Acme", Money(100_000_00, "EUR")),
        ("C-2", "Acme", Money(5_00, "EUR")),
    ]


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2023-12-31", "the fund was opened on 1 Jan 2024"),
        ("2026-01-01", "it lies after the booking day, 31 Dec 2025"),
    ],
)
def test_a_contribution_of_a_day_that_the_book_has_no_place_for(here: Financed, on: str, words: str) -> None:
    with pytest.raises(DayRefused, match=words):
        funds.contribute(
            here.session,
            fund_id=here.fund_id,
            code="C-2",
            party_id=here.party_id,
            minor=1,
            received_on=date.fromisoformat(on),
            by=here.officer,
            key="k",
        )


def test_every_problem_of_a_limit_is_told(here: Financed) -> None:
    with pytest.raises(InputRefused) as refused:
        funds.set_limit(
            here.session,
            fund_id=here.fund_id,
            basis="ticket",
            subject="D-1",
            amount_minor=-1,
            valid_from=OPENED,
            source="",
            by=NIGHT,
        )
    assert [problem.where for problem in refused.value.problems] == ["subject", "amount"]
    assert funds.limits(here.session, fund_id=here.fund_id) == ()


def test_a_position_of_a_statement_is_not_moved_by_hand(here: Financed) -> None:
    loan = here.signed()
    # what an import leaves: a loan that does not accrue here
    other = here.session.execute(
        text(
            "WITH i AS (INSERT INTO instrument (code, deal_id, kind, currency, accrues) SELECT 'P-1', deal_id, 'loan', "
            "'EUR', false FROM instrument WHERE id = :id RETURNING id) INSERT INTO instrument_terms (fund_id, "
            "instrument_id, version, valid_from, commitment_minor, terms) SELECT :fund, id, 1, '2024-01-01', 100, '{}' "
            "FROM i RETURNING instrument_id"
        ),
        {"id": loan, "fund": here.fund_id},
    ).scalar_one()
    for act in (lambda: here.draw(other, 1), lambda: here.receive(other, 1, "2024-02-01")):
        with pytest.raises(MovedByStatement, match="P-1 is a position of an imported statement"):
            act()
    detail = deals.deal_detail(here.session, deal_id=deals.deal_by_code(here.session, "D-1"))
    assert [len(line.schedule) for line in detail.instruments] == [4, 0]
