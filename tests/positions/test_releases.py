"""The World Bank's own releases: every figure of 8,713 and 8,986 loans, to the cent."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from tests.positions.statements import Bank

COLUMNS = {
    "original_principal": "Original Principal Amount",
    "cancelled": "Cancelled Amount",
    "undisbursed": "Undisbursed Amount",
    "disbursed": "Disbursed Amount",
    "repaid": "Repaid to IBRD",
    "due": "Due to IBRD",
    "exchange_adjustment": "Exchange Adjustment",
    "obligation": "Borrower's Obligation",
    "sold": "Sold 3rd Party",
    "repaid_third_party": "Repaid 3rd Party",
    "due_third_party": "Due 3rd Party",
    "held": "Loans Held",
}


def totals_of(path: Path) -> dict[str, str]:
    """Sum the file's columns with nothing but exact decimals."""
    sums = dict.fromkeys(COLUMNS, Decimal(0))
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            for ours, theirs in COLUMNS.items():
                sums[ours] += Decimal(row[theirs]).quantize(Decimal("0.01"))
    return {name: str(total) for name, total in sums.items()}


def failed(told: dict[str, object]) -> dict[str, int]:
    return {name: summary.failed for name, summary in told["identities"].items()}  # type: ignore[attr-defined]


def commitments(bank: Bank) -> tuple[int, int]:
    """Return what is signed and what is only approved, in cents, after looking at the mirror of each."""
    held = bank.balances()
    assert held["commitments_given"] == -held["commitments_undrawn"]
    assert held["approvals_given"] == -held["approved_unsigned"]
    return held["commitments_undrawn"], held["approved_unsigned"]


def test_both_releases_stand_in_the_ledger_to_the_cent(bank: Bank, shared: Path) -> None:
    in_2018 = shared / "data/ibrd/statement_of_loans_2018-10-31.csv"
    in_2020 = shared / "data/ibrd/statement_of_loans_2020-11-30.csv"

    told = bank.take_file(in_2018)
    assert (told["rows"], told["rejected"], told["new"]) == (8713, 0, 8713)
    # The issue counts 362 loans that fail the fourth identity and 801 that fail the fifth; 346 fail both.
    assert failed(told) == {"obligation": 0, "held": 0, "sold": 0, "disbursed": 362, "original": 801}
    assert (told["accepted"], told["flagged"]) == (7896, 817)
    assert told["totals"] == totals_of(in_2018)
    assert sum(bank.balances().values()) == 0
    # 38 loans are approved and neither signed nor effective by then; 68,180,571,016.44 undisbursed in all
    assert commitments(bank) == (62_068_254_007_46, 6_112_317_008_98)
    assert bank.take_file(in_2018)["changes"] == 0

    told = bank.take_file(in_2020)
    assert (told["rows"], told["rejected"], told["new"], told["vanished"]) == (8986, 0, 273, 0)
    assert failed(told) == {"obligation": 0, "held": 0, "sold": 0, "disbursed": 362, "original": 914}
    assert told["totals"] == totals_of(in_2020)
    # Of the 38 of 2018, 26 are signed by then; 47 are not. 68,552,026,735.70 undisbursed in all
    assert commitments(bank) == (59_382_733_141_05, 9_169_293_594_65)
    # In 10 loans the original principal fell, in 32 others what had been disbursed.
    assert told["flags"] == {"disbursed": 362, "original": 914, "restated": 42}
    assert bank.take_file(in_2020)["changes"] == 0
