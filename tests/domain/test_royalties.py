"""What revenue makes due, up to the cap; amounts in cents."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import InputRefused
from domain.royalties import (
    RevenueNegative,
    RevenuePeriodRefused,
    RoyaltyDue,
    RoyaltyTerms,
    parse_royalty_terms,
    royalty_due,
    royalty_to_come,
)

TERMS = RoyaltyTerms(Decimal("0.03"), 10_000_00, date(2027, 12, 31))
YEAR_24 = (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("revenue", "due_before", "due", "left"),
    [
        (100_000_00, 0, 3_000_00, 7_000_00),
        (0, 0, 0, 10_000_00),
        # 3 % of 16.50 is 49.5 cents: a tie goes to the even cent
        (16_50, 0, 50, 9_999_50),
        # 9,000.00 are due before, so the cap leaves 1,000.00 of 3,000.00
        (100_000_00, 9_000_00, 1_000_00, 0),
        (100_000_00, 10_000_00, 0, 0),
        # exactly what the cap leaves
        (100_000_00, 7_000_00, 3_000_00, 0),
    ],
)
def test_a_royalty_is_a_share_of_revenue_up_to_its_cap(revenue: int, due_before: int, due: int, left: int) -> None:
    start, end = YEAR_24
    assert royalty_due(
        terms=TERMS, revenue_minor=revenue, period_start=start, period_end=end, stated=[], due_before_minor=due_before
    ) == RoyaltyDue(due, left)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2025-02-01", "2025-01-31", "it ends before it starts"),
        ("2024-12-31", "2025-06-30", "revenue was stated for 2024-01-01 to 2024-12-31 before"),
        ("2028-01-01", "2028-06-30", "the royalty ended on 31 Dec 2027"),
    ],
)
def test_a_period_that_cannot_be_stated_is_refused(start: str, end: str, words: str) -> None:
    with pytest.raises(RevenuePeriodRefused, match=words):
        royalty_due(
            terms=TERMS,
            revenue_minor=1,
            period_start=date.fromisoformat(start),
            period_end=date.fromisoformat(end),
            stated=[YEAR_24],
            due_before_minor=0,
        )


def test_negative_revenue_is_refused_first() -> None:
    with pytest.raises(RevenueNegative):
        royalty_due(
            terms=TERMS,
            revenue_minor=-1,
            period_start=YEAR_24[1],
            period_end=YEAR_24[0],
            stated=[],
            due_before_minor=0,
        )


def test_terms_of_a_royalty() -> None:
    said = {"share_of_revenue": "0.03", "cap_minor": 10_000_00, "until": "2027-12-31"}
    assert parse_royalty_terms(said) == TERMS
    with pytest.raises(InputRefused) as refused:
        parse_royalty_terms({"share_of_revenue": "3", "cap_minor": "10000.00", "until": "2027-02-29"})
    assert [p.where for p in refused.value.problems] == list(said)


@pytest.mark.parametrize(
    ("due", "on", "to_come"),
    [
        (0, date(2024, 1, 1), 10_000_00),
        (9_999_99, date(2027, 12, 31), 1),  # its last day still counts
        (10_000_00, date(2024, 1, 1), 0),
        (0, date(2028, 1, 1), 0),
    ],
)
def test_what_may_still_come_is_what_the_cap_leaves_until_the_last_day(due: int, on: date, to_come: int) -> None:
    assert royalty_to_come(terms=TERMS, due_minor=due, on=on) == to_come
