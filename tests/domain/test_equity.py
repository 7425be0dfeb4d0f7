"""Stakes at cost and what sales take out of them; amounts in cents."""

from datetime import date
from decimal import Decimal

import pytest

from domain.equity import EquityTerms, MoreThanHeld, StakeLot, lots_from, parse_equity_terms, sell_stake
from domain.errors import InputRefused
from domain.money import Money

ONE, TWO = date(2024, 1, 1), date(2024, 7, 1)
LOTS = (StakeLot(ONE, 600_00), StakeLot(TWO, 300_00))


@pytest.mark.parametrize(
    ("cost", "proceeds", "gain", "left"),
    [
        # a third of 900.00 is sold for 450.00: 200.00 of the first lot, 100.00 of the second, a gain of 150.00
        (300_00, 450_00, 150_00, (400_00, 200_00)),
        # at a loss
        (300_00, 250_00, -50_00, (400_00, 200_00)),
        # all of it, by its figure or without one
        (900_00, 900_00, 0, ()),
        (None, 1_000_00, 100_00, ()),
        # one cent: 0.67 of it is the first lot's share, which has the larger remainder
        (1, 1, 0, (599_99, 300_00)),
    ],
)
def test_a_sale_takes_cost_out_of_every_lot_pro_rata(
    cost: int | None, proceeds: int, gain: int, left: tuple[int, ...]
) -> None:
    sale = sell_stake(lots=LOTS, cost_minor=cost, proceeds=Money(proceeds, "GBP"))
    assert sale.gain_minor == gain
    assert tuple(lot.cost_minor for lot in sale.lots) == left
    assert sale.cost_minor + sum(left) == 900_00


@pytest.mark.parametrize("cost", [900_01, 0, -1])
def test_more_than_is_held_or_nothing_cannot_be_sold(cost: int) -> None:
    with pytest.raises(MoreThanHeld, match=r"is more than the stake, which stands at GBP 900\.00"):
        sell_stake(lots=LOTS, cost_minor=cost, proceeds=Money(1, "GBP"))


def test_lots_follow_from_what_moved() -> None:
    # 600.00, then a third of it sold, then 300.00 more
    assert lots_from([(ONE, 600_00), (date(2024, 3, 1), -200_00), (TWO, 300_00)]) == (
        StakeLot(ONE, 400_00),
        StakeLot(TWO, 300_00),
    )


def test_terms_of_a_stake() -> None:
    assert parse_equity_terms({"share_class": "A", "stake": "0.12"}) == EquityTerms("A", Decimal("0.12"))
    with pytest.raises(InputRefused) as refused:
        parse_equity_terms({"share_class": " ", "stake": "1.2", "votes": "all"})
    assert [p.where for p in refused.value.problems] == ["share_class", "stake", "votes"]
