"""What each reader sees: deals, reports, the board's report; and what nobody sees who should not."""

from __future__ import annotations

import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.deals import ProposedInstrument
from domain.desk import deals, missions, parties
from tests.api.world import DAY, TERMS, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, hidden, words


def test_the_deal_page_tells_all_of_a_deal(people_in: dict[str, Browser], world: World) -> None:
    page = people_in["officer"].get("/deals/D-ANN")
    assert page.status_code == 200
    for said in (
        "Loan to ANN", "Contracted", "Project of ANN", "EUR 100,000", "3 % a year (30E/360), principal on the last day",
        "Record a receipt on L-ANN", "Pay out a drawdown of L-ANN", "Homes renovated", "Set active", "Drawdown",
    ):  # fmt: skip
        assert said in words(page), said
    assert people_in["officer"].get(f"/deals/{world.ann.deal}").status_code == 200


def test_html_in_a_name_stays_text(people_in: dict[str, Browser], world: World) -> None:
    for who, address in (
        ("officer", "/deals/D-ANN"),
        ("officer", "/deals"),
        ("officer", "/officer"),
        ("ann", "/deals"),
    ):
        page = people_in[who].get(address)
        assert "<script>alert" not in page.text, address
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in people_in["officer"].get("/deals/D-ANN").text


def test_another_investee_s_deal_does_not_exist(people_in: dict[str, Browser], world: World) -> None:
    ann = people_in["ann"]
    assert ann.get("/deals/D-ANN").status_code == 200
    for address in ("/deals/D-BEN", f"/deals/{world.ben.deal}", f"/investee/reports/{world.ben.report}"):
        told = ann.get(address)
        assert told.status_code == 404
        assert "Mill" not in told.text
    assert "D-BEN" not in ann.get("/deals").text
    seen = words(ann.get("/deals/D-ANN"))
    assert "Ledger" not in seen
    assert "Next step" not in seen


@pytest.mark.parametrize(("who", "address"), [
    ("ann", "/officer"), ("ann", "/board"), ("ann", "/board/harbours/report?as_of=2026-03-31&seal=1"),
    ("ann", "/entries/1"), ("ann", "/board/approvals"), ("officer", "/investee"), ("board", "/investee"),
])  # fmt: skip
def test_a_page_for_others_is_told_in_words(
    people_in: dict[str, Browser], world: World, who: str, address: str
) -> None:
    told = people_in[who].get(address)
    assert told.status_code == 403
    assert "This is for somebody else to do" in words(told)


def test_the_next_step_is_taken_once_and_a_stale_one_is_refused(people_in: dict[str, Browser], world: World) -> None:
    officer = people_in["officer"]
    page = officer.get("/deals/D-ANN")
    first = officer.send(page, "/deals/D-ANN", stage="active", day="2026-03-31", reason="first drawdown")
    assert (first.status_code, first.headers["Location"]) == (303, "/deals/D-ANN?done=active")
    again = officer.send(page, "/deals/D-ANN", stage="active", day="2026-03-31", reason="first drawdown")
    assert again.headers["Location"] == first.headers["Location"], "the same form twice is one act"
    assert words(officer.get("/deals/D-ANN")).count("first drawdown") == 1
    stale = officer.send(page, "/deals/D-ANN", stage="closed", day="2026-03-31", key="another")
    assert stale.status_code == 409
    assert "Somebody has changed this since you read it" in words(stale)


def propose(database: TestDatabase, world: World) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        deal = deals.propose(
            session, fund_id=world.fund, code="D-NEW", project_id=missions.project_by_code(session, "P-ANN").id,
            investee_id=parties.party_by_code(session, code="MILL").id, title="A new pier", purpose="piles",
            instruments=[ProposedInstrument("L-NEW", "loan", 5_000_000, TERMS, DAY)], proposed_on=DAY, by=NIGHT,
        )  # fmt: skip
        deals.advance(session, deal_id=deal, to=deals.Stage.APPRAISED, happened_on=DAY, reason="", by=NIGHT)


