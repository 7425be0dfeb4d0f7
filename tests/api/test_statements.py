"""A fund's statements at the doors: JSON that sums up, files that say the same, and nobody from outside."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import currencies, instruments, periods
from domain.desk import ledger as sealing
from domain.ledger import Entry, transfer
from domain.store import ledger
from tests.api.conftest import Caller
from tests.api.world import DAY, FUND, World
from tests.conftest import TestDatabase

ROOM = f"/api/v1/funds/{FUND}"
KINDS = ("trial-balance", "balance-sheet", "income", "cash-flow")
OF_A_LOAN = "/accounts/all/statement?instrument=L-ANN"
ADDRESSES = [*(f"/statements/{kind}" for kind in (*KINDS, "journal")), "/accounts/cash/statement"]


@pytest.fixture
def drawn(database: TestDatabase, world: World) -> World:
    """EUR 60,000.00 of Ann's loan are drawn on 31 March 2025: 940,000.00 of cash are left of 1,000,000.00."""
    with database.sessions.begin(Role.NIGHT) as session:
        instruments.draw_down(
            session, instrument_id=world.ann.instrument, minor=6_000_000, effective_on=DAY.replace(year=2025),
            booked_on=DAY, by=NIGHT, key="first",
        )  # fmt: skip
    return world


def told(caller: Caller, address: str) -> Any:
    found = caller.get(f"{ROOM}{address}")
    assert found.status_code == 200, found.text
    return found.json()


def amounts(table: Any) -> dict[str, str]:
    return {one["name"]: one["amounts"][0]["amount"] for one in table["lines"] if one["amounts"][0]["amount"] != "0.00"}


def test_each_statement_as_json(bank: dict[str, Caller], drawn: World) -> None:
    auditor = bank["auditor"]
    sheet = told(auditor, "/statements/balance-sheet")
    assert (sheet["fund"], sheet["as_of"], sheet["from"]) == (FUND, "2026-03-31", None)
    assert sheet["seal"] > 0
    assert amounts(sheet["assets"]) == {"cash": "940000.00", "loans": "60000.00"}
    assert amounts(sheet["capital"]) == {"contributed": "1000000.00"}
    assert sheet["difference"] == [{"amount": "0.00", "currency": "EUR"}]
    flow = told(auditor, "/statements/cash-flow?from=2025-01-01")
    assert amounts(flow) == {"contributions": "1000000.00", "loans_paid_out": "-60000.00"}
    assert (flow["from"], flow["closing"]["amounts"][0]["amount"]) == ("2025-01-01", "940000.00")
    earned = told(auditor, "/statements/income")
    assert (earned["from"], earned["result"]["amounts"]) == ("2026-01-01", [{"amount": "0.00", "currency": "EUR"}])
    balances = told(auditor, "/statements/trial-balance?as_of=2026-03-31")
    (cash,) = [one for one in balances["lines"] if one["code"] == "cash"]
    assert [cash[name]["amount"] for name in ("opening", "debited", "credited", "balance")] == [
        "0.00", "1000000.00", "60000.00", "940000.00",
    ]  # fmt: skip
    assert (sheet["compared"]["as_of"], amounts(sheet["compared"]["assets"])) == ("2025-03-31", {})
    assert (earned["compared"]["from"], earned["compared"]["as_of"]) == ("2025-01-01", "2025-03-31")
    assert [one["amounts"][0]["amount"] for one in sheet["memorandum"]] == ["140000.00", "0.00"]
    assert balances["sums"][0]["debit"] == balances["sums"][0]["credit"] == {"amount": "1000000.00", "currency": "EUR"}


def test_an_account_is_paged_and_leads_to_its_entries(bank: dict[str, Caller], drawn: World) -> None:
    auditor = bank["auditor"]
    first = told(auditor, "/accounts/cash/statement?limit=1")
    assert [one["amount"]["amount"] for one in first["items"]] == ["1000000.00"] and first["count"] == 2
    second = told(auditor, f"/accounts/cash/statement?limit=1&after={first['next']}")
    (line,) = second["items"]
    assert (line["amount"]["amount"], line["balance"]["amount"]) == ("-60000.00", "940000.00")
    assert (line["deal"], line["instrument"], second["next"]) == ("D-ANN", "L-ANN", None)
    assert (line["booked_on"], line["effective_on"]) == ("2026-03-31", "2025-03-31")
    assert auditor.get(f"/api/v1/entries/{line['entry_id']}").json()["kind"] == "drawdown"
    by_value = told(auditor, "/accounts/cash/statement?by=effective_on&from=2025-03-31&as_of=2025-03-31")
    assert [one["amount"]["amount"] for one in by_value["items"]] == ["-60000.00"]
    by_flow = told(auditor, "/accounts/cash/statement?flow=loans_paid_out")
    assert by_flow["closing"]["amount"] == "-60000.00"


