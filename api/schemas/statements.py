"""A fund's statements, as they are answered: signs as their readers expect, an amount for each currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict, Field

from api.schemas.common import Answer, MoneyAnswer
from api.schemas.impact import Figure
from domain.desk.statements import ExportedEntry
from domain.money import Money


class DayRateAnswer(Answer):
    """One unit of ``base`` was worth ``units`` of ``currency`` on a day, says the source."""

    currency: str
    base: str
    units: Figure
    on: date
    source: str


class StatementAnswer(Answer):
    """What every statement says of itself; the same days and seal give the same figures for ever.

    ``from`` is null for a statement of one day. Nothing in it is of the moment: how far the book has come, and what
    its last seal is, others tell. ``rates`` are those of ``as_of``, ``first_rates`` those of the evening before
    ``from``.
    """

    model_config = ConfigDict(from_attributes=True, frozen=True, populate_by_name=True)

    fund: str
    fund_name: str
    currency: str
    currencies: list[str]
    opened_on: date
    first: date | None = Field(serialization_alias="from")
    as_of: date
    by: str
    seal: int
    sealed_at: datetime | None
    rates: list[DayRateAnswer]
    first_rates: list[DayRateAnswer]
    missing_rates: list[str]


class AccountFigureAnswer(Answer):
    """What one account puts on a line."""

    code: str
    amount: MoneyAnswer


class FigureLineAnswer(Answer):
    """A line: an amount for each currency, and a total in the fund's where it has several."""

    name: str
    amounts: list[MoneyAnswer]
    total: MoneyAnswer | None
    accounts: list[AccountFigureAnswer]


class FigureTableAnswer(Answer):
    """A part of a statement, and its sum."""

    lines: list[FigureLineAnswer]
    sum: FigureLineAnswer


class ComparedAnswer(Answer):
    """The days beside a statement's own: the figures of a year earlier, or of the days that were asked for."""

    model_config = ConfigDict(from_attributes=True, frozen=True, populate_by_name=True)

    first: date | None = Field(serialization_alias="from")
    as_of: date
    rates: list[DayRateAnswer]
    first_rates: list[DayRateAnswer]


class BalanceSheetFigures(Answer):
    """Assets against liabilities and capital; ``difference`` is zero in every currency of a sound book.

    ``memorandum`` stands under the balance sheet and is in none of its sums.
    """

    assets: FigureTableAnswer
    liabilities: FigureTableAnswer
    capital: FigureTableAnswer
    memorandum: list[FigureLineAnswer]
    difference: list[MoneyAnswer]


class ComparedBalanceSheet(BalanceSheetFigures, ComparedAnswer):
    """The balance sheet of the other day."""


class BalanceSheetAnswer(BalanceSheetFigures, StatementAnswer):
    """A balance sheet, and that of another day."""

    compared: ComparedBalanceSheet | None


class IncomeFigures(Answer):
    """What a span of days earned and cost."""

    income: FigureTableAnswer
    expense: FigureTableAnswer
    unrealised_currency_result: MoneyAnswer | None
    result: FigureLineAnswer


class ComparedIncome(IncomeFigures, ComparedAnswer):
    """The income of the other span."""


class IncomeAnswer(IncomeFigures, StatementAnswer):
    """An income statement, and that of another span."""

    compared: ComparedIncome | None


class FlowTableAnswer(FigureTableAnswer):
    """A group of a cash flow, and its sum."""

    part: str


class CashFlowAnswer(StatementAnswer):
    """Cash at the start, what moved it, cash at the end; ``difference`` is zero in every currency of a sound book.

    ``lines`` are those of all groups, ``change`` is their sum.
    """

    opening: FigureLineAnswer
    lines: list[FigureLineAnswer]
    groups: list[FlowTableAnswer]
    change: FigureLineAnswer
    currency_result: MoneyAnswer | None
    closing: FigureLineAnswer
    difference: list[MoneyAnswer]


