"""What a fund's accounts add up to: balance sheet and income.

Inside the book a debit is positive. A statement shows what its reader expects: an asset or an expense above zero where
it is a debit; a liability, capital or income above zero where it is a credit; provisions as what they take off the
assets. Which account stands on which line is data (``LINES``); a source's own accounts stand on the other line of
their kind, under their codes. Memorandum accounts are on no line: what was promised and not yet paid out is told under
the balance sheet, the rest on the trial balance.

Every currency is added up by itself and balances by itself. Where a fund has more than one, each line also has a total
in the fund's currency. What was gained or lost on money converted back is income; what the money held gained since
is a line of capital, ``unrealised_currency_result``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.ledger import AccountKind
from domain.money import Money

Balances = Mapping[tuple[str, str], int]
"""Minor units by account code and currency, debit positive."""

Kinds = Mapping[tuple[str, str], str]
"""The side of the books that each account stands on."""

Translate = Callable[[int, str], int | None]
"""From minor units of a currency to minor units of the fund's; None where the day has no rate for the currency."""


class StatementPart(StrEnum):
    """The parts of a balance sheet and of an income statement."""

    ASSETS = "assets"
    LIABILITIES = "liabilities"
    CAPITAL = "capital"
    INCOME = "income"
    EXPENSE = "expense"


LINES: dict[StatementPart, dict[str, tuple[str, ...]]] = {
    StatementPart.ASSETS: {
        "cash": ("cash",),
        "loans": ("loan_principal",),
        "provisions": ("provisions",),
        "interest_and_fees_receivable": ("interest_receivable", "fees_receivable"),
        "equity_at_cost": ("equity_at_cost",),
        "royalties_at_cost": ("royalty_at_cost",),
        "royalties_receivable": ("royalty_receivable",),
        "owed_by_contributors": ("contributor_receivable",),
        "recoveries_receivable": ("recoveries_receivable",),
        "other_assets": (),
    },
    StatementPart.LIABILITIES: {
        "relief_payable": ("relief_payable",),
        "owed_to_contributors": ("owed_to_contributors",),
        "unmatched_receipts": ("suspense",),
        "source_differences": ("source_difference",),
        "other_liabilities": (),
    },
    StatementPart.CAPITAL: {
        "contributed": ("contributed",),
        "distributions": ("distributions",),
        "opening_positions": ("opening_positions",),
        "other_capital": (),
        "result_of_earlier_years": (),
        "result_of_the_year": (),
        "unrealised_currency_result": ("currency_position",),
    },
    StatementPart.INCOME: {
        "interest": ("interest_income",),
        "fees": ("fee_income",),
        "royalties": ("royalty_income",),
        "dividends": ("dividend_income",),
        "realised_gains": ("realised_gains",),
        "recoveries": ("recovery_income",),
        "realised_currency_result": ("currency_result",),
        "other_income": (),
    },
    StatementPart.EXPENSE: {
        "promotional": ("promotional_expense",),
        "provision_expense": ("provision_expense",),
        "losses": ("losses",),
        "running_costs": ("running_costs",),
        "other_expense": (),
    },
}
"""Each part's lines in their order, and the accounts on each. The two results are all income less all expense: of the
years before the day's own, and of the days of that year up to it (HGB § 266: Gewinnvortrag, Jahresüberschuss).
"""

MEMORANDUM_LINES: dict[str, tuple[str, ...]] = {
    "commitments_undrawn": ("commitments_undrawn",),
    "approved_not_signed": ("approved_unsigned",),
}
"""What stands under a balance sheet: promises that may become loans (RechKredV § 27: irrevocable commitments)."""

RESULTS = ("result_of_earlier_years", "result_of_the_year")
ALWAYS_SHOWN = frozenset({"cash", "provisions", "provision_expense", "result_of_the_year", "commitments_undrawn"})
"""Lines that a reader looks for, so that a zero is said. Provisions stay at zero until somebody may make them."""

