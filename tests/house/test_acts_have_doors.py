"""Every act that the published table promises now has a door; what has none is marked as awaited."""

from __future__ import annotations

from typing import Any, cast

from api.main import build_app
from api.pages.authority_table import BY_API as SAID_TO_BE_BY_API
from api.pages.authority_table import BY_COMMAND as SAID_TO_BE_BY_COMMAND
from domain.authority import AWAITED, Act
from tests.house.test_doors import doors
from tests.house.tree import expect_none

DOORS = {
    Act.READ_BOOK: ("GET", "/officer"),
    Act.READ_AUDIT: ("GET", "/audit"),
    Act.PROPOSE: ("POST", "/api/v1/deals"),
    Act.APPRAISE: ("POST", "/deals/{code:path}"),
    Act.APPROVE: ("POST", "/deals/{code:path}"),
    Act.DECLINE: ("POST", "/deals/{code:path}"),
    Act.WITHDRAW: ("POST", "/deals/{code:path}"),
    Act.SIGN: ("POST", "/deals/{code:path}"),
    Act.CLOSE_DEAL: ("POST", "/deals/{code:path}"),
    Act.DECIDE_EXIT: ("POST", "/deals/{code:path}"),
    Act.PAY_OUT: ("POST", "/instruments/{instrument_id}/drawdown"),
    Act.APPROVE_PAYOUT: ("POST", "/requests/{number}"),
    Act.RECORD_RECEIPT: ("POST", "/instruments/{instrument_id}/receipt"),
    Act.REVERSE: ("POST", "/entries/{entry_id}/request"),
    Act.APPROVE_REVERSAL: ("POST", "/requests/{number}"),
    Act.SUBMIT_REPORT: ("POST", "/investee/reports/{report_id}"),
    Act.CLASSIFY: ("PUT", "/api/v1/projects/{code}/missions"),
    Act.CLOSE_DAY: ("POST", "/officer/{code}/nights"),
    Act.CLOSE_PERIOD: ("POST", "/ledger/{code}/periods"),
    Act.RECORD_RATE: ("POST", "/ledger/{code}/rates"),
    Act.CONVERT: ("POST", "/ledger/{code}/conversions"),
    Act.PULL_REPORT: ("GET", "/board/{code}/report"),
    Act.VERIFY: ("GET", "/api/v1/verification"),
    Act.DECLARE_CONFLICT: ("POST", "/authority/conflicts"),
    Act.END_CONFLICT: ("POST", "/authority/conflicts/{number}/end"),
    Act.LEND: ("POST", "/authority/delegations"),
    Act.SET_AMOUNT: ("POST", "/api/v1/funds/{code}/amounts"),
    Act.ADD_PARTY: ("POST", "/api/v1/parties"),
    Act.OPEN_CURRENCY: ("POST", "/api/v1/funds/{code}/currencies"),
}
BY_COMMAND = frozenset({Act.ADMINISTER, Act.OPEN_FUND})
"""Stewards administer people with ``missionbook user`` and open funds with ``missionbook load``, on the machine."""


def test_every_act_that_is_not_awaited_has_a_door() -> None:
    there = doors(build_app(cast(Any, None)))
    expect_none([f"{act}: no {method} {path}" for act, (method, path) in DOORS.items() if (method, path) not in there])
    assert set(DOORS) == set(Act) - AWAITED - BY_COMMAND


def test_the_page_says_which_acts_have_no_page() -> None:
    assert {act for act, (_, path) in DOORS.items() if path.startswith("/api/")} == SAID_TO_BE_BY_API
    assert BY_COMMAND == SAID_TO_BE_BY_COMMAND
