"""Deals that a statement of positions tells: what their page says, and that nobody moves them by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.deals import MovedByStatement, Stage
from domain.desk import deals
from tests.api.world import DAY, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, words
from tests.positions.statements import A_AMOUNTS, Bank, line

# 1,000.00 - 100.00 cancelled = 900.00 = 200.00 undisbursed + 700.00 disbursed; 700.00 = 250.00 repaid + 400.00 due
# + 50.00 sold; 385.00 owed = 400.00 - 15.00; 600.00 held = 400.00 + 200.00; 50.00 sold = 30.00 + 20.00.
GOOD = line("IBRDA", A_AMOUNTS, Guarantor="Kingdom of Atlantis")
# Repaid is 200.00, so 700.00 - (200.00 + 400.00 + 50.00) = 50.00 are told nowhere; approved, and not signed.
SHORT = line(
    "IBRDB", A_AMOUNTS.replace("250.00 400.00", "200.00 400.00"), Loan_Status="Approved", Interest_Rate="0",
    Agreement_Signing_Date="", First_Repayment_Date="", **{"Effective_Date_(Most_Recent)": ""},
)  # fmt: skip


@pytest.fixture
def stated(people_in: dict[str, Browser], database: TestDatabase, tmp_path: Path) -> dict[str, Browser]:
    Bank(database.sessions, tmp_path).take(GOOD, SHORT)
    return people_in


def test_its_page_says_what_the_statement_says(stated: dict[str, Browser]) -> None:
    said = words(stated["officer"].get("/deals/IBRD-IBRDA"))
    for told in (
        "4.25 % a year, repaid 15 Apr 2001 to 15 Apr 2031, as the statement tells",
        "What the statement says", "IBRD, statement of 30 Jun 2018", "Status Repaying", "Country Atlantis",
        "Guarantor Kingdom of Atlantis", "Agreement signed 9 May 1999", "Disbursed 700.00",
        "Exchange adjustment -15.00",
        "This deal follows the statement it came from; its next release moves it.", "Opening position",
    ):  # fmt: skip
        assert told in said.replace("−", "-"), told
    for hidden in (
        "Sign the contract",
        "Pay out a drawdown",
        "Record a receipt",
        "source: statement",
        "oes not add up",
    ):
        assert hidden not in said, hidden


def test_what_does_not_add_up_is_told_with_its_gap(stated: dict[str, Browser]) -> None:
    said = words(stated["officer"].get("/deals/IBRD-IBRDB"))
    assert "Does not add up: disbursed = repaid + due + sold, gap USD 50.00." in said
    assert "rate unknown, or several, repaid to 15 Apr 2031" in said
    assert "Asked for USD 1,000.00" in said, "nobody signed it"


@pytest.mark.parametrize("to", [Stage.CONTRACTED, Stage.WITHDRAWN])
def test_nobody_moves_it_by_hand(stated: dict[str, Browser], database: TestDatabase, to: Stage) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        deal_id = deals.deal_by_code(session, "IBRD-IBRDB")
        with pytest.raises(MovedByStatement, match="IBRD-IBRDB is a position of an imported statement"):
            deals.advance(session, deal_id=deal_id, to=to, happened_on=DAY, reason="by mistake", by=NIGHT)
        kinds = [one.kind for one in deals.deal_detail(session, deal_id=deal_id).entries]
        assert kinds == ["opening_position"], "its commitment is not booked a second time"
        assert [one.stage for one in deals.deal_detail(session, deal_id=deal_id).stages] == ["approved"]


def test_the_work_list_begins_with_a_fund_that_people_keep(stated: dict[str, Browser], world: World) -> None:
    officer = stated["officer"]
    assert "Harbours · business day 31 Mar 2026" in words(officer.get("/officer")), "IBRD comes first by its code"
    told = words(officer.get("/officer?fund=IBRD"))
    assert "IBRD · business day 30 Jun 2018" in told
    assert "No deal waits for a step" in told
