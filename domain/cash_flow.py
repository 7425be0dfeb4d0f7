"""Where a fund's cash came from and what it went for, between two days.

An entry that moves cash says with its other postings what for: what they are, cash is not. So every cash movement is
told by the account on its other side and by whether that one was debited (cash went out) or credited (it came in).
Entries that take earlier ones back are a line of their own in the group of what they take back: they move cash in the
book, nobody paid anybody, and the group's sum is what it would be had neither been booked.

Three groups say what for: what the fund lives on (operating), what it pays out to investees and gets back of it
(investing), what contributors bring and are given (financing). Money that changes its currency stays cash (IAS 7.9): it
stands apart. Why a line falls where it does is in ``docs/rules/statements.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import Money
from domain.statements import AccountFigure, Balances, FigureLine, Translate, line_of, sum_of


class FlowName(StrEnum):
    """What cash came from or went for."""

    CONTRIBUTIONS = "contributions"
    LOANS_PAID_OUT = "loans_paid_out"
    STAKES_BOUGHT = "stakes_bought"
    ROYALTIES_BOUGHT = "royalties_bought"
    ROYALTIES_SOLD = "royalties_sold"
    PRINCIPAL_RECEIVED = "principal_received"
    INTEREST_AND_FEES_RECEIVED = "interest_and_fees_received"
    STAKES_SOLD = "stakes_sold"
    ROYALTIES_RECEIVED = "royalties_received"
    DIVIDENDS_RECEIVED = "dividends_received"
    RECOVERIES_RECEIVED = "recoveries_received"
    RUNNING_COSTS = "running_costs"
    DISTRIBUTIONS = "distributions"
    CONVERSIONS = "conversions"
    OPERATING_REVERSALS = "operating_reversals"
    INVESTING_REVERSALS = "investing_reversals"
    FINANCING_REVERSALS = "financing_reversals"
    OTHER = "other"


class FlowPart(StrEnum):
    """The groups of a cash flow."""

    OPERATING = "operating"
    INVESTING = "investing"
    FINANCING = "financing"
    CURRENCIES = "currencies"


LINES_OF: dict[FlowPart, tuple[FlowName, ...]] = {
    FlowPart.OPERATING: (
        FlowName.INTEREST_AND_FEES_RECEIVED,
        FlowName.ROYALTIES_RECEIVED,
        FlowName.DIVIDENDS_RECEIVED,
        FlowName.RECOVERIES_RECEIVED,
        FlowName.RUNNING_COSTS,
        FlowName.OTHER,
        FlowName.OPERATING_REVERSALS,
    ),
    FlowPart.INVESTING: (
        FlowName.LOANS_PAID_OUT,
        FlowName.PRINCIPAL_RECEIVED,
        FlowName.STAKES_BOUGHT,
        FlowName.STAKES_SOLD,
        FlowName.ROYALTIES_BOUGHT,
        FlowName.ROYALTIES_SOLD,
        FlowName.INVESTING_REVERSALS,
    ),
    FlowPart.FINANCING: (FlowName.CONTRIBUTIONS, FlowName.DISTRIBUTIONS, FlowName.FINANCING_REVERSALS),
    FlowPart.CURRENCIES: (FlowName.CONVERSIONS,),
}
"""Each group's lines in their order; every line stands in one."""


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
    ("royalty_at_cost", False): FlowName.ROYALTIES_SOLD,
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

TAKES_BACK: dict[FlowPart, FlowName] = {
    FlowPart.OPERATING: FlowName.OPERATING_REVERSALS,
    FlowPart.INVESTING: FlowName.INVESTING_REVERSALS,
    FlowPart.FINANCING: FlowName.FINANCING_REVERSALS,
    FlowPart.CURRENCIES: FlowName.CONVERSIONS,
}
"""The line on which a reversal stands, by the group of what it takes back. A conversion taken back leaves nothing."""

_PART_OF = {name: part for part, names in LINES_OF.items() for name in names}
TOLD_BY: dict[tuple[bool, str, bool], FlowName] = {
    **{(False, code, debited): name for (code, debited), name in FLOWS.items()},
    **{(True, code, not debited): TAKES_BACK[_PART_OF[name]] for (code, debited), name in FLOWS.items()},
}
"""The same table with reversals: whether the entry is one, the account on the other side, whether it was debited."""

TOLD_BY_NOTHING = {False: FlowName.OTHER, True: FlowName.OPERATING_REVERSALS}
"""What everything else is, by whether the entry is a reversal."""


@dataclass(frozen=True, slots=True)
class CashMovement:
    """What entries of one kind moved cash against one account: above zero where cash came in."""

    entry_kind: str
    code: str
    amount: Money
    debited: bool


@dataclass(frozen=True, slots=True)
class FlowTable:
    """A group of a cash flow: its lines and their sum."""

    part: FlowPart
    lines: tuple[FigureLine, ...]
    sum: FigureLine


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Cash at the start, what moved it, cash at the end. ``difference`` is what they lack of adding up: zero.

    ``lines`` are those of all ``groups`` one after another, ``change`` is their sum. ``currency_result`` is what the
    cash held in other currencies gained against the fund's; None for one currency.
    """

    opening: FigureLine
    lines: tuple[FigureLine, ...]
    groups: tuple[FlowTable, ...]
    change: FigureLine
    currency_result: Money | None
    closing: FigureLine
    difference: tuple[Money, ...]


def flow_of(entry_kind: str, code: str, *, debited: bool) -> FlowName:
    """Return what cash moved for, told by the entry's kind and by the account on the other side."""
    reversal = entry_kind == "reversal"
    return TOLD_BY.get((reversal, code, debited), TOLD_BY_NOTHING[reversal])


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
    groups = tuple(_group(part, sums, currencies, rates) for part in FlowPart)
    lines = tuple(one for group in groups for one in group.lines)
    change = sum_of("change", [group.sum for group in groups], currencies)
    opening = line_of("opening", _figures(_cash(before)), currencies, rates_before)
    closing = line_of("closing", _figures(_cash(after)), currencies, rates)
    difference = tuple(
        closed - opened - moved
        for opened, moved, closed in zip(opening.amounts, change.amounts, closing.amounts, strict=True)
    )
    return CashFlow(opening, lines, groups, change, _gained(opening, change, closing), closing, difference)


def _group(
    part: FlowPart,
    sums: Mapping[FlowName, Balances],
    currencies: Sequence[str],
    rates: Translate | None,
) -> FlowTable:
    lines = tuple(line_of(name.value, _figures(sums[name]), currencies, rates) for name in LINES_OF[part])
    return FlowTable(part, lines, sum_of(part.value, lines, currencies))


def _cash(balances: Balances) -> Balances:
    return {account: minor for account, minor in balances.items() if account[0] == "cash"}


def _figures(told: Balances) -> list[AccountFigure]:
    return [AccountFigure(code, Money(minor, currency)) for (code, currency), minor in sorted(told.items())]


def _gained(opening: FigureLine, change: FigureLine, closing: FigureLine) -> Money | None:
    if opening.total is None or change.total is None or closing.total is None:
        return None
    return closing.total - opening.total - change.total
