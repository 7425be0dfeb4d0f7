"""The pages of a fund's statements: every figure leads to what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from api.pages.parts import Cell, Link, Mark, Page, Part, Row, Section, Text, line, table
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
from api.pages.statement_words import (
    ACCOUNT_KIND_WORDS,
    PART_OF_STATEMENT_WORDS,
    STATEMENT_LINE_WORDS,
    STATEMENT_WORDS,
    SUM_WORDS,
    account_words,
)
from api.pages.words import say
from domain.desk.statements import CashFlow, FundStatement, StatementHead
from domain.money import Money
from domain.statements import (
    BalanceSheet,
    FigureLine,
    FigureTable,
    IncomeStatement,
    TrialBalance,
    TrialBalanceLine,
    TrialBalanceSum,
)


def balance_sheet_page(reader: Reader, found: FundStatement[BalanceSheet]) -> Page:
    """Return the page of a balance sheet."""
    head, told = found.head, found.figures
    earned = address(head, "income", **{"from": head.opened_on})
    own = [one for one in told.capital.lines if one.name != "accumulated_result"]
    kept = [one for one in told.capital.lines if one.name == "accumulated_result"]
    rows = figure_rows(reader, head, own)
    words = say(reader, STATEMENT_LINE_WORDS, "accumulated_result")
    rows += [amount_row(reader, head, words, one, href=earned) for one in kept]
    rows.append(_sum_row(reader, head, told.capital))
    sums = [_sum_row(reader, head, part) for part in (told.liabilities, told.capital)]
    both = FigureLine(
        "both",
        tuple(one + other for one, other in zip(told.liabilities.sum.amounts, told.capital.sum.amounts, strict=True)),
        total=_plus(told.liabilities.sum.total, told.capital.sum.total),
    )
    together = reader.gettext("Liabilities and capital")
    sums.append(amount_row(reader, head, together, both, href=_accounts_address(head), total=True))
    owes = any(one.shown for one in told.liabilities.lines)
    tables = (
        _part(reader, head, told.assets),
        *((_part(reader, head, told.liabilities),) if owes else ()),
        figures_table(reader, head, say(reader, PART_OF_STATEMENT_WORDS, "capital"), rows, first=_line(reader)),
        figures_table(reader, head, together, sums, first=_line(reader)),
    )
    return _page(reader, head, "balance-sheet", tables, difference=told.difference)


def income_page(reader: Reader, found: FundStatement[IncomeStatement]) -> Page:
    """Return the page of an income statement."""
    head, told = found.head, found.figures
    rows, opens = [], _accounts_address(head)
    if told.unrealised_currency_result is not None:
        rows.append(_gained(reader, head, "unrealised_currency_result", told.unrealised_currency_result))
    rows.append(
        amount_row(reader, head, say(reader, STATEMENT_LINE_WORDS, "result"), told.result, href=opens, total=True)
    )
    result = say(reader, STATEMENT_LINE_WORDS, "result")
    tables = (
        _part(reader, head, told.income),
        _part(reader, head, told.expense),
        figures_table(reader, head, result, rows, first=_line(reader), quiet=True),
    )
    return _page(reader, head, "income", tables, span=True)


def cash_flow_page(reader: Reader, found: FundStatement[CashFlow]) -> Page:
    """Return the page of a cash flow; each line opens to the entries that it adds up."""
    head, told = found.head, found.figures
    rows = [_opening_row(reader, head, told.opening)]
    for one in told.lines:
        if one.shown:
            cells = [
                Cell(reader.figure(money), account_address(head, "cash", money.currency, flow=one.name))
                if money.minor
                else Cell(reader.figure(money))
                for money in one.amounts
            ]
            cells += [Cell(reader.figure(one.total) if one.total else "–")] if len(head.currencies) > 1 else []
            rows.append(line(Cell(say(reader, STATEMENT_LINE_WORDS, one.name)), *cells))
    if told.currency_result is not None:
        rows.append(_gained(reader, head, "currency_result", told.currency_result))
    closing = say(reader, STATEMENT_LINE_WORDS, "closing")
    rows.append(amount_row(reader, head, closing, told.closing, accounts=told.closing.accounts, total=True))
    caption = say(reader, STATEMENT_WORDS, "cash-flow")
    tables = (figures_table(reader, head, caption, rows, first=_line(reader), quiet=True),)
    return _page(reader, head, "cash-flow", tables, difference=told.difference, span=True)


def trial_balance_page(reader: Reader, found: FundStatement[TrialBalance]) -> Page:
    """Return the page of a trial balance; memorandum accounts stand apart."""
    _ = reader.gettext
    head, told = found.head, found.figures
    still = sum(not one.balance.minor for one in (*told.lines, *told.memorandum))
    quiet = reader.ngettext(
        "%s account holds nothing and is left out.", "%s accounts hold nothing and are left out.", still
    )
    tables: list[Part] = [_accounts(reader, head, _("Accounts"), told.lines, told.sums)]
    if any(one.balance.minor for one in told.memorandum):
        tables.append(_accounts(reader, head, _("Memorandum"), told.memorandum, told.memorandum_sums))
    if still:
        tables.append(Text(quiet % reader.number(still)))
    lacking = [one.debit - one.credit for one in (*told.sums, *told.memorandum_sums)]
    return _page(reader, head, "trial-balance", tables, difference=lacking, by=True, wide=True)


def _page(
    reader: Reader,
    head: StatementHead,
    place: str,
    tables: Sequence[Part],
    *,
    difference: Iterable[Money] = (),
    span: bool = False,
    by: bool = False,
    wide: bool = False,
) -> Page:
    _ = reader.gettext
    old = Mark(_("as known at seal %s") % reader.number(head.seal), "warn") if head.is_old else None
    return Page(
        title=say(reader, STATEMENT_WORDS, place),
        lead=f"{head.fund_name} ({head.fund})",
        mark=old,
        trail=(Link("/ledger", _("Ledger")),),
        facts=heading(reader, head, place),
        parts=(*ways(reader, head, place), *notes(reader, head, place, difference), *tables),
        sections=(
            Section(_("Another day"), (day_form(reader, head, place, span=span, by=by),), anchor="day"),
            Section(_("Download"), (downloads(reader, head, place),), anchor="download"),
        ),
        narrow=len(head.currencies) == 1 and not wide,
    )


def _part(reader: Reader, head: StatementHead, part: FigureTable) -> Part:
    rows = [*figure_rows(reader, head, part.lines), _sum_row(reader, head, part)]
    return figures_table(reader, head, say(reader, PART_OF_STATEMENT_WORDS, part.part), rows, first=_line(reader))


def _sum_row(reader: Reader, head: StatementHead, part: FigureTable) -> Row:
    return amount_row(
        reader, head, say(reader, SUM_WORDS, part.part), part.sum, href=_accounts_address(head), total=True
    )


def _opening_row(reader: Reader, head: StatementHead, opening: FigureLine) -> Row:
    """Return cash at the start: it opens to the account as it stood on the evening before."""
    words = say(reader, STATEMENT_LINE_WORDS, "opening")
    if head.first is None or head.first == date.min:
        return amount_row(reader, head, words, opening, total=True)
    evening = head.first - timedelta(days=1)
    said: dict[str, Any] = {"from": None, "as_of": evening}
    return amount_row(reader, head, words, opening, accounts=opening.accounts, total=True, **said)


def _accounts_address(head: StatementHead) -> str:
    """Return where a sum opens: every account of the day."""
    return address(head, "trial-balance", **{"from": None})


def _gained(reader: Reader, head: StatementHead, name: str, gained: Money) -> Row:
    blank = [""] * len(head.currencies)
    return line(say(reader, STATEMENT_LINE_WORDS, name), *blank, reader.figure(gained))


def _accounts(
    reader: Reader,
    head: StatementHead,
    caption: str,
    lines: Iterable[TrialBalanceLine],
    sums: Iterable[TrialBalanceSum],
) -> Part:
    _ = reader.gettext
    rows = [
        line(
            Cell(account_words(one.code), account_address(head, one.code, one.balance.currency)),
            say(reader, ACCOUNT_KIND_WORDS, one.kind),
            one.balance.currency,
            reader.figure(one.debit) if one.debit else "",
            reader.figure(one.credit) if one.credit else "",
        )
        for one in lines
        if one.balance.minor
    ]
    rows += [
        line(_("Sum"), "", one.debit.currency, reader.figure(one.debit), reader.figure(one.credit), total=True)
        for one in sums
        if one.debit.minor or one.credit.minor
    ]
    columns = (_("Account"), _("Kind"), _("Currency"), _("Debit"), _("Credit"))
    return table(caption, columns, rows, figures=(3, 4), empty=_("No account holds anything on this day."))


def _line(reader: Reader) -> str:
    return reader.gettext("What")


def _plus(one: Money | None, other: Money | None) -> Money | None:
    return None if one is None or other is None else one + other
