"""An auditor's story: from a figure of the balance sheet to the entry behind it, without JavaScript, and on paper."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Bank, Person


def test_an_auditor_follows_a_figure_to_its_entry(chromium: Browser, bank: Bank, window: tuple[int, bool]) -> None:
    officer = Person(chromium, bank, "officer.communities", width=window[0], dark=window[1], scripts=False)
    page = officer.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Ledger").click()
    page.get_by_role("link", name="Balance sheet").first.click()
    expect(page).to_have_url(re.compile(r"/ledger/commons/balance-sheet\?.*as_of=2026-03-31$"))
    expect(page.get_by_role("table", name="Assets").get_by_role("row", name="Cash")).to_contain_text("12,975,692.00")
    officer.look()
    royalties = page.get_by_role("table", name="Assets").get_by_role("row", name="Royalties at cost")
    expect(royalties.get_by_role("link")).to_have_text(["600,000.00", "600,000.00"])  # this day, and a year earlier
    royalties.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Royalty at cost")
    officer.look()
    page.get_by_role("link", name=re.compile(r"^Drawdown \d+$")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Drawdown")
    page.go_back()
    page.go_back()
    page.get_by_label("As of").fill("2021-12-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("table", name="Assets").get_by_role("row", name="Cash")).to_contain_text("4,504,250.00")


def test_a_statement_on_paper_is_the_statement(chromium: Browser, bank: Bank) -> None:
    officer = Person(chromium, bank, "officer.communities", width=1280, dark=False, scripts=True)
    page = officer.goto("/ledger/commons/balance-sheet")
    page.emulate_media(media="print")
    for gone in ("Another day", "Download"):
        expect(page.get_by_role("heading", name=gone)).to_be_hidden()
    expect(page.get_by_role("table", name="Capital", exact=True)).to_be_visible()
