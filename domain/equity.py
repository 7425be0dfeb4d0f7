"""An equity stake at cost: what was paid for it in lots, and what a sale takes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.errors import InputRefused, Problem, Refusal
from domain.money import Money, share_out
from domain.terms import read_share, unknown_terms


class MoreThanHeld(Refusal):
    """A sale of more cost than the stake still has."""

    def __init__(self, *, held: Money, sold: Money) -> None:
        super().__init__(f"a sale at a cost of {sold} is more than the stake, which stands at {held}")
        self.held, self.sold = held, sold


@dataclass(frozen=True, slots=True)
class EquityTerms:
    """What the contract of a stake says: the class of shares and the share of the investee they stand for."""

    share_class: str
    stake: Decimal


@dataclass(frozen=True, slots=True)
class StakeLot:
    """What one subscription cost, and how much of that cost is still held, in minor units."""

    bought_on: date
    cost_minor: int


@dataclass(frozen=True, slots=True)
class StakeSale:
    """A sale of a stake or a part of it: its cost, the gain (a loss is negative) and the lots that remain."""

    cost_minor: int
    gain_minor: int
    lots: tuple[StakeLot, ...]


def parse_equity_terms(terms: Mapping[str, object]) -> EquityTerms:
    """Read a stake's terms as they are stored or sent; every problem is told at once (``InputRefused``)."""
    problems: list[Problem] = []
    share_class = terms.get("share_class")
    if not isinstance(share_class, str) or not share_class.strip() or len(share_class) > 80:
        problems.append(Problem("share_class", "the name of the class of shares is expected"))
    stake = read_share(terms, "stake", problems, least=Decimal(0), most=Decimal(1))
    problems += unknown_terms(terms, known=("share_class", "stake"))
    if problems or stake is None:
        raise InputRefused(problems, subject="the stake's terms")
    return EquityTerms(str(share_class).strip(), stake)


def sell_stake(*, lots: Sequence[StakeLot], cost_minor: int | None, proceeds: Money) -> StakeSale:
    """Sell what cost ``cost_minor`` (None: all) out of every lot pro rata; the gain is the proceeds less the cost.

    A sale of nothing, or of more than is held, is refused (``MoreThanHeld``).
    """
    held = sum(lot.cost_minor for lot in lots)
    sold = held if cost_minor is None else cost_minor
    if sold > held or sold <= 0:
        raise MoreThanHeld(held=Money(held, proceeds.currency), sold=Money(sold, proceeds.currency))
    taken = share_out(sold, [lot.cost_minor for lot in lots])
    left = tuple(
        StakeLot(lot.bought_on, lot.cost_minor - part)
        for lot, part in zip(lots, taken, strict=True)
        if lot.cost_minor > part
    )
    return StakeSale(sold, proceeds.minor - sold, left)


def lots_from(movements: Sequence[tuple[date, int]]) -> tuple[StakeLot, ...]:
    """Return the lots still held after movements of cost (day, minor units; a sale is negative), by day."""
    lots: tuple[StakeLot, ...] = ()
    for day, minor in sorted(movements):
        if minor > 0:
            lots = (*lots, StakeLot(day, minor))
        else:
            # Only the lots are wanted: "XXX" is ISO 4217's code for no currency.
            lots = sell_stake(lots=lots, cost_minor=-minor, proceeds=Money(0, "XXX")).lots
    return lots