class AccountBalanceAnswer(Answer):
    """An account's balance, debit above zero, and how it came there from ``opening``.

    ``debit`` or ``credit`` is the balance as an amount of one side.
    """

    code: str
    kind: str
    opening: MoneyAnswer
    debited: MoneyAnswer
    credited: MoneyAnswer
    balance: MoneyAnswer
    debit: MoneyAnswer | None
    credit: MoneyAnswer | None


class SidesAnswer(Answer):
    """The debits and the credits of one currency: of the balances at the end and at the start, and of the span."""

    debit: MoneyAnswer
    credit: MoneyAnswer
    opening_debit: MoneyAnswer
    opening_credit: MoneyAnswer
    debited: MoneyAnswer
    credited: MoneyAnswer


class AccountBalancesAnswer(StatementAnswer):
    """The trial balance: every account, memorandum apart."""

    lines: list[AccountBalanceAnswer]
    sums: list[SidesAnswer]
    memorandum: list[AccountBalanceAnswer]
    memorandum_sums: list[SidesAnswer]


class AccountAnswer(Answer):
    """An account of a fund."""

    code: str
    currency: str
    kind: str


class AccountLineAnswer(Answer):
    """A posting of an account, debit above zero, and the balance after it."""

    entry_id: int
    line: int
    booked_on: date
    effective_on: date
    kind: str
    reason: str
    deal: str | None
    instrument: str | None
    seal: int
    account: str
    amount: MoneyAnswer
    balance: MoneyAnswer


class AccountStatementAnswer(StatementAnswer):
    """A page of an account's postings; ``next`` is the ``after`` of the page that follows, null at the end."""

    account: AccountAnswer
    flow: str | None
    instrument: str | None
    opening: MoneyAnswer
    before: MoneyAnswer
    items: list[AccountLineAnswer]
    closing: MoneyAnswer
    count: int
    next: str | None


class JournalPostingAnswer(Answer):
    """A line of an entry, debit above zero."""

    account: str
    money: MoneyAnswer
    instrument: str | None


class JournalEntryAnswer(Answer):
    """An entry of the journal."""

    id: int
    kind: str
    reason: str
    source_ref: str
    booked_on: date
    effective_on: date
    reverses_id: int | None
    seal: int
    deal: str | None
    postings: list[JournalPostingAnswer]


class JournalSumAnswer(Answer):
    """What the whole span's entries debit and credit in one currency."""

    debited: MoneyAnswer
    credited: MoneyAnswer


class JournalAnswer(StatementAnswer):
    """A page of the journal; ``count`` and ``sums`` are the whole span's, ``next`` the ``after`` of the next page."""

    items: list[JournalEntryAnswer]
    count: int
    sums: list[JournalSumAnswer]
    next: str | None


def journal_entry(one: ExportedEntry) -> JournalEntryAnswer:
    """Shape an entry of the journal."""
    postings = [
        JournalPostingAnswer(
            account=of.code,
            money=MoneyAnswer.model_validate(Money(of.minor, of.currency)),
            instrument=of.instrument,
        )
        for of in one.postings
    ]
    said = {name: getattr(one, name) for name in JournalEntryAnswer.model_fields if name != "postings"}
    return JournalEntryAnswer(**said, postings=postings)


def journal_answered(flat: dict[str, Any]) -> JournalAnswer:
    """Shape a page of the journal."""
    return JournalAnswer.model_validate({**flat, "items": [journal_entry(one) for one in flat["entries"]]})


def account_answered(flat: dict[str, Any]) -> AccountStatementAnswer:
    """Shape a page of an account's postings: what a posting says and its balance in one row."""
    items = [
        {
            **{
                name: getattr(one.posting, name)
                for name in AccountLineAnswer.model_fields
                if hasattr(one.posting, name)
            },
            "amount": one.amount,
            "balance": one.balance,
        }
        for one in flat["lines"]
    ]
    return AccountStatementAnswer.model_validate({**flat, "items": items})
