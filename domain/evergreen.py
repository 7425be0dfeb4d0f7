"""Evergreen: money that comes round again, followed by pro-rata generations.

A fund's cash is kept as a *pool* by (contribution, generation). Generation 0 is money paid in; what comes back from an
investment of generation n is generation n + 1 of the same contribution. Every entry that moves cash or what is invested
is cut into *flows*, and each flow carries three vectors over the pool's keys: what it does to the pool, to what a deal
owes back, and to what the deal ever received. The entries are folded once, in the order of their seals, so a fact that
arrives late with an early day never re-cuts a vector of before. The state of a day is the sum of the vectors booked by
that day. Splits are by largest remainder, ties to the lowest key (``domain.money.share_out``), so no unit is lost and
the pool equals the ledger's cash, always. ``docs/rules/evergreen.md`` works an example through by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.money import share_out, to_places

GENERATION_MAX = 9
"""Generations of nine and more share a bucket."""

UNASSIGNED = "unassigned"
"""The contribution of money that nobody can name: unmatched receipts, positions taken over, an overdrawn pool."""

PoolKey = tuple[str, int]
"""(contribution, generation)"""

PoolVector = dict[PoolKey, int]
"""Minor units per key, without zeros."""

NOBODYS: PoolKey = (UNASSIGNED, 0)

RULE = "pro-rata generations, version 1"
"""What a report names: another rule gives other figures."""


class FlowKind(StrEnum):
    """What a flow of money is to the pool."""

    CONTRIBUTION = "contribution"
    DRAWDOWN = "drawdown"
    PRINCIPAL = "principal"
    INCOME = "income"
    COST = "cost"
    WRITE_OFF = "write_off"
    UNMATCHED = "unmatched"
    CURRENCY = "currency"
    POSITION = "position"


@dataclass(frozen=True, slots=True)
class FundMovement:
    """What one sealed entry does to a fund: ``cash_minor`` in (> 0) or out, ``invested_minor`` onto its deals or off.

    ``invested_minor`` is the change of principal and of what is carried at cost. ``contribution`` is the code of the
    contribution that the entry books. ``taken_over`` marks entries that state a position instead of moving money.
    Cash that was converted into another currency still counts, at what it had cost; ``converted`` marks an entry that
    brought some of it back for more or less than that.
    """

    entry_id: int
    booked_on: date
    cash_minor: int
    invested_minor: int
    deal: str | None = None
    contribution: str | None = None
    reverses_id: int | None = None
    taken_over: bool = False
    converted: bool = False
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class PoolFlow:
    """One flow with its vectors. ``minor`` is the flow's size, below zero where it takes an earlier one back."""

    entry_id: int
    booked_on: date
    kind: FlowKind
    minor: int
    deal: str | None
    pool: PoolVector
    outstanding: PoolVector = field(default_factory=dict)
    disbursed: PoolVector = field(default_factory=dict)
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class PoolLine:
    """What the pool holds of one contribution's one generation."""

    contribution: str
    generation: int
    minor: int


@dataclass(frozen=True, slots=True)
class FundFlows:
    """A fund's flows added up as of a day, in minor units of its currency."""

    pool: tuple[PoolLine, ...]
    outstanding: tuple[PoolLine, ...]
    contributed_minor: int
    deployed_minor: int
    returned_principal_minor: int
    returned_income_minor: int
    costs_minor: int
    written_off_minor: int
    unmatched_minor: int
    currency_result_minor: int = 0


def fold(movements: Iterable[FundMovement]) -> Iterator[PoolFlow]:
    """Yield the flows of a fund's movements, which come in the order of their seals.

    A reversal repeats the flows of the entry it takes back with their vectors negated; where a bucket no longer holds
    what is to leave it, the shortfall falls pro rata on the rest. What leaves an empty pool leaves ``unassigned``.
    """
    pool: PoolVector = {}
    outstanding: dict[str | None, PoolVector] = defaultdict(dict)
    disbursed: dict[str | None, PoolVector] = defaultdict(dict)
    kept: dict[int, list[PoolFlow]] = {}
    for movement in movements:
        if movement.reverses_id is None:
            cut = _cut(movement, pool=pool, outstanding=outstanding[movement.deal], disbursed=disbursed[movement.deal])
            flows = []
            for flow in cut:
                _apply(flow, pool=pool, outstanding=outstanding[flow.deal], disbursed=disbursed[flow.deal])
                flows.append(flow)
            kept[movement.entry_id] = flows
            yield from flows
            continue
        for flow in reversed(kept.pop(movement.reverses_id, [])):
            back = _taken_back(
                flow, movement, pool=pool, outstanding=outstanding[flow.deal], disbursed=disbursed[flow.deal]
            )
            _apply(back, pool=pool, outstanding=outstanding[flow.deal], disbursed=disbursed[flow.deal])
            yield back


