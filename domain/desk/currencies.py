"""Other currencies of a fund: opening one, stating rates, converting amounts, and what the positions are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.currencies import (
    POSITION,
    RESULT,
    ConversionResult,
    Rate,
    amount_judged,
    check_bought,
    currency_problems,
    position_result,
    rate_problems,
    settle,
    translate,
    usable_rate,
)
from domain.desk.authority import permitted
from domain.desk.days import booking_day, require_amount
from domain.errors import InputRefused, Problem
from domain.ledger import AccountKind, Entry, KeyUsedForAnotherRequest, Posting
from domain.money import Money
from domain.store import audit, balances, fund_queries, instrument_queries, ledger, seals
from domain.store import rates as store
from domain.store.funds import FundRow
from domain.store.rates import RateLine

RATES_SHOWN_MAX = 100

__all__ = [
    "Conversion",
    "CurrencyPosition",
    "RateLine",
    "convert",
    "open_currency",
    "opened",
    "positions",
    "rates",
    "state_rate",
]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion that was booked: what left, what came, the realised result, and the rate where one was asked."""

    entry_id: int
    booked_on: date
    effective_on: date
    sold: Money
    bought: Money
    result: Money
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class CurrencyPosition:
    """What a fund holds of another currency: its cash, what converted money had cost, and what it is worth by a rate.

    ``rate``, ``worth`` and ``unrealised`` are None where no rate is known; ``rate.on`` tells how old it is.
    """

    currency: str
    cash: Money
    held: Money
    cost: Money
    rate: Rate | None
    worth: Money | None
    unrealised: Money | None
    realised: Money