def test_an_instrument_has_its_own_statement_of_account(
    database: TestDatabase, bank: dict[str, Caller], stranger: Caller, drawn: World
) -> None:
    """60,000.00 drawn and 300.00 of interest earned are 60,300.00; the cash that went out is on cash alone."""
    interest = Entry(
        kind="interest", reason="March", booked_on=DAY, effective_on=DAY,
        postings=transfer(debit="interest_receivable", credit="interest_income", minor=300_00, currency="EUR",
                          instrument_id=drawn.ann.instrument),
    )  # fmt: skip
    with database.sessions.begin(Role.NIGHT) as session:
        ledger.post(session, interest, fund_id=drawn.fund, by=NIGHT, key="March")
    auditor = bank["auditor"]
    own = told(auditor, OF_A_LOAN)
    assert [(one["account"], one["amount"]["amount"], one["balance"]["amount"]) for one in own["items"]] == [
        ("loan_principal", "60000.00", "60000.00"), ("interest_receivable", "300.00", "60300.00"),
    ]  # fmt: skip
    assert (own["instrument"], own["closing"]["amount"], own["count"]) == ("L-ANN", "60300.00", 2)
    second = told(auditor, f"{OF_A_LOAN}&limit=1&after={told(auditor, OF_A_LOAN + '&limit=1')['next']}")
    assert (second["before"]["amount"], second["closing"]["amount"]) == ("60000.00", "60300.00")
    assert told(auditor, "/accounts/cash/statement?instrument=L-ANN")["closing"]["amount"] == "-60000.00"
    assert told(auditor, "/accounts/loan_principal/statement?instrument=L-BEN")["items"] == []
    file = auditor.get(f"{ROOM}{OF_A_LOAN}&format=csv")
    assert f'filename="{FUND}-L-ANN-2026-03-31-seal-' in file.headers["Content-Disposition"]
    assert "60300.00" in file.text
    assert bank["ann"].get(f"{ROOM}{OF_A_LOAN}").status_code == 403, "the investee reads the deal's page"
    assert stranger.get(f"{ROOM}{OF_A_LOAN}").status_code == 401


def test_the_journal_is_paged_and_leads_to_its_entries(bank: dict[str, Caller], drawn: World) -> None:
    auditor = bank["auditor"]
    whole = told(auditor, "/statements/journal")
    assert (whole["from"], whole["as_of"], whole["count"]) == ("2026-01-01", "2026-03-31", len(whole["items"]))
    assert whole["sums"][0]["debited"] == whole["sums"][0]["credited"]
    last = whole["items"][-1]
    assert (last["kind"], last["deal"]) == ("drawdown", "D-ANN")
    assert {(one["account"], one["instrument"], one["money"]["amount"]) for one in last["postings"]} >= {
        ("loan_principal", "L-ANN", "60000.00"), ("cash", "L-ANN", "-60000.00"),
    }  # fmt: skip
    first = told(auditor, "/statements/journal?limit=1")
    second = told(auditor, f"/statements/journal?limit=1&after={first['next']}")
    assert [first["items"][0], second["items"][0]] == whole["items"][:2]
    assert auditor.get(f"/api/v1/entries/{last['id']}").json()["kind"] == "drawdown"


@pytest.mark.parametrize("address", ADDRESSES)
def test_downloads_say_what_json_says(bank: dict[str, Caller], drawn: World, address: str) -> None:
    auditor = bank["auditor"]
    seal = told(auditor, address)["seal"]
    texts = auditor.get(f"{ROOM}{address}?format=csv&seal={seal}")
    workbook = auditor.get(f"{ROOM}{address}?format=xlsx&seal={seal}")
    name = address.removeprefix("/statements/").removeprefix("/accounts/").removesuffix("/statement")
    for found, kind in ((texts, "csv"), (workbook, "xlsx")):
        assert found.status_code == 200, found.text
        assert f'filename="{FUND}-{name}-' in found.headers["Content-Disposition"]
        assert f'-seal-{seal}.{kind}"' in found.headers["Content-Disposition"]
        assert found.headers["Content-Length"] == str(len(found.content))
        assert auditor.get(f"{ROOM}{address}?format={kind}&seal={seal}").content == found.content, "the same bytes"
    rows = list(csv.reader(io.StringIO(texts.content.decode(), newline="")))
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.content))
    sheet = book.get_sheet_by_index(0).to_python()
    assert book.sheet_names[1] == "About" and len(sheet) == len(rows) > 1
    spans = address.startswith("/statements/") and address != "/statements/balance-sheet"
    marks = {"Fund": FUND, **({"From": "2026-01-01"} if spans else {}), "Day": "2026-03-31", "Seal": str(seal)}
    assert rows[0][: len(marks)] == list(marks), "a file tells by itself what it is"
    for in_csv, in_xlsx in zip(rows[1:], sheet[1:], strict=True):
        assert in_csv[: len(marks)] == list(marks.values())
        for one, other in zip(in_csv[len(marks) :], in_xlsx, strict=True):
            same = Decimal(one) == Decimal(str(other)) if isinstance(other, float) else one == str(other)
            assert same, (one, other)


