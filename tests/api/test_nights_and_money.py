"""A day in the bank over its API: money out, interest by the night, money in, a promise missed, an entry taken back.

The loan is EUR 100,000.00 at 3 % by 30E/360, drawn on 31 March 2026 (by that convention the 30th).
"""

from __future__ import annotations

from tests.api.conftest import Caller
from tests.api.world import FUND, World


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_money_out_interest_and_money_in(bank: dict[str, Caller], world: World) -> None:
    officer, loan = bank["officer"], f"/api/v1/instruments/{world.ann.instrument}"
    told = officer.post(f"{loan}/drawdowns", {"money": eur("100000.00"), "effective_on": "2026-03-31"})
    assert told.status_code == 201, told.text
    night = officer.post(f"/api/v1/funds/{FUND}/days", {"to": "2026-04-30"})
    assert night.status_code == 201, night.text
    days = [night.json()[name] for name in ("before", "business_day", "to", "days_closed")]
    assert days == ["2026-03-31", "2026-04-30", "2026-04-30", 30]
    assert officer.get(f"/api/v1/funds/{FUND}").json()["business_day"] == "2026-04-30"
    # one month of 30 days: 100,000.00 x 3 % x 30 / 360 = 250.00
    figures = officer.get(loan).json()["figures"]
    assert figures["receivable"] == eur("250.00")
    receipt = {"money": eur("1250.00"), "effective_on": "2026-04-30"}
    preview = officer.post(f"{loan}/receipts/preview", receipt).json()
    assert (preview["entry_id"], preview["interest"], preview["principal"]) == (None, eur("250.00"), eur("1000.00"))
    booked = officer.post(f"{loan}/receipts", receipt).json()
    assert booked == {**preview, "entry_id": booked["entry_id"]}
    assert officer.get(loan).json()["figures"]["outstanding"] == eur("99000.00")
    too_much = officer.post(f"{loan}/receipts", {"money": eur("99000.01"), "effective_on": "2026-04-30"})
    assert (too_much.status_code, too_much.json()["type"]) == (409, "/problems/more-than-owed")
    pounds = officer.post(
        f"{loan}/receipts", {"money": {"amount": "1.00", "currency": "GBP"}, "effective_on": "2026-04-30"}
    )
    assert (pounds.status_code, pounds.json()["detail"]) == (422, "this is in GBP: give it in EUR")
    again = officer.post(f"/api/v1/funds/{FUND}/days", {"to": "2026-04-29"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/night-runs-forwards")
    far = officer.post(f"/api/v1/funds/{FUND}/days", {"to": "9999-12-31"})
    assert far.status_code == 422


def test_an_entry_is_taken_back_once(bank: dict[str, Caller], world: World) -> None:
    officer = bank["officer"]
    draw = {"money": eur("1000.00"), "effective_on": "2026-03-31"}
    entry_id = officer.post(f"/api/v1/instruments/{world.ann.instrument}/drawdowns", draw).json()["entry_id"]
    address = f"/api/v1/entries/{entry_id}/reversal"
    assert bank["board"].post(address, {"reason": "wrong"}).status_code == 403
    told = officer.post(address, {"reason": "paid to the wrong account"})
    assert told.status_code == 201, told.text
    reversal = officer.get(f"/api/v1/entries/{told.json()['entry_id']}").json()
    original = officer.get(f"/api/v1/entries/{entry_id}").json()
    assert (reversal["reverses_id"], original["reversed_by"]) == (entry_id, reversal["id"])
    assert {line["account"]: line["money"] for line in reversal["postings"]}["cash"] == eur("1000.00")
    assert officer.post(address, {"reason": "again"}).json()["type"] == "/problems/entry-already-reversed"
    sealed = officer.get(f"/api/v1/funds/{FUND}/statements/trial-balance").json()["lines"]
    assert {line["code"]: line["balance"] for line in sealed}["cash"] == eur("1000000.00")
    verified = bank["auditor"].get("/api/v1/verification").json()
    assert (verified["sound"], verified["first"]) == (True, None)
    assert bank["board"].get("/api/v1/seals/head").json() == verified["heads"]


def test_a_missing_report_is_found_and_the_report_shows_it(bank: dict[str, Caller], world: World) -> None:
    ann, board = bank["ann"], bank["board"]
    preview = ann.post(f"/api/v1/reports/{world.ann.report}/preview", {"values": {"homes": 412}}).json()
    assert [(one["outcome"], one["headroom"]) for one in preview] == [("met", "12")]
    sent = ann.post(f"/api/v1/reports/{world.ann.report}/versions", {"values": {"homes": 412}, "signed_by": "Ann"})
    assert sent.status_code == 201, sent.text
    assert bank["officer"].post(f"/api/v1/funds/{FUND}/days", {"to": "2026-04-30"}).status_code == 201
    found = board.get(f"/api/v1/findings?fund={FUND}").json()
    assert sorted((one["deal"], one["outcome"]) for one in found) == [("D-ANN", "met"), ("D-BEN", "not_reported")]
    breaches = board.get(f"/api/v1/breaches?fund={FUND}&only_open=true").json()
    assert [one["deal"] for one in breaches] == ["D-BEN"]
    covenants = ann.get(f"/api/v1/deals/{world.ann.deal}/covenants").json()
    assert [(one["code"], one["last_finding"]["outcome"]) for one in covenants] == [("V-ANN", "met")]
    findings = ann.get(f"/api/v1/covenants/{covenants[0]['covenant_id']}/findings").json()
    assert [one["measured"] for one in findings] == ["412"]
    report = board.get(f"/api/v1/funds/{FUND}/impact-report?as_of=2026-04-30").json()
    assert (report["covenants"]["met"], report["covenants"]["not_reported"]) == (1, 1)
    money = board.get(f"/api/v1/funds/{FUND}/evergreen-report").json()
    assert (money["contributed"], money["cash"]) == (eur("1000000.00"), eur("1000000.00"))
