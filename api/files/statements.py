"""A fund's statements as sheets: what a spreadsheet, another program or a terminal gets of them, in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from api.files.sheets import Column, Sheet, Value
from api.files.statement_words import (
    ACCOUNT_KIND_WORDS,
    PART_OF_STATEMENT_WORDS,
    STATEMENT_LINE_WORDS,
    STATEMENT_WORDS,
    SUM_WORDS,
    account_words,
)
from domain.cash_flow import FlowName
from domain.desk.statements import (
    EVERY_ACCOUNT,
    CashFlow,
    ComparedStatement,
    FundStatement,
    StatementHead,
    WholeAccount,
    WholeJournal,
)
from domain.money import Money
from domain.statements import (
    OTHER_LINES,
    BalanceSheet,
    FigureLine,
    FigureTable,
    IncomeStatement,
)
from domain.trial_balance import TrialBalance, TrialBalanceLine, TrialBalanceSum, debit_of

Row = tuple[Value, ...]
_OTHERS = frozenset(OTHER_LINES.values())


def flat(found: FundStatement[Any]) -> dict[str, Any]:
    """Return a statement's head, figures, and compared days and figures, each side by side by name."""
    compared = found.compared
    beside = _names(compared) | _names(compared.figures) if compared else None
    return _names(found.head) | _names(found.figures) | {"compared": beside}


def _names(part: Any) -> dict[str, Any]:
    return {field.name: getattr(part, field.name) for field in fields(part)}


def file_name(head: StatementHead, name: str) -> str:
    """Return the name of a download: fund, statement, days and seal, so that two files are never mistaken."""
    span = f"{head.first}-to-{head.as_of}" if head.first else f"{head.as_of}"
    value_day = "-by-value-day" if head.by == "effective_on" else ""
    return f"{head.fund}-{name}-{span}{value_day}-seal-{head.seal}"


def account_file_name(whole: WholeAccount, flow: FlowName | None = None) -> str:
    """Return the name of an account's download: the account or the line of the cash flow, and whose postings."""
    name = flow.value.replace("_", "-") if flow else whole.account.code
    of = [one for one in (whole.instrument, None if name == EVERY_ACCOUNT else name) if one]
    return file_name(whole.head, "-".join(of))


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


def marks(head: StatementHead) -> tuple[tuple[str, Value], ...]:
    """Return what stands in every line of a CSV file, so that it tells by itself what it is."""
    first: tuple[tuple[str, Value], ...] = (("From", head.first),) if head.first else ()
    return (("Fund", head.fund), *first, ("Day", head.as_of), ("Seal", head.seal))


def trial_balance_sheet(found: FundStatement[TrialBalance], *, whole: bool = True) -> Sheet:
    """Return the trial balance: accounts, their sums, then memorandum apart. ``whole`` has what never moved too."""
    told = found.figures
    rows = [
        *_accounts(told.lines, told.sums, "Accounts", whole=whole),
        *_accounts(told.memorandum, told.memorandum_sums, "Memorandum", whole=whole),
    ]
    amounts = ("Opening debit", "Opening credit", "Debits", "Credits", "Closing debit", "Closing credit")
    columns = (
        Column("Part", 13), Column("Account", 32), Column("Kind", 16), Column("Currency", 9),
        *(Column(one, 20, figure=True) for one in amounts),
    )  # fmt: skip
    return _sheet("trial-balance", columns, rows, found.head)


def _accounts(
    lines: Iterable[TrialBalanceLine], sums: Iterable[TrialBalanceSum], part: str, *, whole: bool
) -> Iterator[Row]:
    for one in lines:
        if whole or one.shown:
            name = one.code if whole else account_words(one.code)
            yield (
                part, name, ACCOUNT_KIND_WORDS[one.kind], one.balance.currency,
                debit_of(one.opening), debit_of(-one.opening), one.debited, one.credited, one.debit, one.credit,
            )  # fmt: skip
    for total in sums:
        yield (
            part, "Total", None, total.debit.currency, total.opening_debit, total.opening_credit, total.debited,
            total.credited, total.debit, total.credit,
        )  # fmt: skip


