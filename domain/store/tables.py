"""Every table, in one import: what migrations are compared with."""

from sqlmodel import SQLModel

from domain.store import covenants, deals, funds, ledger_rows, missions, people

__all__ = ["covenants", "deals", "funds", "ledger_rows", "missions", "people"]

metadata = SQLModel.metadata
