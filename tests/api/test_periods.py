"""Closing a period and holding other currencies, at the doors: who may, once, and what is told."""

from __future__ import annotations

from datetime import date

import pytest
from typer.testing import CliRunner

from api.cli import app as command
from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import currencies, periods
from tests.api.conftest import Caller
from tests.api.world import FUND, World
from tests.conftest import TestDatabase

PERIODS = f"/api/v1/funds/{FUND}/periods"
FEBRUARY = {"period_end": "2026-02-28"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("board", 201), ("steward", 201), ("officer", 403), ("risk", 403), ("auditor", 403), ("ann", 403)],
)
def test_the_board_and_stewards_close(bank: dict[str, Caller], world: World, who: str, status: int) -> None:
    assert bank[who].post(PERIODS, FEBRUARY).status_code == status
    assert bank["auditor"].get(PERIODS).json()["closed_to"] == ("2026-02-28" if status == 201 else None)


def test_a_closing_is_done_once_and_told_kindly(bank: dict[str, Caller], world: World) -> None:
    first = bank["board"].post(PERIODS, FEBRUARY, key="close")
    assert first.json() == {"fund": FUND, "period_end": "2026-02-28", "closed_seal": first.json()["closed_seal"],
                            "closed_now": True}  # fmt: skip
    again = bank["board"].post(PERIODS, FEBRUARY, key="close")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = bank["steward"].post(PERIODS, FEBRUARY)
    assert (other.status_code, other.json()["closed_now"]) == (201, False)
    assert bank["board"].post(PERIODS, FEBRUARY, key=None).status_code == 400
    [period] = bank["officer"].get(PERIODS).json()["closed"]
    assert (period["period_end"], period["closed_by"]) == ("2026-02-28", "board")


def test_the_days_that_may_close_are_told_in_a_few_words(world: World, database: TestDatabase) -> None:
    environment = {
        "MISSIONBOOK_DATABASE_URL": database.url(Role.APP),
        **{
            f"MISSIONBOOK_DATABASE_URL_{role.value.upper()}": database.url(role)
            for role in Role
            if role is not Role.APP
        },
    }

    def told() -> str:
        done = CliRunner().invoke(command, ["periods", "list", "--fund", FUND], env=environment)
        assert done.exit_code == 0, done.output
        return done.output.splitlines()[-1]

    assert told() == "may be closed: up to any month's end from 31 Jan 2025 to 31 Mar 2026"
    with database.sessions.begin(Role.NIGHT) as session:
        periods.close(session, fund_code=FUND, period_end=date(2026, 2, 28), by=NIGHT)
    assert told() == "may be closed: up to 31 Mar 2026"


def test_everything_against_a_closing_is_told_at_once(bank: dict[str, Caller], world: World) -> None:
    bank["board"].post(PERIODS, FEBRUARY)
    told = bank["board"].post(PERIODS, {"period_end": "2024-12-30"})
    assert told.status_code == 422
    assert len(told.json()["problems"]) == 3
    assert bank["board"].post("/api/v1/funds/nobody/periods", FEBRUARY).status_code == 404
    assert bank["ann"].get(PERIODS).status_code == 403


