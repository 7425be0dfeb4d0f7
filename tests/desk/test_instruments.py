"""Money under a contract: what each act books, to the cent, and what is refused in which words."""

from datetime import date
from uuid import UUID

import pytest
from sqlmodel import Session

from domain.deals import CommitmentExceeded, DayRefused, DealNotInForce, DrawStop
from domain.desk import funds, instruments
from domain.desk.ledger import reverse
from domain.desk.refusals import CashNotEnough
from domain.equity import MoreThanHeld
from domain.errors import InputRefused, NotFound
from domain.ledger import KeyUsedForAnotherRequest
from domain.loans import DrawnAfterLastInstalment, MoreThanOwed
from domain.store.instrument_queries import instruments_of
from tests.desk.financed import OPENED, TODAY, Financed, finance
from tests.desk.stopped import open_breach, resolve_breach


@pytest.fixture
def here(session: Session) -> Financed:
    return finance(session)


def test_a_signed_contract_is_a_commitment_and_a_drawdown_is_money_out(here: Financed) -> None:
    loan = here.signed(minor=36_000_00)
    assert here.holds(loan) == {"commitments_given": -36_000_00, "commitments_undrawn": 36_000_00}
    here.draw(loan, 30_000_00)
    assert here.holds(loan) == {
        "cash": -30_000_00,
        "commitments_given": -6_000_00,
        "commitments_undrawn": 6_000_00,
        "loan_principal": 30_000_00,
    }
    assert here.books()["cash"] == 70_000_00


def test_a_cancellation_takes_what_is_undrawn_and_no_more(here: Financed) -> None:
    loan = here.signed(minor=36_000_00)
    here.draw(loan, 30_000_00)
    said = {"instrument_id": loan, "effective_on": OPENED, "reason": "not needed", "by": here.officer}
    with pytest.raises(CommitmentExceeded, match=r"EUR 6,000\.01 is more than the EUR 6,000\.00 left"):
        instruments.cancel_undrawn(here.session, minor=6_000_01, key="a", **said)  # type: ignore[arg-type]
    entry = instruments.cancel_undrawn(here.session, key="b", **said)  # type: ignore[arg-type]
    assert instruments.cancel_undrawn(here.session, key="b", **said) == entry  # type: ignore[arg-type]
    assert "commitments_undrawn" not in here.holds(loan)
    with pytest.raises(CommitmentExceeded):
        here.draw(loan, 1)


@pytest.mark.parametrize(
    ("minor", "on", "refusal", "words"),
    [
        (36_000_01, "2024-01-01", CommitmentExceeded, "is more than the EUR 36,000.00 left of the commitment"),
        (1, "2023-12-31", DayRefused, "the contract was signed on 1 Jan 2024"),
        (1, "2026-01-01", DrawnAfterLastInstalment, "the last instalment is due on 1 Jan 2026"),
        (0, "2024-01-01", InputRefused, "an amount above zero is expected"),
        (-5, "2024-01-01", InputRefused, "an amount above zero is expected"),
        (10**17 + 1, "2024-01-01", InputRefused, "larger than any amount this book holds"),
    ],
)
def test_a_drawdown_that_cannot_be(here: Financed, minor: int, on: str, refusal: type[Exception], words: str) -> None:
    loan = here.signed()
    with pytest.raises(refusal, match=words):
        here.draw(loan, minor, on)
    assert "cash" not in here.holds(loan)


def test_a_drawdown_in_the_future_is_refused(here: Financed) -> None:
    stake = here.signed(kind="equity")
    with pytest.raises(DayRefused, match="1 Jan 2026 cannot be taken: it lies after the booking day, 31 Dec 2025"):
        here.draw(stake, 1, "2026-01-01")
    with pytest.raises(DayRefused, match="the fund's book stands at 31 Dec 2025"):
        instruments.draw_down(
            here.session,
            instrument_id=stake,
            minor=1,
            effective_on=date(2026, 1, 2),
            booked_on=date(2026, 1, 2),
            by=here.officer,
            key="k",
        )


def test_a_drawdown_before_the_contract_is_refused(here: Financed) -> None:
    deal_id = here.propose()
    [loan] = _instruments(here, deal_id)
    with pytest.raises(DealNotInForce, match="deal D-1 is proposed: a drawdown takes a contract in force"):
        here.draw(loan, 1)