def balance_sheet_sheet(found: FundStatement[BalanceSheet], *, whole: bool = True) -> Sheet:
    """Return the balance sheet, part by part, and what stands under it."""
    told, then, head = found.figures, found.compared, found.head
    rows: list[Row] = []
    for name in ("assets", "liabilities", "capital"):
        beside = getattr(then.figures, name) if then else None
        rows += _part(getattr(told, name), beside, head, whole=whole)
    under = PART_OF_STATEMENT_WORDS["memorandum"]
    for number, one in enumerate(told.memorandum):
        other = then.figures.memorandum[number] if then else None
        if whole or one.shown or (other and other.shown):
            rows.append(_row(under, STATEMENT_LINE_WORDS[one.name], one, head, whole=whole, beside=other))
    return _sheet("balance-sheet", _columns(head, then), rows, head)


def income_sheet(found: FundStatement[IncomeStatement], *, whole: bool = True) -> Sheet:
    """Return the income statement: income, expense, what the currencies gained, the result."""
    head, told, then = found.head, found.figures, found.compared
    rows: list[Row] = []
    for name in ("income", "expense"):
        beside = getattr(then.figures, name) if then else None
        rows += _part(getattr(told, name), beside, head, whole=whole)
    if (gained := told.unrealised_currency_result) is not None:
        blank = (None,) * len(head.currencies)
        other = (then.figures.unrealised_currency_result,) if then else ()
        rows.append(("Result", STATEMENT_LINE_WORDS["unrealised_currency_result"], None, *blank, gained, *other))
    beside = then.figures.result if then else None
    rows.append(_row("Result", STATEMENT_LINE_WORDS["result"], told.result, head, beside=beside))
    return _sheet("income", _columns(head, then), rows, head)


def cash_flow_sheet(found: FundStatement[CashFlow], *, whole: bool = True) -> Sheet:
    """Return the cash flow: cash at the start, what moved it by groups, cash at the end."""
    head, told = found.head, found.figures
    rows = [_row("Cash", STATEMENT_LINE_WORDS["opening"], told.opening, head, whole=whole)]
    for group in told.groups:
        shown = [one for one in group.lines if whole or one.shown]
        part = PART_OF_STATEMENT_WORDS[group.part]
        rows += [_row(part, STATEMENT_LINE_WORDS[one.name], one, head, whole=whole) for one in shown]
        rows += [_row(part, SUM_WORDS[group.part], group.sum, head)] if shown else []
    rows.append(_row("Cash", STATEMENT_LINE_WORDS["change"], told.change, head))
    if told.currency_result is not None:
        blank = (None,) * len(head.currencies)
        rows.append(("Cash", STATEMENT_LINE_WORDS["currency_result"], None, *blank, told.currency_result))
    rows.append(_row("Cash", STATEMENT_LINE_WORDS["closing"], told.closing, head, whole=whole))
    return _sheet("cash-flow", _columns(head, None), rows, head)


def _sheet(name: str, columns: tuple[Column, ...], rows: Iterable[Row], head: StatementHead) -> Sheet:
    return Sheet(STATEMENT_WORDS[name], columns, rows, about(head), marks(head))


def account_sheet(whole: WholeAccount) -> Sheet:
    """Return an account's postings with the balance after each, written while they are read."""
    head, account = whole.head, whole.account

    def rows() -> Iterator[Row]:
        yield (head.first, None, None, None, "Opening balance", None, None, None, None, None, whole.opening)
        for one in whole.lines:
            of = one.posting
            yield (
                of.booked_on, of.effective_on, of.entry_id, of.kind.replace("_", " "), of.reason, of.deal,
                of.instrument, of.seal, of.account, one.amount, one.balance,
            )  # fmt: skip

    columns = (
        Column("Booked on", 12), Column("Value day", 12), Column("Entry", 10), Column("Kind", 18),
        Column("Reason", 44), Column("Deal", 18), Column("Instrument", 18), Column("Entry's seal", 12),
        Column("Account", 24), Column(f"Amount, {account.currency}", 20, figure=True),
        Column(f"Balance, {account.currency}", 20, figure=True),
    )  # fmt: skip
    said = (*about(head), ("Account", account.code), ("Kind", ACCOUNT_KIND_WORDS[account.kind]))
    said += (("Instrument", whole.instrument),) if whole.instrument else ()
    title = " ".join(one for one in (whole.instrument, account_words(account.code)) if one)
    return Sheet(title, columns, rows(), said, marks(head))


