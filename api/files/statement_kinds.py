"""The four statements that add a fund up, as one table: what draws each, its sheet, its answer, what may be asked.

The API, the pages and the command go through this table, so that a statement is the same at each of its doors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlmodel import Session

from api.files import statements as files
from api.files.sheets import Sheet
from api.schemas.statements import (
    AccountBalancesAnswer,
    BalanceSheetAnswer,
    CashFlowAnswer,
    IncomeAnswer,
    StatementAnswer,
)
from domain.desk import statements
from domain.desk.statements import ByDay, FundStatement


@dataclass(frozen=True, slots=True)
class StatementAsked:
    """What is asked of a statement; None is what was left out. Each statement takes a part of it."""

    as_of: date
    first: date | None = None
    seal: int | None = None
    by: ByDay = "booked_on"
    compare: date | None = None


@dataclass(frozen=True, slots=True)
class StatementKind:
    """A statement: the end of its address, what it tells, what draws it, and what may be asked beside day and seal."""

    name: str
    told: str
    draws: Callable[..., FundStatement[Any]]
    sheet: Callable[..., Sheet]
    answer: type[StatementAnswer]
    span: bool = False
    by: bool = False
    compare: bool = False

    def drawn(self, session: Session, fund_code: str, asked: StatementAsked) -> FundStatement[Any]:
        """Return the statement of a fund. Refused: what its desk refuses."""
        takes = {"as_of": True, "seal": True, "first": self.span, "by": self.by, "compare": self.compare}
        said = {field.name: getattr(asked, field.name) for field in fields(asked) if takes[field.name]}
        return self.draws(session, fund_code=fund_code, **said)

    def answered(self, found: FundStatement[Any]) -> StatementAnswer:
        """Return the statement as it is answered."""
        return self.answer.model_validate(files.flat(found))


KINDS = {
    kind.name: kind
    for kind in (
        StatementKind(
            "balance-sheet", "Give assets against liabilities and capital on a day, beside those of another day.",
            statements.balance_sheet, files.balance_sheet_sheet, BalanceSheetAnswer, compare=True,
        ),
        StatementKind(
            "income", "Give what a span of days earned and cost, beside another span of the same length.",
            statements.income, files.income_sheet, IncomeAnswer, span=True, compare=True,
        ),
        StatementKind(
            "cash-flow", "Give what brought cash in and what it went for, in groups.",
            statements.cash_flow, files.cash_flow_sheet, CashFlowAnswer, span=True,
        ),
        StatementKind(
            "trial-balance", "Give every account's balance before a span, what moved it, and its balance at the end.",
            statements.trial_balance, files.trial_balance_sheet, AccountBalancesAnswer, span=True, by=True,
        ),
    )
}  # fmt: skip
"""The statements by the end of their address, in the order in which they are offered."""
