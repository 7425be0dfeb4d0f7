"""What the audit says was there before an act and is there after it: by the desk's own acts, one after the other."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT, Act, Actor
from domain.deals import Stage
from domain.delegations import Delegation
from domain.desk import authority, currencies, deals, funds, instruments, ledger, night, people, periods, requests
from domain.desk.edits import classify_project
from domain.desk.missions import project_by_code
from domain.money import Money
from domain.parties import Role
from tests.desk.financed import OPENED, TODAY, Financed, finance, person

Said = dict[str, Any] | None


@pytest.fixture
def here(owners_session: Session) -> Financed:
    return finance(owners_session)


@pytest.fixture
def steward(here: Financed) -> Actor:
    return person(here.session, "Stella", Role.STEWARD)


def told(here: Financed, act: str) -> tuple[Said, Said]:
    """What the newest row of an act says of before and after."""
    row = here.session.execute(
        text("SELECT before, after FROM audit WHERE act = :act ORDER BY id DESC LIMIT 1"), {"act": str(act)}
    ).one()
    return row.before, row.after


def test_a_deal_from_stage_to_stage(here: Financed) -> None:
    deal_id = here.propose()
    assert told(here, Act.PROPOSE) == (None, {"stage": "proposed", "on": "2024-01-01"})
    here.advance(deal_id, "appraised")
    assert told(here, Act.APPRAISE) == (
        {"stage": "proposed", "on": "2024-01-01"}, {"stage": "appraised", "on": "2024-01-01"},
    )  # fmt: skip
    deals.advance(
        here.session, deal_id=deal_id, to=Stage.APPROVED, happened_on=date(2024, 1, 2), reason="", by=here.board
    )
    assert told(here, Act.APPROVE) == (
        {"stage": "appraised", "on": "2024-01-01"}, {"stage": "approved", "on": "2024-01-02"},
    )  # fmt: skip


def test_money_out_back_cancelled_and_reversed(here: Financed) -> None:
    """36,000.00 are promised: 20,000.00 go, half a year at 3.6 % earns 360.00, and 5,360.00 come."""
    loan = here.signed()
    drawn = here.draw(loan, 20_000_00)
    assert told(here, Act.PAY_OUT) == (
        {"undrawn": "EUR 36,000.00", "drawn": "EUR 0.00"}, {"undrawn": "EUR 16,000.00", "drawn": "EUR 20,000.00"},
    )  # fmt: skip
    instruments.cancel_undrawn(
        here.session, instrument_id=loan, minor=6_000_00, effective_on=OPENED, reason="", by=here.officer, key="c"
    )
    assert told(here, Act.CANCEL) == ({"undrawn": "EUR 16,000.00"}, {"undrawn": "EUR 10,000.00"})
    booked = here.receive(loan, 5_360_00, "2024-07-01")
    assert told(here, Act.RECORD_RECEIPT) == ({"left": "EUR 20,360.00"}, {"left": "EUR 15,000.00"})
    assert booked.entry_id is not None and booked.entry_id != drawn
    back = ledger.reverse(
        here.session, entry_id=booked.entry_id, booked_on=None, reason="typed twice", by=here.officer, key="r"
    )
    assert told(here, Act.REVERSE) == ({"reversed_by": None}, {"reversed_by": back})


def test_what_two_people_decide(here: Financed) -> None:
    here.signed()
    commitment = here.session.execute(text("SELECT id FROM entry WHERE kind = 'commitment'")).scalar_one()
    number = requests.ask_reversal(here.session, entry_id=commitment, reason="typed twice", by=here.officer)
    assert told(here, "ask for a reversal") == (None, {"request": number, "decision": "open"})
    entry = requests.approve(here.session, request_id=number, by=here.board, key="k")
    assert told(here, Act.APPROVE_REVERSAL) == ({"decision": "open"}, {"decision": "approved", "entry": entry})


def test_amounts_limits_ties_and_what_is_lent(here: Financed, steward: Actor) -> None:
    def amount(minor: int | None) -> None:
        authority.set_amount(
            here.session, fund_code="fund", act=Act.PAY_OUT, role=Role.OFFICER, minor=minor, valid_from=OPENED,
            source="resolution 1", by=steward,
        )  # fmt: skip

    def limit(minor: int) -> None:
        funds.set_limit(
            here.session, fund_id=here.fund_id, basis="ticket", subject="", amount_minor=minor, valid_from=OPENED,
            source="resolution 2", by=steward,
        )  # fmt: skip

    of = {"act": "pay out a drawdown", "role": "officer"}
    amount(1_000_00)
    assert told(here, Act.SET_AMOUNT) == ({**of, "alone": "EUR 25,000,000.00"}, {**of, "alone": "EUR 1,000.00"})
    amount(None)
    assert told(here, Act.SET_AMOUNT) == ({**of, "alone": "EUR 1,000.00"}, {**of, "alone": "no bound"})
    limit(1_00)
    day = OPENED.isoformat()
    assert told(here, "set a limit") == (None, {"amount_minor": 1_00, "valid_from": day})
    limit(2_00)
    assert told(here, "set a limit") == (
        {"amount_minor": 1_00, "valid_from": day}, {"amount_minor": 2_00, "valid_from": day},
    )  # fmt: skip
    today = authority.today(here.session)
    authority.declare_conflict(here.session, party_id=here.party_id, since=today, words="my brother", by=here.officer)
    assert told(here, Act.DECLARE_CONFLICT) == ({"bound": False}, {"bound": True, "since": today.isoformat()})
    (line,) = authority.conflicts(here.session, by=steward)
    authority.end_conflict(here.session, conflict_id=line.id, words="he left", by=steward)
    assert told(here, Act.END_CONFLICT) == ({"bound": True, "since": today.isoformat()}, {"bound": False})
    term = Delegation([str(Act.APPROVE)], today, today + timedelta(days=5))
    number = authority.lend(here.session, to="stella@example.org", asked=term, by=here.board)
    assert told(here, Act.LEND) == ({"lent": False}, {"lent": True})
    authority.end_delegation(here.session, delegation_id=number, by=here.board)
    before, after = told(here, "end a delegation")
    assert (before, after) == (
        {"lent": True, "to_day": term.to_day.isoformat()}, {"lent": False, "to_day": today.isoformat()},
    )  # fmt: skip


def test_people_and_their_passwords(here: Financed) -> None:
    people.add_user(
        here.session, email="eve@bank.example", name="Eve", role=Role.AUDITOR, party_id=None,
        password="long-enough-secret", by=NIGHT, password_hash="$argon2id$none",
    )  # fmt: skip
    eve = {"email": "eve@bank.example", "name": "Eve", "role": "auditor", "party_id": None, "may_sign_in": True}
    assert told(here, Act.ADMINISTER) == (None, eve)
    people.change_password(here.session, email="eve@bank.example", password_hash="$argon2id$other", by=NIGHT)
    assert told(here, "change a password") == ({"password": "another"}, {"password": "replaced"})
    people.disable_user(here.session, email="eve@bank.example", by=NIGHT)
    assert told(here, "disable a user") == ({"may_sign_in": True}, {"may_sign_in": False})
    rows = here.session.execute(text("SELECT to_jsonb(a)::text FROM audit a")).scalars().all()
    assert not any("argon2id" in row or "long-enough" in row for row in rows)


def test_rates_conversions_days_and_periods(here: Financed, steward: Actor) -> None:
    def rate(units: str) -> None:
        currencies.state_rate(
            here.session, fund_code="fund", currency="USD", units=Decimal(units), on=TODAY, source="a bank", by=steward
        )

    currencies.open_currency(here.session, fund_code="fund", currency="USD", by=NIGHT)
    assert told(here, "open a currency") == ({"open": False}, {"open": True})
    rate("2.0")
    assert told(here, Act.RECORD_RATE) == (None, {"units": "2.0", "on": "2025-12-31"})
    rate("2.5")
    assert told(here, Act.RECORD_RATE)[0] == {"units": "2.0", "on": "2025-12-31"}
    for sold, into in ((Money(1_000_00, "EUR"), "USD"), (Money(500_00, "USD"), "EUR")):
        currencies.convert(
            here.session, fund_code="fund", sold=sold, into=into, bought_minor=None, effective_on=TODAY,
            by=here.officer, key=into,
        )  # fmt: skip
    # 2,500.00 USD had cost 1,000.00 EUR: 500.00 of them had cost 200.00.
    assert told(here, Act.CONVERT) == (
        {"held": "USD 2,500.00", "cost": "EUR 1,000.00"}, {"held": "USD 2,000.00", "cost": "EUR 800.00"},
    )  # fmt: skip
    night.move_business_day(here.session, fund_id=here.fund_id, to=date(2026, 1, 5))
    assert told(here, Act.CLOSE_DAY) == ({"business_day": "2025-12-31"}, {"business_day": "2026-01-05"})


def test_periods_and_missions(here: Financed, steward: Actor) -> None:
    project = project_by_code(here.session, "roofs")
    (mission,) = project.missions
    classify_project(here.session, code="roofs", missions=[], fund_code=None, by=here.officer)
    assert told(here, Act.CLASSIFY) == ({"mission": mission, "helps": True}, {"mission": mission, "helps": False})
    classify_project(here.session, code="roofs", missions=[mission], fund_code=None, by=here.officer)
    assert told(here, Act.CLASSIFY) == ({"mission": mission, "helps": False}, {"mission": mission, "helps": True})
    periods.close(here.session, fund_code="fund", period_end=date(2024, 1, 31), by=steward)
    assert told(here, Act.CLOSE_PERIOD) == ({"closed_to": None}, {"closed_to": "2024-01-31"})
