"""A fund's limits at their boundary; amounts in cents."""

from datetime import date

import pytest

from domain.limits import (
    CommittedDeal,
    Limit,
    LimitBasis,
    LimitExceeded,
    check_limits,
    limits_in_force,
    measure_fund,
    measure_limits,
)

DAY = date(2024, 1, 1)


def limit(basis: str, subject: str, amount: int, on: date = DAY) -> Limit:
    return Limit(LimitBasis(basis), subject, amount, on)


def deal(code: str, group: str, missions: str, **by_kind: int) -> CommittedDeal:
    return CommittedDeal(code, group, frozenset(missions.split()), by_kind)


OTHERS = (deal("D1", "acme", "green", loan=400_00), deal("D2", "solo", "green young", equity=300_00))


@pytest.mark.parametrize(
    ("basis", "subject", "amount", "used", "asked", "left"),
    [
        # the ticket is the deal alone: 100.00 and 50.00
        ("ticket", "", 150_00, 0, 150_00, 0),
        ("ticket", "", 149_99, 0, 150_00, -1),
        # its group has 400.00 in D1
        ("group", "", 550_00, 400_00, 150_00, 0),
        ("group", "acme", 549_99, 400_00, 150_00, -1),
        # its mission has both others
        ("mission", "green", 850_00, 700_00, 150_00, 0),
        ("mission", "green", 849_99, 700_00, 150_00, -1),
        # of loans it asks only for its own
        ("instrument", "loan", 500_00, 400_00, 100_00, 0),
        ("instrument", "royalty", 50_00, 0, 50_00, 0),
    ],
)
def test_a_limit_is_kept_up_to_its_last_cent(
    basis: str, subject: str, amount: int, used: int, asked: int, left: int
) -> None:
    asking = deal("D3", "acme", "green", loan=100_00, royalty=50_00)
    [finding] = measure_limits(limits=[limit(basis, subject, amount)], asking=asking, others=OTHERS, currency="EUR")
    assert (finding.used.minor, finding.asked.minor, finding.left.minor) == (used, asked, left)
    if left < 0:
        with pytest.raises(LimitExceeded):
            check_limits([finding])
    else:
        check_limits([finding])


def test_a_limit_that_the_deal_does_not_touch_says_nothing() -> None:
    others = [limit("mission", "young", 1), limit("group", "solo", 1), limit("instrument", "equity", 1)]
    asking = deal("D3", "acme", "green", loan=100_00)
    assert measure_limits(limits=others, asking=asking, others=OTHERS, currency="EUR") == ()


def test_all_limits_that_are_exceeded_are_named() -> None:
    limits = [limit("ticket", "", 100_00), limit("mission", "green", 750_00), limit("instrument", "loan", 9_000_00)]
    findings = measure_limits(
        limits=limits, asking=deal("D3", "acme", "green", loan=200_00), others=OTHERS, currency="EUR"
    )
    with pytest.raises(LimitExceeded) as refused:
        check_limits(findings)
    assert str(refused.value) == (
        "2 limits of the fund would be exceeded: "
        "ticket D3: limit EUR 100.00, used EUR 0.00, asked EUR 200.00, over by EUR 100.00; "
        "mission green: limit EUR 750.00, used EUR 700.00, asked EUR 200.00, over by EUR 150.00"
    )
    assert len(refused.value.exceeded) == 2


@pytest.mark.parametrize(
    ("on", "amount"),
    [("2023-12-31", None), ("2024-01-01", 3), ("2024-05-31", 3), ("2024-06-01", 2), ("2025-01-01", 2)],
)
def test_the_latest_limit_that_has_begun_holds(on: str, amount: int | None) -> None:
    # set in this order: 1 from January, corrected to 3 for the same day, 2 from June
    said = [
        limit("ticket", "", 1),
        limit("ticket", "", 3),
        limit("ticket", "", 2, date(2024, 6, 1)),
    ]
    held = limits_in_force(said, on=date.fromisoformat(on))
    assert [one.amount_minor for one in held] == ([] if amount is None else [amount])


def test_a_fund_shows_the_fullest_of_each_limit() -> None:
    limits = [limit("group", "", 500_00), limit("mission", "young", 1_000_00), limit("mission", "old", 5)]
    assert [
        (f.subject, f.used.minor, f.left.minor) for f in measure_fund(limits=limits, deals=OTHERS, currency="EUR")
    ] == [
        ("acme", 400_00, 100_00),
        ("young", 300_00, 700_00),
        ("old", 0, 5),
    ]
