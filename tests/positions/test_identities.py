"""What must add up on a line of a statement, and what is posted for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.ledger import CHART
from domain.positions import (
    FIGURE_NAMES,
    IDENTITIES,
    NOTHING,
    READ_FROM,
    STATEMENT_ACCOUNTS,
    UNSIGNED_ACCOUNTS,
    Figures,
    Position,
    failing,
    movements,
    restated,
    stages,
    stages_to_add,
    terms,
)

# original, cancelled, undisbursed, disbursed, repaid, due, exchange, obligation, sold, repaid 3rd, due 3rd, held
A = Figures(1000_00, 100_00, 200_00, 700_00, 250_00, 400_00, -15_00, 385_00, 50_00, 30_00, 20_00, 600_00)
B = Figures(500_00, 0, 99_99, 400_00, 100_00, 290_00, 0, 290_00, 0, 0, 0, 389_99)


@pytest.mark.parametrize(
    ("figures", "fails"),
    [
        (A, ()),
        (B, ("disbursed", "original")),
        (NOTHING, ()),
        (Figures(obligation=1), ("obligation",)),  # 0.01 owed of nothing due
        (Figures(held=1), ("held",)),
        (Figures(due_third_party=1), ("sold",)),
        (Figures(cancelled=-1), ("original",)),
        (Figures(exchange_adjustment=-5, obligation=-5), ()),
    ],
)
def test_an_identity_that_fails_is_named(figures: Figures, fails: tuple[str, ...]) -> None:
    assert failing(figures) == fails


def test_the_first_statement_is_posted_as_the_difference_against_nothing() -> None:
    assert list(movements(before=NOTHING, now=B)) == [
        # obligation 290.00 = due 290.00 + exchange 0.00
        ("statement_obligation", 290_00),
        ("statement_due_in_obligation", -290_00),
        # held 389.99 = due 290.00 + undisbursed 99.99
        ("statement_held", 389_99),
        ("statement_due_in_held", -290_00),
        ("commitments_given", -99_99),
        # disbursed 400.00 against repaid 100.00 + due 290.00 + sold 0.00: 10.00 are missing
        ("loan_principal", 290_00),
        ("statement_repaid", 100_00),
        ("statement_disbursed", -400_00),
        ("source_difference", 10_00),
        # original 500.00 − cancelled 0.00 against undisbursed 99.99 + disbursed 400.00: 0.01 is missing
        ("commitments_undrawn", 99_99),
        ("statement_disbursed_of_original", 400_00),
        ("statement_original", -500_00),
        ("source_difference_original", 1),
    ]


def test_a_later_statement_is_posted_as_what_moved() -> None:
    # A repays 60.00: repaid 310.00, due 340.00, obligation 325.00, held 540.00
    later = Figures(1000_00, 100_00, 200_00, 700_00, 310_00, 340_00, -15_00, 325_00, 50_00, 30_00, 20_00, 540_00)
    assert list(movements(before=A, now=later)) == [
        ("statement_obligation", -60_00),
        ("statement_due_in_obligation", 60_00),
        ("statement_held", -60_00),
        ("statement_due_in_held", 60_00),
        ("loan_principal", -60_00),
        ("statement_repaid", 60_00),
    ]
    assert list(movements(before=A, now=A)) == []


def test_what_is_not_signed_is_no_commitment() -> None:
    # C: 80.00 approved, nothing paid out
    approved = Figures(original_principal=80_00, undisbursed=80_00, held=80_00)
    assert list(movements(before=NOTHING, now=approved, was_signed=False, is_signed=False)) == [
        ("statement_held", 80_00),
        ("approvals_given", -80_00),
        ("approved_unsigned", 80_00),
        ("statement_original", -80_00),
    ]
    # signed, and not a figure has changed: the whole of it becomes a commitment
    assert list(movements(before=approved, now=approved, was_signed=False, is_signed=True)) == [
        ("approvals_given", 80_00),
        ("commitments_given", -80_00),
        ("approved_unsigned", -80_00),
        ("commitments_undrawn", 80_00),
    ]
    # signed, and 30.00 paid out at once: 80.00 leave the approvals, 50.00 become a commitment
    drawn = Figures(
        original_principal=80_00, undisbursed=50_00, disbursed=30_00, due=30_00, obligation=30_00, held=80_00
    )
    assert list(movements(before=approved, now=drawn, was_signed=False, is_signed=True)) == [
        ("statement_obligation", 30_00),
        ("statement_due_in_obligation", -30_00),
        ("statement_due_in_held", -30_00),
        ("approvals_given", 80_00),
        ("commitments_given", -50_00),
        ("loan_principal", 30_00),
        ("statement_disbursed", -30_00),
        ("approved_unsigned", -80_00),
        ("commitments_undrawn", 50_00),
        ("statement_disbursed_of_original", 30_00),
    ]


def _unsigned(posted: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    return {line for line in posted if line[0] in UNSIGNED_ACCOUNTS}


def test_every_figure_is_read_from_an_account_that_it_is_posted_to() -> None:
    posted = {(account, figure, sign) for identity in IDENTITIES for account, figure, sign in identity.lines}
    posted |= {(UNSIGNED_ACCOUNTS[account], figure, sign) for account, figure, sign in posted & _unsigned(posted)}
    read = {(account, figure, sign) for figure, (accounts, sign) in READ_FROM.items() for account in accounts}
    assert read <= posted
    assert set(READ_FROM) == set(FIGURE_NAMES)
    accounts = [account for account, _, _ in posted] + [identity.gap_account for identity in IDENTITIES]
    assert len(accounts) == len(set(accounts)), "an account that two figures share tells neither"
    assert set(accounts) <= set(CHART) | set(STATEMENT_ACCOUNTS)


@pytest.mark.parametrize(
    ("now", "same_period", "taken_back"),
    [
        (Figures(disbursed=699_99), False, ("disbursed",)),  # money paid out does not come back unsaid
        (Figures(disbursed=700_01), False, ()),
        (Figures(disbursed=700_00, due=1), False, ()),
        (Figures(disbursed=700_01), True, ("disbursed",)),  # for one day, any other figure is another story
        (Figures(disbursed=700_00), True, ()),
    ],
)
def test_a_figure_that_falls_takes_back_what_was_stated(
    now: Figures, same_period: bool, taken_back: tuple[str, ...]
) -> None:
    assert restated(before=Figures(disbursed=700_00), now=now, same_period=same_period) == taken_back


APPROVED, SIGNED, EFFECTIVE = date(1999, 3, 30), date(1999, 5, 9), date(1999, 8, 1)
END = date(2018, 6, 30)


STATED = Position(
    "IBRDA", "XA", "Atlantis", "Ministry", "P1", "HARBOURS", "Repaying", None, NOTHING, APPROVED, SIGNED, EFFECTIVE
)


def position(status: str, **days: date | None) -> Position:
    return replace(STATED, status=status, **days)  # type: ignore[arg-type]  # days only


@pytest.mark.parametrize(
    ("stated", "last"),
    [
        (position("Approved", signed_on=None, effective_on=None), ("approved", APPROVED)),
        (position("Signed", effective_on=None), ("contracted", SIGNED)),
        (position("Signed", effective_on=date(2018, 7, 1)), ("contracted", SIGNED)),  # effective tomorrow: not yet
        (position("Disbursing"), ("active", EFFECTIVE)),
        (position("Fully Repaid", last_due_on=date(2017, 4, 15)), ("closed", date(2017, 4, 15))),
        (
            position("Fully Repaid", last_due_on=date(2031, 4, 15)),
            ("closed", END),
        ),  # repaid early: since when is unsaid
        (position("Fully Cancelled", closed_on=date(2003, 1, 2)), ("closed", date(2003, 1, 2))),
        (position("Terminated", signed_on=None, effective_on=None), ("withdrawn", END)),
        (position("", approved_on=None, signed_on=None, effective_on=None), ("approved", END)),
    ],
)
def test_the_last_stage_follows_from_days_and_status(stated: Position, last: tuple[str, date]) -> None:
    assert stages(stated, period_end=END)[-1][:2] == last


@pytest.mark.parametrize(
    ("status", "reached", "added"),
    [
        ("Disbursing", None, ["approved", "contracted", "active"]),
        ("Disbursing", "approved", ["contracted", "active"]),
        ("Disbursing", "active", []),
        ("Fully Repaid", "active", ["closed"]),
        ("Fully Repaid", "closed", []),
        ("Repaying", "closed", ["active"]),  # stated as open again
    ],
)
def test_a_later_statement_adds_the_stages_that_are_new(status: str, reached: str | None, added: list[str]) -> None:
    assert [s for s, _, _ in stages_to_add(position(status), period_end=END, reached=reached)] == added


def test_a_rate_of_nothing_is_unknown_and_not_free_of_interest() -> None:
    assert terms(position("Repaying"))["rate"] is None
    assert terms(position("Repaying"))["rate_note"] == "unknown, or several rates"
    assert terms(replace(STATED, rate=Decimal("0.0425")))["rate"] == "0.0425"
