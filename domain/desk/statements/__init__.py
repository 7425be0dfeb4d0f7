"""A fund's statements: as of a day, by booking day, as known at a seal; every figure opens to its postings."""

from __future__ import annotations

from domain.cash_flow import CashFlow
from domain.desk.statements.heads import ByDay, ComparedStatement, FundStatement, StatementHead
from domain.desk.statements.postings import (
    AccountLine,
    AccountStatement,
    WholeAccount,
    account_statement,
    whole_account,
)
from domain.desk.statements.sums import balance_sheet, cash_flow, income, trial_balance
from domain.store.statements import Account, PostingLine

__all__ = [
    "Account", "AccountLine", "AccountStatement", "ByDay", "CashFlow", "ComparedStatement", "FundStatement",
    "PostingLine", "StatementHead", "WholeAccount", "account_statement", "balance_sheet", "cash_flow", "income",
    "trial_balance", "whole_account",
]  # fmt: skip
