"""Pro-rata generations: a fund worked by hand, the corners, and a random fund whose sums always hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evergreen import (
    FlowKind,
    FundFlows,
    FundMovement,
    PoolFlow,
    add_up,
    fold,
    recycling_ratio,
)

DAY = date(2026, 1, 31)


def contribution(entry: int, code: str, minor: int, on: date = DAY) -> FundMovement:
    return FundMovement(entry, on, cash_minor=minor, invested_minor=0, contribution=code)


def drawdown(entry: int, deal: str, minor: int, on: date = DAY) -> FundMovement:
    return FundMovement(entry, on, cash_minor=-minor, invested_minor=minor, deal=deal)


def receipt(entry: int, deal: str | None, *, principal: int, income: int, on: date = DAY) -> FundMovement:
    return FundMovement(entry, on, cash_minor=principal + income, invested_minor=-principal, deal=deal)


def cost(entry: int, minor: int, on: date = DAY) -> FundMovement:
    return FundMovement(entry, on, cash_minor=-minor, invested_minor=0)


def reversal(entry: int, of: FundMovement, on: date = DAY) -> FundMovement:
    return FundMovement(entry, on, -of.cash_minor, -of.invested_minor, deal=of.deal, reverses_id=of.entry_id)


def pool(*movements: FundMovement, as_of: date = DAY) -> dict[tuple[str, int], int]:
    return {(line.contribution, line.generation): line.minor for line in told(*movements, as_of=as_of).pool}


def outstanding(*movements: FundMovement) -> dict[tuple[str, int], int]:
    return {(line.contribution, line.generation): line.minor for line in told(*movements).outstanding}


def told(*movements: FundMovement, as_of: date = DAY) -> FundFlows:
    return add_up(fold(movements), as_of=as_of)


# Two contributions, two deals, every split by hand; each line adds one movement to those above it.
BY_HAND = [
    (contribution(1, "a", 100), {("a", 0): 100}),
    (contribution(2, "b", 50), {("a", 0): 100, ("b", 0): 50}),
    # 90 over 100 and 50: 60 and 30.
    (drawdown(3, "d1", 90), {("a", 0): 40, ("b", 0): 20}),
    # Principal 31 over 60 and 30: 20 2/3 and 10 1/3, so 21 and 10. Income 4 likewise: 2 2/3 and 1 1/3, so 3 and 1.
    (receipt(4, "d1", principal=31, income=4), {("a", 0): 40, ("a", 1): 24, ("b", 0): 20, ("b", 1): 11}),
    # 50 over 40, 24, 20, 11 of 95: 21.05, 12.63, 10.53, 5.79; the two left go to .79 and .63: 21, 13, 10, 6.
    (drawdown(5, "d2", 50), {("a", 0): 19, ("a", 1): 11, ("b", 0): 10, ("b", 1): 5}),
    # 9 over 19, 11, 10, 5 of 45: 3.8, 2.2, 2, 1; the one left goes to .8: 4, 2, 2, 1.
    (cost(6, 9), {("a", 0): 15, ("a", 1): 9, ("b", 0): 8, ("b", 1): 4}),
    # All 50 of d2 back, each part one generation up: 21 to a1, 13 to a2, 10 to b1, 6 to b2.
    (
        receipt(7, "d2", principal=50, income=0),
        {("a", 0): 15, ("a", 1): 30, ("a", 2): 13, ("b", 0): 8, ("b", 1): 14, ("b", 2): 6},
    ),
]


@pytest.mark.parametrize("count", range(1, len(BY_HAND) + 1))
def test_a_fund_worked_by_hand(count: int) -> None:
    assert pool(*(movement for movement, _ in BY_HAND[:count])) == BY_HAND[count - 1][1]


def test_what_came_in_went_out_and_came_back_is_added_up() -> None:
    flows = told(*(movement for movement, _ in BY_HAND))
    assert (flows.contributed_minor, flows.deployed_minor) == (150, 140)  # 100 + 50; 90 + 50
    assert (flows.returned_principal_minor, flows.returned_income_minor) == (81, 4)  # 31 + 50; 4
    assert flows.costs_minor == 9
    assert {(line.contribution, line.generation): line.minor for line in flows.outstanding} == {
        ("a", 0): 39,  # d1: 60 - 21
        ("b", 0): 20,  # d1: 30 - 10
    }


def test_the_recycling_ratio_is_deployed_over_contributed() -> None:
    assert recycling_ratio(deployed_minor=140, contributed_minor=150) == Decimal("0.9333")  # 14/15 = 0.93333…
    assert recycling_ratio(deployed_minor=5, contributed_minor=0) is None


def test_a_tie_goes_to_the_lowest_key() -> None:
    three = [contribution(number, code, 1) for number, code in enumerate("cab", 1)]
    assert pool(*three, drawdown(4, "d", 2)) == {("c", 0): 1}


def test_money_that_came_back_more_than_nine_times_shares_a_bucket() -> None:
    movements = [contribution(1, "a", 10)]
    for turn in range(11):
        movements += [drawdown(10 + turn, "d", 10), receipt(30 + turn, "d", principal=10, income=0)]
    assert pool(*movements) == {("a", 9): 10}


def test_income_follows_what_was_ever_paid_out_also_when_nothing_is_owed_any_more() -> None:
    # d drew 30 of a, then 10 of b; its first 20 back came from both, the rest as well; income of 4 goes 3 to 1.
    movements = [
        contribution(1, "a", 30),
        drawdown(2, "d", 30),
        contribution(3, "b", 10),
        drawdown(4, "d", 10),
        receipt(5, "d", principal=40, income=0),
    ]
    assert pool(*movements, receipt(6, "d", principal=0, income=4)) == {("a", 1): 33, ("b", 1): 11}


def test_a_sale_below_cost_brings_back_the_price_and_writes_off_the_rest() -> None:
    movements = [
        contribution(1, "a", 100),
        drawdown(2, "d", 80),
        FundMovement(3, DAY, cash_minor=50, invested_minor=-80, deal="d"),
    ]
    flows = told(*movements)
    assert pool(*movements) == {("a", 0): 20, ("a", 1): 50}
    assert (flows.written_off_minor, flows.returned_principal_minor, flows.outstanding) == (30, 50, ())


def test_a_write_off_ends_money_without_touching_the_pool() -> None:
    movements = [
        contribution(1, "a", 100),
        drawdown(2, "d", 80),
        FundMovement(3, DAY, cash_minor=0, invested_minor=-80, deal="d"),
    ]
    assert pool(*movements) == {("a", 0): 20}
    assert told(*movements).written_off_minor == 80


def test_a_receipt_that_nobody_can_match_belongs_to_nobody() -> None:
    movements = [contribution(1, "a", 100), receipt(2, None, principal=0, income=7)]
    assert pool(*movements) == {("a", 0): 100, ("unassigned", 0): 7}
    assert told(*movements).unmatched_minor == 7


def test_a_position_that_was_taken_over_belongs_to_nobody_until_it_comes_back() -> None:
    taken = FundMovement(1, DAY, cash_minor=0, invested_minor=500, deal="d", taken_over=True)
    assert outstanding(taken) == {("unassigned", 0): 500}
    assert pool(taken, receipt(2, "d", principal=200, income=5)) == {("unassigned", 1): 205}
    restated = FundMovement(3, DAY, cash_minor=0, invested_minor=-100, deal="d", taken_over=True)
    assert told(taken, restated).written_off_minor == 0
    assert outstanding(taken, restated) == {("unassigned", 0): 400}


def test_a_position_below_zero_is_kept_as_its_source_states_it() -> None:
    owed = FundMovement(1, DAY, cash_minor=0, invested_minor=500, deal="d", taken_over=True)
    overpaid = FundMovement(2, DAY, cash_minor=0, invested_minor=-30, deal="e", taken_over=True)
    assert outstanding(owed, overpaid) == {("unassigned", 0): 470}


def test_a_fund_made_by_an_import_has_an_empty_pool() -> None:
    flows = told(FundMovement(1, DAY, cash_minor=0, invested_minor=500, deal="d", taken_over=True))
    assert (flows.pool, flows.contributed_minor, flows.deployed_minor) == ((), 0, 0)


def test_a_reversal_undoes_exactly_what_was_done() -> None:
    before = [movement for movement, _ in BY_HAND[:4]]
    for movement in (drawdown(5, "d2", 50), cost(5, 9), receipt(5, "d1", principal=7, income=3)):
        assert pool(*before, movement, reversal(6, movement)) == BY_HAND[3][1]
        assert outstanding(*before, movement, reversal(6, movement)) == outstanding(*before)


def test_a_reversed_contribution_that_was_partly_drawn_takes_the_rest_from_the_others() -> None:
    # 60 of each; 30 drawn takes 15 of each, 45 are left of each. Taking back a's 60: 45 from a, 15 from b.
    paid = contribution(1, "a", 60)
    movements = [paid, contribution(2, "b", 60), drawdown(3, "d", 30), reversal(4, paid)]
    assert pool(*movements) == {("b", 0): 30}
    assert told(*movements).contributed_minor == 60


def test_a_fact_that_arrives_late_with_an_early_day_cuts_nothing_anew() -> None:
    # b was booked on the 5th and became known after the drawdown of the 10th had taken all its 30 from a.
    movements = [
        contribution(1, "a", 100, on=date(2026, 1, 1)),
        drawdown(2, "d", 30, on=date(2026, 1, 10)),
        contribution(3, "b", 100, on=date(2026, 1, 5)),
    ]
    assert pool(*movements[:2], as_of=date(2026, 1, 10)) == {("a", 0): 70}
    assert pool(*movements, as_of=date(2026, 1, 10)) == {("a", 0): 70, ("b", 0): 100}
    assert pool(*movements, as_of=date(2026, 1, 6)) == {("a", 0): 100, ("b", 0): 100}


def test_an_overdrawn_pool_shows_as_nobodys_debt_and_still_equals_the_cash() -> None:
    assert pool(contribution(1, "a", 10), drawdown(2, "d", 25)) == {("unassigned", 0): -15}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["contribute", "draw", "repay", "earn", "pay", "write off", "reverse"]),
        st.integers(min_value=1, max_value=1000),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=60,
)


class RandomFund:
    """A small model: cash, what each deal owes, and entries that can still be taken back without an overdraft."""

    def __init__(self) -> None:
        self.movements: list[FundMovement] = []
        self.cash = 0
        self.owed = [0, 0, 0, 0]

    def step(self, what: str, minor: int, who: int) -> None:
        match what:
            case "contribute":
                self._do(cash=minor, invested=0, contribution=f"c{who}")
            case "draw":
                self._do(cash=-min(minor, self.cash), invested=min(minor, self.cash), who=who)
            case "repay":
                self._do(cash=min(minor, self.owed[who]), invested=-min(minor, self.owed[who]), who=who)
            case "earn":
                self._do(cash=minor, invested=0, who=who)
            case "pay":
                self._do(cash=-min(minor, self.cash), invested=0)
            case "write off":
                self._do(cash=0, invested=-min(minor, self.owed[who]), who=who)
            case _ if self.movements and self.movements[-1].reverses_id is None:
                last = self.movements[-1]
                self._do(
                    cash=-last.cash_minor,
                    invested=-last.invested_minor,
                    who=int(last.deal) if last.deal else None,
                    reverses=last.entry_id,
                )

    def _do(
        self,
        *,
        cash: int,
        invested: int,
        who: int | None = None,
        contribution: str | None = None,
        reverses: int | None = None,
    ) -> None:
        if cash == invested == 0:
            return
        self.cash += cash
        if who is not None:
            self.owed[who] += invested
        deal = None if who is None else str(who)
        number = len(self.movements) + 1
        self.movements.append(FundMovement(number, DAY, cash, invested, deal, contribution, reverses))


@given(steps=STEPS)
def test_the_pool_always_equals_the_cash_and_no_bucket_is_overdrawn(steps: list[tuple[str, int, int]]) -> None:
    fund = RandomFund()
    for what, minor, who in steps:
        fund.step(what, minor, who)
    flows = told(*fund.movements)
    assert sum(line.minor for line in flows.pool) == fund.cash
    assert sum(line.minor for line in flows.outstanding) == sum(fund.owed)
    assert all(line.minor > 0 for line in (*flows.pool, *flows.outstanding))


@given(steps=STEPS)
def test_every_flow_moves_the_pool_by_exactly_its_size(steps: list[tuple[str, int, int]]) -> None:
    fund = RandomFund()
    for what, minor, who in steps:
        fund.step(what, minor, who)
    into = {FlowKind.CONTRIBUTION, FlowKind.PRINCIPAL, FlowKind.INCOME, FlowKind.UNMATCHED}
    out = {FlowKind.DRAWDOWN, FlowKind.COST}

    def expected(flow: PoolFlow) -> int:
        return flow.minor if flow.kind in into else -flow.minor if flow.kind in out else 0

    assert all(sum(flow.pool.values()) == expected(flow) for flow in fold(fund.movements))