def add_up(flows: Iterable[PoolFlow], *, as_of: date) -> FundFlows:
    """Add up the flows booked by a day. What comes back is told apart as principal and income."""
    sums: dict[FlowKind, int] = defaultdict(int)
    pool: PoolVector = {}
    outstanding: PoolVector = {}
    for flow in flows:
        if flow.booked_on <= as_of:
            sums[flow.kind] += flow.minor
            _add(pool, flow.pool)
            _add(outstanding, flow.outstanding)
    return FundFlows(
        pool=_lines(pool),
        outstanding=_lines(outstanding),
        contributed_minor=sums[FlowKind.CONTRIBUTION],
        deployed_minor=sums[FlowKind.DRAWDOWN],
        returned_principal_minor=sums[FlowKind.PRINCIPAL],
        returned_income_minor=sums[FlowKind.INCOME],
        costs_minor=sums[FlowKind.COST],
        written_off_minor=sums[FlowKind.WRITE_OFF],
        unmatched_minor=sums[FlowKind.UNMATCHED],
        currency_result_minor=sums[FlowKind.CURRENCY],
    )


def available_minor(movements: Iterable[FundMovement], *, cash_minor: int, undrawn_minor: int) -> int | None:
    """Return cash less what is signed and undrawn; None for a fund whose cash is kept elsewhere.

    That is one that holds positions taken over from statements and has never moved cash here.
    """
    movements = list(movements)
    if any(one.taken_over for one in movements) and not any(one.cash_minor for one in movements):
        return None
    return cash_minor - undrawn_minor


def recycling_ratio(*, deployed_minor: int, contributed_minor: int) -> Decimal | None:
    """Return cumulative deployed ÷ cumulative contributed, to four places, half to even; None before any money came."""
    if contributed_minor <= 0:
        return None
    return to_places(Fraction(deployed_minor, contributed_minor), 4)


def _cut(
    movement: FundMovement, *, pool: PoolVector, outstanding: PoolVector, disbursed: PoolVector
) -> Iterator[PoolFlow]:
    """Cut a movement into flows, each against the state that the one before it left."""
    cash, invested = movement.cash_minor, movement.invested_minor
    if movement.converted and cash:
        # A gain falls on whoever's money is there, as a loss does.
        moved = _split(cash, pool) if cash > 0 else _negated(_taken(-cash, pool, overdraw=True))
        yield _flow(movement, FlowKind.CURRENCY, cash, pool=moved)
        return
    if movement.contribution is not None and cash > 0:
        yield _flow(movement, FlowKind.CONTRIBUTION, cash, pool={(movement.contribution, 0): cash})
        return
    if cash > 0:
        yield from _came_in(movement, cash, max(0, -invested), outstanding=outstanding, disbursed=disbursed)
    elif cash < 0:
        yield from _went_out(movement, -cash, max(0, invested), pool=pool)
    left = invested - min(-cash, invested) if cash < 0 < invested else invested if cash <= 0 else max(0, invested)
    if left > 0:
        yield _flow(movement, FlowKind.POSITION, left, outstanding={NOBODYS: left}, disbursed={NOBODYS: left})
    elif left < 0:
        kind = FlowKind.POSITION if movement.taken_over else FlowKind.WRITE_OFF
        # A statement may say less than nothing is owed: it is kept as it says, a loss never exceeds what is there.
        gone = _taken(-left, outstanding, overdraw=movement.taken_over)
        yield _flow(movement, kind, -left, outstanding=_negated(gone))


def _came_in(
    movement: FundMovement, cash: int, reduced: int, *, outstanding: PoolVector, disbursed: PoolVector
) -> Iterator[PoolFlow]:
    """Cut money that came in: principal first, then income; what a sale lost of its cost is written off."""
    principal, income = min(cash, reduced), cash - min(cash, reduced)
    if movement.deal is None or (not outstanding and not disbursed):
        yield _flow(movement, FlowKind.UNMATCHED, cash, pool={NOBODYS: cash})
        return
    if principal:
        back = _taken(principal, outstanding, overdraw=False)
        risen = _risen(back)
        if beyond := principal - sum(back.values()):
            _add(risen, {NOBODYS: beyond})
        yield _flow(movement, FlowKind.PRINCIPAL, principal, pool=risen, outstanding=_negated(back))
    if income:
        yield _flow(movement, FlowKind.INCOME, income, pool=_risen(_split(income, disbursed)))
    if reduced > principal:
        lost = reduced - principal
        yield _flow(movement, FlowKind.WRITE_OFF, lost, outstanding=_negated(_taken(lost, outstanding, overdraw=False)))