def test_cash_is_never_paid_out_twice(session: Session) -> None:
    here = finance(session, cash_minor=10_000_00)
    loan = here.signed(minor=36_000_00)
    here.draw(loan, 9_999_99)
    with pytest.raises(CashNotEnough, match="does not hold enough cash"):
        here.draw(loan, 2)
    here.draw(loan, 1)
    assert "cash" not in here.books()


def test_the_same_key_books_once_and_another_request_with_it_is_refused(here: Financed) -> None:
    loan = here.signed(minor=36_000_00)
    entry = here.draw(loan, 36_000_00, key="draw")
    assert here.draw(loan, 36_000_00, key="draw") == entry  # though nothing is left of the commitment
    with pytest.raises(KeyUsedForAnotherRequest):
        here.draw(loan, 1, key="draw")
    first = here.receive(loan, 1_000_00, "2024-02-01", key="in")
    again = here.receive(loan, 1_000_00, "2024-02-01", key="in")
    assert (again.entry_id, again.interest, again.principal) == (first.entry_id, first.interest, first.principal)
    with pytest.raises(KeyUsedForAnotherRequest):
        here.receive(loan, 1_000_00, "2024-02-02", key="in")
    assert here.holds(loan)["loan_principal"] == 36_000_00 - 892_00


def test_a_receipt_pays_interest_to_its_value_day_then_principal(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    # six months of 108.00: 648.00 interest; 9,648.00 pays 9,000.00 of principal
    seen = instruments.preview_receipt(
        here.session, instrument_id=loan, minor=9_648_00, effective_on=date(2024, 7, 1), by=here.officer
    )
    paid = here.receive(loan, 9_648_00, "2024-07-01")
    assert (paid.interest.minor, paid.principal.minor, paid.left.minor) == (648_00, 9_000_00, 27_000_00)
    assert (seen.entry_id, seen.interest, seen.principal) == (None, paid.interest, paid.principal)
    assert here.holds(loan) == {
        "cash": -26_352_00,
        "interest_income": -648_00,
        "loan_principal": 27_000_00,
    }


def test_more_than_is_owed_is_refused_and_leaves_nothing(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    before = here.count("entry")
    with pytest.raises(MoreThanOwed, match=r"EUR 36,108\.01 is more than the EUR 36,108\.00 owed on 1 Feb 2024"):
        here.receive(loan, 36_108_01, "2024-02-01")
    assert here.count("entry") == before


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2024-01-14", "the first drawdown of D-1-I was on 2024-01-15"),
        ("2026-01-01", "it lies after the booking day"),
    ],
)
def test_a_receipt_before_the_drawdown_or_in_the_future_is_refused(here: Financed, on: str, words: str) -> None:
    loan = here.signed()
    with pytest.raises(DayRefused, match="nothing has been drawn of D-1-I"):
        here.receive(loan, 1, on)
    here.draw(loan, 36_000_00, "2024-01-15")
    with pytest.raises(DayRefused, match=words):
        here.receive(loan, 1, on)


def test_the_night_books_differences_of_what_was_earned(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)

    def accrue(day: str) -> int:
        changes = instruments.accrue_interest(here.session, fund_id=here.fund_id, day=date.fromisoformat(day))
        assert changes in (0, 1)
        return here.holds(loan).get("interest_receivable", 0)

    assert accrue("2024-01-31") == 104_40  # 29 days of 3.60
    assert accrue("2024-01-31") == 104_40  # once
    assert accrue("2024-02-29") == 208_80  # 30E/360 has 28 days up to the 29th of February: 58 in all
    # a receipt dated back into January pays the interest of 14 days and 9,949.60 of principal
    assert here.receive(loan, 10_000_00, "2024-01-15").interest.minor == 50_40
    # to 31 March: 14 days of 3.60, paid; then 75 days of 26,050.40 x 0.036 / 360 = 2.60504 a day: 195.378
    assert accrue("2024-03-31") == 195_38
    assert here.holds(loan)["interest_income"] == -245_78


