"""The pages of a fund's statements: every figure leads to what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from api.files.statement_words import (
    ACCOUNT_KIND_WORDS,
    PART_OF_STATEMENT_WORDS,
    SPANS,
    STATEMENT_LINE_WORDS,
    STATEMENT_WORDS,
    SUM_WORDS,
    account_words,
)
from api.pages.parts import Cell, Figure, Link, Mark, Page, Part, Row, Section, Text, line, table
from api.pages.reader import Reader
from api.pages.statement_parts import (
    account_address,
    address,
    amount_row,
    day_form,
    downloads,
    figure_rows,
    figures_table,
    heading,
    notes,
    ways,
)
from api.pages.words import say
from domain.desk.statements import CashFlow, ComparedStatement, FundStatement, StatementHead
from domain.money import Money
from domain.statements import (
    RESULTS,
    BalanceSheet,
    FigureLine,
    FigureTable,
    IncomeStatement,
)
from domain.trial_balance import TrialBalance, TrialBalanceLine, TrialBalanceSum, debit_of

T = TypeVar("T")


def balance_sheet_page(reader: Reader, found: FundStatement[BalanceSheet]) -> Page:
    """Return the page of a balance sheet, beside that of another day; commitments stand under it."""
    head, told, then = found.head, found.figures, _then(found)
    before = then.figures
    together = reader.gettext("Liabilities and capital")
    sums = [
        _sum_row(reader, found, told.liabilities, before.liabilities),
        _sum_row(reader, found, told.capital, before.capital),
        amount_row(
            reader, head, together, _both(told), href=_accounts_address(head), total=True, then=then,
            beside=_both(before), href_beside=_accounts_address(head, then),
        ),
    ]  # fmt: skip
    owes = any(one.shown for sheet in (told, before) for one in sheet.liabilities.lines)
    under = figure_rows(reader, head, told.memorandum, then, before.memorandum)
    tables = (
        _part(reader, found, told.assets, before.assets),
        *((_part(reader, found, told.liabilities, before.liabilities),) if owes else ()),
        _capital(reader, found),
        figures_table(reader, head, together, sums, first=_line(reader), then=then),
        figures_table(
            reader, head, say(reader, PART_OF_STATEMENT_WORDS, "memorandum"), under, first=_line(reader), then=then
        ),
    )
    return _page(reader, found, "balance-sheet", tables, difference=told.difference)


def _capital(reader: Reader, found: FundStatement[BalanceSheet]) -> Part:
    """Return the table of capital; the two results open to the income of their years."""
    head, told, then = found.head, found.figures.capital, _then(found)
    before = then.figures.capital
    rows: list[Row] = []
    for one, other in zip(told.lines, before.lines, strict=True):
        if one.name not in RESULTS:
            rows += figure_rows(reader, head, [one], then, [other])
        elif one.shown or other.shown:
            rows.append(
                amount_row(
                    reader, head, say(reader, STATEMENT_LINE_WORDS, one.name), one,
                    href=_income_address(head, one.name, head.as_of), then=then, beside=other,
                    href_beside=_income_address(head, one.name, then.as_of),
                )
            )  # fmt: skip
    rows.append(_sum_row(reader, found, told, before))
    return figures_table(
        reader, head, say(reader, PART_OF_STATEMENT_WORDS, "capital"), rows, first=_line(reader), then=then
    )


def _income_address(head: StatementHead, name: str, day: date) -> str:
    """Return the income of the year up to a day, or of all years before it."""
    begin = day.replace(month=1, day=1)
    if name == "result_of_the_year":
        return address(head, "income", **{"from": begin, "as_of": day})
    evening = begin - timedelta(days=1) if begin > date.min else begin
    return address(head, "income", **{"from": min(head.opened_on, evening), "as_of": evening})


def _both(sheet: BalanceSheet) -> FigureLine:
    owed, own = sheet.liabilities.sum, sheet.capital.sum
    amounts = tuple(one + other for one, other in zip(owed.amounts, own.amounts, strict=True))
    return FigureLine("both", amounts, total=_plus(owed.total, own.total))


def income_page(reader: Reader, found: FundStatement[IncomeStatement]) -> Page:
    """Return the page of an income statement, beside that of another span."""
    head, told, then = found.head, found.figures, _then(found)
    before = then.figures
    result = say(reader, STATEMENT_LINE_WORDS, "result")
    rows = []
    if told.unrealised_currency_result is not None:
        gained = (told.unrealised_currency_result, before.unrealised_currency_result)
        rows.append(_gained(reader, head, "unrealised_currency_result", *gained))
    rows.append(
        amount_row(
            reader, head, result, told.result, href=_accounts_address(head), total=True, then=then,
            beside=before.result, href_beside=_accounts_address(head, then),
        )
    )  # fmt: skip
    tables = (
        _part(reader, found, told.income, before.income),
        _part(reader, found, told.expense, before.expense),
        figures_table(reader, head, result, rows, first=_line(reader), quiet=True, then=then),
    )
    return _page(reader, found, "income", tables)


def cash_flow_page(reader: Reader, found: FundStatement[CashFlow]) -> Page:
    """Return the page of a cash flow by groups; each line opens to the entries that it adds up."""
    head, told = found.head, found.figures
    tables = [_cash_table(reader, head, [_opening_row(reader, head, told.opening)], "opening")]
    for group in told.groups:
        rows = [_flow_row(reader, head, one) for one in group.lines if one.shown]
        if rows:
            rows.append(amount_row(reader, head, say(reader, SUM_WORDS, group.part), group.sum, total=True))
            caption = say(reader, PART_OF_STATEMENT_WORDS, group.part)
            tables.append(figures_table(reader, head, caption, rows, first=_line(reader)))
    rows = [amount_row(reader, head, say(reader, STATEMENT_LINE_WORDS, "change"), told.change)]
    if told.currency_result is not None:
        rows.append(_gained(reader, head, "currency_result", told.currency_result))
    closing = say(reader, STATEMENT_LINE_WORDS, "closing")
    rows.append(amount_row(reader, head, closing, told.closing, accounts=told.closing.accounts, total=True))
    tables.append(_cash_table(reader, head, rows, "closing"))
    return _page(reader, found, "cash-flow", tables, difference=told.difference)


def _cash_table(reader: Reader, head: StatementHead, rows: Sequence[Row], name: str) -> Part:
    caption = say(reader, STATEMENT_LINE_WORDS, name)
    return figures_table(reader, head, caption, rows, first=_line(reader), quiet=True)


def _flow_row(reader: Reader, head: StatementHead, one: FigureLine) -> Row:
    cells = [
        Cell(
            reader.figure(money),
            account_address(head, "cash", money.currency, flow=one.name) if money.minor else "",
        )
        for money in one.amounts
    ]
    cells += [Cell(reader.figure(one.total) if one.total else "–")] if len(head.currencies) > 1 else []
    return line(Cell(say(reader, STATEMENT_LINE_WORDS, one.name)), *cells)


def trial_balance_page(reader: Reader, found: FundStatement[TrialBalance]) -> Page:
    """Return the page of a trial balance; memorandum accounts stand apart."""
    _ = reader.gettext
    head, told = found.head, found.figures
    still = sum(not one.shown for one in (*told.lines, *told.memorandum))
    quiet = reader.ngettext(
        "%s account holds nothing and did not move; it is left out.",
        "%s accounts hold nothing and did not move; they are left out.",
        still,
    )
    tables: list[Part] = [_accounts(reader, head, _("Accounts"), told.lines, told.sums)]
    if any(one.shown for one in told.memorandum):
        tables.append(_accounts(reader, head, _("Memorandum"), told.memorandum, told.memorandum_sums))
    if still:
        tables.append(Text(quiet % reader.number(still)))
    return _page(reader, found, "trial-balance", tables, difference=told.difference, by=True, wide=True)


def _page(
    reader: Reader,
    found: FundStatement[Any],
    place: str,
    tables: Sequence[Part],
    *,
    difference: Iterable[Money] = (),
    by: bool = False,
    wide: bool = False,
) -> Page:
    _ = reader.gettext
    head, then = found.head, found.compared
    kept: dict[str, Any] = {"compare": then.as_of} if then and then.asked else {}
    old = Mark(_("as known at seal %s") % reader.number(head.seal), "warn") if head.is_old else None
    compare = then.as_of if then and then.asked else then is not None
    form = day_form(reader, head, place, span=place in SPANS, by=by, compare=compare)
    return Page(
        title=say(reader, STATEMENT_WORDS, place),
        lead=f"{head.fund_name} ({head.fund})",
        mark=old,
        trail=(Link("/ledger", _("Ledger")),),
        facts=(*heading(reader, head, place, **kept), *_beside(reader, then)),
        parts=(*ways(reader, head, place), *notes(reader, head, place, difference, **kept), *tables),
        sections=(
            Section(_("Another day"), (form,), anchor="day"),
            Section(_("Download"), (downloads(reader, head, place, **kept),), anchor="download"),
        ),
        narrow=len(head.currencies) == 1 and not wide,
    )


def _beside(reader: Reader, then: ComparedStatement[Any] | None) -> tuple[Figure, ...]:
    """Say which days stand beside the statement's own, and by which rates their totals are made."""
    if then is None:
        return ()
    days = f"{reader.day(then.first)} – {reader.day(then.as_of)}" if then.first else reader.day(then.as_of)
    rates = "; ".join(rate.in_words() for rate in (*then.first_rates, *then.rates))
    return (Figure(reader.gettext("Beside it"), days, rates),)


