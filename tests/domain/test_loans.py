"""What a loan owes and what a receipt pays, by hand; amounts in cents."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import DayCount
from domain.errors import InputRefused
from domain.loans import Allocation, DuePart, MoreThanOwed, Owed

from domain.loans import allocate_receipt, interest_to, open_parts, owed_on, parse_loan_terms  # isort: skip
from domain.money import Money
from domain.schedule import LoanTerms, Repayment, schedule

SAID: dict[str, object] = {
    "rate": "0.036",
    "day_count": "30E/360",
    "repayment": "linear",
    "first_due_on": "2024-06-30",
    "months_between": 6,
    "instalments": 4,
}
# 36,000.00 at 3.6 % 30E/360 is 3.60 a day, 108.00 a month
TERMS = LoanTerms(Decimal("0.036"), DayCount.THIRTY_E_360, Repayment.LINEAR, date(2024, 6, 30), 6, 4)
DRAWN = [(date(2024, 1, 1), 36_000_00)]


def test_terms_are_read_as_they_are_stored() -> None:
    assert parse_loan_terms(SAID) == TERMS


@pytest.mark.parametrize(
    ("term", "said", "what"),
    [
        ("rate", "3.6 %", "write a decimal number such as 0.0325, not “3.6 %”"),
        ("rate", 0.036, "write a decimal number such as 0.0325, not “0.036”"),
        ("rate", "3.00", "3.00 does not lie between 0 and 1"),
        ("rate", "-0.01", "write a decimal number such as 0.0325, not “-0.01”"),
        ("rate", "NaN", "write a decimal number such as 0.0325, not “NaN”"),
        ("rate", "1e400", "write a decimal number such as 0.0325, not “1e400”"),
        ("rate", None, "write a decimal number such as 0.0325, not nothing"),
        ("day_count", "30/365", "one of ACT/365F, ACT/360, 30E/360 is expected, not “30/365”"),
        ("repayment", "balloon", "one of annuity, linear, bullet is expected, not “balloon”"),
        ("first_due_on", "2024-02-31", "a day such as 2026-03-31 is expected, not “2024-02-31”"),
        ("first_due_on", "20240630", "a day such as 2026-03-31 is expected, not “20240630”"),
        ("months_between", 0, "a whole number from 1 to 120 is expected, not “0”"),
        ("months_between", True, "a whole number from 1 to 120 is expected, not “True”"),
        ("instalments", "4", "a whole number from 1 to 1200 is expected, not “4”"),
        ("instalments", 1200, "the last instalment would be due after 2200"),
        ("margin", "0.01", "these terms do not know it"),
    ],
)
def test_terms_that_cannot_be_read_are_refused_by_name(term: str, said: object, what: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_loan_terms({**SAID, term: said})
    assert [(p.where, p.what) for p in refused.value.problems] == [(term, what)]


def test_all_problems_of_terms_are_told_at_once() -> None:
    with pytest.raises(InputRefused) as refused:
        parse_loan_terms({})
    assert [p.where for p in refused.value.problems] == list(SAID)


@pytest.mark.parametrize(
    ("to", "interest"),
    [
        ("2024-01-01", 0),
        ("2024-01-02", 3_60),
        ("2024-01-31", 104_40),  # 29 days: 30E/360 takes the 31st as the 30th
        ("2024-02-01", 108_00),
        ("2024-07-01", 648_00),
        ("2025-01-01", 1_296_00),
    ],
)
def test_interest_of_any_day(to: str, interest: int) -> None:
    assert interest_to(terms=TERMS, movements=DRAWN, to=date.fromisoformat(to)) == interest


def test_interest_follows_principal_from_the_day_it_moves() -> None:
    # 60 days of 36,000.00 are 216.00, then 30 days of 18,000.00 are 54.00
    moved = [*DRAWN, (date(2024, 3, 1), -18_000_00)]
    assert interest_to(terms=TERMS, movements=moved, to=date(2024, 4, 1)) == 270_00


@pytest.mark.parametrize(
    ("received", "interest", "principal"),
    [
        ("0.01", "0.01", "0.00"),
        ("108.00", "108.00", "0.00"),
        ("108.01", "108.00", "0.01"),
        ("36108.00", "108.00", "36000.00"),  # everything that is owed
    ],
)
def test_a_receipt_pays_interest_first_then_principal(received: str, interest: str, principal: str) -> None:
    owed = owed_on(terms=TERMS, movements=DRAWN, interest_received_minor=0, day=date(2024, 2, 1))
    assert owed == Owed(108_00, 36_000_00)
    paid = allocate_receipt(received=Money(_cents(received), "EUR"), owed=owed, on=date(2024, 2, 1))
    assert paid == Allocation(_cents(interest), _cents(principal))


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


@pytest.mark.parametrize(
    ("later", "principal"),
    [
        ([], 36_000_00),
        ([("2024-02-15", -16_000_00)], 20_000_00),  # paid already by a later receipt
        ([("2024-03-01", 5_000_00)], 36_000_00),  # not yet drawn on the day
        ([("2024-02-15", -36_000_00), ("2024-03-01", 5_000_00)], 0),
    ],
)
def test_a_receipt_dated_back_pays_only_what_was_and_still_is_outstanding(
    later: list[tuple[str, int]], principal: int
) -> None:
    moved = DRAWN + [(date.fromisoformat(day), minor) for day, minor in later]
    owed = owed_on(terms=TERMS, movements=moved, interest_received_minor=0, day=date(2024, 2, 1))
    assert owed == Owed(108_00, principal)


def test_a_cent_more_than_is_owed_is_refused() -> None:
    with pytest.raises(MoreThanOwed, match=r"EUR 36,108\.01 is more than the EUR 36,108\.00 owed on"):
        allocate_receipt(received=Money(36_108_01, "EUR"), owed=Owed(108_00, 36_000_00), on=date(2024, 2, 1))


@given(interest=st.integers(0, 10**12), principal=st.integers(0, 10**12), part=st.fractions(0, 1))
def test_an_allocation_loses_nothing(interest: int, principal: int, part: Decimal) -> None:
    received = int((interest + principal) * part)
    paid = allocate_receipt(received=Money(received, "EUR"), owed=Owed(interest, principal), on=date(2024, 2, 1))
    assert paid.interest_minor + paid.principal_minor == received
    assert 0 <= paid.interest_minor <= interest
    assert 0 <= paid.principal_minor <= principal


@given(
    rate=st.integers(0, 3_000).map(lambda n: Decimal(n) / 10_000),
    day_count=st.sampled_from(DayCount),
    repayment=st.sampled_from(Repayment),
    n=st.integers(1, 60),
    principal=st.integers(1, 10**11),
)
def test_who_pays_every_instalment_on_its_day_owes_not_a_cent_in_the_end(
    rate: Decimal, day_count: DayCount, repayment: Repayment, n: int, principal: int
) -> None:
    agreed = LoanTerms(rate, day_count, repayment, date(2024, 2, 29), 1, n)
    moved = [(date(2024, 1, 17), principal)]
    interest_received = 0
    for row in schedule(terms=agreed, drawdowns=moved[:1]):
        owed = owed_on(terms=agreed, movements=moved, interest_received_minor=interest_received, day=row.due_on)
        paid = allocate_receipt(received=Money(row.total_minor, "EUR"), owed=owed, on=row.due_on)
        assert (paid.interest_minor, paid.principal_minor) == (row.interest_minor, row.principal_minor)
        moved.append((row.due_on, -paid.principal_minor))
        interest_received += paid.interest_minor
    assert sum(minor for _, minor in moved) == 0


@pytest.mark.parametrize(
    ("moved", "interest_received", "as_of", "parts"),
    [
        # nothing paid: on 30 June 9,000.00 and 179 days of 3.60; that day itself is due, the next instalment is shown
        ([], 0, "2024-06-30", [("2024-06-30", 9_000_00, 644_40), ("2024-12-31", 9_000_00, 648_00)]),
        # before the first due day only that one is shown
        ([], 0, "2024-06-29", [("2024-06-30", 9_000_00, 644_40)]),
        # 10,000.00 paid on the day: 644.40 interest, 9,355.60 principal; the surplus of 355.60 covers the next one;
        # interest to 31 December is 180 days of 26,644.40 x 0.036 / 360 = 2.66444 a day -> 479.5992
        ([("2024-06-30", -9_355_60)], 644_40, "2024-07-15", [("2024-12-31", 8_644_40, 479_60)]),
        # everything repaid: nothing is due any more
        ([("2024-06-30", -36_000_00)], 644_40, "2024-07-15", []),
    ],
)
def test_what_is_still_to_be_paid(
    moved: list[tuple[str, int]], interest_received: int, as_of: str, parts: list[tuple[str, int, int]]
) -> None:
    movements = DRAWN + [(date.fromisoformat(day), minor) for day, minor in moved]
    found = open_parts(
        terms=TERMS,
        instalments=schedule(terms=TERMS, drawdowns=DRAWN),
        movements=movements,
        interest_received_minor=interest_received,
        as_of=date.fromisoformat(as_of),
    )
    assert found == tuple(DuePart(date.fromisoformat(day), principal, interest) for day, principal, interest in parts)
