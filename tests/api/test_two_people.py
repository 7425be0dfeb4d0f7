"""At the doors: what two people do, ties that bind, acts that are lent, and amounts of a fund's own."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from tests.api.conftest import Caller
from tests.api.world import FUND, World

API = "/api/v1"


def commitment(bank: dict[str, Caller], world: World) -> int:
    """Return the number of the entry that booked Ann's commitment."""
    found = bank["officer"].get(f"{API}/deals/{world.ann.deal}/entries").json()
    return next(int(one["id"]) for one in found if one["kind"] == "commitment")


def ask(bank: dict[str, Caller], world: World) -> int:
    asked = {"kind": "reversal", "entry_id": commitment(bank, world), "reason": "signed in error"}
    told = bank["officer"].post(f"{API}/requests", asked)
    assert told.status_code == 201, told.text
    return int(told.json()["request_id"])


def word(told: object) -> str:
    return str(told.json()["type"]).rpartition("/")[2]  # type: ignore[attr-defined] # an answer of the caller


def test_a_commitment_is_taken_back_by_two(bank: dict[str, Caller], world: World) -> None:
    entry = commitment(bank, world)
    alone = bank["officer"].post(f"{API}/entries/{entry}/reversal", {"reason": "x"})
    assert (alone.status_code, word(alone)) == (409, "reversal-takes-two")
    number = ask(bank, world)
    assert [one["id"] for one in bank["auditor"].get(f"{API}/requests?open=true").json()["items"]] == [number]
    own = bank["officer"].post(f"{API}/requests/{number}/approval", {})
    assert (own.status_code, len(own.json()["reasons"])) == (403, 2)
    done = bank["board"].post(f"{API}/requests/{number}/approval", {}, key="once")
    assert done.status_code == 201, done.text
    again = bank["board"].post(f"{API}/requests/{number}/approval", {}, key="once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (done.json(), "true")
    told = bank["officer"].get(f"{API}/requests/{number}").json()
    assert (told["decision"], told["made_entry_id"]) == ("approved", done.json()["entry_id"])
    later = bank["board"].post(f"{API}/requests/{number}/refusal", {"reason": "too late"})
    assert (later.status_code, word(later)) == (409, "request-decided")
    assert bank["auditor"].get(f"{API}/requests?open=true").json()["items"] == []
    assert bank["steward"].post(f"{API}/seals").status_code == 201
    assert bank["auditor"].get(f"{API}/verification").json()["sound"] is True


def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told(bank: dict[str, Caller], world: World) -> None:
    amount = {"act": "pay out a drawdown", "role": "officer", "alone": {"amount": "10.00", "currency": "EUR"},
              "valid_from": "2025-01-01", "source": "resolution 7"}  # fmt: skip
    assert bank["steward"].post(f"{API}/funds/{FUND}/amounts", amount).status_code == 201
    money = {"money": {"amount": "10.01", "currency": "EUR"}, "effective_on": "2026-03-31"}
    refused = bank["officer"].post(f"{API}/instruments/{world.ann.instrument}/drawdowns", money)
    assert (refused.status_code, word(refused)) == (403, "amount-takes-two")
    asked = {"kind": "payout", "instrument_id": str(world.ann.instrument), "amount": money["money"],
             "effective_on": "2026-03-31", "reason": "the roof is on"}  # fmt: skip
    number = bank["officer"].post(f"{API}/requests", asked).json()["request_id"]

    async def race() -> list[int]:
        calls = [
            bank[who].call(
                "POST", f"{API}/requests/{number}/approval", json={}, headers={"Idempotency-Key": f"key {who}"}
            )
            for who in ("board", "officer2")
        ]
        return sorted(told.status_code for told in await asyncio.gather(*calls))

    assert asyncio.run(race()) == [201, 409]
    drawn = bank["officer"].get(f"{API}/instruments/{world.ann.instrument}").json()["figures"]["drawn"]
    assert drawn == {"amount": "10.01", "currency": "EUR"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "reversal"}, "name the entry to take back"),
        ({"kind": "payout"}, "a payout names it"),
    ],
)
def test_a_request_names_what_is_to_be_done(
    bank: dict[str, Caller], world: World, asked: dict[str, str], words: str
) -> None:
    told = bank["officer"].post(f"{API}/requests", {**asked, "reason": "x"})
    assert (told.status_code, {one["what"] for one in told.json()["problems"]}) == (422, {words})


