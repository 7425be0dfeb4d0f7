"""Statements of a fund whose every entry is known: each figure is added up by hand in ``conftest.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlmodel import Session

from api.database.roles import Role
from api.pages.parts import Table
from api.pages.reader import Reader
from api.pages.statement_page import cash_flow_page
from domain.cash_flow import FlowName
from domain.desk import statements
from domain.desk.refusals import SealBeyondHead
from domain.desk.statements import AccountLine, ByDay
from domain.errors import InputRefused, NotFound
from domain.money import Money
from domain.statements import BalanceSheet, FigureLine, FigureTable
from tests.statements.conftest import FUND, YEAR_END, Story


@pytest.fixture
def reading(told: Story) -> Iterator[Session]:
    with told.database.sessions.begin(Role.NIGHT) as session:
        yield session


def euros(money: Money) -> int:
    assert money.currency == "EUR" and money.minor % 100 == 0
    return money.minor // 100


def figures(table: FigureTable) -> dict[str, int]:
    """The lines that hold something, and the sum, in euros."""
    return {one.name: euros(one.amounts[0]) for one in (*table.lines, table.sum) if one.amounts[0].minor}


def sheet(session: Session, day: str, seal: int | None = None) -> BalanceSheet:
    return statements.balance_sheet(session, fund_code=FUND, as_of=date.fromisoformat(day), seal=seal).figures


@pytest.mark.parametrize(
    ("day", "assets", "capital"),
    [
        pytest.param("2025-01-09", {}, {}, id="before the first entry"),
        pytest.param(
            "2025-01-31",
            {"cash": 1000, "assets": 1000},
            {"contributed": 1000, "capital": 1000},
            id="a commitment is on no balance sheet",
        ),
        pytest.param(
            "2025-03-31",
            {"cash": 600, "loans": 400, "interest_and_fees_receivable": 60, "assets": 1060},
            {"contributed": 1000, "result_of_the_year": 60, "capital": 1060},
            id="drawn, and interest earned",
        ),
        pytest.param(
            "2025-10-01",
            {"cash": 605, "loans": 300, "interest_and_fees_receivable": 10, "equity_at_cost": 100, "assets": 1015},
            {"contributed": 1000, "result_of_the_year": 15, "capital": 1015},
            id="with the mistake in it",
        ),
        pytest.param(
            "2025-12-31",
            {"cash": 570, "loans": 300, "interest_and_fees_receivable": 10, "equity_at_cost": 100, "assets": 980},
            {"contributed": 1000, "distributions": -40, "result_of_the_year": 20, "capital": 980},
            id="the end of the year",
        ),
    ],
)  # fmt: skip
def test_the_balance_sheet(reading: Session, day: str, assets: dict[str, int], capital: dict[str, int]) -> None:
    found = sheet(reading, day)
    assert figures(found.assets) == assets
    assert figures(found.capital) == capital
    assert figures(found.liabilities) == {}
    assert found.difference == (Money(0, "EUR"),)


@pytest.mark.parametrize(
    ("first", "last", "told_income", "told_expense", "result"),
    [
        pytest.param(None, "2025-12-31", {"interest": 60, "income": 60},
                     {"losses": 10, "running_costs": 30, "expense": 40}, 20, id="the year, if no first day is named"),
        pytest.param("2025-01-01", "2025-03-31", {"interest": 60, "income": 60}, {}, 60, id="the first quarter"),
        pytest.param("2025-04-01", "2025-06-30", {}, {"running_costs": 30, "expense": 30}, -30, id="the second"),
        pytest.param("2025-10-01", "2025-10-01", {}, {"running_costs": 5, "expense": 5}, -5, id="one day"),
        pytest.param("2025-10-02", "2025-10-02", {}, {"running_costs": -5, "expense": -5}, 5, id="the reversal's day"),
    ],
)  # fmt: skip
def test_income_of_a_span(
    reading: Session,
    first: str | None,
    last: str,
    told_income: dict[str, int],
    told_expense: dict[str, int],
    result: int,
) -> None:
    found = statements.income(
        reading, fund_code=FUND, first=date.fromisoformat(first) if first else None, as_of=date.fromisoformat(last)
    )
    assert found.head.first == date.fromisoformat(first or "2025-01-01")
    assert figures(found.figures.income) == told_income
    assert figures(found.figures.expense) == told_expense
    assert euros(found.figures.result.amounts[0]) == result


FLOWS_OF_THE_YEAR = {
    "contributions": 1000, "loans_paid_out": -400, "stakes_bought": -200, "principal_received": 100,
    "interest_and_fees_received": 50, "stakes_sold": 90, "running_costs": -35, "distributions": -40,
    "operating_reversals": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "opening", "flows", "closing"),
    [
        pytest.param("2025-01-01", "2025-12-31", 0, FLOWS_OF_THE_YEAR, 570, id="the year"),
        pytest.param("2025-04-01", "2025-04-30", 600, {"principal_received": 100, "interest_and_fees_received": 50},
                     750, id="a receipt is told as principal and interest"),
        pytest.param("2025-09-01", "2025-09-30", 520, {"stakes_sold": 90}, 610, id="a sale brings what came in"),
        pytest.param("2025-10-02", "2025-10-02", 605, {"operating_reversals": 5}, 610,
                     id="a reversal is a class of its own"),
        pytest.param("2025-07-01", "2025-07-31", 520, {}, 520, id="nothing moved"),
    ],
)  # fmt: skip
def test_the_cash_flow(
    reading: Session, first: str, last: str, opening: int, flows: dict[str, int], closing: int
) -> None:
    found = statements.cash_flow(
        reading, fund_code=FUND, first=date.fromisoformat(first), as_of=date.fromisoformat(last)
    ).figures
    assert euros(found.opening.amounts[0]) == opening
    assert {one.name: euros(one.amounts[0]) for one in found.lines if one.amounts[0].minor} == flows
    assert euros(found.closing.amounts[0]) == closing
    assert found.difference == (Money(0, "EUR"),)


def test_the_trial_balance_has_debits_and_credits_apart_and_equal(reading: Session) -> None:
    found = statements.trial_balance(reading, fund_code=FUND, as_of=YEAR_END).figures
    debits = {one.code: euros(one.debit) for one in found.lines if one.debit}
    credited = {one.code: euros(one.credit) for one in found.lines if one.credit}
    assert debits == {
        "cash": 570, "loan_principal": 300, "interest_receivable": 10, "equity_at_cost": 100, "distributions": 40,
        "losses": 10, "running_costs": 30,
    }  # fmt: skip
    assert credited == {"contributed": 1000, "interest_income": 60}
    assert [(euros(one.debit), euros(one.credit)) for one in found.sums] == [(1060, 1060)]
    assert {one.code: euros(one.balance) for one in found.memorandum if one.balance.minor} == {
        "commitments_undrawn": 100, "commitments_given": -100,
    }  # fmt: skip
    assert [(euros(one.debit), euros(one.credit)) for one in found.memorandum_sums] == [(100, 100)]


@pytest.mark.parametrize(("by", "costs"), [("booked_on", 0), ("effective_on", 30)])
def test_the_trial_balance_by_value_day(reading: Session, by: ByDay, costs: int) -> None:
    found = statements.trial_balance(reading, fund_code=FUND, as_of=date(2025, 4, 30), by=by).figures
    assert sum(euros(one.balance) for one in found.lines if one.code == "running_costs") == costs


def lines_of(session: Session, **asked: object) -> list[tuple[str, int, int]]:
    said = {"fund_code": FUND, "code": "cash", "as_of": YEAR_END, **asked}
    found = statements.account_statement(session, **said).figures  # type: ignore[arg-type]  # a table's words
    return [(one.posting.reason, euros(one.amount), euros(one.balance)) for one in found.lines]


def test_an_account_is_told_entry_by_entry(reading: Session) -> None:
    found = statements.account_statement(
        reading, fund_code=FUND, code="cash", first=date(2025, 4, 1), as_of=date(2025, 9, 1)
    ).figures
    assert (euros(found.opening), euros(found.closing), found.count) == (600, 610, 4)
    assert [(one.posting.reason, euros(one.amount), euros(one.balance)) for one in found.lines] == [
        ("received", 150, 750), ("rent", -30, 720), ("bought", -200, 520), ("sold", 90, 610),
    ]  # fmt: skip
    rent = found.lines[1].posting
    assert (rent.booked_on, rent.effective_on, rent.kind) == (date(2025, 5, 2), date(2025, 4, 30), "running_cost")
    assert rent.seal > 0


def test_by_value_day_an_entry_stands_on_its_value_day(reading: Session) -> None:
    may = {"first": date(2025, 5, 1), "as_of": date(2025, 5, 31)}
    assert [reason for reason, _, _ in lines_of(reading, **may)] == ["rent"]
    assert lines_of(reading, **may, by="effective_on") == []
    april = {"first": date(2025, 4, 30), "as_of": date(2025, 4, 30)}
    assert lines_of(reading, **april, by="effective_on") == [("rent", -30, 720)]


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 10, 100])
def test_pages_of_an_account_are_the_whole_account(reading: Session, limit: int) -> None:
    told: list[AccountLine] = []
    after, pages = None, 0
    while True:
        found = statements.account_statement(
            reading, fund_code=FUND, code="cash", as_of=YEAR_END, after=after, limit=limit
        ).figures
        assert found.before == (told[-1].balance if told else found.opening), "a page begins where the last one ended"
        told += found.lines
        after, pages = found.next, pages + 1
        if after is None:
            break
    assert [one.posting.reason for one in told] == [
        "paid in", "drawn", "received", "rent", "bought", "sold", "mistake", "taken back", "given out",
    ]  # fmt: skip
    assert told[-1].balance == found.closing == Money(570_00, "EUR")
    assert pages == -(-9 // limit)


def test_a_whole_account_is_what_its_pages_are(reading: Session) -> None:
    said = {"fund_code": FUND, "code": "cash", "as_of": YEAR_END, "first": date(2025, 4, 1)}
    paged = statements.account_statement(reading, **said).figures  # type: ignore[arg-type]  # a table's words
    whole = statements.whole_account(reading, **said)  # type: ignore[arg-type]  # as above
    assert (whole.opening, tuple(whole.lines)) == (paged.opening, paged.lines)
    assert (whole.account.code, whole.account.kind) == ("cash", "asset")


@pytest.mark.parametrize("flow", FlowName)
def test_every_line_of_the_cash_flow_opens_to_its_entries(reading: Session, flow: FlowName) -> None:
    found = statements.account_statement(
        reading, fund_code=FUND, code="cash", first=date(2025, 1, 1), as_of=YEAR_END, flow=flow
    ).figures
    assert euros(found.closing) == FLOWS_OF_THE_YEAR.get(flow.value, 0)
    assert sum(one.amount.minor for one in found.lines) == found.closing.minor


def test_a_flow_tells_only_the_part_of_an_entry_that_is_its_own(reading: Session) -> None:
    assert lines_of(reading, flow=FlowName.PRINCIPAL_RECEIVED) == [("received", 100, 100)]
    assert lines_of(reading, flow=FlowName.STAKES_SOLD) == [("sold", 100, 100), ("sold", -10, 90)]
    assert lines_of(reading, flow=FlowName.OPERATING_REVERSALS) == [("taken back", 5, 5)]


def test_a_statement_as_known_at_an_old_seal_stays_as_it_was(story: Story) -> None:
    def read(seal: int | None) -> tuple[object, ...]:
        with story.database.sessions.begin(Role.NIGHT) as session:
            asked = {"fund_code": FUND, "as_of": YEAR_END, "seal": seal}
            year = {**asked, "first": date(2025, 1, 1)}
            return (
                statements.trial_balance(session, **asked).figures,  # type: ignore[arg-type]  # a table's words
                statements.balance_sheet(session, **asked).figures,  # type: ignore[arg-type]  # as above
                statements.income(session, **year).figures,  # type: ignore[arg-type]  # as above
                statements.cash_flow(session, **year).figures,  # type: ignore[arg-type]  # as above
                statements.account_statement(session, **year, code="cash").figures,  # type: ignore[arg-type]  # as above
            )

    with story.database.sessions.begin(Role.NIGHT) as session:
        head = statements.balance_sheet(session, fund_code=FUND, as_of=YEAR_END).head
    assert not head.is_old
    then = read(head.seal)
    story.book("late", "running_cost", "2025-12-30", running_costs=7, cash=-7)
    assert read(head.seal) == then
    assert read(None) == then, "what is not sealed is not known"
    story.seal()
    assert read(head.seal) == then
    now = read(None)
    assert all(one != other for one, other in zip(now, then, strict=True))
    with story.database.sessions.begin(Role.NIGHT) as session:
        assert figures(sheet(session, "2025-12-31").assets)["cash"] == 563
        old = statements.balance_sheet(session, fund_code=FUND, as_of=YEAR_END, seal=head.seal).head
        assert (old.is_old, old.last_seal) == (True, head.seal + 1)


@pytest.mark.parametrize(
    ("asked", "refusal", "words"),
    [
        pytest.param({"fund_code": "NONE"}, NotFound, "there is no fund NONE", id="an unknown fund"),
        pytest.param({"seal": 10**6}, SealBeyondHead, "does not exist yet", id="a seal that does not exist yet"),
        pytest.param({"code": "gold"}, NotFound, "there is no account gold in EUR", id="an unknown account"),
        pytest.param({"currency": "USD"}, NotFound, "there is no account cash in USD", id="another currency"),
        pytest.param({"first": date(2026, 1, 1)}, InputRefused, "lies after the last day", id="wrong order"),
        pytest.param({"code": "losses", "flow": FlowName.OTHER}, InputRefused, "no other account", id="elsewhere"),
        pytest.param({"flow": FlowName.OTHER, "by": "effective_on"}, InputRefused, "by booking day", id="by value day"),
        pytest.param({"after": "2025-01-01"}, InputRefused, "what `next` said", id="a place that is none"),
        pytest.param({"after": "2025-01-01~x~1"}, InputRefused, "what `next` said", id="a place in words"),
        pytest.param({"after": "2025-99-01~1~1"}, InputRefused, "what `next` said", id="a day that is none"),
        pytest.param({"after": f"2025-01-01~{'9' * 30}~1"}, InputRefused, "what `next` said", id="an endless number"),
    ],
)  # fmt: skip
def test_what_is_refused(reading: Session, asked: dict[str, object], refusal: type[Exception], words: str) -> None:
    with pytest.raises(refusal, match=words):
        lines_of(reading, **asked)


@pytest.mark.parametrize("ask", [statements.income, statements.cash_flow])
def test_a_day_that_the_book_has_not_reached_is_refused_in_words(reading: Session, ask: Callable[..., object]) -> None:
    for day in (date(2026, 1, 1), date(2099, 3, 31), date.max):
        with pytest.raises(InputRefused, match="has reached 31 Dec 2025; ask for that day or an earlier one"):
            ask(reading, fund_code=FUND, first=None, as_of=day)


def test_the_calendar_s_first_day_is_a_day_like_any_other(reading: Session) -> None:
    day = date.min
    assert statements.income(reading, fund_code=FUND, first=day, as_of=day).figures.result.amounts[0].minor == 0
    assert statements.cash_flow(reading, fund_code=FUND, first=None, as_of=day).figures.difference[0].minor == 0
    assert lines_of(reading, first=day, as_of=day) == []


def test_a_line_is_told_whose_figure_is_looked_for() -> None:
    assert FigureLine("provisions", (Money(0, "EUR"),)).shown
    assert not FigureLine("fees", (Money(0, "EUR"),)).shown


def test_cash_at_the_start_opens_to_the_evening_before(reading: Session) -> None:
    found = statements.cash_flow(reading, fund_code=FUND, first=date(2025, 4, 1), as_of=date(2025, 12, 31))
    cash, *_ = [part for part in cash_flow_page(Reader(None, "en_GB", "en"), found).parts if isinstance(part, Table)]
    opening = cash.rows[0].cells[1]
    assert (opening.words, opening.href) == ("600.00", f"/ledger/{FUND}/accounts/cash?as_of=2025-03-31")
