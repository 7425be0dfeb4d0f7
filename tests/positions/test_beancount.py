"""A fund of positions taken over from a statement, added up again by ``bean-check``."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from pathlib import Path

from api.database.roles import Role
from domain.desk.statements import balance_sheet
from tests.positions.statements import JULY, A, B, Bank, on
from tests.statements.beancheck import bean_check, exported

LOANS_TAKEN = 400


def test_bean_check_accepts_two_releases_of_a_small_statement(bank: Bank, tmp_path: Path) -> None:
    bank.take(A, B)
    bank.take(*on(JULY, A | {"Repaid to IBRD": "260.00", "Due to IBRD": "390.00"}, B))
    text = exported(bank.sessions, "IBRD")
    assert bean_check(text, tmp_path) == ""
    assert text.count("\n  entry: ") == 3
    assert "balance Equity:Memorandum:Statement-Held " in text


def test_bean_check_accepts_loans_of_the_world_bank(bank: Bank, shared: Path, tmp_path: Path) -> None:
    release = shared / "data/ibrd/statement_of_loans_2020-11-30.csv"
    first = tmp_path / "first.csv"
    with release.open(encoding="utf-8") as lines:
        first.write_text("".join(islice(lines, LOANS_TAKEN + 1)), encoding="utf-8")
    bank.take_file(first)
    text = exported(bank.sessions, "IBRD")
    assert text.count("\n  entry: ") > LOANS_TAKEN / 2
    assert bean_check(text, tmp_path) == ""
    changed = re.sub(r"(  Equity:Statement-Repaid  )(\d+\.\d\d) USD\n", r"\g<1>1\2 USD\n", text, count=1)
    assert changed != text and "does not balance" in bean_check(changed, tmp_path)


def test_what_a_source_brings_along_stands_on_the_other_lines_and_the_sheet_balances(bank: Bank) -> None:
    bank.take(A, B)
    with bank.sessions.begin(Role.NIGHT) as session:
        found = balance_sheet(session, fund_code="IBRD", as_of=date(2018, 6, 30)).figures
    assert [one.minor for one in found.difference] == [0]
    (other,) = [one for one in found.capital.lines if one.name == "other_capital"]
    named = {one.code: one.amount.minor for one in other.accounts if one.amount.minor}
    assert named == {"statement_disbursed": 1_100_00, "statement_repaid": -350_00, "statement_sold": -50_00}
