"""The export for beancount: a stranger's program adds everything up, accepts it, and can refuse it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from api.files.beancount import ROOTS, account_names, quoted
from domain.errors import InputRefused
from domain.ledger import CHART, AccountKind
from domain.positions import STATEMENT_ACCOUNTS
from domain.store.statements import Account
from tests.statements.beancheck import bean_check, exported
from tests.statements.conftest import FUND, Story


def test_bean_check_accepts_the_story(told: Story, tmp_path: Path) -> None:
    text = exported(told.database.sessions, FUND)
    assert bean_check(text, tmp_path) == ""
    assert text.count("\n  entry: ") == 11
    assert "2025-12-02 balance Assets:Cash  570.00 ~ 0 EUR\n" in text
    assert "2025-12-02 balance Equity:Memorandum:Commitments-Undrawn  100.00 ~ 0 EUR\n" in text
    assert f"  reverses: {told.numbers['mistake']}\n" in text
    assert '2025-05-02 * "rent"' in text and "  effective: 2025-04-30\n" in text


def test_every_month_that_has_entries_is_checked_by_its_balances(told: Story) -> None:
    mornings = set(re.findall(r"^(\S+) balance Assets:Cash ", exported(told.database.sessions, FUND), re.MULTILINE))
    assert mornings == {
        "2025-01-21", "2025-02-02", "2025-04-01", "2025-04-16", "2025-05-03", "2025-06-02", "2025-09-02", "2025-10-03",
        "2025-12-02",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("says", "instead", "complaint"),
    [
        pytest.param("Assets:Cash  150.00 EUR", "Assets:Cash  150.01 EUR", "does not balance", id="a cent in an entry"),
        pytest.param(
            "balance Assets:Cash  570.00", "balance Assets:Cash  570.01", "Balance failed", id="a cent in a balance"
        ),
        pytest.param("open Assets:Cash EUR", "open Assets:Gold EUR", "unknown account", id="an account nobody opened"),
    ],
)
def test_bean_check_refuses_what_was_changed(
    told: Story, tmp_path: Path, says: str, instead: str, complaint: str
) -> None:
    text = exported(told.database.sessions, FUND)
    assert says in text
    assert complaint in bean_check(text.replace(says, instead, 1), tmp_path)


def test_an_entry_that_is_left_out_shows_in_the_balances(told: Story, tmp_path: Path) -> None:
    text = exported(told.database.sessions, FUND)
    without = re.sub(r'\n2025-05-02 \* "rent"\n(?:  .*\n)+', "", text)
    assert without != text
    assert "Balance failed" in bean_check(without, tmp_path)


def test_as_of_a_day_and_as_known_at_a_seal(story: Story, tmp_path: Path) -> None:
    sessions = story.database.sessions
    before = exported(sessions, FUND)
    seal = int(re.findall(r"as known at seal (\d+)", before)[0])
    story.book("late", "running_cost", "2025-12-30", running_costs=7, cash=-7)
    story.seal()
    assert exported(sessions, FUND, seal=seal) == before, "what came later is not in it"
    now = exported(sessions, FUND)
    assert '"late"' in now and bean_check(now, tmp_path) == ""
    spring = exported(sessions, FUND, as_of=date(2025, 4, 15))
    assert spring.count("\n  entry: ") == 5 and bean_check(spring, tmp_path) == ""
    with pytest.raises(InputRefused, match="has reached 31 Dec 2025"):
        exported(sessions, FUND, as_of=date(2300, 1, 1))


def test_a_fund_with_nothing_in_it_is_accepted(told: Story, tmp_path: Path) -> None:
    assert bean_check(exported(told.database.sessions, FUND, seal=0), tmp_path) == ""


def test_every_account_has_a_name_of_its_own() -> None:
    chart = {**CHART, **STATEMENT_ACCOUNTS, "currency_position": AccountKind.ASSET}
    names = account_names([Account(code, "EUR", str(kind)) for code, kind in chart.items()])
    assert len(set(names.values())) == len(chart)
    assert all(
        re.fullmatch(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+", n) for n in names.values()
    )
    assert set(ROOTS) == set(AccountKind)


def test_codes_that_would_take_the_same_name_are_told_apart_and_currencies_are_not() -> None:
    names = account_names([
        Account("a_b", "EUR", "asset"), Account("a_b", "USD", "asset"), Account("a-b", "EUR", "asset"),
        Account("memorandum", "EUR", "capital"),
    ])  # fmt: skip
    assert names == {
        ("a_b", "EUR"): "Assets:A-B", ("a_b", "USD"): "Assets:A-B", ("a-b", "EUR"): "Assets:A-B-2",
        ("memorandum", "EUR"): "Equity:Memorandum-2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told_as"),
    [
        ('he said "no"', r'"he said \"no\""'),
        ("a \\ b", r'"a \\ b"'),
        ("end \\", r'"end \\"'),
        ('one\n2025-01-01 open Assets:Theft\n"', r'"one 2025-01-01 open Assets:Theft \""'),
        ("bell\x07", '"bell�"'),
        ("; no comment", '"; no comment"'),
        ("Müller & Søn 株式会社", '"Müller & Søn 株式会社"'),
    ],
)
def test_texts_stay_within_their_quotes(words: str, told_as: str) -> None:
    assert quoted(words) == told_as


def test_hostile_reasons_are_read_as_text(story: Story, tmp_path: Path) -> None:
    story.book('"; drop\n2025-12-31 open Assets:Theft \\', "running_cost", "2025-12-31", running_costs=1, cash=-1)
    story.seal()
    text = exported(story.database.sessions, FUND)
    assert bean_check(text, tmp_path) == ""
    assert not re.search(r"^2025-12-31 open", text, re.MULTILINE)