def test_an_investee_learns_nothing_of_requests_ties_and_loans_of_acts(bank: dict[str, Caller], world: World) -> None:
    number = ask(bank, world)
    for path in ("requests", f"requests/{number}", "conflicts", "delegations", f"funds/{FUND}/amounts"):
        told = bank["ann"].get(f"{API}/{path}")
        assert (told.status_code, word(told)) == (403, "not-allowed"), path
    for path in (f"requests/{number}/approval", f"requests/{number}/withdrawal"):
        assert bank["ann"].post(f"{API}/{path}", {}).status_code == 403


def test_a_tie_is_declared_seen_by_the_auditor_and_binds(bank: dict[str, Caller], world: World) -> None:
    said = {"party": "HARBOUR", "words": "my brother runs it"}
    told = bank["officer"].post(f"{API}/conflicts", said)
    assert told.status_code == 201, told.text
    refused = bank["officer"].post(
        f"{API}/instruments/{world.ann.instrument}/drawdowns",
        {"money": {"amount": "1.00", "currency": "EUR"}, "effective_on": "2026-03-31"},
    )
    assert (refused.status_code, word(refused)) == (403, "conflict-of-interest")
    assert [one["party"] for one in bank["auditor"].get(f"{API}/conflicts").json()] == ["Harbour"]
    assert bank["officer2"].get(f"{API}/conflicts").json() == []
    assert bank["officer"].post(f"{API}/conflicts/{told.json()['id']}/end", {"words": "x"}).status_code == 403
    ended = bank["steward"].post(f"{API}/conflicts/{told.json()['id']}/end", {"words": "he has left"})
    assert ended.json()[0]["ended_by"] == "steward"
    assert bank["officer"].get(f"{API}/deals/{world.ann.deal}").status_code == 200


def test_acts_are_lent_seen_by_both_and_ended(bank: dict[str, Caller], world: World) -> None:
    today = date.today()  # noqa: DTZ011 - a term around the day of the database
    said = {"to": "officer2@bank.example", "acts": ["approve a reversal"],
            "from_day": str(today - timedelta(days=2)), "to_day": str(today + timedelta(days=2))}  # fmt: skip
    told = bank["board"].post(f"{API}/delegations", said)
    assert told.status_code == 201, told.text
    seen = {who: len(bank[who].get(f"{API}/delegations").json()) for who in ("board", "officer2", "officer", "auditor")}
    assert seen == {"board": 1, "officer2": 1, "officer": 0, "auditor": 1}
    done = bank["officer2"].post(f"{API}/requests/{ask(bank, world)}/approval", {})
    assert done.status_code == 201, done.text
    assert bank["auditor"].get(f"{API}/requests").json()["items"][0]["decider"] == "officer2 for board"
    number = told.json()["delegation_id"]
    assert bank["board"].post(f"{API}/delegations/{number}/end", {}).status_code == 201
    ended = bank["board"].post(f"{API}/delegations/{number}/end", {})
    assert (ended.status_code, word(ended)) == (409, "delegation-ended")
    to_ann = {**said, "to": "ann@bank.example"}
    assert bank["board"].post(f"{API}/delegations", to_ann).json()["problems"][0]["what"] == (
        "an investee borrows no acts"
    )


def test_the_table_is_given_with_ones_own_column(bank: dict[str, Caller], world: World) -> None:
    told = {one["act"]: one for one in bank["officer"].get(f"{API}/authority").json()}
    assert (told["sign a contract"]["yours"], told["approve a deal"]["yours"]) == (True, False)
    assert told["pay out a drawdown"]["roles"] == [{"role": "officer", "alone_minor": 25_000_000_00}]
