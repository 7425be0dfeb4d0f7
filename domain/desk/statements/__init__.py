"""A fund's statements: as of a day, by booking day, as known at a seal; every figure opens to its postings."""

from __future__ import annotations

from domain.cash_flow import CashFlow
from domain.desk.statements.heads import OF_THE_MOMENT, ByDay, ComparedStatement, FundStatement, StatementHead
from domain.desk.statements.journal import Journal, WholeJournal, journal, whole_journal
from domain.desk.statements.postings import (
    EVERY_ACCOUNT,
    AccountLine,
    AccountStatement,
    WholeAccount,
    account_statement,
    whole_account,
)
from domain.desk.statements.sums import balance_sheet, cash_flow, income, trial_balance
from domain.store.export import ExportedEntry, ExportedPosting
from domain.store.statements import Account, PostingLine

__all__ = [
    "EVERY_ACCOUNT", "OF_THE_MOMENT", "Account", "AccountLine", "AccountStatement", "ByDay", "CashFlow",
    "ComparedStatement", "ExportedEntry", "ExportedPosting", "FundStatement", "Journal", "PostingLine",
    "StatementHead", "WholeAccount", "WholeJournal", "account_statement", "balance_sheet", "cash_flow", "income",
    "journal", "trial_balance", "whole_account", "whole_journal",
]  # fmt: skip
