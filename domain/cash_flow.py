"""Where a fund's cash came from and what it went for, between two days.

An entry that moves cash says with its other postings what for: what they are, cash is not. So every cash movement is
told by the account on its other side and by whether that one was debited (cash went out) or credited (it came in).
Entries that take earlier ones back are a line of their own: they move cash in the book, nobody paid anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import Money
from domain.statements import AccountFigure, Balances, FigureLine, Translate, line_of


class FlowName(StrEnum):
    """What cash came from or went for."""

    CONTRIBUTIONS = "contributions"
    LOANS_PAID_OUT = "loans_paid_out"
    STAKES_BOUGHT = "stakes_bought"
    ROYALTIES_BOUGHT = "royalties_bought"
    PRINCIPAL_RECEIVED = "principal_received"
    INTEREST_AND_FEES_RECEIVED = "interest_and_fees_received"
    STAKES_SOLD = "stakes_sold"
    ROYALTIES_RECEIVED = "royalties_received"
    DIVIDENDS_RECEIVED = "dividends_received"
    RECOVERIES_RECEIVED = "recoveries_received"
    RUNNING_COSTS = "running_costs"
    DISTRIBUTIONS = "distributions"
    CONVERSIONS = "conversions"
    REVERSALS = "reversals"
    OTHER = "other"


FLOWS: dict[tuple[str, bool], FlowName] = {
    ("contributed", False): FlowName.CONTRIBUTIONS,
    ("contributor_receivable", False): FlowName.CONTRIBUTIONS,
    ("loan_principal", True): FlowName.LOANS_PAID_OUT,
    ("loan_principal", False): FlowName.PRINCIPAL_RECEIVED,
    ("equity_at_cost", True): FlowName.STAKES_BOUGHT,
    ("equity_at_cost", False): FlowName.STAKES_SOLD,
    ("realised_gains", False): FlowName.STAKES_SOLD,
    ("losses", True): FlowName.STAKES_SOLD,
    ("royalty_at_cost", True): FlowName.ROYALTIES_BOUGHT,
    ("royalty_at_cost", False): FlowName.ROYALTIES_RECEIVED,
    ("royalty_receivable", False): FlowName.ROYALTIES_RECEIVED,
    ("royalty_income", False): FlowName.ROYALTIES_RECEIVED,
    ("interest_receivable", False): FlowName.INTEREST_AND_FEES_RECEIVED,
    ("interest_income", False): FlowName.INTEREST_AND_FEES_RECEIVED,
    ("fees_receivable", False): FlowName.INTEREST_AND_FEES_RECEIVED,
    ("fee_income", False): FlowName.INTEREST_AND_FEES_RECEIVED,
    ("dividend_income", False): FlowName.DIVIDENDS_RECEIVED,
    ("recoveries_receivable", False): FlowName.RECOVERIES_RECEIVED,
    ("recovery_income", False): FlowName.RECOVERIES_RECEIVED,
    ("running_costs", True): FlowName.RUNNING_COSTS,
    ("running_costs", False): FlowName.RUNNING_COSTS,
    ("distributions", True): FlowName.DISTRIBUTIONS,
    ("currency_position", True): FlowName.CONVERSIONS,
    ("currency_position", False): FlowName.CONVERSIONS,
    ("currency_result", True): FlowName.CONVERSIONS,
    ("currency_result", False): FlowName.CONVERSIONS,
}
"""What cash moved for, by the account on the other side and whether it was debited."""


@dataclass(frozen=True, slots=True)
class CashMovement:
    """What entries of one kind moved cash against one account: above zero where cash came in."""

    entry_kind: str
    code: str
    amount: Money
    debited: bool


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Cash at the start, what moved it, cash at the end. ``difference`` is what they lack of adding up: zero.

    ``currency_result`` is what the cash held in other currencies gained against the fund's; None for one currency.
    """

    opening: FigureLine
    lines: tuple[FigureLine, ...]
    currency_result: Money | None
    closing: FigureLine
    difference: tuple[Money, ...]


def flow_of(entry_kind: str, code: str, *, debited: bool) -> FlowName:
    """Return what cash moved for, told by the entry's kind and by the account on the other side."""
    if entry_kind == "reversal":
        return FlowName.REVERSALS
    return FLOWS.get((code, debited), FlowName.OTHER)


def cash_flow(
    movements: Iterable[CashMovement],
    *,
    before: Balances,
    after: Balances,
    currencies: Sequence[str],
    translate_before: Translate | None = None,
    translate: Translate | None = None,
) -> CashFlow:
    """Return the flows of a span, whose cash was ``before`` on the evening before it and ``after`` on its last."""
    rates, rates_before = (translate, translate_before) if len(currencies) > 1 else (None, None)
    sums: dict[FlowName, dict[tuple[str, str], int]] = {name: {} for name in FlowName}
    for one in movements:
        told = sums[flow_of(one.entry_kind, one.code, debited=one.debited)]
        account = one.code, one.amount.currency
        told[account] = told.get(account, 0) + one.amount.minor
    lines = tuple(line_of(name.value, _figures(told), currencies, rates) for name, told in sums.items())
    opening = line_of("opening", _figures(_cash(before)), currencies, rates_before)
    closing = line_of("closing", _figures(_cash(after)), currencies, rates)
    difference = tuple(
        Money(closed.minor - opened.minor - sum(one.amounts[number].minor for one in lines), closed.currency)
        for number, (opened, closed) in enumerate(zip(opening.amounts, closing.amounts, strict=True))
    )
    return CashFlow(opening, lines, _gained(opening, lines, closing), closing, difference)


def _cash(balances: Balances) -> Balances:
    return {account: minor for account, minor in balances.items() if account[0] == "cash"}


def _figures(told: Balances) -> list[AccountFigure]:
    return [AccountFigure(code, Money(minor, currency)) for (code, currency), minor in sorted(told.items())]


def _gained(opening: FigureLine, lines: Sequence[FigureLine], closing: FigureLine) -> Money | None:
    moved = [one.total for one in (opening, *lines)]
    known = [one for one in moved if one is not None]
    if closing.total is None or len(known) < len(moved):
        return None
    return closing.total - Money(sum(one.minor for one in known), closing.total.currency)
