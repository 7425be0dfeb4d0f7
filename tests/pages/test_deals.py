"""Deals on pages: what is asked for and what is committed, who reads what, and steps that need a reason."""

from __future__ import annotations

import re

from api.database.roles import Role
from domain.authority import NIGHT
from domain.deals import Stage
from domain.desk import deals
from tests.api.world import DAY, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, words
from tests.pages.test_readers import propose


def test_before_the_contract_a_deal_asks_and_nothing_is_committed(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    propose(database, world)
    officer = people_in["officer"]
    page = words(officer.get("/deals/D-NEW"))
    assert "Asked for EUR 50,000.00 no contract is signed" in page
    assert "Committed EUR" not in page
    assert "0.00 asked for 50,000.00" in words(officer.get("/deals"))
    # the terms hold from 31 March 2026 on, the fund's business day
    assert "Plan, as if all were drawn on 31 Mar 2026" in page
    with database.sessions.begin(Role.NIGHT) as session:
        deal_id = deals.deal_by_code(session, "D-NEW")
        deals.advance(session, deal_id=deal_id, to=Stage.DECLINED, happened_on=DAY, reason="too dear", by=NIGHT)
    declined = words(officer.get("/deals/D-NEW"))
    for gone in ("Signing the contract books", "as if all were drawn", "Next 31"):
        assert gone not in declined, gone


def test_who_ends_a_deal_says_why(people_in: dict[str, Browser], world: World, database: TestDatabase) -> None:
    propose(database, world)
    board = people_in["board"]
    told = board.send(board.get("/board/approvals"), "/deals/D-NEW", stage="declined", day="2026-03-31", reason=" ")
    assert told.status_code == 422
    assert "ay why the deal is to be declined" in words(told)
    assert 'href="#field-reason"' in told.text


def test_enter_decides_nothing_for_the_board(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    propose(database, world)
    board = people_in["board"]
    page = board.get("/board/approvals")
    first = re.search(r'<select[^>]*name="stage".*?<option value="([^"]*)"', page.text, re.DOTALL)
    assert first is not None
    assert first[1] == "", "what is chosen before somebody chooses is nothing"
    told = board.send(page, "/deals/D-NEW", stage="", day="2026-03-31")
    assert (told.status_code, "Choose the step that was taken" in words(told)) == (422, True)
    again = board.send(told, "/deals/D-NEW", stage="approved", day="2026-03-31", reason="within the mandate")
    assert again.headers["location"] == "/board/approvals?done=approved"


def test_an_investee_reads_neither_reasons_nor_names_nor_other_funds(
    people_in: dict[str, Browser], world: World
) -> None:
    officer = people_in["officer"]
    officer.send(officer.get("/deals/D-ANN"), "/deals/D-ANN", stage="active", day="2026-03-31", reason="a weak case")
    assert "a weak case" in words(officer.get("/deals/D-ANN"))
    seen = words(people_in["ann"].get("/deals/D-ANN"))
    assert "How the deal came here Day Stage 1 Feb 2025 Proposed 2 Mar 2025 Appraised" in seen
    assert "a weak case" not in seen
    assert 'name="fund"' not in people_in["ann"].get("/deals").text, "one fund is no choice"


def test_a_receipt_that_is_dated_back_warns(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], f"/instruments/{world.ann.instrument}/receipt"
    booked = officer.send(officer.get(address), address, amount="1,800.00", day="2026-03-31")
    assert "Interest is booked to" not in words(booked)
    officer.send(booked, address, step="book")  # with it, the interest up to 31 March 2026
    back = officer.send(officer.get(address), address, amount="100.00", day="2026-01-31")
    assert "Interest is booked to 31 Mar 2026. This receipt of 31 Jan 2026 does not recompute" in words(back)


def test_the_work_list_tells_what_stops_and_what_to_ask(people_in: dict[str, Browser], world: World) -> None:
    told = words(people_in["officer"].get("/officer"))
    for section in ("Exit triggers", "Drawdowns stopped", "To ask", "Every report that came tells"):
        assert section in told, section