def test_what_comes_late_is_booked_on_the_open_day(bank: dict[str, Caller], world: World) -> None:
    """The fund's book stands at 31 March, which is closed: the drawdown of 27 February is booked on 1 April."""
    bank["board"].post(PERIODS, {"period_end": "2026-03-31"})
    address = f"/api/v1/instruments/{world.ann.instrument}/drawdowns"
    body = {"money": {"amount": "1000.00", "currency": "EUR"}, "effective_on": "2026-02-27"}
    refused = bank["officer"].post(address, {**body, "booked_on": "2026-03-31"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/period-closed")
    booked = bank["officer"].post(address, body)
    assert booked.status_code == 201, booked.text
    entry = bank["officer"].get(f"/api/v1/entries/{booked.json()['entry_id']}").json()
    assert (entry["booked_on"], entry["effective_on"]) == ("2026-04-01", "2026-02-27")

    def cash(**asked: str) -> str:
        told = bank["auditor"].get(f"/api/v1/funds/{FUND}/accounts/cash/balance", params=asked)
        [money] = told.json()["balances"]
        amount: str = money["amount"]
        return amount

    assert cash() == cash(as_of="2026-03-31") == "1000000.00"
    assert cash(as_of="2026-04-01") == cash(as_of="2026-02-27", by="effective_on") == "999000.00"
    assert cash(as_of="2026-02-26", by="effective_on") == "1000000.00"
    assert cash(as_of="2026-04-01", seal="0") == "0.00"


def test_a_balance_is_asked_from_closed_lists(bank: dict[str, Caller], world: World) -> None:
    address = f"/api/v1/funds/{FUND}/accounts/cash/balance"
    assert bank["officer"].get(address, params={"by": "amount; DROP TABLE posting"}).status_code == 422
    assert bank["officer"].get(address, params={"seal": 10**9}).status_code == 404
    assert bank["officer"].get(address.replace("cash", "treasure")).status_code == 404
    assert bank["ben"].get(address).status_code == 403


def test_a_balance_of_a_day_that_the_book_has_not_reached_is_refused(bank: dict[str, Caller], world: World) -> None:
    """The book stands at 31 March; a value day may lie ahead, for it is known what was booked for it."""
    address = f"/api/v1/funds/{FUND}/accounts/cash/balance"
    refused = bank["auditor"].get(address, params={"as_of": "2026-04-01"})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["where"] == "as_of"
    assert "has reached 31 Mar 2026" in refused.json()["detail"]
    assert bank["auditor"].get(address, params={"as_of": "2026-04-01", "by": "effective_on"}).status_code == 200


def test_a_fund_holds_another_currency(bank: dict[str, Caller], world: World, database: TestDatabase) -> None:
    fund = f"/api/v1/funds/{FUND}"
    assert bank["officer"].post(f"{fund}/currencies", {"currency": "USD"}).status_code == 403
    opened = bank["steward"].post(f"{fund}/currencies", {"currency": "USD"})
    assert (opened.status_code, opened.json()["opened_now"]) == (201, True)
    asked = {"sold": {"amount": "1000.00", "currency": "EUR"}, "into": "USD", "effective_on": "2026-03-31"}
    refused = bank["officer"].post(f"{fund}/conversions", asked)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/rate-unknown")
    rate = {"currency": "USD", "units": "1.0850", "on": "2026-03-20", "source": "a bank"}
    assert bank["auditor"].post(f"{fund}/rates", rate).status_code == 403
    assert bank["officer"].post(f"{fund}/rates", rate).status_code == 201
    old = bank["officer"].post(f"{fund}/conversions", asked)
    assert (old.status_code, old.json()["last_on"]) == (409, "2026-03-20")
    assert bank["officer"].post(f"{fund}/rates", {**rate, "on": "2026-03-30"}).status_code == 201
    own = bank["officer"].post(f"{fund}/conversions", asked)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/second-person-needed")
    assert bank["steward"].post(f"{fund}/rates", {**rate, "on": "2026-03-30"}).status_code == 201
    far = bank["officer"].post(f"{fund}/conversions", {**asked, "bought": "0.01"})
    assert (far.status_code, far.json()["type"]) == (409, "/problems/far-from-rate")
    done = bank["officer"].post(f"{fund}/conversions", asked, key="k")
    assert done.status_code == 201, done.text
    assert done.json()["bought"] == {"amount": "1085.00", "currency": "USD"}
    assert bank["officer"].post(f"{fund}/conversions", asked, key="k").json() == done.json()
    [position] = bank["auditor"].get(f"{fund}/currencies").json()
    assert (position["worth"]["amount"], position["cost"]["amount"]) == ("1000.00", "1000.00")
    assert [one["rate"]["on"] for one in bank["risk"].get(f"{fund}/rates").json()] == [
        "2026-03-30", "2026-03-30", "2026-03-20",
    ]  # fmt: skip
    tiny = {**rate, "units": "0.000000000001", "on": "2026-03-10"}
    answered = bank["officer"].post(f"{fund}/rates", tiny).json()
    kept = bank["risk"].get(f"{fund}/rates").json()[-1]["rate"]
    assert answered["units"] == kept["units"] == tiny["units"], "what is answered may be asked again"
    told = bank["board"].get(f"{fund}/evergreen-report", params={"as_of": "2026-03-31"}).json()
    assert (told["converted"]["amount"], told["difference"]["amount"]) == ("1000.00", "0.00")
    with database.sessions.begin(Role.NIGHT) as session:
        later = currencies.positions(session, fund_code=FUND, as_of=date(2026, 3, 25))
        assert later[0].cash.minor == 0
    with database.sessions.begin(Role.NIGHT, NIGHT) as session:
        assert not currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
