"""A fund's statements as sheets: what a spreadsheet, another program or a terminal gets of them, in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from api.files.sheets import Column, Sheet, Value
from api.pages.statement_words import (
    ACCOUNT_KIND_WORDS,
    PART_OF_STATEMENT_WORDS,
    STATEMENT_LINE_WORDS,
    STATEMENT_WORDS,
    SUM_WORDS,
    account_words,
)
from domain.desk.statements import CashFlow, FundStatement, StatementHead, WholeAccount
from domain.statements import (
    OTHER_LINES,
    BalanceSheet,
    FigureLine,
    FigureTable,
    IncomeStatement,
    TrialBalance,
    TrialBalanceLine,
    TrialBalanceSum,
)

Row = tuple[Value, ...]
_OTHERS = frozenset(OTHER_LINES.values())


def flat(found: FundStatement[Any]) -> dict[str, Any]:
    """Return a statement's head and figures side by side, by name."""
    return {field.name: getattr(part, field.name) for part in (found.head, found.figures) for field in fields(part)}


def file_name(head: StatementHead, name: str) -> str:
    """Return the name of a download: fund, statement, days and seal, so that two files are never mistaken."""
    span = f"{head.first}-to-{head.as_of}" if head.first else f"{head.as_of}"
    value_day = "-by-value-day" if head.by == "effective_on" else ""
    return f"{head.fund}-{name}-{span}{value_day}-seal-{head.seal}"


def about(head: StatementHead) -> tuple[tuple[str, Value], ...]:
    """Return what a file says of itself."""
    said: list[tuple[str, Value]] = [("Fund", head.fund_name), ("Code", head.fund)]
    said += [("From", head.first)] if head.first else []
    said += [("As of", head.as_of), ("By", "booking day" if head.by == "booked_on" else "value day")]
    said += [("Known at seal", head.seal)]
    said += [("Sealed", f"{head.sealed_at:%Y-%m-%d %H:%M} UTC")] if head.sealed_at else []
    said += [("Currency", head.currency)]
    said += [("Rate", f"{rate.in_words()} ({rate.source})") for rate in (*head.first_rates, *head.rates)]
    return tuple(said)


def trial_balance_sheet(found: FundStatement[TrialBalance], *, whole: bool = True) -> Sheet:
    """Return the trial balance: accounts, their sums, then memorandum apart. ``whole`` has what holds nothing too."""
    told = found.figures
    lines, memorandum = ([one for one in them if whole or one.balance.minor] for them in (told.lines, told.memorandum))
    rows = [
        *_accounts(lines, told.sums, "Accounts", whole=whole),
        *_accounts(memorandum, told.memorandum_sums, "Memorandum", whole=whole),
    ]
    columns = (
        Column("Part", 13), Column("Account", 32), Column("Kind", 16), Column("Currency", 9),
        Column("Debit", 20, figure=True), Column("Credit", 20, figure=True),
    )  # fmt: skip
    return Sheet(STATEMENT_WORDS["trial-balance"], columns, rows, about(found.head))


def _accounts(
    lines: Iterable[TrialBalanceLine], sums: Iterable[TrialBalanceSum], part: str, *, whole: bool
) -> Iterator[Row]:
    for one in lines:
        name = one.code if whole else account_words(one.code)
        yield (part, name, ACCOUNT_KIND_WORDS[one.kind], one.balance.currency, one.debit, one.credit)
    for total in sums:
        yield (part, "Total", None, total.debit.currency, total.debit, total.credit)


def balance_sheet_sheet(found: FundStatement[BalanceSheet], *, whole: bool = True) -> Sheet:
    """Return the balance sheet, part by part."""
    told = found.figures
    rows = [
        row for table in (told.assets, told.liabilities, told.capital) for row in _part(table, found.head, whole=whole)
    ]
    return Sheet(STATEMENT_WORDS["balance-sheet"], _columns(found.head), rows, about(found.head))


