"""The evergreen report: how often a fund's money has worked, as of a day and as known at a seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from domain.desk.known import Cut, cut_of
from domain.evergreen import (
    RULE,
    FlowKind,
    FundFlows,
    PoolFlow,
    PoolLine,
    add_up,
    available_minor,
    fold,
    recycling_ratio,
)
from domain.money import Money
from domain.store import evergreen as store


@dataclass(frozen=True, slots=True)
class PoolBalance:
    """What there is of one contribution's one generation."""

    contribution: str
    generation: int
    amount: Money


@dataclass(frozen=True, slots=True)
class FlowLine:
    """What one entry of the ledger puts into a figure; below zero where it takes an earlier entry back."""

    entry_id: int
    kind: FlowKind
    booked_on: date
    amount: Money
    deal: str | None
    seal: int | None


@dataclass(frozen=True, slots=True)
class FlowLines:
    """The entries that each figure of the same name adds up, in the order of their seals."""

    contributed: tuple[FlowLine, ...]
    deployed: tuple[FlowLine, ...]
    returned: tuple[FlowLine, ...]
    costs: tuple[FlowLine, ...]
    written_off: tuple[FlowLine, ...]
    unmatched: tuple[FlowLine, ...]
    currency_result: tuple[FlowLine, ...] = ()


@dataclass(frozen=True, slots=True)
class EvergreenReport:
    """A fund's money on a day: what came in, what it was lent or invested as, what came back, what is there.

    ``pool`` is the cash by contribution and generation, ``outstanding`` what deals still hold of it. ``available`` is
    cash less what is signed and not yet drawn; it is below zero where the fund has promised more than it holds, and
    None where the fund's cash is kept elsewhere (positions taken over from statements). ``reached`` is how far the
    book had come towards the day when the report was read.
    ``converted`` is cash that was converted into other currencies, at what it had cost: the pool counts it, foreign
    cash is no part of any figure here. ``currency_result`` is what came back above or below that cost.
    ``difference`` is the ledger's cash and what was converted less the pool: not zero only where something is wrong.
    ``recycling_ratio`` is None before the first contribution. ``contributors`` names who paid in each contribution,
    by its code.
    """

    fund: str
    as_of: date
    opened_on: date
    reached: date
    seal: int
    sealed_at: datetime | None
    rule: str
    cash: Money
    converted: Money
    undrawn: Money
    available: Money | None
    pool: tuple[PoolBalance, ...]
    outstanding: tuple[PoolBalance, ...]
    contributed: Money
    deployed: Money
    returned: Money
    returned_principal: Money
    returned_income: Money
    costs: Money
    written_off: Money
    unmatched: Money
    currency_result: Money
    recycling_ratio: Decimal | None
    difference: Money
    made_of: FlowLines
    contributors: Mapping[str, str] = field(default_factory=dict)


def evergreen_report(session: Session, *, fund_code: str, as_of: date, seal: int | None = None) -> EvergreenReport:
    """Return a fund's evergreen report; ``seal`` None is all that is sealed.

    Refused: an unknown fund (``NotFound``), a seal that does not exist yet (``SealBeyondHead``).
    """
    return evergreen_at(session, cut_of(session, fund_code=fund_code, as_of=as_of, seal=seal))


def evergreen_at(session: Session, cut: Cut) -> EvergreenReport:
    """Return the report for a cut that was read before, so that a report that contains it shows the same one."""
    position = cut.known.position
    movements = store.movements(session, fund_id=cut.fund_id, currency=cut.currency, position=position)
    flows = [flow for flow in fold(movements) if flow.booked_on <= cut.as_of]
    cash, undrawn, converted = store.cash_and_undrawn(
        session, fund_id=cut.fund_id, currency=cut.currency, as_of=cut.as_of, position=position
    )
    available = available_minor(movements, cash_minor=cash, undrawn_minor=undrawn)
    sums = add_up(flows, as_of=cut.as_of)
    made_of = _made_of(flows, cut.currency)
    report = _report(cut, sums, cash=cash, converted=converted, undrawn=undrawn, available=available, made_of=made_of)
    # Only whom the report speaks of: who paid in after its seal is not in it.
    paid_in = store.contributors(session, fund_id=cut.fund_id)
    named = {row.contribution for row in (*report.pool, *report.outstanding)}
    return replace(report, contributors={code: name for code, name in paid_in.items() if code in named})


def _made_of(flows: Sequence[PoolFlow], currency: str) -> FlowLines:
    def of(*kinds: FlowKind) -> tuple[FlowLine, ...]:
        return tuple(
            FlowLine(flow.entry_id, flow.kind, flow.booked_on, Money(flow.minor, currency), flow.deal, flow.seal)
            for flow in flows
            if flow.kind in kinds
        )

    return FlowLines(
        contributed=of(FlowKind.CONTRIBUTION),
        deployed=of(FlowKind.DRAWDOWN),
        returned=of(FlowKind.PRINCIPAL, FlowKind.INCOME),
        costs=of(FlowKind.COST),
        written_off=of(FlowKind.WRITE_OFF),
        unmatched=of(FlowKind.UNMATCHED),
        currency_result=of(FlowKind.CURRENCY),
    )


def _report(
    cut: Cut, flows: FundFlows, *, cash: int, converted: int, undrawn: int, available: int | None, made_of: FlowLines
) -> EvergreenReport:
    def money(minor: int) -> Money:
        return Money(minor, cut.currency)

    def balances(lines: tuple[PoolLine, ...]) -> tuple[PoolBalance, ...]:
        return tuple(PoolBalance(line.contribution, line.generation, money(line.minor)) for line in lines)

    return EvergreenReport(
        fund=cut.fund_code,
        as_of=cut.as_of,
        opened_on=cut.opened_on,
        reached=cut.reached,
        seal=cut.known.number,
        sealed_at=cut.known.sealed_at,
        rule=RULE,
        cash=money(cash),
        converted=money(converted),
        undrawn=money(undrawn),
        available=None if available is None else money(available),
        pool=balances(flows.pool),
        outstanding=balances(flows.outstanding),
        contributed=money(flows.contributed_minor),
        deployed=money(flows.deployed_minor),
        returned=money(flows.returned_principal_minor + flows.returned_income_minor),
        returned_principal=money(flows.returned_principal_minor),
        returned_income=money(flows.returned_income_minor),
        costs=money(flows.costs_minor),
        written_off=money(flows.written_off_minor),
        unmatched=money(flows.unmatched_minor),
        currency_result=money(flows.currency_result_minor),
        recycling_ratio=recycling_ratio(deployed_minor=flows.deployed_minor, contributed_minor=flows.contributed_minor),
        difference=money(cash + converted - sum(line.minor for line in flows.pool)),
        made_of=made_of,
    )
