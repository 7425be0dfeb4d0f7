"""Calls that a stranger's programme makes up from the API's own description: no door breaks."""

from __future__ import annotations

from fastapi import FastAPI

from bench.every_door import knock
from tests.api.conftest import Caller
from tests.api.world import FUND, World


def identifiers(world: World) -> dict[str, list[object]]:
    """What is really there, by the name that an address gives it."""
    return {
        "code": [FUND, "P-ANN", "P-BEN", "MILL", "HARBOUR"],
        "deal_id": [str(world.ann.deal), str(world.ben.deal)],
        "instrument_id": [str(world.ann.instrument), str(world.ben.instrument)],
        "covenant_id": [str(world.ann.covenant), str(world.ben.covenant)],
        "report_id": [str(world.ann.report), str(world.ben.report)],
        "entry_id": [1, 2, 3, 20, 30, 40],
        "account": ["cash", "contributed", "loan_principal"],
        "number": [1, 20, 40],
        "request_id": [1, 20, 40],
    }


def test_three_hundred_made_up_calls_meet_no_server_error(app: FastAPI, bank: dict[str, Caller], world: World) -> None:
    tokens = {
        name: bank[name].headers["Authorization"].removeprefix("Bearer ")
        for name in ("officer", "risk", "board", "auditor", "steward", "ann")
    }
    told = knock(app, tokens, identifiers(world), calls=300)
    print(f"{told.calls} calls: {dict(told.statuses)}; not as described: {dict(told.not_as_described)}")
    assert told.calls >= 300
    assert told.server_errors == []
    assert 401 not in told.statuses, "every call is somebody's"
    assert dict(told.not_as_described) == {}