def test_the_board_decides_what_was_appraised(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    board, officer = people_in["board"], people_in["officer"]
    assert "No deal awaits a decision" in words(board.get("/board/approvals"))
    propose(database, world)
    assert "Only a board member may approve a deal" in words(officer.get("/board/approvals"))
    page = board.get("/board/approvals")
    assert "EUR 50,000" in words(page)
    done = board.send(page, "/deals/D-NEW", stage="approved", day="2026-03-31", reason="fits the mandate")
    assert done.headers["Location"] == "/board/approvals?done=approved"
    assert "the deal is now approved" in words(board.get(done.headers["Location"]))


def test_the_board_s_link_names_day_and_seal(people_in: dict[str, Browser], world: World) -> None:
    board = people_in["board"]
    led = board.get("/board/harbours/report")
    assert led.status_code == 303
    assert led.headers["Location"].startswith("/board/harbours/report?as_of=2026-03-31&seal=")
    page = board.get(led.headers["Location"])
    assert page.status_code == 200
    # 2 loans of 100,000.00 signed, 60,000.00 of one drawn; 1,000,000.00 paid in, 940,000.00 left as cash,
    # less 140,000.00 signed and not drawn = 800,000.00
    for said in ("EUR 200,000", "drawn EUR 60,000", "EUR 800,000", "Known at seal", "warm-homes"):
        assert said in words(page), said
    early = board.get("/board/harbours/report?as_of=2026-03-31&seal=0")
    assert "as it was known at seal 0" in words(early)
    beyond = board.get("/board/harbours/report?as_of=2026-03-31&seal=999999")
    assert beyond.status_code == 404
    assert "This seal does not exist yet" in words(beyond)
    assert board.get("/board/harbours/report?as_of=31.3.2026").status_code == 422
    assert board.get("/board/nowhere/report").status_code == 404


def test_every_page_is_small_and_asks_only_this_house(people_in: dict[str, Browser], world: World) -> None:
    for who, address in (
        ("officer", "/officer"),
        ("officer", "/deals/D-ANN"),
        ("board", "/board"),
        ("ann", "/investee"),
    ):
        page = people_in[who].get(address)
        assert len(page.content) < 60_000
        assert page.text.count("<link rel") == 2, "a style sheet and an icon: three requests with the page"
        assert "http://" not in page.text
        assert "<script" not in page.text
        assert " style=" not in page.text, "the content security policy would not let it pass"
        style = people_in[who].get(page.text.split('rel="stylesheet" href="')[1].split('"')[0])
        assert style.status_code == 200
        assert "immutable" in style.headers["Cache-Control"]


def test_figures_are_written_as_the_reader_is_used_to(people_in: dict[str, Browser], world: World) -> None:
    german = people_in["officer"].get("/deals/D-ANN", headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    assert "EUR 100.000" in words(german)
    assert "31 Mar 2025" in words(german), "a day is written as the page's language does, which is English yet"
    address = f"/instruments/{world.ann.instrument}/receipt"
    form = people_in["officer"].get(address)
    said = {"amount": "1.800,00", "day": "2026-03-31"}
    data = {**hidden(form, address), **said}
    seen = people_in["officer"]("POST", address, data=data, headers={"Accept-Language": "de"})
    assert "1.800,00" in words(seen)
    assert seen.status_code == 200


@pytest.mark.parametrize(("who", "address", "status", "told"), [
    ("officer", "/no/such/page", 404, "There is no such page"),
    ("officer", "/entries/not-a-number", 404, "There is no such page"),
    ("ann", "/investee/reports/not-an-id", 404, "There is no such page"),
    ("officer", "/board/harbours/report?as_of=31.3.2026", 422, "The day Write a day such as"),
    ("ann", "/officer", 403, "Only the bank's own people may read this"),
    ("officer", "/investee", 403, "Only investees may do this; you are signed in as officer"),
])  # fmt: skip
def test_a_refused_page_speaks_in_words_and_keeps_its_navigation(
    people_in: dict[str, Browser], world: World, who: str, address: str, status: int, told: str
) -> None:
    page = people_in[who].get(address)
    assert page.status_code == status
    assert told in words(page)
    assert "Only a board member" not in words(page)
    assert "as_of" not in words(page)
    assert '<nav aria-label="Main">' in page.text
    assert "Sign out" in words(page)


def test_an_address_that_only_takes_forms_leads_home(
    people_in: dict[str, Browser], stranger: Browser, world: World
) -> None:
    for browser, home in ((people_in["officer"], "/officer"), (people_in["board"], "/board"), (stranger, "/sign-in")):
        led = browser.get("/officer/harbours/nights")
        assert (led.status_code, led.headers["Location"]) == (303, home)


@pytest.mark.parametrize(("typed", "told"), [
    ("a hundred", "“a hundred” is not an amount of money: write digits, such as 1,250.00"),
    ("", "Give an amount, such as 1,250.00"),
    ("1.234", "“1.234” is not an amount of money: EUR has 2 digits after the decimal point"),
])  # fmt: skip
def test_an_amount_that_is_none_is_told_once_in_quotation_marks(
    people_in: dict[str, Browser], world: World, typed: str, told: str
) -> None:
    officer, address = people_in["officer"], f"/instruments/{world.ann.instrument}/receipt"
    page = officer.send(officer.get(address), address, amount=typed, day="2026-03-31")
    assert page.status_code == 422
    assert told in words(page)
    assert "““" not in page.text


@pytest.mark.parametrize(("typed", "told"), [
    ("2026-04-01", "1 Apr 2026 cannot be taken"), ("soon", "Give a day, such as 31 Mar 2026"),
])  # fmt: skip
def test_a_refused_day_is_written_as_the_page_writes_days(
    people_in: dict[str, Browser], world: World, typed: str, told: str
) -> None:
    officer, address = people_in["officer"], f"/instruments/{world.ann.instrument}/receipt"
    # the book stands at 31 March 2026, and one day after it is open: 2 April is not
    typed = "2026-04-02" if typed == "2026-04-01" else typed
    page = officer.send(officer.get(address), address, amount="1", day=typed)
    assert page.status_code == 422
    assert told.replace("1 Apr", "2 Apr") in words(page)
