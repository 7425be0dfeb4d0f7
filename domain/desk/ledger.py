"""What people and programmes do with the ledger itself: read it, reverse an entry, verify all of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor
from domain.desk import reversals
from domain.desk.authority import permitted, require_role
from domain.ledger import Entry, mirrored
from domain.money import Money
from domain.statements import TrialBalanceLine
from domain.store import audit, balances, seals, statistics
from domain.store import ledger as store
from domain.store.funds import FundRow
from domain.store.seals import Known

ENTRIES_PER_PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first fact that does not fit: its kind and number, and why. ``entry`` is its number where it is an entry."""

    kind: str
    fact: int
    why: str

    @property
    def entry(self) -> int | None:
        """The entry's number, where the misfit is an entry."""
        return self.fact if self.kind == "entry" else None


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether every row is as it was sealed, and the heads that a board can keep on paper."""

    sound: bool
    entries: int
    accounts: int
    seals: int
    heads: dict[str, str]
    first: Misfit | None


def seal_facts(session: Session) -> int:
    """Seal what can be sealed now; return how many facts."""
    return seals.seal_facts(session)


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

    Refused, in this order: the role, an unknown entry, a conflict of interest with the deal's investee, then as
    ``take_back``.
    """
    require_role(session, Act.REVERSE, by=by)
    fund_id, entry = store.entry_by_id(session, entry_id)
    party_id = reversals.investee_of(session, entry)
    by = permitted(session, Act.REVERSE, by=by, fund_id=fund_id, party_id=party_id)
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
    tells, a deal that is not in force, an entry that two people brought about (unless two take it back), days that the
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


def trial_balance(
    session: Session, *, fund: FundRow, as_of: date, seal: int | None = None
) -> tuple[TrialBalanceLine, ...]:
    """Return every account of a fund with its balance by booking day, as known at a seal (None: all that is sealed)."""
    assert fund.id is not None, "a fund that was read has its id"
    known = seals.known_at(session, fund.id, seal)
    kinds = store.account_kinds(session, fund.id)
    return tuple(
        TrialBalanceLine(code, kinds[code, currency], Money(minor, currency))
        for (code, currency), minor in balances.balances(
            session, fund_id=fund.id, as_of=as_of, position=known.position
        ).items()
    )


def verify(session: Session) -> Verification:
    """Recompute zero sums, leaves and chains from the rows, and name the first fact that does not fit.

    Leaves are made anew from the rows and never trusted. A fact that carries no seal although its transaction is older
    than everything sealed was slipped in behind the triggers.
    """
    entry_count, account_count = store.ledger_counts(session)
    misfits = [Misfit("entry", entry_id, why) for entry_id, why in store.unbalanced_entries(session)]
    misfits += [Misfit(kind, fact_id, why) for kind, fact_id, why in seals.misplaced_facts(session)]
    misfits += [Misfit("seal", 0, why) for why in seals.orders_that_do_not_count(session)]
    seal_count = 0
    heads_now = {chain: hashlib.sha256(start.encode()).digest() for chain, start in seals.chain_starts(session).items()}
    numbers, positions = dict.fromkeys(heads_now, 0), dict.fromkeys(heads_now, 0)
    for fact in seals.sealed_facts(session):
        seal_count += 1
        why = _why_it_does_not_fit(
            fact, head=heads_now[fact.chain], number=numbers[fact.chain] + 1, after=positions[fact.chain]
        )
        if why:
            misfits.append(Misfit(fact.kind, fact.fact_id, why))
            if len(misfits) > 100:
                break
        heads_now[fact.chain], numbers[fact.chain] = fact.chain_hash, fact.number
        positions[fact.chain] = fact.position
    kept = seals.heads(session)
    for chain, head in heads_now.items():
        if not misfits and kept[chain] != head.hex():
            misfits.append(Misfit("seal", numbers[chain], f"the chain of {chain} does not end at its head"))
    first = min(misfits, key=lambda m: (m.kind != "entry", m.fact), default=None)
    return Verification(not misfits, entry_count, account_count, seal_count, kept, first)


def _why_it_does_not_fit(fact: seals.SealedFact, *, head: bytes, number: int, after: int) -> str:
    """Return why a seal does not fit, in words; nothing where it does."""
    if fact.leaf_now is None:
        return "it was sealed and is gone"
    if fact.leaf_now != fact.leaf_hash:
        return "its rows are not what was sealed"
    if fact.number != number:
        return f"seal {number} of {fact.chain} is missing before it"
    if fact.position <= after:
        return f"its place in the order of all seals is not after seal {number - 1} of {fact.chain}"
    if hashlib.sha256(head + fact.leaf_hash + fact.said).digest() != fact.chain_hash:
        return f"the chain of {fact.chain} breaks at it"
    return ""
