"""A fund that holds other currencies: rates are facts, conversions sum to zero in each, the pool stays whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT, Act, Actor, AmountTakesTwo, NotAllowed, SamePersonPreparedAndDecides
from domain.currencies import FarFromRate, RateTooOld, RateUnknown
from domain.desk import authority, currencies, evergreen, funds, ledger, verification
from domain.desk.parties import add_party
from domain.desk.refusals import CashNotEnough
from domain.errors import InputRefused
from domain.ledger import KeyUsedForAnotherRequest
from domain.money import Money
from domain.parties import Role as Job
from domain.reversals import LaterEntriesRestOnEntry
from domain.store import balances, rates, seals
from tests.conftest import TestDatabase
from tests.desk.financed import person

MAR_2, MAR_6, MAR_31 = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 31)
FUND = "abroad"


@pytest.fixture
def fund_id(database: TestDatabase) -> UUID:
    """A fund in EUR with EUR 10,000.00 paid in, and accounts in USD."""
    with database.sessions.begin(Role.NIGHT) as session:
        fund = funds.open_fund(
            session, code=FUND, name="Abroad", currency="EUR", mandate="", recycling="full",
            opened_on=date(2026, 1, 1), business_day=MAR_31, missions=[], by=NIGHT,
        )  # fmt: skip
        contributor = add_party(session, code="TREASURY", name="Treasury", kind="contributor", by=NIGHT)
        funds.contribute(
            session, fund_id=fund, code="C1", party_id=contributor, minor=10_000_00, received_on=MAR_2, by=NIGHT,
            key="C1", booked_on=MAR_2,
        )  # fmt: skip
        assert currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
        assert not currencies.open_currency(session, fund_code=FUND, currency="USD", by=NIGHT)
    return fund


def state(session: Session, units: str, on: date, currency: str = "USD", by: Actor = NIGHT) -> None:
    currencies.state_rate(
        session, fund_code=FUND, currency=currency, units=Decimal(units), on=on, source="a bank", by=by
    )


def convert(
    session: Session, sold: Money, into: str, *, on: date, bought: int | None = None, key: str = "", by: Actor = NIGHT
) -> currencies.Conversion:
    return currencies.convert(
        session, fund_code=FUND, sold=sold, into=into, bought_minor=bought, effective_on=on, booked_on=on, by=by,
        key=key or f"{sold} {on}",
    )  # fmt: skip


def accounts(session: Session, fund_id: UUID) -> dict[str, int]:
    held = balances.balances(session, fund_id=fund_id, as_of=date.max)
    return {f"{code} {currency}": minor for (code, currency), minor in held.items() if minor}


def test_money_goes_out_and_comes_back_and_every_currency_sums_to_zero(database: TestDatabase, fund_id: UUID) -> None:
    """1,000.00 EUR buy 1,085.00 USD; 542.50 of them, which had cost 500.00, bring 520.00: a gain of 20.00."""
    with database.sessions.begin(Role.NIGHT) as session:
        state(session, "1.0850", MAR_2)
        there = convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6)
        assert (there.bought, there.result) == (Money(1_085_00, "USD"), Money(0, "EUR"))
        assert there.rate is not None and there.rate.on == MAR_2
        state(session, "1.0500", MAR_31)
        back = convert(session, Money(542_50, "USD"), "EUR", on=MAR_31, bought=520_00)
        assert (back.bought, back.result, back.rate) == (Money(520_00, "EUR"), Money(20_00, "EUR"), None)
        assert accounts(session, fund_id) == {
            "cash EUR": 9_520_00,
            "cash USD": 542_50,
            "contributed EUR": -10_000_00,
            "currency_position EUR": 500_00,
            "currency_position USD": -542_50,
            "currency_result EUR": -20_00,
        }
        [position] = currencies.positions(session, fund_code=FUND)
        # 542.50 / 1.05 = 516.666… EUR, and they had cost 500.00.
        assert position.worth == Money(516_67, "EUR")
        assert (position.cost, position.unrealised) == (Money(500_00, "EUR"), Money(16_67, "EUR"))
        assert (position.realised, position.held) == (Money(20_00, "EUR"), Money(542_50, "USD"))


def test_the_pool_counts_what_was_converted_at_cost_and_shares_what_came_back(
    database: TestDatabase, fund_id: UUID
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        state(session, "1.0850", MAR_6)
        convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6)
        state(session, "1.1500", MAR_31)
        convert(session, Money(542_50, "USD"), "EUR", on=MAR_31, bought=470_00, key="at a loss")
    with database.sessions.begin(Role.NIGHT) as session:
        seals.seal_facts(session)
    with database.sessions.begin(Role.NIGHT) as session:
        for day, cash, converted, result in (
            (MAR_2, 10_000_00, 0, 0),
            (MAR_6, 9_000_00, 1_000_00, 0),
            (MAR_31, 9_470_00, 500_00, -30_00),
        ):
            told = evergreen.evergreen_report(session, fund_code=FUND, as_of=day)
            assert told.difference == Money(0, "EUR")
            assert (told.cash.minor, told.converted.minor, told.currency_result.minor) == (cash, converted, result)
            assert [(one.contribution, one.generation, one.amount.minor) for one in told.pool] == [
                ("C1", 0, 10_000_00 + result)
            ]
            assert (told.costs.minor, told.unmatched.minor, told.deployed.minor) == (0, 0, 0)
        told = evergreen.evergreen_report(session, fund_code=FUND, as_of=MAR_31)
        assert [line.amount.minor for line in told.made_of.currency_result] == [-30_00]
        assert verification.verify(session).sound


def test_a_reversed_conversion_leaves_nothing_behind(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        before = accounts(session, fund_id)
        state(session, "1.0850", MAR_6)
        there = convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6, bought=1_100_00)
        ledger.reverse(session, entry_id=there.entry_id, booked_on=None, reason="typed twice", by=NIGHT, key="back")
        assert accounts(session, fund_id) == before


def test_a_conversion_that_a_later_one_went_out_of_is_reversed_after_it(database: TestDatabase, fund_id: UUID) -> None:
    """100.00 USD for 100.00 EUR and 100.00 for 104.00; half go at the average of 102.00 and bring 102.00."""
    with database.sessions.begin(Role.NIGHT) as session:
        before = accounts(session, fund_id)
        state(session, "1.0000", MAR_6)
        first = convert(session, Money(100_00, "EUR"), "USD", on=MAR_6, bought=100_00, key="1")
        second = convert(session, Money(104_00, "EUR"), "USD", on=MAR_6, bought=100_00, key="2")
        back = convert(session, Money(100_00, "USD"), "EUR", on=MAR_6, bought=102_00, key="3")
        for one, cost in ((first, "EUR 2.00"), (second, "EUR -2.00")):
            with pytest.raises(LaterEntriesRestOnEntry, match=f"reverse them first .*the cost of USD 0.00.* {cost}"):
                ledger.reverse(session, entry_id=one.entry_id, booked_on=None, reason="x", by=NIGHT, key="r")
        for one in (back, second, first):
            ledger.reverse(
                session, entry_id=one.entry_id, booked_on=None, reason="x", by=NIGHT, key=f"back {one.entry_id}"
            )
        assert accounts(session, fund_id) == before


def test_a_correction_holds_from_its_seal_on(database: TestDatabase, fund_id: UUID) -> None:
    for units in ("1.0850", "1.0580"):
        with database.sessions.begin(Role.NIGHT) as session:
            state(session, units, MAR_6)
        with database.sessions.begin(Role.NIGHT) as session:
            seals.seal_facts(session)
    with database.sessions.begin(Role.NIGHT) as session:
        positions = session.execute(
            text("SELECT s.position FROM seal s WHERE s.fact_kind = 'exchange_rate' ORDER BY s.position")
        ).scalars()
        found = [
            rates.rate_on(session, fund_id=fund_id, currency="USD", on=MAR_31, position=position)
            for position in (0, *positions, None)
        ]
        assert [one and str(one.units) for one in found] == [None, "1.0850", "1.0580", "1.0580"]
        listed = currencies.rates(session, fund_code=FUND)
        assert [(str(one.rate.units), one.corrected) for one in listed] == [("1.0580", False), ("1.0850", True)]
        assert rates.rate_on(session, fund_id=fund_id, currency="USD", on=MAR_2) is None


def test_what_is_refused_in_words(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        euros = Money(1_000_00, "EUR")
        with pytest.raises(RateUnknown, match="no rate of USD for EUR is known on 31 Mar 2026 or before"):
            convert(session, euros, "USD", on=MAR_31)
        state(session, "1.0850", MAR_6)
        with pytest.raises(RateTooOld, match="of 6 Mar 2026, is 25 days old and may be 7"):
            convert(session, euros, "USD", on=MAR_31)
        for sold, into, words in (
            (euros, "EUR", "EUR is the fund's own currency"),
            (euros, "JPY", "keeps no accounts in JPY"),
            (Money(1_00, "USD"), "JPY", "one side of a conversion is EUR"),
            (Money(0, "EUR"), "USD", "an amount above zero"),
            (Money(1, "EUR"), "usd", "ISO 4217"),
            (Money(1, "EUR"), "QQQ", "ISO 4217"),
        ):
            with pytest.raises(InputRefused, match=words):
                convert(session, sold, into, on=MAR_6)
        for bought in (1_139_25, 1_030_75):  # 1,085.00 and 5 % of it, 54.25, up and down
            with session.begin_nested() as tried:
                convert(session, euros, "USD", on=MAR_6, bought=bought)
                tried.rollback()
        for bought in (1, 1_030_74, 1_139_26):
            with pytest.raises(FarFromRate, match=r"is more than 5 % off the USD 1,?085.00"):
                convert(session, euros, "USD", on=MAR_6, bought=bought)
        with pytest.raises(CashNotEnough):
            convert(session, Money(10_000_01, "EUR"), "USD", on=MAR_6)
        with pytest.raises(CashNotEnough):
            convert(session, Money(1, "USD"), "EUR", on=MAR_6)
        for currency, units, on, count in (
            ("JPY", "160", MAR_6, 1),
            ("EUR", "1", MAR_6, 1),
            ("USD", "0", date(2025, 12, 31), 2),
            ("USD", "1", date(2026, 4, 2), 1),
        ):
            with pytest.raises(InputRefused) as refused:
                state(session, units, on, currency)
            assert len(refused.value.problems) == count


def test_a_repeated_conversion_is_booked_once(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        state(session, "1.0850", MAR_6)
        first = convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6, bought=1_085_00, key="k")
        again = convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6, bought=1_085_00, key="k")
        assert again == first
        with pytest.raises(KeyUsedForAnotherRequest):
            convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6, bought=1_085_01, key="k")


def test_an_officer_converts_up_to_what_the_money_is_worth_and_not_what_is_typed(
    database: TestDatabase, fund_id: UUID
) -> None:
    """USD 1,085.00 that had cost EUR 1,000.00, and a bound of EUR 990.00: the cost counts, whatever they bring."""
    with database.sessions.begin(Role.MIGRATOR) as session:  # no night sets an amount
        steward = person(session, "Stella", Job.STEWARD)
        state(session, "1.0850", MAR_6)
        convert(session, Money(1_000_00, "EUR"), "USD", on=MAR_6)
        state(session, "1.1000", MAR_31)  # 1,085.00 USD are worth 986.36 EUR now
        authority.set_amount(
            session, fund_code=FUND, act=Act.CONVERT, role=Job.OFFICER, minor=990_00, valid_from=MAR_2,
            source="resolution 1", by=steward,
        )  # fmt: skip
        officer = person(session, "Olga", Job.OFFICER)
        for sold, into, bought, judged in (
            (Money(1_085_00, "USD"), "EUR", 940_00, "EUR 1,?000.00"),  # by its cost
            (Money(991_00, "EUR"), "USD", 1_036_00, "EUR 991.00"),  # by what goes
            (Money(960_00, "EUR"), "USD", 1_100_00, "EUR 1,?000.00"),  # by the rate: 1,100.00 / 1.1
        ):
            with pytest.raises(AmountTakesTwo, match=judged):
                convert(session, sold, into, on=MAR_31, bought=bought, by=officer)
        assert convert(session, Money(1_000_00, "USD"), "EUR", on=MAR_31, by=officer).bought == Money(909_09, "EUR")


def test_who_recorded_the_rate_does_not_convert_by_it(database: TestDatabase, fund_id: UUID) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        olga, omar = person(session, "Olga", Job.OFFICER), person(session, "Omar", Job.OFFICER)
        state(session, "1.0850", MAR_2)
        state(session, "2.0000", MAR_6, by=olga)
        for bought in (None, 200_00):
            with pytest.raises(SamePersonPreparedAndDecides):
                convert(session, Money(100_00, "EUR"), "USD", on=MAR_6, bought=bought, by=olga)
        assert convert(session, Money(100_00, "EUR"), "USD", on=MAR_6, by=omar).bought == Money(200_00, "USD")
        assert convert(session, Money(100_00, "EUR"), "USD", on=MAR_2, by=olga).bought == Money(108_50, "USD")


@pytest.mark.parametrize("job", [Job.AUDITOR, Job.RISK, Job.INVESTEE])
def test_others_neither_convert_nor_state_rates(database: TestDatabase, fund_id: UUID, job: Job) -> None:
    by = Actor(id=None, name=str(job), role=job)
    with database.sessions.begin(Role.NIGHT) as session:
        with pytest.raises(NotAllowed):
            currencies.convert(
                session, fund_code=FUND, sold=Money(1, "EUR"), into="USD", bought_minor=1, effective_on=MAR_6, by=by,
                key="k",
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            currencies.state_rate(
                session, fund_code=FUND, currency="USD", units=Decimal(1), on=MAR_6, source="a", by=by
            )
        with pytest.raises(NotAllowed):
            currencies.open_currency(session, fund_code=FUND, currency="JPY", by=by)
