"""Receipts and drawdowns on pages: what a preview tells, what is booked, and how often (once)."""

from __future__ import annotations

import pytest

from tests.api.world import World
from tests.pages.conftest import Browser, hidden, words


def receipt_of(world: World) -> str:
    return f"/instruments/{world.ann.instrument}/receipt"


def drawdown_of(world: World) -> str:
    return f"/instruments/{world.ann.instrument}/drawdown"


def test_a_receipt_is_split_before_it_is_booked(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount="11,800.00", day="2026-03-31")
    # 60,000.00 x 3 % x 360/360 = 1,800.00 of interest in the first year; 11,800.00 - 1,800.00 = 10,000.00 of principal;
    # owed 61,800.00 - 11,800.00 = 50,000.00 afterwards.
    assert seen.status_code == 200, words(seen)
    for said in ("Interest 1,800.00", "Principal 10,000.00", "Received 11,800.00", "Still owed afterwards 50,000.00"):
        assert said in words(seen)
    assert "Nothing is booked yet" in words(seen)


def test_a_form_that_is_sent_twice_books_once(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount="1800", day="2026-03-31")
    first = officer.send(seen, address, step="book")
    second = officer.send(seen, address, step="book")
    assert first.status_code == 303, words(first)
    assert second.headers["Location"] == first.headers["Location"]
    entry = officer.get(first.headers["Location"])
    assert "cash" in words(entry)
    assert "1,800.00" in words(entry)
    assert words(officer.get("/deals/D-ANN")).count("debt service on L-ANN") == 1
    other = officer.send(seen, address, step="book", amount="1700")
    assert other.status_code == 422, "the same form with another amount is another act"


@pytest.mark.parametrize(("amount", "told"), [
    ("", "Give an amount, such as 1,250.00"),
    ("12.345", "EUR has 2 digits after the decimal point"),
    ("1,2,3", "is not an amount of money"),
    ("NaN", "is not an amount of money"),
    ("1e400", "is not an amount of money"),
    ("=1+1", "is not an amount of money"),
    ("-5", "An amount above zero is expected"),
    ("61800.01", "61,800.01"),  # a cent more than the 60,000.00 and the year's 1,800.00 of interest
])  # fmt: skip
def test_a_wrong_amount_is_told_beside_its_field(
    people_in: dict[str, Browser], world: World, amount: str, told: str
) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount=amount, day="2026-03-31")
    assert seen.status_code == 422
    assert "There is a problem" in words(seen)
    assert 'href="#field-amount"' in seen.text
    assert 'id="field-amount-error"' in seen.text
    assert told in words(seen)
    assert 'value="2026-03-31"' in seen.text, "the day that was right is still there"


def test_a_drawdown_shows_what_it_does_and_then_does_it(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], drawdown_of(world)
    seen = officer.send(officer.get(address), address, amount="15000.00", day="2026-03-31")
    # 60,000.00 + 15,000.00 drawn, 40,000.00 - 15,000.00 undrawn
    assert "Drawn 60,000.00 75,000.00" in words(seen)
    assert "Undrawn 40,000.00 25,000.00" in words(seen)
    assert "Undrawn EUR 40,000" in words(officer.get("/deals/D-ANN")), "a preview books nothing"
    done = officer.send(seen, address, step="book")
    assert done.headers["Location"] == officer.send(seen, address, step="book").headers["Location"]
    assert "Undrawn EUR 25,000" in words(officer.get("/deals/D-ANN"))
    more = officer.send(officer.get(address), address, amount="25000.01", day="2026-03-31")
    assert more.status_code == 422
    assert "25,000.01" in words(more)


def test_a_receipt_that_was_typed_wrongly_is_taken_back_on_its_page(
    people_in: dict[str, Browser], world: World
) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount="1800", day="2026-03-30")
    entry = officer.send(seen, address, step="book").headers["Location"].partition("?")[0]
    page, action = officer.get(entry), f"{entry}/reversal"
    assert "booked on 31 Mar 2026, with the value day 30 Mar 2026" in words(page)
    wrong = officer.send(page, action, reason=" ")
    assert (wrong.status_code, "Say why" in words(wrong), "<details open" in wrong.text) == (422, True, True)
    done = officer.send(page, action, reason="typed for another loan")
    assert done.status_code == 303, words(done)
    assert officer.send(page, action, reason="typed for another loan").headers["Location"] == done.headers["Location"]
    assert "typed for another loan" in words(officer.get(done.headers["Location"]))
    again = officer.get(entry)
    assert "It was reversed by entry" in words(again) and "Take this entry back" not in words(again)
    other = officer.send(page, action, reason="once more", key="another")
    assert other.status_code == 422, "at most one reversal"


def test_who_may_not_reverse_is_told_why(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount="1800", day="2026-03-30")
    entry = officer.send(seen, address, step="book").headers["Location"].partition("?")[0]
    page = people_in["board"].get(entry)
    assert "Only an officer may reverse an entry" in words(page)
    assert f"{entry}/reversal" not in page.text
    own = hidden(people_in["board"].get("/board"), "/sign-out")
    assert people_in["board"]("POST", f"{entry}/reversal", data={**own, "reason": "x"}).status_code == 403


def test_what_was_typed_can_be_changed(people_in: dict[str, Browser], world: World) -> None:
    officer, address = people_in["officer"], receipt_of(world)
    seen = officer.send(officer.get(address), address, amount="1800", day="2026-03-30")
    again = officer.send(seen, address, step="change")
    assert 'value="1800"' in again.text
    assert 'value="2026-03-30"' in again.text


@pytest.mark.parametrize("who", ["board", "auditor", "ann"])
def test_only_officers_move_money(people_in: dict[str, Browser], world: World, who: str) -> None:
    for address in (receipt_of(world), drawdown_of(world)):
        assert people_in[who].get(address).status_code == 403


def test_the_fund_s_day_moves_on_and_says_what_was_done(people_in: dict[str, Browser], world: World) -> None:
    officer = people_in["officer"]
    page = officer.get("/officer?fund=harbours")
    assert "business day 31 Mar 2026" in words(page)
    done = officer.send(page, "/officer/harbours/nights", day="2026-04-02")
    assert done.status_code == 200, words(done)
    assert "moved from 31 Mar 2026 to 2 Apr 2026" in words(done)
    assert "business day 2 Apr 2026" in words(officer.get("/officer?fund=harbours"))
    back = officer.send(officer.get("/officer?fund=harbours"), "/officer/harbours/nights", day="2026-03-01")
    assert back.status_code == 422
    assert 'value="2026-03-01"' in back.text
    board = people_in["board"]
    own = hidden(board.get("/board"), "/sign-out")
    assert board("POST", "/officer/harbours/nights", data={**own, "day": "2026-04-03"}).status_code == 403
    assert "Run the nights" not in words(board.get("/officer"))
