"""A statement enters the ledger whole and once; later ones book what moved, and nothing stated is ever lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.authority import NIGHT
from domain.deals import MovedByStatement
from domain.desk.funds import open_fund
from domain.desk.ledger import reverse
from domain.desk.verification import verify
from domain.errors import InputRefused
from domain.ledger import PeriodClosed, mirrored
from domain.positions import (
    FundInAnotherCurrency,
    StatementIsOlder,
    StatementLiesAhead,
)
from domain.store import ledger
from tests.positions.statements import AUGUST, JULY, A, B, Bank, line, on

# A and B by hand, see statements.py: 1000.00 + 500.00, 100.00 + 0.00, 200.00 + 99.99, ...
TOTALS = {
    "original_principal": "1500.00",
    "cancelled": "100.00",
    "undisbursed": "299.99",
    "disbursed": "1100.00",
    "repaid": "350.00",
    "due": "690.00",
    "exchange_adjustment": "-15.00",
    "obligation": "675.00",
    "sold": "50.00",
    "repaid_third_party": "30.00",
    "due_third_party": "20.00",
    "held": "989.99",
}
BALANCES = {
    # obligation 675.00 = due 690.00 + exchange −15.00
    "statement_obligation": 675_00,
    "statement_due_in_obligation": -690_00,
    "statement_exchange_adjustment": 15_00,
    # held 989.99 = due 690.00 + undisbursed 299.99
    "statement_held": 989_99,
    "statement_due_in_held": -690_00,
    "commitments_given": -299_99,
    # sold 50.00 = 30.00 + 20.00
    "statement_repaid_third_party": 30_00,
    "statement_due_third_party": 20_00,
    "statement_sold_in_parts": -50_00,
    # disbursed 1100.00 against repaid 350.00 + due 690.00 + sold 50.00: 10.00 are missing
    "loan_principal": 690_00,
    "statement_repaid": 350_00,
    "statement_sold": 50_00,
    "statement_disbursed": -1100_00,
    "source_difference": 10_00,
    # original 1500.00 − cancelled 100.00 against undisbursed 299.99 + disbursed 1100.00: 0.01 is missing
    "commitments_undrawn": 299_99,
    "statement_disbursed_of_original": 1100_00,
    "statement_cancelled": 100_00,
    "statement_original": -1500_00,
    "source_difference_original": 1,
}
# A repays 60.00 in July: repaid 310.00, due 340.00, obligation 325.00, held 540.00
A_REPAYS = line("IBRDA", "1000.00 100.00 200.00 700.00 310.00 340.00 -15.00 325.00 50.00 30.00 20.00 540.00")
# C is signed for 80.00 in July, nothing paid out yet
C = line("IBRDC", "80.00 0 80.00 0 0 0 0 0 0 0 0 80.00", Project_ID="", Loan_Status="Signed")


def rows(bank: Bank, query: str) -> list[tuple[object, ...]]:
    with bank.sessions.begin(Role.NIGHT) as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_the_totals_are_read_back_from_the_ledger(bank: Bank) -> None:
    told = bank.take(A, B)
    assert (told["rows"], told["accepted"], told["flagged"], told["rejected"]) == (2, 1, 1, 0)
    assert told["flags"] == {"disbursed": 1, "original": 1}
    assert told["totals"] == TOTALS
    assert told["changes"] == 2
    assert bank.balances() == BALANCES
    failed = {name: summary.failed for name, summary in told["identities"].items()}
    assert failed == {"obligation": 0, "held": 0, "sold": 0, "disbursed": 1, "original": 1}


def test_totals_come_from_postings_and_not_from_the_file(bank: Bank) -> None:
    bank.take(A, B)
    with bank.sessions.begin(Role.NIGHT) as session:
        entry_id = session.execute(text("SELECT min(id) FROM entry")).scalar_one()
        # The desk refuses this, so it is done behind its back.
        with pytest.raises(MovedByStatement):
            reverse(session, entry_id=entry_id, booked_on=date(2018, 6, 30), reason="test", by=NIGHT, key="undo")
        fund_id, entry = ledger.entry_by_id(session, entry_id)
        undone = replace(entry, kind="reversal", postings=mirrored(entry.postings), reverses_id=entry_id)
        ledger.post(session, undone, fund_id=fund_id, by=NIGHT, key="undo")
    told = bank.take(A, B)
    # A is taken back, so what is left is B alone
    assert told["totals"] != TOTALS
    assert told["totals"]["due"] == "290.00"


def test_both_sides_of_the_books_balance_by_themselves(bank: Bank) -> None:
    bank.take(A, B)
    # 690.00 due + 350.00 repaid + 50.00 sold − 1100.00 disbursed + 10.00 difference
    found = rows(
        bank,
        "SELECT a.kind = 'memorandum', sum(p.amount)::int FROM posting p JOIN account a ON a.id = p.account_id "
        "GROUP BY 1",
    )
    assert sorted(found) == [(False, 0), (True, 0)]


def test_who_what_for_and_since_when_are_in_the_book(bank: Bank) -> None:
    bank.take(A, B | {"Borrower": "MINISTRY OF FINANCE"}, C | {"End of Period": A["End of Period"]})
    assert rows(bank, "SELECT name, kind, country FROM party") == [("Ministry of Finance", "public_body", "XA")]
    assert rows(bank, "SELECT code, name FROM project ORDER BY code") == [
        ("IBRD-IBRDC", "HARBOURS"),  # no project number: a project of the loan's own
        ("PIBRDA", "HARBOURS"),
        ("PIBRDB", "HARBOURS"),
    ]
    assert rows(bank, "SELECT code, kind, currency, accrues FROM instrument ORDER BY code LIMIT 1") == [
        ("IBRD-IBRDA", "loan", "USD", False)
    ]
    assert rows(
        bank,
        "SELECT s.stage, s.happened_on FROM deal_stage s JOIN deal d ON d.id = s.deal_id "
        "WHERE d.code = 'IBRD-IBRDA' ORDER BY s.id",
    ) == [("approved", date(1999, 3, 30)), ("contracted", date(1999, 5, 9)), ("active", date(1999, 8, 1))]
    assert rows(bank, "SELECT commitment_minor, terms->>'rate' FROM instrument_terms ORDER BY 1 LIMIT 1") == [
        (8000, "0.0425")
    ]
    assert rows(bank, "SELECT columns->>'Loan Status', columns->>'Region' FROM statement_line LIMIT 1") == [
        ("Repaying", "")
    ]
    assert rows(bank, "SELECT code, currency, opened_on, business_day FROM fund") == [
        ("IBRD", "USD", date(1999, 3, 30), date(2018, 6, 30))
    ]


def test_the_same_file_twice_changes_nothing(bank: Bank) -> None:
    told = bank.take(A, B)
    assert bank.take(A, B) == told | {"changes": 0, "new": 0}
    assert rows(bank, "SELECT count(*) FROM statement_release") == [(1,)]
    assert bank.balances() == BALANCES


def test_two_imports_at_once_book_it_once(bank: Bank) -> None:
    file = bank.file([A, B])
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: bank.take_file(file), range(4)))
    assert sorted(str(t["changes"]) for t in told) == ["0", "0", "0", "2"]
    assert all(t["totals"] == TOTALS for t in told)
    assert bank.balances() == BALANCES


def test_a_later_release_books_what_moved(bank: Bank) -> None:
    bank.take(A, B)
    told = bank.take(*on(JULY, A_REPAYS, B, C))
    assert (told["changes"], told["new"], told["restated"], told["vanished"]) == (2, 1, 0, 0)
    # A: repaid +60.00, due −60.00; C: original and undisbursed +80.00
    assert told["totals"] == TOTALS | {
        "original_principal": "1580.00",
        "undisbursed": "379.99",
        "repaid": "410.00",
        "due": "630.00",
        "obligation": "615.00",
        "held": "1009.99",  # 989.99 − 60.00 + 80.00
    }
    assert rows(
        bank, "SELECT kind, booked_on, posting_count FROM entry WHERE booked_on > '2018-06-30' ORDER BY id"
    ) == [
        ("statement_movement", date(2018, 7, 31), 6),
        ("opening_position", date(2018, 7, 31), 4),
    ]
    assert bank.balances(as_of=date(2018, 7, 30)) == BALANCES  # the day before still reads as it did
    assert rows(bank, "SELECT count(*) FROM statement_line") == [(5,)]
    assert rows(bank, "SELECT business_day FROM fund") == [(date(2018, 7, 31),)]


def test_an_older_file_again_tells_what_it_told_then(bank: Bank) -> None:
    then = bank.take(A, B)
    bank.take(*on(JULY, A_REPAYS, B, C))
    assert bank.take(A, B) == then | {"changes": 0, "new": 0}


def test_a_release_older_than_the_last_is_refused(bank: Bank) -> None:
    bank.take(*on(JULY, A, B))
    with pytest.raises(StatementIsOlder, match="30 Jun 2018 is older than that of 31 Jul 2018"):
        bank.take(A_REPAYS, B)


def test_a_loan_that_vanishes_keeps_its_position(bank: Bank) -> None:
    bank.take(A, B)
    told = bank.take(*on(JULY, A))
    assert (told["rows"], told["vanished"], told["changes"]) == (1, 1, 0)
    assert told["totals"]["due"] == "400.00"  # of the loans it names
    assert bank.balances() == BALANCES
    # B comes back in August with 40.00 repaid: moved against where it stood in June
    b_repays = line("IBRDB", "500.00 0 99.99 400.00 140.00 250.00 0 250.00 0 0 0 349.99")
    told = bank.take(*on(AUGUST, A, b_repays))
    assert (told["vanished"], told["changes"], told["new"]) == (0, 1, 0)
    assert told["totals"] == TOTALS | {"repaid": "390.00", "due": "650.00", "obligation": "635.00", "held": "949.99"}


def test_a_figure_that_falls_is_flagged_as_restated(bank: Bank) -> None:
    bank.take(A)
    # 50.00 less paid out than stated before: disbursed 650.00, due 350.00, undisbursed 250.00, obligation 335.00
    told = bank.take(
        *on(JULY, line("IBRDA", "1000.00 100.00 250.00 650.00 250.00 350.00 -15.00 335.00 50.00 30.00 20.00 600.00"))
    )
    assert (told["flags"], told["flagged"], told["restated"]) == ({"restated": 1}, 1, 1)
    assert rows(bank, "SELECT reason FROM entry WHERE kind = 'statement_movement'") == [
        ("restatement in the statement of 31 Jul 2018: disbursed",)
    ]


def test_other_figures_for_the_same_day_restate_it_and_both_releases_stay(bank: Bank) -> None:
    first = bank.take(A, B)
    told = bank.take(A_REPAYS, B)
    assert (told["changes"], told["restated"], told["flags"]) == (1, 1, {"disbursed": 1, "original": 1, "restated": 1})
    assert told["totals"]["repaid"] == "410.00"
    assert rows(bank, "SELECT restates_id FROM statement_release ORDER BY id") == [(None,), (first["release"],)]
    # The first file again takes the restatement back.
    assert bank.take(A, B)["totals"] == TOTALS
    assert bank.balances() == BALANCES


def test_stages_and_terms_grow_by_what_is_new(bank: Bank) -> None:
    bank.take(A)
    repaid = line(
        "IBRDA", "1000.00 100.00 200.00 700.00 650.00 0 0 0 50.00 30.00 20.00 200.00",
        Loan_Status="Fully Repaid", Interest_Rate="0", Last_Repayment_Date="2018-07-15",
    )  # fmt: skip
    bank.take(*on(JULY, repaid))
    bank.take(*on(AUGUST, repaid))
    assert rows(bank, "SELECT stage, happened_on FROM deal_stage ORDER BY id DESC LIMIT 2") == [
        ("closed", date(2018, 7, 15)),
        ("active", date(1999, 8, 1)),
    ]
    assert rows(bank, "SELECT version, valid_from, terms->>'rate' FROM instrument_terms ORDER BY version") == [
        (1, date(1999, 5, 9), "0.0425"),
        (2, date(2018, 7, 31), None),
    ]


def test_a_fund_in_another_currency_is_refused(bank: Bank) -> None:
    with bank.sessions.begin(Role.NIGHT) as session:
        open_fund(
            session, code="commons", name="Commons", currency="GBP", mandate="", recycling="full",
            opened_on=date(2018, 1, 1), business_day=date(2018, 1, 1), missions=(), by=NIGHT,
        )  # fmt: skip
    with pytest.raises(FundInAnotherCurrency, match="commons is kept in GBP, and this statement is in USD"):
        bank.take(A, fund="commons")


def test_a_loan_becomes_a_commitment_when_it_is_signed(bank: Bank) -> None:
    approved = C | {"Agreement Signing Date": "", "Effective Date (Most Recent)": "", "Loan Status": "Approved"}
    # June: C is approved for 80.00 and not signed
    told = bank.take(A, approved | {"End of Period": A["End of Period"]})
    assert told["totals"]["undisbursed"] == "280.00"  # 200.00 of A and 80.00 of C
    june = bank.balances()
    assert (june["commitments_undrawn"], june["commitments_given"]) == (200_00, -200_00)
    assert (june["approved_unsigned"], june["approvals_given"]) == (80_00, -80_00)
    # July: signed on 9 July, and no figure has changed
    signed = approved | {"Agreement Signing Date": "2018-07-09T00:00:00", "Loan Status": "Signed"}
    told = bank.take(*on(JULY, A, signed))
    assert (told["changes"], told["restated"]) == (1, 0)
    assert told["totals"]["undisbursed"] == "280.00"
    july = bank.balances()
    assert (july["commitments_undrawn"], july["commitments_given"]) == (280_00, -280_00)
    assert not {"approved_unsigned", "approvals_given"} & set(july)
    assert bank.balances(as_of=date(2018, 7, 30)) == june
    # August: 30.00 is paid out, and the day of signing is left blank: signed is signed
    drawn = line("IBRDC", "80.00 0 50.00 30.00 0 30.00 0 30.00 0 0 0 80.00", Project_ID="") | {
        "Agreement Signing Date": "", "Effective Date (Most Recent)": "", "Loan Status": "Approved",
    }  # fmt: skip
    told = bank.take(*on(AUGUST, A, drawn))
    assert told["totals"]["undisbursed"] == "250.00"
    august = bank.balances()
    assert (august["commitments_undrawn"], august["commitments_given"]) == (250_00, -250_00)
    assert "approved_unsigned" not in august


def test_two_funds_keep_their_own_loans_and_share_parties(bank: Bank) -> None:
    bank.take(A, B)
    told = bank.take(A, fund="SECOND")
    assert told["totals"]["due"] == "400.00"
    assert bank.balances() == BALANCES
    assert rows(bank, "SELECT count(*) FROM party") == [(1,)]


def test_what_is_refused_leaves_nothing_behind(bank: Bank) -> None:
    for refusal, lines, today in (
        (InputRefused, [A | {"Loans Held": "1e400"}, B], date(2026, 3, 31)),
        (StatementLiesAhead, [A, B], date(2018, 6, 29)),
    ):
        with pytest.raises(refusal):
            bank.take(*lines, today=today)
    assert rows(
        bank, "SELECT (SELECT count(*) FROM fund), (SELECT count(*) FROM party), (SELECT count(*) FROM entry)"
    ) == [(0, 0, 0)]


def test_a_closed_period_takes_no_statement(bank: Bank) -> None:
    bank.take(A)
    with bank.sessions.begin(Role.NIGHT) as session:
        session.execute(text("UPDATE fund SET business_day = '2018-07-31' WHERE code = 'IBRD'"))
        session.execute(
            text("INSERT INTO period (fund_id, period_end) SELECT id, '2018-07-31' FROM fund WHERE code = 'IBRD'")
        )
    before = bank.balances()
    with pytest.raises(PeriodClosed):
        bank.take(*on(JULY, A_REPAYS))
    assert bank.balances() == before


def test_the_ledger_is_sound_after_several_releases(bank: Bank) -> None:
    bank.take(A, B)
    bank.take(*on(JULY, A_REPAYS, B, C))
    bank.take(*on(AUGUST, B, C))
    with bank.sessions.begin(Role.NIGHT) as session:
        assert verify(session).sound
