"""Small statements written by hand, in the ways in which releases write them.

    loan  original cancelled undisbursed disbursed repaid   due  exchange obligation  sold  3rd repaid  3rd due    held
    A      1000.00    100.00      200.00    700.00 250.00 400.00   -15.00     385.00 50.00       30.00    20.00  600.00
    B       500.00      0.00       99.99    400.00 100.00 290.00     0.00     290.00  0.00        0.00     0.00  389.99

All five identities hold for A. For B the fourth lacks 10.00 (400.00 against 100.00 + 290.00 + 0.00) and the fifth 0.01
(500.00 − 0.00 against 99.99 + 400.00).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from api.commands.positions import answer, bring_in
from api.database.roles import Role
from api.database.sessions import Sessions
from domain.store.balances import balances
from domain.store.positions import fund_by_code

HEADER_LINE = (
    "End of Period,Loan Number,Region,Country Code,Country,Borrower,Guarantor Country Code,Guarantor,Loan Type,"
    "Loan Status,Interest Rate,Currency of Commitment,Project ID,Project Name,Original Principal Amount,"
    "Cancelled Amount,Undisbursed Amount,Disbursed Amount,Repaid to IBRD,Due to IBRD,Exchange Adjustment,"
    "Borrower's Obligation,Sold 3rd Party,Repaid 3rd Party,Due 3rd Party,Loans Held,First Repayment Date,"
    "Last Repayment Date,Agreement Signing Date,Board Approval Date,Effective Date (Most Recent),"
    "Closed Date (Most Recent),Last Disbursement Date"
)
HEADER = HEADER_LINE.split(",")
AMOUNTS, DAYS = HEADER[14:26], ["End of Period", *HEADER[26:]]

JUNE, JULY, AUGUST = "2018-06-30T00:00:00", "2018-07-31T00:00:00", "2018-08-31T00:00:00"

Line = dict[str, str]


def line(loan: str, amounts: str, **cells: str) -> Line:
    """Return a line of the statement of June; ``amounts`` are the twelve figures in the file's order."""
    said = dict.fromkeys(HEADER, "") | dict(zip(AMOUNTS, amounts.split(), strict=True))
    said |= {
        "End of Period": JUNE,
        "Loan Number": loan,
        "Country Code": "XA",
        "Country": "Atlantis",
        "Borrower": "Ministry of Finance",
        "Loan Status": "Repaying",
        "Interest Rate": "4.2500",
        "Project ID": f"P{loan}",
        "Project Name": "HARBOURS",
        "First Repayment Date": "2001-04-15T00:00:00",
        "Last Repayment Date": "2031-04-15T00:00:00",
        "Agreement Signing Date": "1999-05-09T00:00:00",
        "Board Approval Date": "1999-03-30T00:00:00",
        "Effective Date (Most Recent)": "1999-08-01T00:00:00",
    }
    return said | {name.replace("_", " "): cell for name, cell in cells.items()}


A_AMOUNTS = "1000.00 100.00 200.00 700.00 250.00 400.00 -15.00 385.00 50.00 30.00 20.00 600.00"
B_AMOUNTS = "500.00 0.00 99.99 400.00 100.00 290.00 0.00 290.00 0.00 0.00 0.00 389.99"
A, B = line("IBRDA", A_AMOUNTS), line("IBRDB", B_AMOUNTS)


def on(period: str, *lines: Line) -> list[Line]:
    """Return the lines as a release for another period states them."""
    return [said | {"End of Period": period} for said in lines]


def written(lines: Sequence[Line], header: Sequence[str] = HEADER) -> str:
    """Return a release as text, under a header that may be another than its columns' names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([said[name] for name in HEADER] for said in lines)
    return out.getvalue()


@dataclass(frozen=True)
class Bank:
    """A database, and a folder for files."""

    sessions: Sessions
    folder: Path

    def file(self, lines: Sequence[Line]) -> Path:
        """Write a release."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.csv"
        path.write_text(written(lines), encoding="utf-8")
        return path

    def take(self, *lines: Line, fund: str = "IBRD", today: date = date(2026, 3, 31)) -> dict[str, Any]:
        """Import a release and return what the command prints."""
        return self.take_file(self.file(lines), fund=fund, today=today)

    def take_file(self, path: Path, *, fund: str = "IBRD", today: date = date(2026, 3, 31)) -> dict[str, Any]:
        """Import a file and return what the command prints."""
        return answer(*bring_in(self.sessions, file=path, fund=fund, today=today, step=lambda _: None))

    def balances(self, *, fund: str = "IBRD", as_of: date = date(2026, 3, 31)) -> dict[str, int]:
        """Return the accounts that are not at zero, in cents."""
        with self.sessions.begin(Role.NIGHT) as session:
            row = fund_by_code(session, fund)
            assert row is not None
            assert row.id is not None
            held = balances(session, fund_id=row.id, as_of=as_of)
        return {code: minor for (code, _), minor in held.items() if minor}