def journal_sheet(whole: WholeJournal) -> Sheet:
    """Return the postings of all entries in the order of their booking, written while they are read."""

    def rows() -> Iterator[Row]:
        for of in whole.entries:
            for line, one in enumerate(of.postings, start=1):
                money = Money(one.minor, one.currency)
                yield (
                    of.booked_on, of.effective_on, of.id, line, of.kind.replace("_", " "), of.reason, of.deal,
                    one.instrument, of.reverses_id, of.seal, one.code, one.currency, debit_of(money), debit_of(-money),
                )  # fmt: skip

    columns = (
        Column("Booked on", 12), Column("Value day", 12), Column("Entry", 10), Column("Line", 6), Column("Kind", 18),
        Column("Reason", 44), Column("Deal", 18), Column("Instrument", 18), Column("Reverses", 10),
        Column("Entry's seal", 12), Column("Account", 24), Column("Currency", 9), Column("Debit", 20, figure=True),
        Column("Credit", 20, figure=True),
    )  # fmt: skip
    return _sheet("journal", columns, rows(), whole.head)


def _columns(head: StatementHead, then: ComparedStatement[Any] | None) -> tuple[Column, ...]:
    """Return the columns: each currency, the total where there are several, and the last of them for the other day."""
    amounts = list(head.currencies)
    amounts += [f"Total in {head.currency}"] if len(amounts) > 1 else []
    amounts += [f"{amounts[-1]}, {_days(then)}"] if then else []
    figures = (Column(one, 20, figure=True) for one in amounts)
    return (Column("Part", 22), Column("Line", 36), Column("Accounts", 34), *figures)


def _days(then: ComparedStatement[Any]) -> str:
    return f"{then.first} to {then.as_of}" if then.first else f"{then.as_of}"


def _part(table: FigureTable, beside: FigureTable | None, head: StatementHead, *, whole: bool) -> Iterator[Row]:
    part = PART_OF_STATEMENT_WORDS[table.part]
    for number, line in enumerate(table.lines):
        other = beside.lines[number] if beside else None
        if line.name in _OTHERS:
            yield from _each_account(part, line, other, head, whole=whole)
        elif whole or line.shown or (other and other.shown):
            yield _row(part, STATEMENT_LINE_WORDS[line.name], line, head, whole=whole, beside=other)
    yield _row(part, SUM_WORDS[table.part], table.sum, head, beside=beside.sum if beside else None)


def _each_account(
    part: str, line: FigureLine, beside: FigureLine | None, head: StatementHead, *, whole: bool
) -> Iterator[Row]:
    """Yield a row for each account of a source's own: nobody else knows what it stands for."""
    several = len(head.currencies) > 1
    then = {(one.code, one.amount.currency): one.amount for one in beside.accounts} if beside else {}
    for one in line.accounts:
        other = then.get((one.code, one.amount.currency))
        if one.amount.minor or (other and other.minor):
            name = one.code if whole else account_words(one.code)
            amounts = tuple(one.amount if of == one.amount.currency else None for of in head.currencies)
            blank = (None,) if several else ()
            last = () if beside is None else (None,) if several else (other or Money(0, one.amount.currency),)
            yield (part, STATEMENT_LINE_WORDS[line.name], name, *amounts, *blank, *last)


def _row(
    part: str,
    words: str,
    line: FigureLine,
    head: StatementHead,
    *,
    whole: bool = True,
    beside: FigureLine | None = None,
) -> Row:
    """Return a row; a file names accounts by their codes, a table for people by their names."""
    figures: list[Value] = list(line.amounts)
    if len(head.currencies) > 1:
        figures.append(line.total)
    if beside is not None:
        figures.append(beside.total if len(head.currencies) > 1 else beside.amounts[0])
    held = dict.fromkeys(one.code for one in line.accounts if one.amount.minor)
    codes = ", ".join(held if whole else map(account_words, held))
    return (part, words, codes, *figures)