def _part(reader: Reader, found: FundStatement[Any], part: FigureTable, before: FigureTable) -> Part:
    rows = figure_rows(reader, found.head, part.lines, found.compared, before.lines)
    rows.append(_sum_row(reader, found, part, before))
    caption = say(reader, PART_OF_STATEMENT_WORDS, part.part)
    return figures_table(reader, found.head, caption, rows, first=_line(reader), then=found.compared)


def _sum_row(reader: Reader, found: FundStatement[Any], part: FigureTable, before: FigureTable) -> Row:
    return amount_row(
        reader, found.head, say(reader, SUM_WORDS, part.part), part.sum, href=_accounts_address(found.head), total=True,
        then=found.compared, beside=before.sum, href_beside=_accounts_address(found.head, found.compared),
    )  # fmt: skip


def _opening_row(reader: Reader, head: StatementHead, opening: FigureLine) -> Row:
    """Return cash at the start: it opens to the account as it stood on the evening before."""
    words = say(reader, STATEMENT_LINE_WORDS, "opening")
    if head.first is None or head.first == date.min:
        return amount_row(reader, head, words, opening, total=True)
    evening = head.first - timedelta(days=1)
    said: dict[str, Any] = {"from": None, "as_of": evening}
    return amount_row(reader, head, words, opening, accounts=opening.accounts, total=True, **said)


