"""The ledger's pages: each figure leads to what it is made of, old figures say so, nobody from outside reads them."""

from __future__ import annotations

import re
from html import unescape

import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import instruments
from domain.desk.ledger import seal_facts
from tests.api.world import DAY, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, words

PLACES = ("balance-sheet", "income", "cash-flow", "trial-balance", "journal", "accounts/cash")


def opened(browser: Browser, address: str) -> str:
    """Open a page at the address that names day and seal, as a browser would after being led there."""
    found = browser.get(address)
    if found.status_code == 303:
        found = browser.get(found.headers["Location"])
    assert found.status_code == 200, words(found)
    return found.text


def said(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def links(page: str) -> dict[str, str]:
    """Every link's words and where it leads."""
    return {unescape(text): unescape(to) for to, text in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page)}


def test_the_ledger_is_in_the_navigation_and_leads_to_every_statement(
    people_in: dict[str, Browser], world: World
) -> None:
    page = opened(people_in["auditor"], "/ledger")
    assert '<a href="/ledger" aria-current="page">Ledger</a>' in page
    for place in ("balance-sheet", "income", "cash-flow", "trial-balance", "journal"):
        assert f"/ledger/harbours/{place}" in links(page).values()


def test_a_figure_leads_to_its_account_and_from_there_to_the_entry(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    sheet = opened(auditor, "/ledger/harbours/balance-sheet")
    assert "All assets 1,000,000.00" in said(sheet) and "Liabilities and capital 1,000,000.00" in said(sheet)
    loans = opened(auditor, links(sheet)["60,000.00"])
    assert "Loan principal" in said(loans) and "drawdown of L-ANN · D-ANN" in said(loans)
    (entry,) = [to for text, to in links(loans).items() if text.startswith("Drawdown ")]
    assert "Drawdown" in said(opened(auditor, entry))


def test_a_line_of_the_cash_flow_leads_to_its_entries(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    page = opened(auditor, "/ledger/harbours/cash-flow?from=2025-01-01")
    assert "Loans paid out -60,000.00" in said(page) and "Cash at the end 940,000.00" in said(page)
    flow = said(opened(auditor, links(page)["-60,000.00"]))
    assert "Cash: Loans paid out" in flow and "Closing balance -60,000.00" in flow


def test_an_instrument_leads_to_its_statement_of_account(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    to = links(opened(auditor, "/deals/D-ANN"))["Statement of account of L-ANN"]
    own = said(opened(auditor, to))
    kept = [to for to in links(opened(auditor, to)).values() if "seal=" in to]
    assert kept and all("instrument=L-ANN" in one for one in kept), "the address that keeps it is of the instrument too"
    assert "L-ANN: statement of account" in own and "Closing balance 60,000.00" in own and "Loan principal" in own
    assert "Statement of account" not in people_in["ann"].get("/deals/D-ANN").text
    assert people_in["ann"].get(to).status_code == 403


def test_the_day_beside_a_statement_is_chosen_and_kept(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    page = opened(auditor, "/ledger/harbours/balance-sheet")
    assert "Beside it 31 Mar 2025" in said(page) and "Result of the year 0.00 0.00" in said(page)
    assert "Commitments signed and not yet paid out" in said(page)
    chosen = opened(auditor, "/ledger/harbours/balance-sheet?as_of=2026-03-31&compare=2025-12-31")
    assert "Beside it 31 Dec 2025" in said(chosen) and 'name="compare" value="2025-12-31"' in chosen
    assert "compare=2025-12-31" in links(chosen)["CSV"]
    late = auditor.get("/ledger/harbours/income?from=2026-01-01&as_of=2026-03-31&compare=2099-01-01")
    assert "has reached 31 Mar 2026" in late.text.split('id="field-compare-error"')[1]


def test_the_journal_shows_every_entry_and_leads_to_it(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    page = opened(auditor, "/ledger/harbours/journal")
    (entry,) = [to for text, to in links(page).items() if text.startswith("Drawdown ")]
    assert "Drawdown" in said(opened(auditor, entry))
    assert "All entries of these days" in said(page)


def test_provisions_are_a_line_that_says_zero(people_in: dict[str, Browser], world: World) -> None:
    assert "Provisions 0.00" in said(opened(people_in["board"], "/ledger/harbours/balance-sheet"))
    assert "Provisions made 0.00" in said(opened(people_in["board"], "/ledger/harbours/income"))


def test_capital_is_shown_as_its_statement_shows_it(people_in: dict[str, Browser], world: World) -> None:
    page = said(opened(people_in["auditor"], "/ledger/harbours/accounts/contributed"))
    assert "credit above zero" in page and "Closing balance 1,000,000.00" in page


def test_old_figures_say_so_in_their_heading(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    auditor = people_in["auditor"]
    plain = opened(auditor, "/ledger/harbours/balance-sheet")
    led = next(to for to in links(plain).values() if "seal=" in to)
    assert "as known at seal" not in said(opened(auditor, led))
    with database.sessions.begin(Role.NIGHT) as session:
        instruments.draw_down(
            session, instrument_id=world.ben.instrument, minor=1_000_000, effective_on=DAY, by=NIGHT, key="late"
        )
    with database.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)
    for place in PLACES:
        address = led.replace("balance-sheet", place) + "&from=2025-01-01" * (
            place in ("income", "cash-flow", "trial-balance", "journal")
        )
        page = opened(auditor, address)
        heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
        assert heading and "as known at seal" in heading.group(1)
    then = opened(auditor, led)
    assert "60,000.00" in links(then)
    now = opened(auditor, links(then)["Show what is known now"])
    assert "70,000.00" in links(now) and "as known at seal" not in said(now)


def test_pages_of_an_account_follow_one_another(
    people_in: dict[str, Browser], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fifty postings on a page are too many for a test to book.
    monkeypatch.setattr("api.pages.ledger.POSTINGS_PER_PAGE", 1)
    auditor = people_in["auditor"]
    first = opened(auditor, "/ledger/harbours/accounts/cash")
    assert "Opening balance" in said(first) and "Closing balance" not in said(first)
    last = said(opened(auditor, links(first)["The next postings"]))
    assert "Balance so far 1,000,000.00" in last and "Closing balance 940,000.00" in last


@pytest.mark.parametrize("place", PLACES)
def test_a_page_s_files_are_the_same_figures(people_in: dict[str, Browser], world: World, place: str) -> None:
    auditor = people_in["auditor"]
    page = opened(auditor, f"/ledger/harbours/{place}")
    for form in ("CSV", "XLSX"):
        found = auditor.get(links(page)[form])
        assert found.status_code == 200
        assert found.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize("place", ["", *(f"/harbours/{one}" for one in PLACES)])
def test_an_investee_and_a_stranger_read_no_ledger(
    people_in: dict[str, Browser], stranger: Browser, world: World, place: str
) -> None:
    assert people_in["ann"].get(f"/ledger{place}").status_code == 403
    assert stranger.get(f"/ledger{place}").headers["Location"].startswith("/sign-in")
    assert "Ledger" not in links(people_in["ann"].get("/investee").text)


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/ledger/none/balance-sheet", 404, "There is no fund none"),
        ("/ledger/harbours/accounts/gold?as_of=2026-03-31&seal=1", 404, "There is no account gold in EUR"),
        ("/ledger/harbours/balance-sheet?as_of=2026-03-31&seal=999999", 422, "does not exist yet"),
        ("/ledger/harbours/income?from=2026-03-31&as_of=2026-01-01&seal=1", 422, "lies after the last day"),
        ("/ledger/harbours/balance-sheet?as_of=soon", 422, "Give a day, such as 31 Mar 2026"),
        ("/ledger/harbours/balance-sheet?as_of=2099-03-31", 422, "The book of harbours has reached 31 Mar 2026"),
        ("/ledger/harbours/balance-sheet?as_of=&seal=", 303, ""),
        ("/ledger/harbours/accounts/cash?as_of=&seal=&currency=&from=&after=&flow=&format=", 303, ""),
        ("/ledger/harbours/balance-sheet?as_of=2026-03-31&seal=-1", 422, "Give the number of a seal"),
        ("/ledger/harbours/balance-sheet?as_of=2026-03-31&seal=1%3B--", 422, ""),
    ],
)
def test_what_is_asked_wrongly_is_told_in_words(
    people_in: dict[str, Browser], world: World, address: str, status: int, told: str
) -> None:
    found = people_in["auditor"].get(address)
    assert found.status_code == status
    assert told in words(found)


def test_a_seal_stays_in_the_addresses_only_where_somebody_asked_for_it(
    people_in: dict[str, Browser], world: World
) -> None:
    auditor = people_in["auditor"]
    led = auditor.get("/ledger/harbours/balance-sheet").headers["Location"]
    assert led == "/ledger/harbours/balance-sheet?as_of=2026-03-31"
    page = auditor.get(led).text
    kept = [to for to in links(page).values() if "seal=" in to and "format=" not in to]
    assert len(kept) == 1, "the fact that names the seal, and nothing else"
    assert 'name="seal" value=""' in page
    asked = opened(auditor, kept[0])
    to = {one for one in links(asked).values() if one.startswith("/ledger/harbours/") and "format=" not in one}
    assert to and all("seal=" in one for one in to)
    assert 'name="seal" value=""' not in asked


def test_what_is_asked_wrongly_stands_at_its_field_with_what_was_typed(
    people_in: dict[str, Browser], world: World
) -> None:
    page = people_in["auditor"].get("/ledger/harbours/income?from=2025-01-01&as_of=2099-03-31&seal=none")
    assert page.status_code == 422
    assert 'name="from" value="2025-01-01"' in page.text and 'name="as_of" value="2099-03-31"' in page.text
    assert "Give the number of a seal" in page.text.split('id="field-seal-error"')[1]
    again = people_in["auditor"].get("/ledger/harbours/income?from=2025-01-01&as_of=2099-03-31")
    assert "has reached 31 Mar 2026" in again.text.split('id="field-as-of-error"')[1]


def test_sums_open(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    sheet = opened(auditor, "/ledger/harbours/balance-sheet")
    (row,) = re.findall(r"<tr[^>]*><td[^>]*><div>All assets.*?</tr>", sheet, re.DOTALL)
    assert "/ledger/harbours/trial-balance?as_of=2026-03-31" in row


def test_a_statement_says_whether_its_period_is_closed(people_in: dict[str, Browser], world: World) -> None:
    board = people_in["board"]
    assert "Period open may still change" in said(opened(board, "/ledger/harbours/balance-sheet?as_of=2026-02-10"))
    assert "nothing closed" in said(opened(board, "/ledger"))
    action = "/ledger/harbours/periods"
    asked = board.send(board.get(action), action, period_end="2026-02-28")
    assert board.send(asked, action).status_code == 303
    assert "Period closed on" in said(opened(board, "/ledger/harbours/balance-sheet?as_of=2026-02-10"))
    assert "Period open" in said(opened(board, "/ledger/harbours/balance-sheet?as_of=2026-03-01"))
    assert "closed up to 28 Feb 2026" in said(opened(board, "/ledger"))


def test_ledger_deal_and_impact_lead_to_one_another(people_in: dict[str, Browser], world: World) -> None:
    auditor = people_in["auditor"]
    deal = opened(auditor, "/deals/D-ANN")
    assert "/ledger/harbours/balance-sheet" in links(deal).values()
    assert "/ledger/harbours" not in people_in["ann"].get("/deals/D-ANN").text
    entry = opened(auditor, links(deal)[next(text for text in links(deal) if text.startswith("Entry "))])
    account = opened(auditor, next(to for to in links(entry).values() if "/accounts/" in to))
    assert "Booked on" in said(account)
    report = opened(auditor, "/board/harbours/report")
    ledger = {text: to for text, to in links(report).items() if to.startswith("/ledger/harbours/")}
    assert set(ledger) == {"Balance sheet", "Cash flow"}
    assert all("as_of=2026-03-31" in to and "seal=" in to for to in ledger.values())
    assert "All assets 1,000,000.00" in said(opened(auditor, ledger["Balance sheet"]))
