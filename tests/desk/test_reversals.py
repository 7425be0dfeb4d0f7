"""An entry is taken back only where the book still says what can be."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT
from domain.deals import DayRefused, DealNotInForce, Stage
from domain.desk import deals, funds, instruments
from domain.desk.ledger import reverse
from domain.errors import NotFound
from domain.ledger import EntryAlreadyReversed, KeyUsedForAnotherRequest
from domain.limits import LimitExceeded
from domain.reversals import LaterEntriesRestOnEntry, ReversalTakesTwo
from domain.royalties import RevenuePeriodRefused
from domain.store.ledger import CashNotEnough
from tests.desk.financed import OPENED, TODAY, Financed, finance

FIRST = (date(2024, 1, 1), date(2024, 6, 30))
SECOND = (date(2024, 7, 1), date(2024, 12, 31))


@pytest.fixture
def here(session: Session) -> Financed:
    return finance(session)


def take_back(here: Financed, entry_id: int | None, *, on: date = TODAY, key: str = "") -> int:
    assert entry_id is not None
    return reverse(
        here.session,
        entry_id=entry_id,
        booked_on=on,
        reason="wrong",
        by=here.officer,
        key=key or f"back {entry_id} {on}",
    )


def entry_of(here: Financed, kind: str, instrument_id: UUID | None = None) -> int:
    found = here.session.execute(
        text(
            "SELECT e.id FROM entry e WHERE e.kind = :kind AND (CAST(:id AS uuid) IS NULL OR EXISTS "
            "(SELECT FROM posting p WHERE p.entry_id = e.id AND p.instrument_id = :id)) ORDER BY e.id LIMIT 1"
        ),
        {"kind": kind, "id": instrument_id},
    )
    return int(found.scalar_one())


def state(here: Financed, royalty: UUID, period: tuple[date, date], revenue: int, key: str = "") -> int:
    return instruments.state_revenue(
        here.session,
        instrument_id=royalty,
        period_start=period[0],
        period_end=period[1],
        revenue_minor=revenue,
        by=here.officer,
        key=key or f"revenue {period[1]} {revenue}",
    )


def test_a_drawdown_with_receipts_after_it_stays(here: Financed) -> None:
    loan = here.signed()
    drawn = here.draw(loan, 36_000_00)
    # half a year's interest 648.00, so 9,000.00 of the 9,648.00 are principal
    paid = here.receive(loan, 9_648_00, "2024-07-01")
    before = here.books()
    with pytest.raises(LaterEntriesRestOnEntry, match="rest on it; reverse them first") as refused:
        take_back(here, drawn)
    assert "loan principal of D-1-I on 1 Jul 2024 would be EUR -9,000.00" in str(refused.value)
    assert here.books() == before
    take_back(here, paid.entry_id)
    take_back(here, entry_of(here, "interest", loan))
    take_back(here, drawn)
    assert here.holds(loan) == {"commitments_given": -36_000_00, "commitments_undrawn": 36_000_00}


def test_a_drawdown_stays_where_a_receipt_in_between_would_find_nothing(here: Financed) -> None:
    loan = here.signed()
    first = here.draw(loan, 10_000_00)
    # a half-year on 10,000.00 is 180.00; 5,000.00 of the receipt are principal
    here.receive(loan, 5_180_00, "2024-07-01")
    here.draw(loan, 20_000_00, "2024-08-01")
    # In the end 15,000.00 would be left, but on 1 July less than nothing.
    with pytest.raises(LaterEntriesRestOnEntry, match=r"on 1 Jul 2024 would be EUR -5,000\.00"):
        take_back(here, first)


def test_a_drawdown_stays_where_its_interest_was_received(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 6_000_00)
    second = here.draw(loan, 30_000_00)
    here.receive(loan, 648_00, "2024-07-01")
    # On 6,000.00 alone a half-year earns 108.00, and 648.00 came in: 540.00 too much.
    with pytest.raises(LaterEntriesRestOnEntry, match=r"interest earned and not received .* would be EUR -540\.00"):
        take_back(here, second)


def test_interest_that_was_received_stays(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    # January's interest is 30 days at 3.60
    instruments.accrue_interest(here.session, fund_id=here.fund_id, day=date(2024, 1, 31))
    here.receive(loan, 108_00, "2024-01-31")
    with pytest.raises(LaterEntriesRestOnEntry, match=r"interest receivable .* 31 Jan 2024 would be EUR -\d+\.\d\d"):
        take_back(here, entry_of(here, "interest", loan))


def test_a_stakes_drawdown_with_a_dividend_or_a_sale_stays(here: Financed) -> None:
    stake = here.signed(kind="equity", minor=900_00)
    drawn = here.draw(stake, 900_00)
    dividend = here.receive(stake, 20_00, "2024-12-31", part="dividend")
    with pytest.raises(LaterEntriesRestOnEntry, match=r"the money paid out of D-1-I on 31 Dec 2024 would be EUR 0\.00"):
        take_back(here, drawn)
    take_back(here, dividend.entry_id)
    here.receive(stake, 450_00, "2025-01-31", part="sale", cost_minor=300_00)
    with pytest.raises(LaterEntriesRestOnEntry, match=r"equity at cost of D-1-I on 31 Jan 2025 would be EUR -300\.00"):
        take_back(here, drawn)


def test_a_commitment_and_a_contribution_take_two_people(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 20_000_00)
    for kind in ("commitment", "contribution"):
        with pytest.raises(ReversalTakesTwo, match=f"is a {kind}, which takes two people to reverse"):
            take_back(here, entry_of(here, kind))
    assert here.holds(loan)["commitments_undrawn"] == 16_000_00


def test_nothing_of_a_closed_deal_is_taken_back(here: Financed) -> None:
    loan = here.signed()
    here.draw(loan, 36_000_00)
    paid = here.receive(loan, 36_108_00, "2024-02-01")
    deal_id = here.session.execute(text("SELECT deal_id FROM instrument WHERE id = :id"), {"id": loan}).scalar_one()
    here.advance(deal_id, "active", on=TODAY)
    deals.advance(
        here.session, deal_id=deal_id, to=Stage.CLOSED, happened_on=TODAY, reason="all is paid", by=here.officer
    )
    for entry_id in (paid.entry_id, entry_of(here, "interest", loan)):
        with pytest.raises(DealNotInForce, match="deal D-1 is closed: a reversal takes a contract in force"):
            take_back(here, entry_id)


def test_a_royalty_is_stated_again_once_its_entry_is_reversed(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    here.draw(royalty, 4_000_00)
    # 3 % of 100,000.00
    wrong = state(here, royalty, FIRST, 100_000_00)
    with pytest.raises(RevenuePeriodRefused, match=r"revenue was stated for .* before"):
        state(here, royalty, FIRST, 50_000_00)
    take_back(here, wrong)
    # 3 % of 50,000.00; what was reversed counts neither as stated nor towards the cap
    right = state(here, royalty, FIRST, 50_000_00)
    assert right not in (0, wrong)
    assert here.holds(royalty)["royalty_receivable"] == 1_500_00
    assert state(here, royalty, FIRST, 50_000_00) == right
    take_back(here, right)
    # of 5,000.00 under the cap all is left: 3 % of 200,000.00 would be 6,000.00
    state(here, royalty, FIRST, 200_000_00)
    assert here.holds(royalty)["royalty_receivable"] == 5_000_00
    rows = here.session.execute(text("SELECT version, due_minor FROM revenue_statement ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(None, 3_000_00), (2, 1_500_00), (3, 5_000_00)]


def test_the_key_of_a_statement_that_was_reversed_states_nothing_new(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    wrong = state(here, royalty, FIRST, 100_000_00, key="once")
    take_back(here, wrong)
    assert state(here, royalty, FIRST, 100_000_00, key="once") == wrong
    with pytest.raises(KeyUsedForAnotherRequest):
        state(here, royalty, FIRST, 50_000_00, key="once")
    assert (here.count("revenue_statement"), here.holds(royalty).get("royalty_receivable", 0)) == (1, 0)


def test_a_royalty_that_was_received_stays_due(here: Financed) -> None:
    royalty = here.signed(kind="royalty", minor=4_000_00)
    here.draw(royalty, 4_000_00)
    first = state(here, royalty, FIRST, 100_000_00)
    here.receive(royalty, 2_500_00, "2024-07-31")
    # 2,000.00 are left under the cap
    second = state(here, royalty, SECOND, 100_000_00)
    with pytest.raises(LaterEntriesRestOnEntry, match=r"royalty receivable .* 31 Jul 2024 would be EUR -2,500\.00"):
        take_back(here, first)
    take_back(here, second)
    assert here.holds(royalty)["royalty_receivable"] == 500_00


def test_a_receipt_that_was_spent_again_stays(here: Financed) -> None:
    loan = here.signed(minor=100_000_00)
    here.draw(loan, 100_000_00)
    paid = here.receive(loan, 50_000_00, "2024-01-31")
    funds.pay_running_cost(
        here.session, fund_id=here.fund_id, minor=1_00, effective_on=TODAY, reason="audit", by=here.officer, key="c"
    )
    with pytest.raises(CashNotEnough):
        take_back(here, paid.entry_id)


def test_a_cancellation_comes_back_within_the_funds_limits_only(here: Financed) -> None:
    loan = here.signed(minor=30_000_00)
    instruments.cancel_undrawn(
        here.session, instrument_id=loan, minor=20_000_00, effective_on=OPENED, reason="less", by=here.officer, key="x"
    )
    funds.set_limit(
        here.session, fund_id=here.fund_id, basis="ticket", subject="", amount_minor=25_000_00, valid_from=OPENED,
        source="mandate", by=NIGHT,
    )  # fmt: skip
    # 10,000.00 are committed; with the 20,000.00 they would be 30,000.00 of 25,000.00
    with pytest.raises(LimitExceeded):
        take_back(here, entry_of(here, "cancellation", loan))
    assert here.holds(loan)["commitments_undrawn"] == 10_000_00


def test_a_reversal_is_booked_on_a_day_that_the_book_has(here: Financed) -> None:
    loan = here.signed()
    drawn = here.draw(loan, 1_000_00, "2024-03-01")
    with pytest.raises(DayRefused, match="the entry was booked on 31 Dec 2025"):
        take_back(here, drawn, on=date(2025, 12, 30))
    with pytest.raises(DayRefused, match="the fund's book stands at 31 Dec 2025"):
        take_back(here, drawn, on=date(2026, 1, 2))
    reversal = take_back(here, drawn)
    assert take_back(here, drawn) == reversal
    for number in (drawn, reversal):
        with pytest.raises(EntryAlreadyReversed):
            take_back(here, number, key=f"again {number}")
    with pytest.raises(NotFound):
        take_back(here, 10**15)
