"""What people and programmes do with the ledger itself: seal it, read it, reverse an entry."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor
from domain.desk import reversals
from domain.desk.authority import permitted, require_role
from domain.ledger import Entry, mirrored
from domain.store import audit, deal_queries, seals, statistics
from domain.store import ledger as store
from domain.store.funds import FundRow
from domain.store.seals import Known

ENTRIES_PER_PAGE_MAX = 200


def seal_facts(session: Session) -> int:
    """Seal what can be sealed now; return how many facts."""
    return seals.seal_facts(session)


def seal_for_reader(session: Session) -> None:
    """Seal what can be sealed now, unless somebody else is sealing for long: a reader is then told the last seal."""
    seals.seal_facts_if_free(session)


def settle(session: Session) -> int:
    """Seal what a load or an import has said, and let the planner look at what is there now; return how many facts."""
    sealed = seals.seal_facts(session)
    statistics.refresh(session)
    return sealed


def known_at(session: Session, *, fund_id: UUID, seal: int | None) -> Known:
    """Return the cut through all facts that a fund's seal number makes; None is everything sealed by now."""
    return seals.known_at(session, fund_id, seal)


def heads(session: Session) -> dict[str, str]:
    """Return the head of each chain by fund code."""
    return seals.heads(session)


def reverse(session: Session, *, entry_id: int, booked_on: date | None, reason: str, by: Actor, key: str) -> int:
    """Append the mirror image of an entry and return its number; it takes effect on the day the first one did.

    Refused, in this order: the role, an unknown entry, a conflict of interest with the deal's investee or
    the contributor, more than the person reverses alone, then as
    ``take_back``.
    """
    require_role(session, Act.REVERSE, by=by)
    fund_id, entry = store.entry_by_id(session, entry_id)
    if entry.deal_id is not None:
        deal_queries.lock_deal(session, entry.deal_id)
    by = permitted(
        session,
        Act.REVERSE,
        by=by,
        fund_id=fund_id,
        party_id=reversals.party_of(session, deal_id=entry.deal_id, entry_id=entry_id),
        deal_id=entry.deal_id,
        amount=reversals.size_of(session, entry, fund_id=fund_id),
        key=key,
    )
    return take_back(session, entry_id=entry_id, booked_on=booked_on, reason=reason, by=by, key=key)


def take_back(
    session: Session,
    *,
    entry_id: int,
    booked_on: date | None = None,
    reason: str,
    by: Actor,
    key: str,
    by_two: bool = False,
) -> int:
    """Book the reversal of an entry that may be reversed by who does it; return its number.

    The entry's deal is locked first. Refused, in this order: an entry that is a reversal, a position that a statement
    tells, a deal that is not in force, an entry that takes two people (unless two take it back), days that the
    fund's book has no place for, a closed period, an entry that is reversed, too little cash, later entries that rest
    on it, the fund's limits.
    """
    fund_id, entry = store.entry_by_id(session, entry_id)
    fund = session.get_one(FundRow, fund_id)
    books = reversals.check_before(session, entry_id=entry_id, entry=entry, fund=fund, by_two=by_two)
    reversal = Entry(
        kind="reversal",
        reason=reason,
        booked_on=reversals.reversal_day(session, fund, entry=entry, booked_on=booked_on),
        effective_on=entry.effective_on,
        postings=mirrored(entry.postings),
        deal_id=entry.deal_id,
        reverses_id=entry_id,
    )
    with session.begin_nested():
        reversal_id = store.post(session, reversal, fund_id=fund_id, by=by, key=key)
        reversals.check_after(session, entry_id=entry_id, entry=entry, books=books)
    audit.record(
        session,
        by=by,
        act=Act.REVERSE,
        subject_kind="entry",
        subject=entry_id,
        fund_id=fund_id,
        detail={"reversal": reversal_id, "reason": reason},
        before={"reversed_by": None},
        after={"reversed_by": reversal_id},
    )
    return reversal_id


def entries(
    session: Session,
    *,
    fund_code: str | None = None,
    deal_id: UUID | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return entries newest first with their postings; ``after`` is the last number of the page before."""
    return store.entries_page(
        session, fund_code=fund_code, deal_id=deal_id, after=after, limit=max(1, min(limit, ENTRIES_PER_PAGE_MAX))
    )
