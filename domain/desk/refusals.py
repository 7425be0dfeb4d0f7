"""The refusals that the store tells in words, handed to the doors, which never go past the desk."""

from domain.store.ledger import AccountUnknown, CashNotEnough
from domain.store.seals import SealBeyondHead

__all__ = ["AccountUnknown", "CashNotEnough", "SealBeyondHead"]