def _accounts_address(head: StatementHead, then: ComparedStatement[Any] | None = None) -> str:
    """Return where a sum opens: every account of the days, or of the days beside them."""
    first, as_of = (then.first, then.as_of) if then else (head.first, head.as_of)
    return address(head, "trial-balance", **{"from": first, "as_of": as_of})


def _gained(reader: Reader, head: StatementHead, name: str, *gained: Money | None) -> Row:
    blank = [""] * len(head.currencies)
    return line(
        say(reader, STATEMENT_LINE_WORDS, name), *blank, *(reader.figure(one) if one else "–" for one in gained)
    )


def _accounts(
    reader: Reader,
    head: StatementHead,
    caption: str,
    lines: Iterable[TrialBalanceLine],
    sums: Iterable[TrialBalanceSum],
) -> Part:
    _ = reader.gettext
    several = len(head.currencies) > 1

    def cells(words: Cell, currency: str, *amounts: Cell, total: bool = False) -> Row:
        return line(words, *([Cell(currency)] if several else []), *amounts, total=total)

    rows = [_balance_row(reader, head, one, several=several) for one in lines if one.shown]
    rows += [
        cells(
            Cell(_("Sum")), one.debit.currency,
            *(
                Cell(reader.figure(amount))
                for amount in (
                    one.opening_debit, one.opening_credit, one.debited, one.credited, one.debit, one.credit
                )
            ),
            total=True,
        )
        for one in sums
        if any(amount.minor for amount in (one.opening_debit, one.debited, one.debit, one.credit))
    ]  # fmt: skip
    columns = (
        _("Account"), *([_("Currency")] if several else []), _("Opening debit"), _("Opening credit"), _("Debits"),
        _("Credits"), _("Closing debit"), _("Closing credit"),
    )  # fmt: skip
    figures = range(1 + several, 7 + several)
    return table(caption, columns, rows, figures=figures, empty=_("No account holds anything on this day."))


def _balance_row(reader: Reader, head: StatementHead, one: TrialBalanceLine, *, several: bool) -> Row:
    """Return an account's row: each figure opens to the postings that it adds up."""
    currency = one.balance.currency
    here = account_address(head, one.code, currency)
    first = head.first or date.min
    evening = first - timedelta(days=1) if first > date.min else first
    before = account_address(head, one.code, currency, **{"from": None, "as_of": evening})

    def cell(amount: Money | None, to: str) -> Cell:
        return Cell(reader.figure(amount), to) if amount and amount.minor else Cell()

    return line(
        Cell(account_words(one.code), here, note=say(reader, ACCOUNT_KIND_WORDS, one.kind)),
        *([Cell(currency)] if several else []),
        cell(debit_of(one.opening), before),
        cell(debit_of(-one.opening), before),
        cell(one.debited, here),
        cell(one.credited, here),
        cell(one.debit, here),
        cell(one.credit, here),
    )


def _then(found: FundStatement[T]) -> ComparedStatement[T]:
    assert found.compared is not None, "this statement stands beside that of other days"
    return found.compared


def _line(reader: Reader) -> str:
    return reader.gettext("What")


def _plus(one: Money | None, other: Money | None) -> Money | None:
    return None if one is None or other is None else one + other
