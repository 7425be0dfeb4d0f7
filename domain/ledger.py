"""Entries and postings: the form in which money is true.

An *entry* is two or more *postings* that sum to zero in every currency; debits are positive, credits negative, both in
whole minor units. Entries are never edited: a wrong one is *reversed* by its mirror image. The database says all of
this again (``migrations/versions``), so no script can slip past; here it is said in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.calendar import in_words
from domain.errors import Refusal


class AccountKind(StrEnum):
    """The side of the books an account stands on."""

    ASSET = "asset"
    CONTRA = "contra"
    LIABILITY = "liability"
    CAPITAL = "capital"
    INCOME = "income"
    EXPENSE = "expense"
    MEMORANDUM = "memorandum"


LOADED = ("contributions", "drawdowns", "receipts", "revenues", "running_costs")
"""The files of a book whose rows become entries under the row's own key."""


def loaded_key(file: str, row: str) -> str:
    """Return the key of the entry that a row of a loaded book becomes.

    By it what a book tells is known from what was done here: a door's own name stands before every key that a person
    gives, so nobody gives one like this.
    """
    assert file in LOADED, f"{file} tells of no entries"
    return f"{file}:{row}"


CHART: dict[str, AccountKind] = {
    "cash": AccountKind.ASSET,
    "loan_principal": AccountKind.ASSET,
    "interest_receivable": AccountKind.ASSET,
    "fees_receivable": AccountKind.ASSET,
    "equity_at_cost": AccountKind.ASSET,
    "royalty_at_cost": AccountKind.ASSET,
    "royalty_receivable": AccountKind.ASSET,
    "contributor_receivable": AccountKind.ASSET,
    "recoveries_receivable": AccountKind.ASSET,
    "provisions": AccountKind.CONTRA,
    "relief_payable": AccountKind.LIABILITY,
    "owed_to_contributors": AccountKind.LIABILITY,
    "suspense": AccountKind.LIABILITY,
    "source_difference": AccountKind.LIABILITY,
    "contributed": AccountKind.CAPITAL,
    "distributions": AccountKind.CAPITAL,
    "opening_positions": AccountKind.CAPITAL,
    "interest_income": AccountKind.INCOME,
    "fee_income": AccountKind.INCOME,
    "royalty_income": AccountKind.INCOME,
    "dividend_income": AccountKind.INCOME,
    "realised_gains": AccountKind.INCOME,
    "recovery_income": AccountKind.INCOME,
    "promotional_expense": AccountKind.EXPENSE,
    "losses": AccountKind.EXPENSE,
    "running_costs": AccountKind.EXPENSE,
    "commitments_undrawn": AccountKind.MEMORANDUM,
    "commitments_given": AccountKind.MEMORANDUM,
}
"""Every fund's accounts by code, one of each in the fund's currency. A source's own accounts are added by its importer.

``commitments_undrawn`` is what was signed and not yet paid out; ``commitments_given`` is its mirror, so that the
memorandum side balances by itself.
"""


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that the book has: everything is booked and effective on one of them."""


class EntryDoesNotBalance(Refusal):
    """Postings that do not sum to zero in a currency."""

    def __init__(self, off_by_minor: int, currency: str) -> None:
        super().__init__(f"the entry is off by {off_by_minor} minor units of {currency}; postings must sum to zero")
        self.off_by_minor, self.currency = off_by_minor, currency


class EntryTooSmall(Refusal):
    """An entry with fewer than two postings, or with a posting of nothing."""

    def __init__(self, posting_count: int) -> None:
        super().__init__("an entry has at least two postings, none of them zero")
        self.posting_count = posting_count


class DayNotInTheBook(Refusal):
    """A day that no book of ours reaches: a slip of the hand in the year, which no correction could take back."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"{in_words(day)} is not a day of the book, which goes from {in_words(FIRST_DAY)} to {in_words(LAST_DAY)}"
        )
        self.day = day


class EntryAlreadyReversed(Refusal):
    """An entry can be reversed once."""

    def __init__(self, entry_id: int) -> None:
        super().__init__(f"entry {entry_id} is already reversed or is itself a reversal")
        self.entry_id = entry_id


class PeriodClosed(Refusal):
    """A day in a period that the fund has closed takes no more entries."""

    def __init__(self, booked_on: date) -> None:
        super().__init__(
            f"{in_words(booked_on)} lies in a closed period; book it on an open day and give its value day"
        )
        self.booked_on = booked_on


class KeyUsedForAnotherRequest(Refusal):
    """An idempotency key that came before with another body."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key “{key[:80]}” was used for another request; a new request takes a new key")
        self.key = key[:80]


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: ``amount_minor`` on the account ``code``; debit > 0, credit < 0.

    ``instrument_id`` is the sub-ledger: which loan, stake or royalty the line belongs to.
    """

    code: str
    amount_minor: int
    currency: str
    instrument_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings that sum to zero in every currency. *Booked on* lies in an open period, *effective on* is the value day.

    Raises, in this order: ``EntryTooSmall``, ``EntryDoesNotBalance``, ``DayNotInTheBook``.
    """

    kind: str
    reason: str
    booked_on: date
    effective_on: date
    postings: tuple[Posting, ...]
    deal_id: UUID | None = None
    source_ref: str = ""
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        if len(self.postings) < 2 or any(p.amount_minor == 0 for p in self.postings):
            raise EntryTooSmall(len(self.postings))
        sums: dict[str, int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.currency] += posting.amount_minor
        for currency, off_by_minor in sorted(sums.items()):
            if off_by_minor != 0:
                raise EntryDoesNotBalance(off_by_minor, currency)
        for day in (self.booked_on, self.effective_on):
            if not FIRST_DAY <= day <= LAST_DAY:
                raise DayNotInTheBook(day)


def transfer(
    *, debit: str, credit: str, minor: int, currency: str, instrument_id: UUID | None = None
) -> tuple[Posting, ...]:
    """Return the two postings that move ``minor`` from ``credit`` to ``debit``; none for nothing."""
    if minor == 0:
        return ()
    return (
        Posting(debit, minor, currency, instrument_id),
        Posting(credit, -minor, currency, instrument_id),
    )


def mirrored(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Return the postings of a reversal: the same lines with the sign turned."""
    return tuple(Posting(p.code, -p.amount_minor, p.currency, p.instrument_id) for p in postings)
