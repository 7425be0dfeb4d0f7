"""Two years of a small fund: opening balances, what a year earlier was, results apart, cash in groups.

day          what                                        cash      for what
10 Jan 2024  contribution                            1,000.00      contributed 1,000.00
20 Jan 2024  commitment of 800.00                                  (memorandum 800.00)
 1 Feb 2024  drawdown                                 -500.00      loan 500.00 (memorandum -500.00)
31 Dec 2024  interest of the year                                  interest 30.00
15 Jan 2025  receipt                                    30.00      interest receivable -30.00
 2 Feb 2025  contribution                              100.00      contributed 100.00
31 Mar 2025  interest                                              interest 10.00
 1 Apr 2025  commitment of 200.00                                  (memorandum 200.00)
30 Jun 2025  running cost                               -4.00      running costs 4.00
 1 Jul 2025  receipt                                   100.00      loan -100.00
 1 Sep 2025  drawdown, wrongly                         -20.00      loan 20.00
 2 Sep 2025  ... and taken back                         20.00      loan -20.00
 1 Dec 2025  distribution                              -50.00      distributions 50.00

End of 2024: cash 500.00, loan 500.00, receivable 30.00: 1,030.00; contributed 1,000.00, result of the year 30.00.
End of 2025: cash 676.00, loan 400.00, receivable 10.00: 1,086.00; contributed 1,100.00, distributions -50.00, result of
earlier years 30.00, of the year 10.00 - 4.00 = 6.00. Undrawn: 300.00, then 500.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session

from api.database.embedded import Cluster
from api.database.roles import Role, clone_database, drop_database
from api.database.sessions import Sessions
from api.files.statement_kinds import KINDS, StatementAsked
from domain.authority import NIGHT
from domain.desk import funds, statements
from domain.errors import InputRefused
from domain.money import Money
from domain.statements import FigureLine, FigureTable
from domain.trial_balance import TrialBalanceLine
from tests.conftest import TEMPLATE, TestDatabase
from tests.statements.conftest import Story

FUND = "TWO"
OLD, NEW = date(2024, 12, 31), date(2025, 12, 31)


@pytest.fixture(scope="module")
def two_years(cluster: Cluster) -> Iterator[TestDatabase]:
    """The fund as the module tells it, sealed; nobody writes to it."""
    name = "told_two_years"
    clone_database(cluster.superuser_url(), template=TEMPLATE, name=name)
    sessions = Sessions(lambda role: cluster.url(role, name))
    database = TestDatabase(cluster, name, sessions)
    try:
        tell(database)
        yield database
    finally:
        sessions.close()
        drop_database(cluster.superuser_url(), name=name)


def tell(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        fund_id = funds.open_fund(
            session, code=FUND, name="Two Years", currency="EUR", mandate="", recycling="full",
            opened_on=date(2024, 1, 1), business_day=NEW, missions=(), by=NIGHT,
        )  # fmt: skip
    story = Story(database, fund_id)
    book = story.book
    book("paid in", "contribution", "2024-01-10", cash=1000, contributed=-1000)
    book("signed", "commitment", "2024-01-20", commitments_undrawn=800, commitments_given=-800)
    book("drawn", "drawdown", "2024-02-01", loan_principal=500, cash=-500, commitments_given=500,
         commitments_undrawn=-500)  # fmt: skip
    book("earned", "interest", "2024-12-31", interest_receivable=30, interest_income=-30)
    book("received", "receipt", "2025-01-15", cash=30, interest_receivable=-30)
    book("more", "contribution", "2025-02-02", cash=100, contributed=-100)
    book("earned again", "interest", "2025-03-31", interest_receivable=10, interest_income=-10)
    book("signed again", "commitment", "2025-04-01", commitments_undrawn=200, commitments_given=-200)
    book("rent", "running_cost", "2025-06-30", running_costs=4, cash=-4)
    book("repaid", "receipt", "2025-07-01", cash=100, loan_principal=-100)
    book("slip", "drawdown", "2025-09-01", loan_principal=20, cash=-20)
    book("taken back", "reversal", "2025-09-02", "2025-09-01", reverses="slip", loan_principal=-20, cash=20)
    book("given out", "distribution", "2025-12-01", distributions=50, cash=-50)
    story.seal()


@pytest.fixture
def reading(two_years: TestDatabase) -> Iterator[Session]:
    with two_years.sessions.begin(Role.NIGHT) as session:
        yield session


def euros(money: Money | None) -> int:
    assert money is not None and money.currency == "EUR" and money.minor % 100 == 0
    return money.minor // 100


def told(lines: tuple[FigureLine, ...]) -> dict[str, int]:
    return {one.name: euros(one.amounts[0]) for one in lines if one.amounts[0].minor}


def figures(table: FigureTable) -> dict[str, int]:
    return told((*table.lines, table.sum))


def test_the_balance_sheet_stands_beside_that_of_a_year_earlier_with_its_results_apart(reading: Session) -> None:
    found = statements.balance_sheet(reading, fund_code=FUND, as_of=NEW)
    assert figures(found.figures.assets) == {
        "cash": 676, "loans": 400, "interest_and_fees_receivable": 10, "assets": 1086,
    }  # fmt: skip
    assert figures(found.figures.capital) == {
        "contributed": 1100, "distributions": -50, "result_of_earlier_years": 30, "result_of_the_year": 6,
        "capital": 1086,
    }  # fmt: skip
    assert found.figures.difference == (Money(0, "EUR"),)
    assert found.compared is not None and (found.compared.as_of, found.compared.asked) == (OLD, False)
    then = found.compared.figures
    assert figures(then.assets) == {"cash": 500, "loans": 500, "interest_and_fees_receivable": 30, "assets": 1030}
    assert figures(then.capital) == {"contributed": 1000, "result_of_the_year": 30, "capital": 1030}
    assert told(found.figures.memorandum) == {"commitments_undrawn": 500}
    assert told(then.memorandum) == {"commitments_undrawn": 300}


@pytest.mark.parametrize(
    ("compare", "cash", "year", "earlier"),
    [("2025-06-30", 626, 6, 30), ("2024-03-01", 500, 0, 0), ("2023-12-31", 0, 0, 0), ("0001-01-01", 0, 0, 0)],
)
def test_the_day_beside_it_is_chosen(reading: Session, compare: str, cash: int, year: int, earlier: int) -> None:
    found = statements.balance_sheet(reading, fund_code=FUND, as_of=NEW, compare=date.fromisoformat(compare)).compared
    assert found is not None and found.asked
    capital = figures(found.figures.capital)
    assert figures(found.figures.assets).get("cash", 0) == cash
    assert (capital.get("result_of_the_year", 0), capital.get("result_of_earlier_years", 0)) == (year, earlier)


def test_on_the_first_day_of_a_year_all_earlier_years_are_over(reading: Session) -> None:
    found = statements.balance_sheet(reading, fund_code=FUND, as_of=date(2025, 1, 1)).figures
    assert figures(found.capital) == {"contributed": 1000, "result_of_earlier_years": 30, "capital": 1030}


def test_the_result_of_the_year_is_the_income_of_the_year(reading: Session) -> None:
    for day in (OLD, date(2025, 3, 31), date(2025, 8, 31), NEW):
        capital = told(statements.balance_sheet(reading, fund_code=FUND, as_of=day).figures.capital.lines)
        year = statements.income(reading, fund_code=FUND, first=None, as_of=day).figures.result
        assert capital.get("result_of_the_year", 0) == euros(year.amounts[0])


@pytest.mark.parametrize(
    ("first", "last", "compare", "span", "here", "beside"),
    [
        pytest.param("2025-01-01", "2025-12-31", None, ("2024-01-01", "2024-12-31"), 6, 30, id="a year earlier"),
        pytest.param("2025-04-01", "2025-06-30", "2025-03-31", ("2025-01-01", "2025-03-31"), -4, 10, id="the quarter"),
        pytest.param("2025-03-31", "2025-03-31", "2024-12-31", ("2024-12-31", "2024-12-31"), 10, 30, id="one day"),
    ],
)
def test_income_stands_beside_that_of_a_span_as_long(
    reading: Session, first: str, last: str, compare: str | None, span: tuple[str, str], here: int, beside: int
) -> None:
    found = statements.income(
        reading, fund_code=FUND, first=date.fromisoformat(first), as_of=date.fromisoformat(last),
        compare=date.fromisoformat(compare) if compare else None,
    )  # fmt: skip
    assert found.compared is not None and found.compared.first is not None
    assert (found.compared.first.isoformat(), found.compared.as_of.isoformat()) == span
    assert euros(found.figures.result.amounts[0]) == here
    assert euros(found.compared.figures.result.amounts[0]) == beside


@pytest.mark.parametrize("name", ["balance-sheet", "income"])
def test_a_day_beside_it_that_the_book_has_not_reached_is_refused(reading: Session, name: str) -> None:
    with pytest.raises(InputRefused, match="has reached 31 Dec 2025") as refused:
        KINDS[name].drawn(reading, FUND, StatementAsked(NEW, compare=date(2026, 1, 1)))
    assert [one.where for one in refused.value.problems] == ["compare"]


def row(one: TrialBalanceLine) -> tuple[int, ...]:
    return tuple(euros(money) for money in (one.opening, one.debited, one.credited, one.balance))


def test_the_trial_balance_has_opening_movement_and_closing(reading: Session) -> None:
    found = statements.trial_balance(reading, fund_code=FUND, as_of=NEW)
    assert found.head.first == date(2025, 1, 1), "without a first day it is the year"
    assert {one.code: row(one) for one in found.figures.lines if one.shown} == {
        "cash": (500, 250, 74, 676),
        "loan_principal": (500, 20, 120, 400),
        "interest_receivable": (30, 10, 30, 10),
        "contributed": (-1000, 0, 100, -1100),
        "distributions": (0, 50, 0, 50),
        "interest_income": (-30, 0, 10, -40),
        "running_costs": (0, 4, 0, 4),
    }
    (total,) = found.figures.sums
    assert (euros(total.opening_debit), euros(total.opening_credit)) == (1030, 1030)
    assert (euros(total.debited), euros(total.credited)) == (334, 334)
    assert (euros(total.debit), euros(total.credit)) == (1140, 1140)
    undrawn = {one.code: row(one) for one in found.figures.memorandum}["commitments_undrawn"]
    assert undrawn == (300, 200, 0, 500)
    assert not any(one.minor for one in found.figures.difference)


@pytest.mark.parametrize(
    ("first", "last", "cash"),
    [
        ("2025-09-01", "2025-09-01", (726, 0, 20, 706)),
        ("2025-09-02", "2025-09-30", (706, 20, 0, 726)),
        ("2024-01-01", "2025-12-31", (0, 1250, 574, 676)),
        ("0001-01-01", "2024-12-31", (0, 1000, 500, 500)),
    ],
)
def test_the_span_of_a_trial_balance_is_chosen(reading: Session, first: str, last: str, cash: tuple[int, ...]) -> None:
    found = statements.trial_balance(
        reading, fund_code=FUND, first=date.fromisoformat(first), as_of=date.fromisoformat(last)
    ).figures
    assert row(found.lines[0]) == cash
    assert not any(one.minor for one in found.difference)


def test_cash_moves_in_groups_and_ends_where_the_balance_sheet_has_it(reading: Session) -> None:
    found = statements.cash_flow(reading, fund_code=FUND, first=None, as_of=NEW).figures
    assert {group.part.value: (told(group.lines), euros(group.sum.amounts[0])) for group in found.groups} == {
        "operating": ({"interest_and_fees_received": 30, "running_costs": -4}, 26),
        "investing": ({"loans_paid_out": -20, "principal_received": 100, "investing_reversals": 20}, 100),
        "financing": ({"contributions": 100, "distributions": -50}, 50),
        "currencies": ({}, 0),
    }
    assert tuple(euros(one.amounts[0]) for one in (found.opening, found.change, found.closing)) == (500, 176, 676)
    assert found.lines == tuple(one for group in found.groups for one in group.lines)
    for day in (OLD, NEW):
        cash = statements.cash_flow(reading, fund_code=FUND, first=None, as_of=day).figures.closing.amounts
        assert cash == statements.balance_sheet(reading, fund_code=FUND, as_of=day).figures.assets.lines[0].amounts


ENTRIES_OF_2025 = [
    "received", "more", "earned again", "signed again", "rent", "repaid", "slip", "taken back", "given out",
]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 4, 9, 100])
def test_the_journal_has_every_entry_in_the_order_of_its_booking(reading: Session, limit: int) -> None:
    told: list[str] = []
    after = None
    while True:
        page = statements.journal(reading, fund_code=FUND, as_of=NEW, after=after, limit=limit).figures
        told += [one.reason for one in page.entries]
        assert page.count == 9, "of the whole span"
        after = page.next
        if after is None:
            break
    assert told == ENTRIES_OF_2025
    whole = statements.whole_journal(reading, fund_code=FUND, as_of=NEW)
    assert [one.reason for one in whole.entries] == ENTRIES_OF_2025


def test_the_journal_s_sums_are_what_the_trial_balance_says_moved(reading: Session) -> None:
    (total,) = statements.journal(reading, fund_code=FUND, as_of=NEW).figures.sums
    assert (euros(total.debited), euros(total.credited)) == (534, 534), "334 on accounts, 200 of memorandum"
    entries = statements.journal(reading, fund_code=FUND, as_of=NEW).figures.entries
    assert sum(one.minor for entry in entries for one in entry.postings if one.minor > 0) == 534_00
    (slip,) = [one for one in entries if one.reason == "slip"]
    (back,) = [one for one in entries if one.reason == "taken back"]
    assert back.reverses_id == slip.id
    assert [(one.code, one.minor) for one in slip.postings] == [("loan_principal", 20_00), ("cash", -20_00)]


@pytest.mark.parametrize(
    ("first", "last", "reasons"),
    [("2024-01-01", "2024-12-31", 4), ("2025-09-01", "2025-09-01", 1), ("2025-10-01", "2025-10-31", 0)],
)
def test_the_span_of_a_journal_is_chosen(reading: Session, first: str, last: str, reasons: int) -> None:
    found = statements.journal(
        reading, fund_code=FUND, first=date.fromisoformat(first), as_of=date.fromisoformat(last)
    ).figures
    assert (len(found.entries), found.count) == (reasons, reasons)
    assert not any(one.minor for one in found.difference)


@pytest.mark.parametrize("after", ["2025-01-01", "2025-01-01~x", "2025-99-01~1", f"2025-01-01~{'9' * 30}", "1~2~3"])
def test_a_place_in_the_journal_that_is_none_is_refused(reading: Session, after: str) -> None:
    with pytest.raises(InputRefused, match="what `next` said"):
        statements.journal(reading, fund_code=FUND, as_of=NEW, after=after)


def test_a_journal_as_known_at_an_old_seal_knows_no_more(reading: Session) -> None:
    found = statements.journal(reading, fund_code=FUND, first=date(2024, 1, 1), as_of=NEW, seal=4)
    assert found.head.is_old and found.figures.count == len(found.figures.entries) < 13
