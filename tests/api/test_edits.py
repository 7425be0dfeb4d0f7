"""Edits rest on what was read: a stale one is refused, and two at once have one winner."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.api.world import FUND, World

LOAN: dict[str, Any] = {
    "code": "L-NEW",
    "kind": "loan",
    "commitment": {"amount": "50000.00", "currency": "EUR"},
    "valid_from": "2026-03-31",
    "terms": {
        "rate": "0.02",
        "day_count": "30E/360",
        "repayment": "linear",
        "first_due_on": "2026-06-30",
        "months_between": 3,
        "instalments": 4,
    },
}
PROPOSAL: dict[str, Any] = {
    "code": "D-NEW",
    "fund": FUND,
    "project": "P-ANN",
    "investee": "HARBOUR",
    "title": "A second loan",
    "proposed_on": "2026-03-31",
    "instruments": [LOAN],
}


def test_a_deal_goes_from_proposal_to_contract_by_the_right_people(bank: dict[str, Caller], world: World) -> None:
    proposed = bank["officer"].post("/api/v1/deals", PROPOSAL)
    assert proposed.status_code == 201, proposed.text
    address, version = f"/api/v1/deals/{proposed.json()['id']}/stages", proposed.headers["ETag"]
    assert version == '"1"'
    told = proposed
    for who, stage in (("officer", "appraised"), ("board", "approved"), ("officer2", "contracted")):
        told = bank[who].post(address, {"stage": stage}, headers={"If-Match": version})
        assert told.status_code == 200, told.text
        version = told.headers["ETag"]
    assert version == '"4"'
    assert told.json()["stage"] == "contracted"
    assert told.json()["instruments"][0]["figures"]["undrawn"] == {"amount": "50000.00", "currency": "EUR"}
    refused = bank["officer"].post(address, {"stage": "approved"}, headers={"If-Match": version})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")


def test_an_edit_names_the_version_that_was_read(bank: dict[str, Caller], world: World) -> None:
    proposed = bank["officer"].post("/api/v1/deals", PROPOSAL)
    address = f"/api/v1/deals/{proposed.json()['id']}/stages"
    without = bank["officer"].post(address, {"stage": "appraised"})
    assert (without.status_code, without.json()["type"]) == (428, "/problems/edit-needs-version")
    stale = bank["officer"].post(address, {"stage": "appraised"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-edit")


def test_two_officers_on_one_stage_have_one_winner(bank: dict[str, Caller], world: World) -> None:
    proposed = bank["officer"].post("/api/v1/deals", PROPOSAL)
    address = f"/api/v1/deals/{proposed.json()['id']}/stages"

    async def race() -> list[int]:
        calls = [
            bank[who].call("POST", address, json={"stage": stage, "reason": "as agreed"}, headers={"If-Match": '"1"'})
            for who, stage in (("officer", "appraised"), ("officer2", "withdrawn"))
        ]
        return sorted(told.status_code for told in await asyncio.gather(*calls))

    assert asyncio.run(race()) == [200, 412]


def test_a_project_is_classified_and_a_stale_edit_is_refused(bank: dict[str, Caller], world: World) -> None:
    address = "/api/v1/projects/P-ANN"
    read = bank["officer"].get(address)
    version = {"If-Match": read.headers["ETag"]}
    both = {"missions": ["warm-homes", "clean-growth"], "fund": FUND}
    told = bank["officer"]("PUT", f"{address}/missions", json=both, headers=version)
    assert (told.status_code, sorted(told.json()["missions"])) == (200, ["clean-growth", "warm-homes"])
    stale = bank["officer2"]("PUT", f"{address}/missions", json={"missions": []}, headers=version)
    assert stale.status_code == 412
    one = {"If-Match": told.headers["ETag"]}
    told = bank["officer2"]("PUT", f"{address}/missions", json={"missions": ["warm-homes"]}, headers=one)
    assert told.json()["missions"] == ["warm-homes"]
    unknown = {"If-Match": told.headers["ETag"]}
    told = bank["officer"]("PUT", f"{address}/missions", json={"missions": ["moon", "mars"]}, headers=unknown)
    assert sorted(one["what"] for one in told.json()["problems"]) == [
        "there is no mission mars",
        "there is no mission moon",
    ]


def test_bad_terms_of_a_proposal_are_all_told_and_nothing_is_kept(bank: dict[str, Caller], world: World) -> None:
    bad = {**LOAN, "terms": {**LOAN["terms"], "rate": "3", "instalments": 0}}
    told = bank["officer"].post("/api/v1/deals", {**PROPOSAL, "instruments": [bad]})
    assert (told.status_code, told.json()["type"]) == (422, "/problems/input-refused")
    assert len(told.json()["problems"]) >= 2
    assert [row["code"] for row in bank["officer"].get("/api/v1/deals").json()["items"]] == ["D-ANN", "D-BEN"]


@pytest.mark.parametrize("limit", [1, 2])
def test_a_list_goes_on_where_its_page_ended(bank: dict[str, Caller], world: World, limit: int) -> None:
    seen, after = [], ""
    while True:
        page = bank["officer"].get(f"/api/v1/deals?limit={limit}{after}").json()
        seen += [row["code"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["D-ANN", "D-BEN"]
