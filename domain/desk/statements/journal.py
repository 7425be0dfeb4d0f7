"""The journal: every entry of a span in the order of its booking, with its postings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from domain.desk.known import Cut
from domain.desk.statements.heads import FundStatement, StatementHead, first_day, head_of, statement_cut
from domain.errors import InputRefused, Problem
from domain.money import Money
from domain.store import export as store
from domain.store.export import EntryPlace, ExportedEntry
from domain.store.statements import movements

ENTRIES_PER_PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class JournalSum:
    """What the whole span's entries debit and credit in one currency: equal, and what the trial balance says moved."""

    debited: Money
    credited: Money


@dataclass(frozen=True, slots=True)
class Journal:
    """A page of a span's entries; ``count`` and ``sums`` are the whole span's, ``next`` is None on the last page."""

    entries: tuple[ExportedEntry, ...]
    count: int
    sums: tuple[JournalSum, ...]
    next: str | None

    @property
    def difference(self) -> tuple[Money, ...]:
        """By how much debits exceed credits in each currency: zero."""
        return tuple(one.debited - one.credited for one in self.sums)


@dataclass(frozen=True, slots=True)
class WholeJournal:
    """All of a span's entries; they are read once, while the transaction is open."""

    head: StatementHead
    entries: Iterator[ExportedEntry]


def journal(
    session: Session,
    *,
    fund_code: str,
    as_of: date,
    first: date | None = None,
    seal: int | None = None,
    after: str | None = None,
    limit: int = 100,
) -> FundStatement[Journal]:
    """Return a page of the entries booked from ``first`` (None: the first of the year) to ``as_of``, in that order.

    ``after`` is ``next`` of the page before. Refused, in this order: an unknown fund, a seal beyond the head, a day
    that the book has not reached, a first day after the last, an unreadable ``after``.
    """
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = first_day(first, cut)
    place = None if after is None else _place(after)
    size = max(1, min(limit, ENTRIES_PER_PAGE_MAX))
    found = tuple(_entries(session, cut, begin, after=place, limit=size + 1))
    shown, position = found[:size], cut.known.position
    sums = _sums(session, cut, begin)
    figures = Journal(
        entries=shown,
        count=store.count_of_entries(session, fund_id=cut.fund_id, first=begin, as_of=as_of, position=position),
        sums=sums,
        next=f"{shown[-1].booked_on}~{shown[-1].id}" if len(found) > size else None,
    )
    currencies = tuple(one.debited.currency for one in sums) or (cut.currency,)
    return FundStatement(head_of(session, cut, currencies, first=begin), figures)


def whole_journal(
    session: Session, *, fund_code: str, as_of: date, first: date | None = None, seal: int | None = None
) -> WholeJournal:
    """Return all of a span's entries, read while they are taken. Refused: as for a page."""
    cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    begin = first_day(first, cut)
    return WholeJournal(head_of(session, cut, (cut.currency,), first=begin), _entries(session, cut, begin))


def _entries(
    session: Session, cut: Cut, first: date, *, after: EntryPlace | None = None, limit: int | None = None
) -> Iterator[ExportedEntry]:
    return store.exported_entries(
        session,
        fund_id=cut.fund_id,
        as_of=cut.as_of,
        position=cut.known.position,
        first=first,
        after=after,
        limit=limit,
    )


def _sums(session: Session, cut: Cut, first: date) -> tuple[JournalSum, ...]:
    """Return the sums by currency, the fund's own first, added up from the accounts and not from the entries."""
    sums: dict[str, list[int]] = {cut.currency: [0, 0]}
    moved = movements(
        session, fund_id=cut.fund_id, first=first, last=cut.as_of, position=cut.known.position, by="booked_on"
    )
    for (_, currency), (debited, credited) in sorted(moved.items()):
        told = sums.setdefault(currency, [0, 0])
        told[0] += debited
        told[1] += credited
    return tuple(JournalSum(Money(debited, of), Money(credited, of)) for of, (debited, credited) in sums.items())


def _place(words: str) -> EntryPlace:
    try:
        day, entry_id = words.split("~")
        if not entry_id.isascii() or not entry_id.isdigit() or len(entry_id) > 18:
            raise ValueError
        return EntryPlace(date.fromisoformat(day), int(entry_id))
    except ValueError:
        told = Problem("after", "give what `next` said in the page before")
        raise InputRefused([told], subject="the request") from None