PART_OF_KIND = {
    AccountKind.ASSET: StatementPart.ASSETS,
    AccountKind.CONTRA: StatementPart.ASSETS,
    AccountKind.LIABILITY: StatementPart.LIABILITIES,
    AccountKind.CAPITAL: StatementPart.CAPITAL,
    AccountKind.INCOME: StatementPart.INCOME,
    AccountKind.EXPENSE: StatementPart.EXPENSE,
}
OTHER_LINES = {
    StatementPart.ASSETS: "other_assets",
    StatementPart.LIABILITIES: "other_liabilities",
    StatementPart.CAPITAL: "other_capital",
    StatementPart.INCOME: "other_income",
    StatementPart.EXPENSE: "other_expense",
}
_PLACES = {code: (part, name) for part, lines in LINES.items() for name, codes in lines.items() for code in codes}
_DEBIT_PARTS = frozenset({StatementPart.ASSETS, StatementPart.EXPENSE})


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """What one account puts on a line, with the line's sign."""

    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A line of a statement: an amount per currency of the fund, and its accounts.

    ``total`` is in the fund's currency; None where the fund has one currency only, or a rate is missing.
    """

    name: str
    amounts: tuple[Money, ...]
    accounts: tuple[AccountFigure, ...] = ()
    total: Money | None = None

    @property
    def shown(self) -> bool:
        """Whether a printed statement shows the line: it holds something, or a reader looks for it."""
        moved = any(one.amount.minor for one in self.accounts) or any(one.minor for one in self.amounts)
        return moved or bool(self.total and self.total.minor) or self.name in ALWAYS_SHOWN


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A part of a statement: its lines and their sum."""

    part: StatementPart
    lines: tuple[FigureLine, ...]
    sum: FigureLine


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """Assets against liabilities and capital. ``difference`` is what they lack of being equal, per currency: zero.

    ``memorandum`` stands under the balance sheet and is in none of its sums.
    """

    assets: FigureTable
    liabilities: FigureTable
    capital: FigureTable
    memorandum: tuple[FigureLine, ...]
    difference: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class IncomeStatement:
    """What a span of days earned and cost. ``result`` is income less expense; its total has the unrealised result too.

    ``unrealised_currency_result`` is what the money held in other currencies gained in the span; None for one currency.
    """

    income: FigureTable
    expense: FigureTable
    unrealised_currency_result: Money | None
    result: FigureLine


def place_of(code: str, kind: str) -> tuple[StatementPart, str]:
    """Return the part and the line on which an account stands. A memorandum account stands on none: do not ask."""
    part = PART_OF_KIND[AccountKind(kind)]
    placed = _PLACES.get(code)
    if placed is not None and (placed[0] == part or code == "currency_position"):
        return placed
    return part, OTHER_LINES[part]


def currencies_of(balances: Iterable[Balances], *, currency: str) -> tuple[str, ...]:
    """Return the currencies that hold something in any of the balances, the fund's own first."""
    held = {one for them in balances for (_, one), minor in them.items() if minor}
    return (currency, *sorted(held - {currency}))


def balance_sheet(
    balances: Balances,
    kinds: Kinds,
    *,
    currencies: Sequence[str],
    year_before: Balances,
    translate: Translate | None = None,
) -> BalanceSheet:
    """Return the balance sheet; the fund's own currency is the first of ``currencies``.

    ``year_before`` are the balances on the evening before the day's year began. In the total the unrealised result
    takes what is left between the two sides: the position accounts at the day's rates and, within a unit for each
    account, what rounding leaves.
    """
    translate = translate if len(currencies) > 1 else None
    assets, liabilities, capital = (
        _table(part, balances, kinds, currencies, translate)
        for part in (StatementPart.ASSETS, StatementPart.LIABILITIES, StatementPart.CAPITAL)
    )
    earned = dict(zip(RESULTS, (year_before, _moved(year_before, balances)), strict=True))
    results = {name: _result_of(held, kinds, currencies, translate, name) for name, held in earned.items()}
    lines = [results.get(one.name, one) for one in capital.lines]
    left = _minus(assets.sum.total, liabilities.sum.total)
    for line in lines:
        left = left if line.name == "unrealised_currency_result" else _minus(left, line.total)
    lines = [_with_total(one, left) if one.name == "unrealised_currency_result" else one for one in lines]
    capital = FigureTable(StatementPart.CAPITAL, tuple(lines), sum_of("capital", lines, currencies))
    difference = tuple(
        asset - liability - own
        for asset, liability, own in zip(
            assets.sum.amounts, liabilities.sum.amounts, capital.sum.amounts, strict=True
        )
    )  # fmt: skip
    return BalanceSheet(assets, liabilities, capital, _memorandum(balances, currencies, translate), difference)


def _result_of(
    balances: Balances, kinds: Kinds, currencies: Sequence[str], translate: Translate | None, name: str
) -> FigureLine:
    income = _table(StatementPart.INCOME, balances, kinds, currencies, translate)
    expense = _table(StatementPart.EXPENSE, balances, kinds, currencies, translate)
    return _result(income, expense, name)


def _memorandum(balances: Balances, currencies: Sequence[str], translate: Translate | None) -> tuple[FigureLine, ...]:
    return tuple(
        line_of(
            name,
            [AccountFigure(code, Money(minor, of)) for (code, of), minor in sorted(balances.items()) if code in codes],
            currencies,
            translate,
        )
        for name, codes in MEMORANDUM_LINES.items()
    )