def test_a_receipt_puts_interest_right_that_was_booked_to_its_day(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    instruments.accrue_interest(here.session, fund_id=here.fund_id, day=date(2024, 1, 31))  # 104.40
    here.receive(loan, 10_000_00, "2024-01-15")  # 50.40 of interest, 9,949.60 of principal
    # to the 31st: 50.40, then 15 days of 2.60504: 89.4756, so 39.08 are owed, and 14.92 were booked too much
    assert here.receive(loan, 39_08, "2024-01-31").interest.minor == 39_08
    assert here.holds(loan) == {"cash": -25_960_92, "interest_income": -89_48, "loan_principal": 26_050_40}


def test_a_repaid_loan_earns_no_more(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    here.receive(loan, 36_108_00, "2024-02-01")
    assert instruments.accrue_interest(here.session, fund_id=here.fund_id, day=date(2024, 2, 29)) == 0
    assert here.holds(loan) == {"cash": 108_00, "interest_income": -108_00}


def test_a_reversed_receipt_leaves_the_loan_as_it_was(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    paid = here.receive(loan, 9_648_00, "2024-07-01")
    assert paid.entry_id is not None
    reverse(here.session, entry_id=paid.entry_id, booked_on=TODAY, reason="not ours", by=here.officer, key="r")
    held = here.holds(loan)
    assert (held["loan_principal"], held["interest_receivable"]) == (36_000_00, 648_00)
    assert here.receive(loan, 9_648_00, "2024-07-01").interest.minor == 648_00


def test_what_is_due_and_what_comes_next(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)

    def due(as_of: str) -> list[tuple[str, int, int, bool]]:
        lines = instruments.due_instalments(here.session, fund_id=here.fund_id, as_of=date.fromisoformat(as_of))
        return [(str(x.due_on), x.principal.minor, x.interest.minor, x.past_due) for x in lines]

    assert due("2024-06-30") == [("2024-07-01", 9_000_00, 648_00, False)]
    assert due("2024-07-02") == [("2024-07-01", 9_000_00, 648_00, True), ("2025-01-01", 9_000_00, 648_00, False)]
    here.receive(loan, 9_648_00, "2024-07-01")
    # half a year of 27,000.00 at 3.6 %: 486.00
    assert due("2024-07-02") == [("2025-01-01", 9_000_00, 486_00, False)]
    days = instruments.due_days(here.session, fund_id=here.fund_id, after=date(2024, 7, 1), to=date(2025, 7, 1))
    assert days == (date(2025, 1, 1), date(2025, 7, 1))


def test_a_schedule_is_a_plan_before_the_drawdown_and_follows_it_after(here: Financed) -> None:
    loan = here.signed()
    plan = instruments.schedule_of(here.session, instrument_id=loan)
    assert [row.principal_minor for row in plan] == [9_000_00] * 4
    here.draw(loan, 20_000_00)
    assert [r.principal_minor for r in instruments.schedule_of(here.session, instrument_id=loan)] == [5_000_00] * 4


def test_a_stake_is_held_at_cost_and_sold_in_part(here: Financed) -> None:
    stake = here.signed(kind="equity", minor=900_00)
    here.draw(stake, 600_00)
    here.draw(stake, 300_00, "2024-07-01")
    assert here.receive(stake, 20_00, "2024-12-31", part="dividend").left.minor == 900_00
    sale = here.receive(stake, 450_00, "2025-01-31", part="sale", cost_minor=300_00)
    assert (sale.cost.minor, sale.gain.minor, sale.left.minor) == (300_00, 150_00, 600_00)
    loss = here.receive(stake, 100_00, "2025-02-28", part="sale", cost_minor=200_00)
    assert (loss.cost.minor, loss.gain.minor, loss.left.minor) == (200_00, -100_00, 400_00)
    assert here.holds(stake) == {
        "cash": -330_00,  # 900 out; 20 + 450 + 100 in
        "dividend_income": -20_00,
        "equity_at_cost": 400_00,
        "losses": 100_00,
        "realised_gains": -150_00,
    }
    with pytest.raises(MoreThanHeld, match=r"EUR 400\.01 is more than the stake, which stands at EUR 400\.00"):
        here.receive(stake, 1, "2025-03-31", part="sale", cost_minor=400_01)
    again = here.receive(stake, 100_00, "2025-02-28", part="sale", cost_minor=200_00, key="s")
    assert here.receive(stake, 100_00, "2025-02-28", part="sale", cost_minor=200_00, key="s").gain == again.gain


def test_a_stake_takes_no_debt_service(here: Financed) -> None:
    stake = here.signed(kind="equity")
    here.draw(stake, 1_00)
    for part in (None, "debt_service", "royalty"):
        with pytest.raises(InputRefused, match="one of dividend, sale comes in on an instrument of kind equity"):
            here.receive(stake, 1, "2024-12-31", part=part)


def state(here: Financed, royalty: UUID, period: tuple[str, str], revenue: int) -> int:
    start, end = map(date.fromisoformat, period)
    return instruments.state_revenue(
        here.session,
        instrument_id=royalty,
        period_start=start,
        period_end=end,
        revenue_minor=revenue,
        by=here.officer,
        key=f"revenue {end}",
    )


def test_a_royalty_runs_up_to_its_cap(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    here.draw(royalty, 4_000_00)
    first, second, third = ("2024-01-01", "2024-06-30"), ("2024-07-01", "2024-12-31"), ("2025-01-01", "2025-06-30")
    # 3 % of 100,000.00 is 3,000.00; of the same again 2,000.00 are left under the cap of 5,000.00; then nothing
    entry = state(here, royalty, first, 100_000_00)
    assert entry > 0
    assert state(here, royalty, first, 100_000_00) == entry
    assert here.holds(royalty)["royalty_receivable"] == 3_000_00
    with pytest.raises(MoreThanOwed, match=r"EUR 3,000\.01 is more than the EUR 3,000\.00 owed"):
        here.receive(royalty, 3_000_01, "2024-07-31")
    assert here.receive(royalty, 2_500_00, "2024-07-31").left.minor == 500_00
    state(here, royalty, second, 100_000_00)
    assert state(here, royalty, third, 100_000_00) == 0
    assert here.count("revenue_statement") == 3
    assert here.receive(royalty, 2_500_00, "2025-07-31").left.minor == 0
    assert here.holds(royalty) == {
        "cash": 1_000_00,
        "royalty_at_cost": 4_000_00,
        "royalty_income": -5_000_00,
    }


def test_revenue_is_stated_for_a_royalty_only(here: Financed) -> None:
    loan = here.signed()
    with pytest.raises(InputRefused, match="D-1-I is a loan; revenue is stated for a royalty"):
        state(here, loan, ("2024-01-01", "2024-06-30"), 1)


def test_an_unknown_instrument_is_not_found(here: Financed) -> None:
    with pytest.raises(NotFound, match="there is no instrument"):
        here.draw(here.fund_id, 1)


def test_a_running_cost_leaves_the_funds_cash(here: Financed) -> None:
    said = {"fund_id": here.fund_id, "effective_on": OPENED, "reason": "audit", "by": here.officer, "key": "c"}
    entry = funds.pay_running_cost(here.session, minor=250_00, **said)  # type: ignore[arg-type]
    assert funds.pay_running_cost(here.session, minor=250_00, **said) == entry  # type: ignore[arg-type]
    with pytest.raises(KeyUsedForAnotherRequest):
        funds.pay_running_cost(here.session, minor=251_00, **said)  # type: ignore[arg-type]
    assert here.books() == {"cash": 99_750_00, "contributed": -100_000_00, "running_costs": 250_00}


def _instruments(here: Financed, deal_id: UUID) -> list[UUID]:
    return [i.id for i in instruments_of(here.session, [deal_id])]


def test_a_draw_stop_names_what_stops(here: Financed) -> None:
    loan = here.signed()
    breach = open_breach(here)
    with pytest.raises(DrawStop, match=r"the open breach of covenant roofs-kept \(clause 7\), opened on 31 Jan 2025"):
        here.draw(loan, 1)
    resolve_breach(here, breach, "unremedied")
    with pytest.raises(DrawStop, match=r"the unremedied breach of covenant roofs-kept \(clause 7\), opened on 31 Jan"):
        here.draw(loan, 1)
    resolve_breach(here, breach, "remedied")
    here.draw(loan, 1)