def income_sheet(found: FundStatement[IncomeStatement], *, whole: bool = True) -> Sheet:
    """Return the income statement: income, expense, what the currencies gained, the result."""
    head, told = found.head, found.figures
    rows = [row for table in (told.income, told.expense) for row in _part(table, head, whole=whole)]
    if (gained := told.unrealised_currency_result) is not None:
        blank = (None,) * len(head.currencies)
        rows.append(("Result", STATEMENT_LINE_WORDS["unrealised_currency_result"], None, *blank, gained))
    rows.append(_row("Result", STATEMENT_LINE_WORDS["result"], told.result, head))
    return Sheet(STATEMENT_WORDS["income"], _columns(head), rows, about(head))


def cash_flow_sheet(found: FundStatement[CashFlow], *, whole: bool = True) -> Sheet:
    """Return the cash flow: cash at the start, what moved it, cash at the end."""
    head, told = found.head, found.figures
    rows = [_row("Cash", STATEMENT_LINE_WORDS["opening"], told.opening, head, whole=whole)]
    rows += [
        _row("Flow", STATEMENT_LINE_WORDS[one.name], one, head, whole=whole) for one in told.lines if whole or one.shown
    ]
    if told.currency_result is not None:
        blank = (None,) * len(head.currencies)
        rows.append(("Flow", STATEMENT_LINE_WORDS["currency_result"], None, *blank, told.currency_result))
    rows.append(_row("Cash", STATEMENT_LINE_WORDS["closing"], told.closing, head, whole=whole))
    return Sheet(STATEMENT_WORDS["cash-flow"], _columns(head), rows, about(head))


def account_sheet(whole: WholeAccount) -> Sheet:
    """Return an account's postings with the balance after each, written while they are read."""
    head, account = whole.head, whole.account

    def rows() -> Iterator[Row]:
        yield (head.first, None, None, None, "Opening balance", None, None, None, None, whole.opening)
        for one in whole.lines:
            of = one.posting
            yield (
                of.booked_on, of.effective_on, of.entry_id, of.kind.replace("_", " "), of.reason, of.deal,
                of.instrument, of.seal, one.amount, one.balance,
            )  # fmt: skip

    columns = (
        Column("Booked on", 12), Column("Value day", 12), Column("Entry", 10), Column("Kind", 18),
        Column("Reason", 44), Column("Deal", 18), Column("Instrument", 18), Column("Seal", 9),
        Column(f"Amount, {account.currency}", 20, figure=True), Column(f"Balance, {account.currency}", 20, figure=True),
    )  # fmt: skip
    said = (*about(head), ("Account", account.code), ("Kind", ACCOUNT_KIND_WORDS[account.kind]))
    return Sheet(account_words(account.code), columns, rows(), said)


def _columns(head: StatementHead) -> tuple[Column, ...]:
    amounts = [Column(of, 20, figure=True) for of in head.currencies]
    if len(head.currencies) > 1:
        amounts.append(Column(f"Total in {head.currency}", 20, figure=True))
    return (Column("Part", 13), Column("Line", 36), Column("Accounts", 34), *amounts)


def _part(table: FigureTable, head: StatementHead, *, whole: bool) -> Iterator[Row]:
    part = PART_OF_STATEMENT_WORDS[table.part]
    for line in table.lines:
        if line.name in _OTHERS:
            yield from _each_account(part, line, head, whole=whole)
        elif whole or line.shown:
            yield _row(part, STATEMENT_LINE_WORDS[line.name], line, head, whole=whole)
    yield _row(part, SUM_WORDS[table.part], table.sum, head)


def _each_account(part: str, line: FigureLine, head: StatementHead, *, whole: bool) -> Iterator[Row]:
    """Yield a row for each account of a source's own: nobody else knows what it stands for."""
    blank = (None,) if len(head.currencies) > 1 else ()
    for one in line.accounts:
        amounts = tuple(one.amount if of == one.amount.currency else None for of in head.currencies)
        if one.amount.minor:
            name = one.code if whole else account_words(one.code)
            yield (part, STATEMENT_LINE_WORDS[line.name], name, *amounts, *blank)


def _row(part: str, words: str, line: FigureLine, head: StatementHead, *, whole: bool = True) -> Row:
    """Return a row; a file names accounts by their codes, a table for people by their names."""
    held = dict.fromkeys(one.code for one in line.accounts if one.amount.minor)
    codes = ", ".join(held if whole else map(account_words, held))
    total = (line.total,) if len(head.currencies) > 1 else ()
    return (part, words, codes, *line.amounts, *total)
