"""The three people's stories, told with a browser against the running program; without JavaScript too."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, PHONE, ROOT, Bank, Person

PICTURE = ROOT / "docs/pictures/board.png"
WRITE_PICTURES = os.environ.get("MISSIONBOOK_PICTURES") == "1"

Window = tuple[int, bool]


def somebody(chromium: Browser, bank: Bank, who: str, window: Window, *, scripts: bool = True) -> Person:
    return Person(chromium, bank, who, width=window[0], dark=window[1], scripts=scripts)


def test_the_board_reads_its_report(chromium: Browser, bank: Bank, window: Window) -> None:
    board = somebody(chromium, bank, "board.finance", window)
    page = board.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Impact by fund")
    page.get_by_role("link", name="Community Commons Fund").click()
    expect(page).to_have_url(re.compile(r"/board/commons/report\?as_of=2026-03-31&seal=\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Community Commons Fund")
    board.look()
    address, before = page.url, page.locator("main").inner_text()
    for details in page.locator("details > summary").all():
        details.click()
    board.look()
    for heading in ("Missions", "Exit triggers", "Covenants", "Open breaches", "Money by instrument", "Evergreen"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    assert page.locator(".target svg title").count() == page.locator(".target svg").count() > 0
    page.get_by_role("link", name=re.compile("^Report of ")).first.click()
    expect(page).to_have_url(re.compile(r"/deals/C-\d+#report-\d{4}-\d\d-\d\d$"))
    page.goto(address)
    assert page.locator("main").inner_text() == before, "a link shows the same for ever"


def test_the_board_s_picture_shows_the_running_program(chromium: Browser, bank: Bank) -> None:
    board = somebody(chromium, bank, "board.finance", (DESKTOP, False))
    page = board.goto("/board/commons/report")
    expect(page).to_have_title("Community Commons Fund · Missionbook")
    for label in ("Targets on track", "Committed", "Outstanding", "Covenant tests met", "Exit triggers", "Crowding-in"):
        expect(page.locator(".summary dt", has_text=label).first).to_be_visible()
    if WRITE_PICTURES:
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": DESKTOP, "height": 1400}, full_page=True)
    assert PICTURE.is_file(), "MISSIONBOOK_PICTURES=1 make test-browser takes the picture"
    assert PICTURE.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_officer_records_a_receipt(chromium: Browser, bank: Bank, window: Window, scripts: bool) -> None:
    officer = somebody(chromium, bank, "officer.communities", window, scripts=scripts)
    page = officer.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Work list")
    expect(page.locator(".lead")).to_contain_text("business day")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Deals").click()
    page.get_by_label("Search").fill("Hollow Lane")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="C-01", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hollow Lane retrofit")
    page.get_by_role("link", name="Record a receipt on C-01-L").click()
    page.get_by_label("Amount").fill("a hundred")
    page.get_by_role("button", name="Show how it is split").click()
    expect(page.get_by_role("alert")).to_contain_text("is not an amount of money")
    expect(page.get_by_label("Amount")).to_have_value("a hundred")
    page.get_by_label("Amount").fill("1,000.00")
    page.get_by_role("button", name="Show how it is split").click()
    expect(page.locator("tbody tr", has_text="Received")).to_contain_text("1,000.00")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_role("status")).to_contain_text("Booked as entry")
    expect(page.locator("tbody tr", has_text="cash")).to_contain_text("1,000.00")


def test_every_page_of_the_bank_is_whole(chromium: Browser, bank: Bank, window: Window) -> None:
    officer = somebody(chromium, bank, "officer.renewal", window)
    for path in (
        "/officer", "/officer?fund=renewal", "/deals", "/deals?search=nothing+fits", "/deals/C-02", "/deals/C-05",
        "/deals/R-08", "/board", "/board/renewal/report", "/board/approvals", "/entries/1000",
        "/ledger", "/ledger/commons/balance-sheet", "/ledger/commons/income", "/ledger/commons/cash-flow",
        "/ledger/commons/trial-balance", "/ledger/commons/accounts/cash", "/ledger/commons/journal",
        "/ledger/commons/accounts/all?instrument=C-01-L", "/ledger/commons/income?compare=2025-12-31",
        "/ledger/renewal/balance-sheet?seal=5",
    ):  # fmt: skip
        assert officer.goto(path).locator("h1").inner_text() != "", f"{path} has a heading that says something"


def test_an_investee_answers_a_report(chromium: Browser, bank: Bank) -> None:
    investee = somebody(chromium, bank, "reports.parkway", (PHONE, False))
    page = investee.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Your reports and payments")
    investee.look()
    page.locator("#due").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Report for 1 Jan 2025 to 31 Dec 2025")
    field = page.get_by_label("People who eat fresh affordable food every week")
    expect(page.get_by_text("Last value")).to_be_visible()
    expect(page.get_by_text("People served at least once a week at the end of the period")).to_be_visible()
    field.fill("2100")
    page.get_by_label("Statement").fill("All six kitchens are open; counted on 12 December.")
    page.get_by_role("button", name="Show what this would mean").click()
    investee.look()
    expect(page.locator("main")).to_contain_text("met, headroom")
    page.get_by_role("button", name="Change the figures").click()
    expect(field).to_have_value("2100")
    page.get_by_role("button", name="Show what this would mean").click()
    page.get_by_label("Your name, as a signature").fill("")
    page.get_by_role("button", name="Sign and submit").click()
    expect(page.get_by_role("alert")).to_contain_text("signed by somebody")
    expect(field).to_have_value("2100")
    expect(page.get_by_label("Statement")).to_have_value(re.compile("All six kitchens"))
    page.get_by_role("button", name="Show what this would mean").click()
    page.get_by_label("Your name, as a signature").fill("Impact office")
    page.get_by_role("button", name="Sign and submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt for version 1")
    investee.goto("/investee")
    investee.goto("/deals/C-02")


def test_the_keyboard_alone_signs_in(chromium: Browser, bank: Bank) -> None:
    context = chromium.new_context(viewport={"width": PHONE, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{bank.address}/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    email, password = bank.passwords["board.communities"]
    page.get_by_label("Email").focus()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Impact by fund")
    small = page.locator("a, button, select, summary").evaluate_all(
        "all => all.filter(one => one.offsetParent && !one.closest('p')).map(one => [one.outerHTML.slice(0, 80), "
        "one.getBoundingClientRect().height]).filter(one => one[1] < 24 && one[1] > 0)"
    )
    assert not small, f"hard to hit: {small}"


LONG = "w" * 300
LENGTHEN = """word => document.querySelectorAll(
    'h1, h2, h3, h4, td a, td small, dd, summary, .note, .trail a, .person span, li'
    ).forEach(one => { if (!one.querySelector('*')) one.textContent = word })"""


def test_one_long_word_does_not_widen_a_page(chromium: Browser, bank: Bank, window: Window) -> None:
    investee = somebody(chromium, bank, "reports.parkway", window)
    page = investee.page
    page.locator("#submitted a").first.click()
    page.get_by_label("Statement").fill(LONG)
    page.get_by_role("button", name="Show what this would mean").click()
    expect(page.locator("dd", has_text=LONG)).to_be_visible()
    investee.look()
    board = somebody(chromium, bank, "board.finance", window)
    for path in ("/board", "/board/commons/report", "/deals", "/deals/C-02"):
        board.goto(path)
        board.page.evaluate(LENGTHEN, LONG)
        board.look()