def _went_out(movement: FundMovement, cash: int, invested: int, *, pool: PoolVector) -> Iterator[PoolFlow]:
    """Cut money that went out: what became an investment is a drawdown, the rest is a cost or a distribution."""
    drawn = min(cash, invested)
    if drawn:
        mix = _taken(drawn, pool, overdraw=True)
        yield _flow(movement, FlowKind.DRAWDOWN, drawn, pool=_negated(mix), outstanding=mix, disbursed=mix)
    if cash > drawn:
        yield _flow(movement, FlowKind.COST, cash - drawn, pool=_negated(_taken(cash - drawn, pool, overdraw=True)))


def _taken_back(
    flow: PoolFlow, movement: FundMovement, *, pool: PoolVector, outstanding: PoolVector, disbursed: PoolVector
) -> PoolFlow:
    return PoolFlow(
        entry_id=movement.entry_id,
        booked_on=movement.booked_on,
        kind=flow.kind,
        minor=-flow.minor,
        deal=flow.deal,
        pool=_back(flow.pool, pool, overdraw=True),
        outstanding=_back(flow.outstanding, outstanding, overdraw=False),
        disbursed=_back(flow.disbursed, disbursed, overdraw=False),
        seal=movement.seal,
    )


def _back(vector: PoolVector, state: PoolVector, *, overdraw: bool) -> PoolVector:
    """Negate a vector; what a bucket cannot give falls pro rata on the buckets that can."""
    given: PoolVector = {key: -minor for key, minor in vector.items() if minor < 0}
    short = 0
    for key, minor in vector.items():
        if minor > 0:
            here = min(minor, max(0, state.get(key, 0)))
            _add(given, {key: -here})
            short += minor - here
    if short:
        rest = dict(state)
        _add(rest, given)
        _add(given, _negated(_taken(short, rest, overdraw=overdraw)))
    return given


def _taken(minor: int, state: Mapping[PoolKey, int], *, overdraw: bool) -> PoolVector:
    """Take an amount from the buckets pro rata; beyond what they hold from nobody's money, or not at all."""
    whole = sum(held for held in state.values() if held > 0)
    taken = _split(min(minor, whole), state) if whole else {}
    if overdraw and minor > whole:
        _add(taken, {NOBODYS: minor - whole})
    return taken


def _split(minor: int, weights: Mapping[PoolKey, int]) -> PoolVector:
    """Split an amount over weights above zero by largest remainder, ties to the lowest key."""
    keys = sorted(key for key, weight in weights.items() if weight > 0)
    if not keys:
        return {NOBODYS: minor} if minor else {}
    parts = share_out(minor, [weights[key] for key in keys])
    return {key: part for key, part in zip(keys, parts, strict=True) if part}


def _risen(vector: Mapping[PoolKey, int]) -> PoolVector:
    """Lift every part one generation."""
    risen: PoolVector = {}
    for (contribution, generation), minor in vector.items():
        _add(risen, {(contribution, min(generation + 1, GENERATION_MAX)): minor})
    return risen


def _flow(
    movement: FundMovement,
    kind: FlowKind,
    minor: int,
    *,
    pool: PoolVector | None = None,
    outstanding: PoolVector | None = None,
    disbursed: PoolVector | None = None,
) -> PoolFlow:
    return PoolFlow(
        movement.entry_id,
        movement.booked_on,
        kind,
        minor,
        movement.deal,
        pool or {},
        outstanding or {},
        disbursed or {},
        movement.seal,
    )


def _apply(flow: PoolFlow, *, pool: PoolVector, outstanding: PoolVector, disbursed: PoolVector) -> None:
    _add(pool, flow.pool)
    _add(outstanding, flow.outstanding)
    _add(disbursed, flow.disbursed)


def _add(state: PoolVector, vector: Mapping[PoolKey, int]) -> None:
    for key, minor in vector.items():
        now = state.get(key, 0) + minor
        if now:
            state[key] = now
        else:
            state.pop(key, None)


def _negated(vector: Mapping[PoolKey, int]) -> PoolVector:
    return {key: -minor for key, minor in vector.items()}


def _lines(vector: Mapping[PoolKey, int]) -> tuple[PoolLine, ...]:
    return tuple(
        PoolLine(contribution, generation, minor) for (contribution, generation), minor in sorted(vector.items())
    )