def _moved(before: Balances, after: Balances) -> Balances:
    return {account: after.get(account, 0) - before.get(account, 0) for account in {**before, **after}}


def income_statement(
    before: Balances,
    after: Balances,
    kinds: Kinds,
    *,
    currencies: Sequence[str],
    translate_before: Translate | None = None,
    translate: Translate | None = None,
) -> IncomeStatement:
    """Return what moved between the evening before a span and its last evening, at the last day's rates.

    The currency result is what is left between the two balance sheets, so that spans side by side add up to the whole.
    """
    moved = _moved(before, after)
    rates = translate if len(currencies) > 1 else None
    income = _table(StatementPart.INCOME, moved, kinds, currencies, rates)
    expense = _table(StatementPart.EXPENSE, moved, kinds, currencies, rates)
    result = _result(income, expense, "result")
    opened = earned_minor(before, kinds, currencies=currencies, translate=translate_before)
    closed = earned_minor(after, kinds, currencies=currencies, translate=translate)
    if opened is None or closed is None or result.total is None:
        return IncomeStatement(income, expense, None, _with_total(result, None))
    whole = Money(closed - opened, currencies[0])
    return IncomeStatement(income, expense, whole - result.total, _with_total(result, whole))


def earned_minor(
    balances: Balances, kinds: Kinds, *, currencies: Sequence[str], translate: Translate | None
) -> int | None:
    """Return all results and the currency result in the fund's currency; None for one currency, or with no rate."""
    sheet = balance_sheet(balances, kinds, currencies=currencies, year_before={}, translate=translate)
    totals = [one.total for one in sheet.capital.lines if one.name in (*RESULTS, "unrealised_currency_result")]
    return None if None in totals else sum(one.minor for one in totals if one)


def _table(
    part: StatementPart, balances: Balances, kinds: Kinds, currencies: Sequence[str], translate: Translate | None
) -> FigureTable:
    sign = 1 if part in _DEBIT_PARTS else -1
    figures: dict[str, list[AccountFigure]] = {name: [] for name in LINES[part]}
    for (code, currency), minor in sorted(balances.items()):
        kind = kinds[code, currency]
        if kind != AccountKind.MEMORANDUM:
            found, name = place_of(code, kind)
            if found is part:
                figures[name].append(AccountFigure(code, Money(sign * minor, currency)))
    lines = tuple(line_of(name, them, currencies, translate) for name, them in figures.items())
    return FigureTable(part, lines, sum_of(part.value, lines, currencies))


def line_of(
    name: str, accounts: Sequence[AccountFigure], currencies: Sequence[str], translate: Translate | None
) -> FigureLine:
    """Return a line over its accounts of some currencies; every account is translated once, and rounded once."""
    accounts = [one for one in accounts if one.amount.currency in currencies]
    sums = dict.fromkeys(currencies, 0)
    for one in accounts:
        sums[one.amount.currency] += one.amount.minor
    amounts = tuple(Money(minor, of) for of, minor in sums.items())
    if translate is None:
        return FigureLine(name, amounts, tuple(accounts))
    parts = [translate(one.amount.minor, one.amount.currency) if one.amount.minor else 0 for one in accounts]
    known = [part for part in parts if part is not None]
    total = Money(sum(known), currencies[0]) if len(known) == len(parts) else None
    return FigureLine(name, amounts, tuple(accounts), total)


def sum_of(name: str, lines: Sequence[FigureLine], currencies: Sequence[str]) -> FigureLine:
    """Return the sum of lines; its total is None where one of theirs is."""
    amounts = tuple(
        Money(sum(one.amounts[number].minor for one in lines), of) for number, of in enumerate(currencies)
    )  # fmt: skip
    totals = [one.total for one in lines]
    known = [one.minor for one in totals if one is not None]
    return FigureLine(name, amounts, (), Money(sum(known), currencies[0]) if len(known) == len(totals) else None)


def _result(income: FigureTable, expense: FigureTable, name: str) -> FigureLine:
    amounts = tuple(one - other for one, other in zip(income.sum.amounts, expense.sum.amounts, strict=True))
    return FigureLine(name, amounts, (), _minus(income.sum.total, expense.sum.total))


def _minus(one: Money | None, other: Money | None) -> Money | None:
    return None if one is None or other is None else one - other


def _with_total(line: FigureLine, total: Money | None) -> FigureLine:
    return FigureLine(line.name, line.amounts, line.accounts, total)
