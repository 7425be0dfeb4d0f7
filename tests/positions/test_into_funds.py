"""Into which fund a statement goes: never over nights that have not run, never under what is no code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.authority import NIGHT
from domain.codes import is_code
from domain.deals import ProposedInstrument
from domain.desk.covenants import agree
from domain.desk.deals import propose
from domain.desk.funds import open_fund
from domain.desk.missions import add_indicator
from domain.desk.night import run_day
from domain.errors import InputRefused
from domain.positions import FundHasDealsOfItsOwn, StatementBeforeFund, StatementSkipsNights
from tests.positions.statements import JULY, A, Bank, on
from tests.positions.test_import import A_REPAYS, rows

OWN_LOAN: dict[str, object] = {
    "rate": "0.036", "day_count": "30E/360", "repayment": "linear", "first_due_on": "2018-10-01",
    "months_between": 6, "instalments": 4,
}  # fmt: skip


def propose_own(bank: Bank, *, fund: str, on: date) -> None:
    """Propose a deal of the fund's own with the investee and the project of A."""
    with bank.sessions.begin(Role.NIGHT) as session:
        ids = session.execute(
            text("SELECT f.id, d.project_id, d.investee_id FROM fund f, deal d WHERE f.code = :fund LIMIT 1"),
            {"fund": fund},
        ).one()
        propose(
            session, fund_id=ids.id, code="OWN-1", project_id=ids.project_id, investee_id=ids.investee_id,
            title="Harbours", purpose="", proposed_on=on, by=NIGHT,
            instruments=[ProposedInstrument("OWN-1-L", "loan", 1_000_00, OWN_LOAN, on)],
        )  # fmt: skip


def test_a_fund_with_deals_of_its_own_takes_no_statement(bank: Bank) -> None:
    june = bank.take(A)
    with bank.sessions.begin(Role.NIGHT) as session:
        open_fund(
            session, code="commons", name="Commons", currency="USD", mandate="", recycling="full",
            opened_on=date(2018, 1, 1), business_day=date(2018, 1, 31), missions=(), by=NIGHT,
        )  # fmt: skip
    propose_own(bank, fund="commons", on=date(2018, 1, 31))
    with pytest.raises(FundHasDealsOfItsOwn, match=r"commons has deals of its own \(OWN-1\)"):
        bank.take(A, fund="commons")
    assert rows(bank, "SELECT code, business_day FROM fund ORDER BY code") == [
        ("IBRD", date(2018, 6, 30)),
        ("commons", date(2018, 1, 31)),  # its nights of February to June have not run
    ]
    assert bank.take(A) == june | {"changes": 0, "new": 0}  # the fund of statements goes on
    assert bank.take(*on(JULY, A_REPAYS))["changes"] == 1


def test_a_fund_of_statements_that_gets_deals_of_its_own_takes_no_later_one(bank: Bank) -> None:
    june = bank.take(A)
    propose_own(bank, fund="IBRD", on=date(2018, 6, 30))
    assert bank.take(A) == june | {"changes": 0, "new": 0}  # what is there already changes nothing
    with pytest.raises(FundHasDealsOfItsOwn):
        bank.take(*on(JULY, A_REPAYS))
    assert rows(bank, "SELECT business_day FROM fund") == [(date(2018, 6, 30),)]


def test_a_statement_does_not_move_a_fund_over_a_night_with_work(bank: Bank) -> None:
    bank.take(A)
    with bank.sessions.begin(Role.NIGHT) as session:
        indicator_id = add_indicator(
            session, code="berths", name="Berths", unit="berths", direction="increase", adding="latest",
            definition="berths in use", by=NIGHT,
        )  # fmt: skip
        agree(
            session, deal_id=session.execute(text("SELECT id FROM deal")).scalar_one(), code="C-1", clause="4.1",
            kind="mission", condition_family="directionality", indicator_id=indicator_id, direction="at_least",
            tolerance=Decimal(0), grace_days=5, remedy_days=30, agreed_on=date(2018, 6, 30), public=False,
            trajectory=[(date(2018, 7, 10), Decimal(3))],
            tests=[(date(2018, 7, 1), date(2018, 7, 10), date(2018, 7, 15))], by=NIGHT,
        )  # fmt: skip
    # the report is due on 15 July, with 5 days of grace: the night of 21 July finds that it is missing
    with pytest.raises(StatementSkipsNights, match="over the night of 21 Jul 2018"):
        bank.take(*on(JULY, A_REPAYS))
    assert rows(bank, "SELECT business_day FROM fund") == [(date(2018, 6, 30),)]
    with bank.sessions.begin(Role.NIGHT) as session:
        fund_id = session.execute(text("SELECT id FROM fund")).scalar_one()
        run_day(session, fund_id=fund_id, day=date(2018, 7, 21))
    assert bank.take(*on(JULY, A_REPAYS))["changes"] == 1
    assert rows(bank, "SELECT business_day FROM fund") == [(date(2018, 7, 31),)]


def test_a_statement_of_a_day_before_the_fund_is_refused(bank: Bank) -> None:
    with bank.sessions.begin(Role.NIGHT) as session:
        open_fund(
            session, code="young", name="Young", currency="USD", mandate="", recycling="full",
            opened_on=date(2018, 7, 1), business_day=date(2018, 7, 1), missions=(), by=NIGHT,
        )  # fmt: skip
    with pytest.raises(StatementBeforeFund, match="of 30 Jun 2018, and the fund young was opened on 1 Jul 2018"):
        bank.take(A, fund="young")
    assert bank.take(*on(JULY, A), fund="young")["changes"] == 1


@pytest.mark.parametrize("fund", ["a/b", "<b>x", "=cmd", "x" * 300, "a\nb", "a\x1bb", "", " ", "-a", "Fünf"])
def test_a_fund_is_opened_under_a_code_only(bank: Bank, fund: str) -> None:
    with pytest.raises(InputRefused, match=r"fund: .*expected letters, digits and"):
        bank.take(A, fund=fund)
    assert rows(bank, "SELECT count(*) FROM fund") == [(0,)]


def test_codes_made_of_a_statement_are_codes(bank: Bank) -> None:
    # 58 letters, a dash and IBRDA are 64; one letter more is too long for the loan's deal
    long = "F" * 58
    assert bank.take(A, fund=long)["changes"] == 1
    with pytest.raises(InputRefused, match=r"loan IBRDA, deal: .*is not a code"):
        bank.take(A, fund=long + "F")
    with pytest.raises(InputRefused, match="loan IBRDA, project: “P 1/2” is not a code"):
        bank.take(A | {"Project ID": "P 1/2"})
    bank.take(
        A | {"Country Code": "", "Country": "A country with a very long name indeed", "Borrower": "M" * 90},
        fund="LONG",
    )
    codes = [str(code) for (code,) in rows(bank, "SELECT code FROM party")]
    assert len(codes) == 2
    assert all(is_code(code) for code in codes)
