"""A fund in euros that holds dollars: a column for each, and a total by rates that are told.

day      what                                      EUR cash   USD cash   rate, USD for 1 EUR
 2 Jan   contribution                              1,000.00
 3 Mar   EUR 100.00 become dollars                   900.00     110.00   1.10
 1 Sep   USD 55.00 come back as EUR 55.00            955.00      55.00   1.00
31 Dec                                                                   1.10 again

On 3 March a dollar costs EUR 1/1.10. On 1 September half of the dollars, which cost EUR 50.00, bring 55.00: 5.00 are
realised; the other half is worth 55.00 as well: 5.00 are not. On 31 December USD 55.00 are worth EUR 50.00, what
they cost: nothing is unrealised.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import currencies, funds, statements
from domain.desk.ledger import seal_facts
from domain.desk.parties import add_party
from domain.money import Money
from domain.statements import FigureLine, FigureTable
from tests.conftest import TestDatabase
from tests.statements.beancheck import bean_check, exported

FUND = "WORLD"
MARCH, SEPTEMBER, DECEMBER = date(2025, 3, 3), date(2025, 9, 1), date(2025, 12, 31)


@pytest.fixture
def held(database: TestDatabase) -> TestDatabase:
    """The fund as the module tells it, sealed."""
    with database.sessions.begin(Role.NIGHT) as session:
        party = add_party(session, code="TREASURY", name="Treasury", kind="contributor", by=NIGHT)
        fund_id = funds.open_fund(
            session, code=FUND, name="World", currency="EUR", mandate="", recycling="full",
            opened_on=date(2025, 1, 1), business_day=DECEMBER, missions=(), by=NIGHT,
        )  # fmt: skip
        currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
        for day, units in ((MARCH, "1.10"), (SEPTEMBER, "1.00"), (DECEMBER, "1.10")):
            currencies.state_rate(
                session, fund_code=FUND, currency="USD", units=Decimal(units), on=day, source="central bank", by=NIGHT
            )
        funds.contribute(
            session, fund_id=fund_id, code="C1", party_id=party, minor=1_000_00, received_on=date(2025, 1, 2),
            booked_on=date(2025, 1, 2), by=NIGHT, key="C1",
        )  # fmt: skip
        for day, sold, into in ((MARCH, Money(100_00, "EUR"), "USD"), (SEPTEMBER, Money(55_00, "USD"), "EUR")):
            currencies.convert(
                session, fund_code=FUND, sold=sold, into=into, bought_minor=None, effective_on=day, booked_on=day,
                by=NIGHT, key=f"convert {day}",
            )  # fmt: skip
    with database.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)
    return database


def told(table: FigureTable) -> dict[str, tuple[int | None, ...]]:
    """What each line that holds something shows: EUR, USD, total, in whole units."""
    return {one.name: amounts(one) for one in (*table.lines, table.sum) if any(amounts(one))}


def amounts(line: FigureLine) -> tuple[int | None, ...]:
    return tuple(None if one is None else one.minor // 100 for one in (*line.amounts, line.total))


@pytest.mark.parametrize(
    ("day", "rate", "cash", "capital"),
    [
        pytest.param(
            date(2025, 8, 31), "1 EUR = 1.1 USD of 3 Mar 2025", (900, 110, 1000),
            {"contributed": (1000, 0, 1000), "unrealised_currency_result": (-100, 110, 0), "capital": (900, 110, 1000)},
            id="at cost, by the last rate before the day",
        ),
        pytest.param(
            SEPTEMBER, "1 EUR = 1 USD of 1 Sep 2025", (955, 55, 1010),
            {"contributed": (1000, 0, 1000), "result_of_the_year": (5, 0, 5),
             "unrealised_currency_result": (-50, 55, 5), "capital": (955, 55, 1010)},
            id="half realised",
        ),
        pytest.param(
            DECEMBER, "1 EUR = 1.1 USD of 31 Dec 2025", (955, 55, 1005),
            {"contributed": (1000, 0, 1000), "result_of_the_year": (5, 0, 5),
             "unrealised_currency_result": (-50, 55, 0), "capital": (955, 55, 1005)},
            id="back at cost",
        ),
    ],
)  # fmt: skip
def test_the_balance_sheet_has_a_column_for_each_currency_and_a_total_by_the_day_s_rate(
    held: TestDatabase, day: date, rate: str, cash: tuple[int, ...], capital: dict[str, tuple[int, ...]]
) -> None:
    with held.sessions.begin(Role.NIGHT) as session:
        found = statements.balance_sheet(session, fund_code=FUND, as_of=day)
    assert found.head.currencies == ("EUR", "USD")
    assert [one.in_words() for one in found.head.rates] == [rate] and found.head.missing_rates == ()
    assert told(found.figures.assets) == {"cash": cash, "assets": cash}
    assert told(found.figures.capital) == capital
    assert not any(one.minor for one in found.figures.difference)


def test_what_stands_beside_a_balance_sheet_is_told_by_the_rate_of_its_own_day(held: TestDatabase) -> None:
    """EUR 955.00 and USD 55.00 are 1,005.00 at 1.10 on 31 December, and were 1,010.00 at 1.00 on 1 September."""
    with held.sessions.begin(Role.NIGHT) as session:
        found = statements.balance_sheet(session, fund_code=FUND, as_of=DECEMBER, compare=SEPTEMBER)
        before = statements.balance_sheet(session, fund_code=FUND, as_of=DECEMBER, compare=date(2025, 1, 1)).compared
    assert found.compared is not None and before is not None
    assert told(found.figures.assets)["cash"] == (955, 55, 1005)
    assert told(found.compared.figures.assets)["cash"] == (955, 55, 1010)
    assert told(found.compared.figures.capital)["unrealised_currency_result"] == (-50, 55, 5)
    assert [one.in_words() for one in found.compared.rates] == ["1 EUR = 1 USD of 1 Sep 2025"]
    assert (before.rates, told(before.figures.assets)) == ((), {}), "what nobody held then needs no rate"


def test_income_has_what_was_realised_and_beside_it_what_was_not(held: TestDatabase) -> None:
    def read(first: date, last: date) -> tuple[dict[str, tuple[int | None, ...]], int, int]:
        with held.sessions.begin(Role.NIGHT) as session:
            found = statements.income(session, fund_code=FUND, first=first, as_of=last).figures
        assert found.unrealised_currency_result is not None and found.result.total is not None
        return told(found.income), found.unrealised_currency_result.minor // 100, found.result.total.minor // 100

    realised = {"realised_currency_result": (5, 0, 5), "income": (5, 0, 5)}
    assert read(date(2025, 1, 1), SEPTEMBER) == (realised, 5, 10)
    assert read(date(2025, 9, 2), DECEMBER) == ({}, -5, -5)
    assert read(date(2025, 1, 1), DECEMBER) == (realised, 0, 5), "10 and -5"


def test_conversions_are_a_line_of_the_cash_flow(held: TestDatabase) -> None:
    with held.sessions.begin(Role.NIGHT) as session:
        found = statements.cash_flow(session, fund_code=FUND, first=date(2025, 1, 1), as_of=DECEMBER).figures
    lines = {one.name: amounts(one) for one in found.lines if any(amounts(one))}
    assert lines == {"contributions": (1000, 0, 1000), "conversions": (-45, 55, 5)}
    assert amounts(found.closing) == (955, 55, 1005) and found.currency_result == Money(0, "EUR")
    assert not any(one.minor for one in found.difference)


def test_a_fund_that_holds_one_currency_has_one_column_and_no_rate(held: TestDatabase) -> None:
    with held.sessions.begin(Role.NIGHT) as session:
        before = statements.balance_sheet(session, fund_code=FUND, as_of=MARCH, seal=0)
        assert before.head.currencies == ("EUR",) and before.head.rates == ()


def test_bean_check_accepts_a_fund_of_two_currencies(held: TestDatabase, tmp_path: Path) -> None:
    text = exported(held.sessions, FUND)
    assert "open Assets:Cash EUR,USD" in text
    assert bean_check(text, tmp_path) == ""
