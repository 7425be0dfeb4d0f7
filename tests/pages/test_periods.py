"""The pages of periods and of other currencies: closing in two steps, converting with a preview."""

from __future__ import annotations

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import currencies
from tests.api.world import FUND, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, words

PERIODS, CURRENCIES = f"/ledger/{FUND}/periods", f"/ledger/{FUND}/currencies"


def test_a_period_is_closed_in_two_steps(people_in: dict[str, Browser], world: World) -> None:
    board = people_in["board"]
    page = board.get(PERIODS)
    assert page.status_code == 200
    assert "No period is closed yet" in words(page)
    asked = board.send(page, PERIODS, period_end="2026-02-28")
    assert "Close the period to 28 Feb 2026? " in words(asked)
    assert "cannot be taken back" in words(asked)
    assert "Nights have run up to 31 Mar 2026" in words(asked) and "Requests that stand open 0" in words(asked)
    done = board.send(asked, PERIODS)
    assert (done.status_code, done.headers["location"]) == (303, f"{PERIODS}?closed=2026-02-28")
    # Sent twice, it leads to the same page and changes nothing.
    assert board.send(asked, PERIODS).headers["location"] == done.headers["location"]
    shown = board.get(done.headers["location"])
    assert "The period to 28 Feb 2026 is closed." in words(shown)
    assert "board" in words(shown)


def test_a_day_that_may_not_close_is_told_beside_the_form(people_in: dict[str, Browser], world: World) -> None:
    board = people_in["board"]
    for day in ("2026-02-27", "2026-04-30", "", "never"):
        refused = board.send(board.get(PERIODS), PERIODS, period_end=day)
        assert refused.status_code == 422
    page = board.send(board.get(PERIODS), PERIODS, period_end="2026-04-30", step="close", key="x")
    assert (page.status_code, "has reached 31 Mar 2026" in words(page)) == (422, True)


def test_what_a_closing_closes_over_is_shown_before(people_in: dict[str, Browser], world: World) -> None:
    board = people_in["board"]
    page = board.get(PERIODS)
    assert '<option value="2026-03-31" selected>' in page.text, "the newest month"
    asked = words(board.send(page, PERIODS, period_end="2026-03-31"))
    assert "Debits EUR 1,000,000.00 credits 1,000,000.00" in asked and "Entries to be sealed 0" in asked
    done = board.send(board.send(page, PERIODS, period_end="2026-03-31"), PERIODS)
    assert f"/ledger/{FUND}/balance-sheet?as_of=2026-03-31&amp;seal=" in board.get(done.headers["location"]).text


def test_a_steward_opens_another_currency(people_in: dict[str, Browser], world: World) -> None:
    steward = people_in["steward"]
    assert f'action="{CURRENCIES}' not in people_in["officer"].get(CURRENCIES).text
    page = steward.get(CURRENCIES)
    for wrong, told in (("EUR", "own currency"), ("dollars", "ISO 4217"), ("", "ISO 4217")):
        refused = steward.send(page, CURRENCIES, new_currency=wrong)
        assert (refused.status_code, told in words(refused)) == (422, True)
    done = steward.send(page, CURRENCIES, new_currency=" usd ")
    assert (done.status_code, done.headers["location"]) == (303, f"{CURRENCIES}?done=open#top")
    assert "Convert an amount" in words(people_in["officer"].get(CURRENCIES))
    assert "has accounts in this currency" in words(steward.get(done.headers["location"]))
    assert "EUR, USD" in words(steward.get("/ledger"))
    assert people_in["officer"].send(page, CURRENCIES, new_currency="USD").status_code == 403


def test_others_read_and_do_not_close(people_in: dict[str, Browser], world: World) -> None:
    page = people_in["officer"].get(PERIODS)
    assert "closed by a steward or by the board" in words(page)
    assert "Periods of Harbours" in words(page)
    assert f'action="{PERIODS}' not in page.text
    assert people_in["ann"].get(PERIODS).status_code == 403
    assert people_in["ann"].get(CURRENCIES).status_code == 403


def test_an_amount_is_converted_with_a_preview(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    officer = people_in["officer"]
    assert "keeps its own currency only" in words(officer.get(CURRENCIES))
    with database.sessions.begin(Role.NIGHT) as session:
        currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
    said = {"amount": "1,000.00", "sold": "EUR", "into": "USD", "bought": "", "day": "2026-03-31"}
    action = f"/ledger/{FUND}/conversions"
    refused = officer.send(officer.get(CURRENCIES), action, **said)
    assert (refused.status_code, "o rate of USD for EUR is known" in words(refused)) == (422, True)
    rate = {"rate_currency": "USD", "units": "0", "rate_day": "2026-03-31", "source": " "}
    wrong = officer.send(officer.get(CURRENCIES), f"/ledger/{FUND}/rates", **rate)
    assert wrong.status_code == 422
    assert "A rate above zero is expected" in words(wrong)
    right = officer.send(officer.get(CURRENCIES), f"/ledger/{FUND}/rates", **{**rate, "units": "1.085", "source": "a"})
    assert right.status_code == 303, words(right)
    own = officer.send(officer.get(CURRENCIES), action, **said)
    assert own.status_code == 403 and "recorded the rate, so somebody else has to convert" in words(own)
    steward = people_in["steward"]
    again = {**rate, "units": "1.085", "source": "a"}
    assert steward.send(steward.get(CURRENCIES), f"/ledger/{FUND}/rates", **again).status_code == 303
    preview = officer.send(officer.get(CURRENCIES), action, **said)
    assert preview.status_code == 200, words(preview)
    assert "1,085.00" in words(preview)
    booked = officer.send(preview, action)
    assert booked.status_code == 303
    assert "1,000.00" in words(officer.get(booked.headers["location"]))
    page = words(officer.get(CURRENCIES))
    assert "1,085.00" in page and "1 EUR = 1.085 USD" in page
    assert "Convert an amount" not in words(people_in["auditor"].get(CURRENCIES))
