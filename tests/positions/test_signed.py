"""What a report on a statement's fund counts as committed: what is signed, and no cash that is kept elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from api.database.roles import Role
from api.schemas.impact import EvergreenAnswer
from domain.desk.impact import impact_report
from domain.desk.ledger import seal_facts
from tests.positions.statements import A, B, Bank, line


def test_the_evergreen_report_of_a_statements_fund_counts_what_is_signed_and_claims_no_cash(bank: Bank) -> None:
    unsigned = line(
        "IBRDC", "700.00 0.00 700.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 700.00", Loan_Status="Approved",
        Agreement_Signing_Date="", **{"Effective_Date_(Most_Recent)": ""},
    )  # fmt: skip
    bank.take(A, B, unsigned)
    with bank.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)
    with bank.sessions.begin(Role.NIGHT) as session:
        report = impact_report(session, fund_code="IBRD", as_of=date(2018, 6, 30))
    total, evergreen = report.money[-1], report.evergreen
    # Signed: A 200.00 + B 99.99 undrawn, 700.00 + 400.00 drawn; C's 700.00 is approved and nobody has signed it.
    assert (total.committed.amount, total.drawn.amount) == ("1399.99", "1100.00")
    assert evergreen.undrawn.amount == "299.99"
    assert (evergreen.cash.minor, evergreen.available) == (0, None)
    assert EvergreenAnswer.model_validate(evergreen).model_dump(mode="json")["available"] is None


def test_what_the_world_banks_fund_has_not_paid_out_is_committed_less_drawn(bank: Bank, shared: Path) -> None:
    bank.take_file(shared / "data/ibrd/statement_of_loans_2020-11-30.csv")
    with bank.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)
    with bank.sessions.begin(Role.NIGHT) as session:
        report = impact_report(session, fund_code="IBRD", as_of=date(2020, 11, 30))
    total, evergreen = report.money[-1], report.evergreen
    # Of 68,552,026,735.70 undisbursed, 9,169,293,594.65 stand in 47 loans that are approved and not signed.
    assert evergreen.undrawn.amount == "59382733141.05"
    assert total.committed.minor - total.drawn.minor == evergreen.undrawn.minor
    assert evergreen.available is None
