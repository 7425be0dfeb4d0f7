"""A fund's sums: trial balance, balance sheet, income and cash flow, as of a day and as known at a seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session

from domain import cash_flow as flows
from domain import statements as rules
from domain import trial_balance as trials
from domain.calendar import compared_span
from domain.cash_flow import CashFlow
from domain.desk.day_rates import DayRates, day_rates
from domain.desk.known import Cut
from domain.desk.statements.heads import (
    ByDay,
    ComparedStatement,
    FundStatement,
    evening_before,
    expect_reached,
    first_day,
    head_of,
    statement_cut,
)
from domain.statements import BalanceSheet, IncomeStatement, Kinds
from domain.store import statements as store
from domain.store.balances import balances
from domain.trial_balance import TrialBalance

Held = Mapping[tuple[str, str], int]


def trial_balance(
    session: Session,
    *,
    fund_code: str,
    as_of: date,
    first: date | None = None,
    seal: int | None = None,
    by: ByDay = "booked_on",
) -> FundStatement[TrialBalance]:
    """Return every account: its balance before ``first`` (None: the first of the year), what moved it, its balance.

    Refused, in this order: an unknown fund, a seal beyond the head, a day that the book has not reached, a first day
    after the last.
    """
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal, by=by)
    begin = first_day(first, cut)
    kinds = _kinds(session, cut)
    opening = _balances(session, cut, kinds, evening_before(begin), by=by) if begin > date.min else {}
    held = _balances(session, cut, kinds, as_of, by=by)
    moved = store.movements(
        session, fund_id=cut.fund_id, first=begin, last=as_of, position=cut.known.position, by=by
    )  # fmt: skip
    figures = trials.trial_balance(held, kinds, opening=opening, moved=moved)
    currencies = rules.currencies_of([opening, held], currency=cut.currency)
    return FundStatement(head_of(session, cut, currencies, first=begin, by=by), figures)


def balance_sheet(
    session: Session, *, fund_code: str, as_of: date, seal: int | None = None, compare: date | None = None
) -> FundStatement[BalanceSheet]:
    """Return assets against liabilities and capital, beside those of ``compare`` (None: a year earlier).

    Refused, in this order: an unknown fund, a seal beyond the head, a day that the book has not reached.
    """
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    if compare is not None:
        expect_reached(session, cut, compare, where="compare")
    other = compare or compared_span(as_of, as_of)[1]
    kinds = _kinds(session, cut)
    held, held_then = _balances(session, cut, kinds, as_of), _balances(session, cut, kinds, other)
    currencies = rules.currencies_of([held, held_then], currency=cut.currency)

    def sheet(day: date, on_day: Held, rates: DayRates) -> BalanceSheet:
        year_before = _balances(session, cut, kinds, evening_before(day.replace(month=1, day=1)))
        return rules.balance_sheet(
            on_day, kinds, currencies=currencies, year_before=year_before, translate=rates.translate
        )

    rates, rates_then = _day_rates(session, cut, [held], as_of), _day_rates(session, cut, [held_then], other)
    head = head_of(session, cut, currencies, rates=rates)
    then = ComparedStatement(
        None, other, sheet(other, held_then, rates_then), rates_then.rates, asked=compare is not None
    )
    return FundStatement(head, sheet(as_of, held, rates), then)


def income(
    session: Session,
    *,
    fund_code: str,
    first: date | None,
    as_of: date,
    seal: int | None = None,
    compare: date | None = None,
) -> FundStatement[IncomeStatement]:
    """Return what the days from ``first`` (None: the first of the year) to ``as_of`` earned and cost.

    Beside it stands the same span a year earlier, or the one as long that ends on ``compare``. Refused: as for the
    trial balance.
    """
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = first_day(first, cut)
    if compare is not None:
        expect_reached(session, cut, compare, where="compare")
    spans = ((begin, as_of), compared_span(begin, as_of, to=compare))
    kinds = _kinds(session, cut)
    held = [
        (_balances(session, cut, kinds, evening_before(one)), _balances(session, cut, kinds, last))
        for one, last in spans
    ]
    currencies = rules.currencies_of([one for them in held for one in them], currency=cut.currency)
    rates = [
        (_day_rates(session, cut, [before], evening_before(one)), _day_rates(session, cut, [before, after], last))
        for (one, last), (before, after) in zip(spans, held, strict=True)
    ]
    figures = [
        rules.income_statement(
            before, after, kinds, currencies=currencies, translate_before=rates_before.translate,
            translate=rates_after.translate,
        )
        for (before, after), (rates_before, rates_after) in zip(held, rates, strict=True)
    ]  # fmt: skip
    (rates_before, rates_after), (then_before, then_after) = rates
    head = head_of(session, cut, currencies, first=begin, rates_before=rates_before, rates=rates_after)
    then = ComparedStatement(*spans[1], figures[1], then_after.rates, then_before.rates, compare is not None)
    return FundStatement(head, figures[0], then)


def cash_flow(
    session: Session, *, fund_code: str, first: date | None, as_of: date, seal: int | None = None
) -> FundStatement[CashFlow]:
    """Return what moved cash from ``first`` (None: the first of the year) to ``as_of``. Refused: as for ``income``."""
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = first_day(first, cut)
    kinds = _kinds(session, cut)
    before, after = _balances(session, cut, kinds, evening_before(begin)), _balances(session, cut, kinds, as_of)
    currencies = rules.currencies_of([before, after], currency=cut.currency)
    moved = store.cash_movements(
        session, fund_id=cut.fund_id, first=begin, last=as_of, position=cut.known.position
    )  # fmt: skip
    rates_before = _day_rates(session, cut, [before], evening_before(begin))
    rates = _day_rates(session, cut, [before, after], as_of)
    figures = flows.cash_flow(
        moved, before=before, after=after, currencies=currencies, translate_before=rates_before.translate,
        translate=rates.translate,
    )  # fmt: skip
    head = head_of(session, cut, currencies, first=begin, rates_before=rates_before, rates=rates)
    return FundStatement(head, figures)


def _balances(
    session: Session, cut: Cut, kinds: Kinds, as_of: date, *, by: ByDay = "booked_on"
) -> dict[tuple[str, str], int]:
    found = balances(session, fund_id=cut.fund_id, as_of=as_of, position=cut.known.position, by=by)
    return {account: minor for account, minor in found.items() if account in kinds}


def _kinds(session: Session, cut: Cut) -> Kinds:
    """Return the kind of each account of which the cut knows a posting: one opened later changes no statement."""
    known = store.accounts(session, fund_id=cut.fund_id, position=cut.known.position)
    return {(one.code, one.currency): one.kind for one in known}


def _day_rates(session: Session, cut: Cut, held: Sequence[Held], on: date) -> DayRates:
    """Return the rates of a day for what was held: what nobody holds needs none."""
    return day_rates(session, cut, rules.currencies_of(held, currency=cut.currency), on=on)
