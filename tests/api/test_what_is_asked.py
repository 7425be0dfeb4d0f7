"""What is asked is taken as it is meant or refused in words: no parameter is passed over, no day or amount guessed."""

from __future__ import annotations

import pytest

from api.problems import TOLD_WORDS
from api.refusals import TABLE
from tests.api.conftest import Caller
from tests.api.world import World


def what_of(body: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {one["where"]: one["what"] for one in body["problems"]}


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("/api/v1/entries?found=harbours", "is not known here; known are after, fund, limit"),
        ("/api/v1/parties?code=x", "is not known here; known are"),
        ("/api/v1/me?x=1", "is not known here; nothing can be asked in the address"),
        ("/api/v1/entries?limit=1&limit=2", "say it once"),
        ("/api/v1/entries?limit=1&limit=1", "say it once"),
    ],
)
def test_a_parameter_that_is_not_known_or_said_twice_is_refused(
    bank: dict[str, Caller], address: str, what: str
) -> None:
    told = bank["officer"].get(address)
    assert (told.status_code, told.json()["type"]) == (422, "/problems/input-refused")
    assert what in told.json()["problems"][0]["what"]


@pytest.mark.parametrize(
    "day", [1711843200, "2026-03-31T00:00:00", "1711843200", "２０２６-03-31", "2026-02-30", "", True]
)
def test_a_day_is_an_iso_date_and_nothing_else(bank: dict[str, Caller], world: World, day: object) -> None:
    address = f"/api/v1/instruments/{world.ann.instrument}/drawdowns"
    asked = {"money": {"amount": "1.00", "currency": "EUR"}, "effective_on": day}
    told = bank["officer"].post(address, asked)
    assert (told.status_code, what_of(told.json())) == (422, {"effective_on": "write a day such as 2026-03-31"})
    told = bank["officer"].get(f"/api/v1/funds/harbours/headroom?as_of={day}")
    assert told.status_code in (404, 422)


@pytest.mark.parametrize("amount", ["１２.00", "1 2.00", "1,000.00", "١٢", "1e3", "0x10"])
def test_an_amount_is_plain_ascii_digits(bank: dict[str, Caller], world: World, amount: str) -> None:
    address = f"/api/v1/instruments/{world.ann.instrument}/drawdowns"
    told = bank["officer"].post(address, {"money": {"amount": amount, "currency": "EUR"}, "effective_on": "2026-03-31"})
    assert (told.status_code, told.json()["type"]) == (422, "/problems/amount-unreadable")


def test_problems_of_a_body_are_told_in_the_banks_words(bank: dict[str, Caller], world: World) -> None:
    officer = bank["officer"]
    address = f"/api/v1/instruments/{world.ann.instrument}/drawdowns"
    told = officer.post(address, {"money": {"amount": 5, "currency": "eur"}, "effective_on": None, "why": "x"})
    assert what_of(told.json()) == {
        "money.amount": "write a text",
        "money.currency": "write three capital letters, such as EUR",
        "effective_on": "write a day such as 2026-03-31",
        "why": "is not known here",
    }
    assert what_of(officer.get("/api/v1/entries?limit=many").json()) == {"limit": "write a whole number"}
    assert what_of(officer.get("/api/v1/entries?limit=1000").json()) == {"limit": "write 100 or less"}
    assert what_of(officer.get("/api/v1/entries?limit=0").json()) == {"limit": "write 1 or more"}
    assert what_of(officer.get("/api/v1/deals/nonsense").json()) == {
        "deal_id": "write an identifier as an answer gave it, such as 01890a5d-ac96-774b-bcce-b302099a8057"
    }
    party = officer.post("/api/v1/parties", {"code": "a b", "name": "n" * 301, "kind": "bank"}).json()
    words = what_of(party)
    assert words["name"] == "has more than 300 characters"
    assert words["kind"].startswith("choose one of ")
    assert "letters, digits and . _ -" in words["code"]
    for word in ("Input", "String", "should", "pattern", "^"):
        assert word not in " ".join(words.values())


def test_every_type_of_problem_is_explained_to_anybody(stranger: Caller) -> None:
    for word in {word for _, word in TABLE.values()} | set(TOLD_WORDS):
        told = stranger.get(f"/problems/{word}")
        assert told.status_code == 200, word
        assert told.json()["type"] == f"/problems/{word}"
        assert told.json()["meaning"], word
    told = stranger.get("/problems/draw-stop").json()
    assert (told["title"], told["status"]) == ("Draw stop", [409])
    assert told["meaning"] == ["An open breach or an exit trigger blocks drawdowns."]
    assert stranger.get("/problems/no-such-word").status_code == 404


def test_deals_of_a_fund_that_does_not_exist_are_not_an_empty_list(bank: dict[str, Caller]) -> None:
    told = bank["officer"].get("/api/v1/deals?fund=no-such-fund")
    assert (told.status_code, told.json()["detail"]) == (404, "there is no fund no-such-fund")