def test_the_same_seal_is_the_same_file_whatever_happens_later(
    bank: dict[str, Caller], database: TestDatabase, drawn: World
) -> None:
    """The addresses name day and seal; later a currency is opened, more is booked and sealed, the year is closed."""
    auditor = bank["auditor"]
    day = f"as_of={DAY}&seal={told(auditor, ADDRESSES[0])['seal']}"
    asked = [f"{one}?format={form}&{day}" for one in ADDRESSES for form in ("json", "csv", "xlsx")]
    asked.append(f"/export/beancount?{day}")
    before = {one: auditor.get(f"{ROOM}{one}").content for one in asked}
    with database.sessions.begin(Role.NIGHT) as session:
        currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
        periods.close(session, fund_code=FUND, period_end=DAY.replace(year=2025, month=12), by=NIGHT)
        instruments.draw_down(
            session, instrument_id=drawn.ann.instrument, minor=100, effective_on=DAY, booked_on=DAY, by=NIGHT, key="2nd"
        )
    with database.sessions.begin(Role.NIGHT) as session:
        sealing.settle(session)
    assert auditor.get(f"{ROOM}{ADDRESSES[0]}?as_of={DAY}").json()["seal"] > int(day.partition("seal=")[2])
    for one in asked:
        assert before[one] and auditor.get(f"{ROOM}{one}").content == before[one], one


@pytest.mark.parametrize("address", ADDRESSES)
def test_statements_are_for_those_inside(bank: dict[str, Caller], stranger: Caller, world: World, address: str) -> None:
    assert stranger.get(f"{ROOM}{address}").status_code == 401
    for name in ("officer", "risk", "board", "auditor", "steward"):
        assert bank[name].get(f"{ROOM}{address}").status_code == 200
    for form in ("json", "csv", "xlsx"):
        refused = bank["ann"].get(f"{ROOM}{address}?format={form}")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        pytest.param("/statements/income?from=2026-02-01&as_of=2026-01-31", 422, "input-refused", id="wrong order"),
        pytest.param("/statements/income?seal=999999", 404, "seal-beyond-head", id="a seal that is not there yet"),
        pytest.param("/statements/income?format=pdf", 422, "input-refused", id="a form that nobody writes"),
        pytest.param("/statements/income?by=effective_on", 422, "input-refused", id="not by value day"),
        pytest.param("/statements/journal?after=5", 422, "input-refused", id="no place in the journal"),
        pytest.param("/accounts/all/statement", 404, "no-such-thing", id="all of no instrument"),
        pytest.param("/accounts/all/statement?instrument=L-NONE", 404, "no-such-thing", id="no such instrument"),
        pytest.param(
            "/accounts/cash/statement?instrument=L-ANN&flow=other", 422, "input-refused", id="a flow of an instrument"
        ),
        pytest.param("/statements/cash-flow?compare=2025-03-31", 422, "input-refused", id="nothing stands beside it"),
        pytest.param("/statements/income?compare=2026-04-02", 422, "input-refused", id="a day not reached beside it"),
        pytest.param("/statements/balance-sheet?from=2026-01-01", 422, "input-refused", id="no first day of a day"),
        pytest.param("/trial-balance", 404, "no-such-address", id="the one trial balance is a statement"),
        pytest.param("/statements/trial-balance?by=id", 422, "input-refused", id="a day that is no column"),
        pytest.param("/statements/cash-flow?as_of=today", 422, "input-refused", id="no day"),
        pytest.param("/statements/profit", 404, "no-such-address", id="no statement"),
        pytest.param("/accounts/gold/statement", 404, "no-such-thing", id="no account"),
        pytest.param("/accounts/cash/statement?currency=USD", 404, "no-such-thing", id="no account in dollars"),
        pytest.param("/accounts/cash/statement?currency=usd;--", 422, "input-refused", id="no currency"),
        pytest.param("/accounts/cash/statement?flow=theft", 422, "input-refused", id="no flow"),
        pytest.param("/accounts/losses/statement?flow=other", 422, "input-refused", id="a flow of no cash"),
        pytest.param("/accounts/cash/statement?after=5", 422, "input-refused", id="no place"),
        pytest.param("/accounts/cash%27;drop/statement", 422, "input-refused", id="no code"),
    ],
)
def test_what_is_refused_at_the_door(
    bank: dict[str, Caller], world: World, address: str, status: int, word: str
) -> None:
    found = bank["auditor"].get(f"{ROOM}{address}")
    assert (found.status_code, found.json()["type"]) == (status, f"/problems/{word}"), found.text


def test_the_whole_ledger_as_text(bank: dict[str, Caller], stranger: Caller, drawn: World) -> None:
    found = bank["auditor"].get(f"{ROOM}/export/beancount")
    assert found.status_code == 200 and found.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert found.headers["Content-Disposition"].startswith(f'attachment; filename="{FUND}-2026-03-31-seal-')
    assert "balance Assets:Cash  940000.00 ~ 0 EUR" in found.text
    assert bank["ann"].get(f"{ROOM}/export/beancount").status_code == 403
    assert stranger.get(f"{ROOM}/export/beancount").status_code == 401
    assert bank["auditor"].get("/api/v1/funds/none/export/beancount").status_code == 404
