"""Every table, in one import: what migrations are compared with."""

from sqlmodel import SQLModel

from domain.store import authority, covenants, deals, funds, ledger_rows, missions, people

__all__ = ["authority", "covenants", "deals", "funds", "ledger_rows", "missions", "people"]

metadata = SQLModel.metadata