def open_currency(session: Session, *, fund_code: str, currency: str, by: Actor) -> bool:
    """Open a fund's accounts in another currency; return whether that was new. Takes the night's database role.

    Its cash never falls below zero. Refused, in this order: the role, an unknown fund, what is no other currency.
    """
    permit(Act.OPEN_CURRENCY, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    if wrong := currency_problems(currency, base=fund.currency):
        raise InputRefused(wrong, subject="the currency")
    store.lock_position(session, fund_id=fund.fund_id, currency=currency)
    if currency in store.currencies(session, fund_id=fund.fund_id):
        return False
    own = {POSITION: AccountKind.ASSET, RESULT: AccountKind.INCOME}
    ledger.open_accounts(session, fund_id=fund.fund_id, currency=fund.currency, extra=own)
    ledger.open_accounts(session, fund_id=fund.fund_id, currency=currency, extra={POSITION: AccountKind.ASSET})
    ledger.limit_account(session, fund_id=fund.fund_id, code="cash", currency=currency, floor_minor=0)
    subject = f"{fund.code} {currency}"
    audit.record(
        session, by=by, act="open a currency", subject_kind="currency", subject=subject, fund_id=fund.fund_id,
        before={"open": False}, after={"open": True},
    )  # fmt: skip
    return True


def opened(session: Session, *, fund_code: str) -> tuple[str, ...]:
    """Return the currencies in which a fund keeps accounts beside its own. Refused: an unknown fund (``NotFound``)."""
    fund = fund_queries.fund_by_code(session, fund_code)
    return tuple(sorted(set(store.currencies(session, fund_id=fund.fund_id)) - {fund.currency}))


def state_rate(
    session: Session, *, fund_code: str, currency: str, units: Decimal, on: date, source: str, by: Actor
) -> Rate:
    """Record how many units of a currency one of the fund's own was worth; for a day that has a rate, a correction.

    Refused, in this order: the role, an unknown fund, everything that is wrong with the rate at once.
    """
    permit(Act.RECORD_RATE, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    problems = _open_problems(session, fund, currency) + rate_problems(units=units, source=source)
    if on < fund.opened_on:
        problems.append(Problem("on", f"the fund was opened on {in_words(fund.opened_on)}"))
    if (on - fund.business_day).days > 1:
        problems.append(Problem("on", f"the fund's book stands at {in_words(fund.business_day)}"))
    if problems:
        raise InputRefused(problems, subject="the rate")
    before = store.rate_on(session, fund_id=fund.fund_id, currency=currency, on=on)
    rate = Rate(currency, fund.currency, units, on, source.strip())
    store.add_rate(session, rate, fund_id=fund.fund_id, by=by)
    corrected = str(before.units) if before is not None and before.on == on else None
    audit.record(
        session,
        by=by,
        act=Act.RECORD_RATE,
        subject_kind="rate",
        subject=f"{fund.code} {currency} {on}",
        fund_id=fund.fund_id,
        detail={"units": str(units), "source": rate.source, "corrects": corrected},
        before=None if before is None else {"units": str(before.units), "on": before.on},
        after={"units": str(units), "on": on},
    )
    return rate


def convert(
    session: Session,
    *,
    fund_code: str,
    sold: Money,
    into: str,
    bought_minor: int | None,
    effective_on: date,
    by: Actor,
    key: str,
    booked_on: date | None = None,
) -> Conversion:
    """Convert cash between a fund's own currency and another one, in one entry in which each sums to zero.

    ``bought_minor`` is what came for it; left out, it is worked out by the rate of the day or the last one within a
    week; given, it stays near what that rate makes of the amount. Refused, in this order: the role, an unknown fund,
    what is no conversion, an amount that is not above zero, days that the book has no place for, no rate or an old one,
    an amount far from it, a rate that the person recorded, more than the person converts alone, too little cash.
    """
    permit(Act.CONVERT, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    foreign = into if sold.currency == fund.currency else sold.currency
    problems = currency_problems(foreign, base=fund.currency) or _open_problems(session, fund, foreign)
    if fund.currency not in (sold.currency, into):
        problems.append(Problem("into", f"one side of a conversion is {fund.currency}, the fund's own currency"))
    if problems:
        raise InputRefused(problems, subject="the conversion")
    require_amount(sold.minor)
    words = f"{sold} into {into if bought_minor is None else Money(bought_minor, into)} of {effective_on}"
    store.lock_position(session, fund_id=fund.fund_id, currency=foreign)
    if (before := instrument_queries.entry_by_key(session, by=by, key=key)) is not None:
        return _as_booked(session, fund, before.id, words=words, key=key)
    day = booking_day(session, fund, effective_on=effective_on, booked_on=booked_on)
    known = store.rate_on(session, fund_id=fund.fund_id, currency=foreign, on=effective_on)
    rate = usable_rate(known, currency=foreign, base=fund.currency, on=effective_on)
    at_rate = bought_minor is None
    bought = Money(translate(sold.minor, sold.currency, into, rate) if bought_minor is None else bought_minor, into)
    require_amount(bought.minor)
    check_bought(sold, bought, rate)
    settled = _settled(session, fund, sold=sold, bought=bought)
    stated_by = store.recorded_by(session, rate, fund_id=fund.fund_id)
    amount = amount_judged(sold, bought, settled, rate)
    by = permitted(session, Act.CONVERT, by=by, fund_id=fund.fund_id, prepared_by=[stated_by], amount=amount, key=key)
    entry = Entry(
        kind="conversion",
        reason=f"{sold} converted into {bought}" + (f" at {rate.in_words()}" if at_rate else ""),
        booked_on=day,
        effective_on=effective_on,
        postings=_postings(fund.currency, sold=sold, bought=bought, settled=settled),
        source_ref=words,
    )
    entry_id = ledger.post(session, entry, fund_id=fund.fund_id, by=by, key=key)
    _tell_conversion(session, fund, entry_id, sold=sold, bought=bought, settled=settled, by=by)
    result = Money(settled.result_minor, fund.currency)
    return Conversion(entry_id, day, effective_on, sold, bought, result, rate if at_rate else None)


def _tell_conversion(
    session: Session,
    fund: FundRow,
    entry_id: int,
    *,
    sold: Money,
    bought: Money,
    settled: ConversionResult,
    by: Actor,
) -> None:
    """Leave the audit row: what the position of the other currency had cost before and after, and what was held."""
    foreign, held, cost = _position(session, fund, sold=sold, bought=bought)
    moved = bought.minor if bought.currency == foreign else -sold.minor
    audit.record(
        session,
        by=by,
        act=Act.CONVERT,
        subject_kind="entry",
        subject=entry_id,
        fund_id=fund.fund_id,
        detail={
            "sold": str(sold), "bought": str(bought), "result": str(Money(settled.result_minor, fund.currency)),
            "entry": entry_id,
        },
        before={
            "held": str(Money(held - moved, foreign)), "cost": str(Money(cost - settled.position_minor, fund.currency)),
        },
        after={"held": str(Money(held, foreign)), "cost": str(Money(cost, fund.currency))},
    )  # fmt: skip


def positions(
    session: Session, *, fund_code: str, as_of: date | None = None, seal: int | None = None
) -> tuple[CurrencyPosition, ...]:
    """Return what a fund holds of each other currency on a day, as known at a seal (None: all that is there now)."""
    fund = fund_queries.fund_by_code(session, fund_code)
    day = as_of or fund.business_day
    position = None if seal is None else seals.known_at(session, fund.fund_id, seal).position
    held = balances.balances(session, fund_id=fund.fund_id, as_of=day, position=position)
    found = []
    realised, cost_of = _by_currency(session, fund, as_of=day, position=position)
    for currency in store.currencies(session, fund_id=fund.fund_id):
        if currency == fund.currency:
            continue
        rate = store.rate_on(session, fund_id=fund.fund_id, currency=currency, on=day, position=position)
        cash, foreign, cost = held["cash", currency], held[POSITION, currency], cost_of.get(currency, 0)
        found.append(
            CurrencyPosition(
                currency=currency,
                cash=Money(cash, currency),
                held=Money(-foreign, currency),
                cost=Money(cost, fund.currency),
                rate=rate,
                worth=Money(translate(cash, currency, fund.currency, rate), fund.currency) if rate else None,
                unrealised=Money(position_result(cost, foreign, rate), fund.currency) if rate else None,
                realised=Money(realised.get(currency, 0), fund.currency),
            )
        )
    return tuple(found)


def rates(session: Session, *, fund_code: str) -> tuple[RateLine, ...]:
    """Return the rates recorded for a fund, the latest day first, corrected ones too."""
    fund = fund_queries.fund_by_code(session, fund_code)
    return store.rates(session, fund_id=fund.fund_id, limit=RATES_SHOWN_MAX)


def _open_problems(session: Session, fund: FundRow, currency: str) -> list[Problem]:
    if currency == fund.currency:
        return [Problem("currency", f"{currency} is the fund's own currency")]
    if currency not in store.currencies(session, fund_id=fund.fund_id):
        return [Problem("currency", f"the fund {fund.code} keeps no accounts in {currency[:3]}; a steward opens them")]
    return []


def _by_currency(
    session: Session, fund: FundRow, *, as_of: date, position: int | None
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the realised result and the cost of each other currency: an entry's own side goes with its other one."""
    rows = store.own_sides(session, fund_id=fund.fund_id, base=fund.currency, as_of=as_of, position=position)
    return {currency: -result for currency, _, result in rows}, {currency: cost for currency, cost, _ in rows}


def _settled(session: Session, fund: FundRow, *, sold: Money, bought: Money) -> ConversionResult:
    """Settle a conversion against what the position holds of its currency, all days counted."""
    _foreign, held, cost = _position(session, fund, sold=sold, bought=bought)
    out = sold.currency == fund.currency
    return settle(
        cost_minor=cost,
        held_minor=held,
        base_minor=-sold.minor if out else bought.minor,
        foreign_minor=bought.minor if out else -sold.minor,
    )


def _position(session: Session, fund: FundRow, *, sold: Money, bought: Money) -> tuple[str, int, int]:
    """Return a conversion's other currency, and what the position holds of it at which cost, all days counted."""
    foreign = bought.currency if sold.currency == fund.currency else sold.currency
    held = balances.balances(session, fund_id=fund.fund_id, as_of=date.max, account=POSITION)[POSITION, foreign]
    _, costs = _by_currency(session, fund, as_of=date.max, position=None)
    return foreign, -held, costs.get(foreign, 0)


def _postings(base: str, *, sold: Money, bought: Money, settled: ConversionResult) -> tuple[Posting, ...]:
    foreign = bought if sold.currency == base else -sold
    lines = (
        Posting("cash", -sold.minor, sold.currency),
        Posting("cash", bought.minor, bought.currency),
        Posting(POSITION, settled.position_minor, base),
        Posting(POSITION, -foreign.minor, foreign.currency),
        Posting(RESULT, -settled.result_minor, base),
    )
    return tuple(line for line in lines if line.amount_minor)


def _as_booked(session: Session, fund: FundRow, entry_id: int, *, words: str, key: str) -> Conversion:
    """Return the conversion that a repeated request booked, or refuse another one's key."""
    _, entry = ledger.entry_by_id(session, entry_id)
    if entry.kind != "conversion" or entry.source_ref != words:
        raise KeyUsedForAnotherRequest(key)
    cash = sorted((p.amount_minor, p.currency) for p in entry.postings if p.code == "cash")
    (out_minor, out), (in_minor, into) = cash
    result = -sum(p.amount_minor for p in entry.postings if p.code == RESULT)
    sold, bought = Money(-out_minor, out), Money(in_minor, into)
    return Conversion(entry_id, entry.booked_on, entry.effective_on, sold, bought, Money(result, fund.currency), None)
