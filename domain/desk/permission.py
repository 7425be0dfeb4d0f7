"""Whether a person may do an act here and now: the published table with what the book knows of the person.

``permitted`` asks everything, once the thing that is acted on is known. ``require_role`` is the first question of an
act whose thing is not known yet: whether the person has the role at all, or was lent it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypedDict, Unpack
from uuid import UUID

from sqlmodel import Session

from domain.authority import (
    MAY,
    SUMMED_DAYS,
    Act,
    Actor,
    Permission,
    Standing,
    may,
    permit,
)
from domain.measured import OF_THE_WHOLE_DEAL, SUMMED
from domain.money import Money
from domain.store import authority_queries as store
from domain.store import instrument_queries
from domain.store.deal_queries import DealState


class Circumstances(TypedDict, total=False):
    """What an act is done on, who prepared it, and how much it is.

    With ``key``, the one that the act is to be booked by, what the person did of it in ``SUMMED_DAYS`` counts towards
    the amount, so that nobody comes above it in parts; what was booked by the same key does not count twice.
    """

    fund_id: UUID | None
    party_id: UUID | None
    deal_id: UUID | None
    prepared_by: Collection[UUID | None]
    amount: Money | None
    key: str | None


def may_now(session: Session, act: Act, *, by: Actor, **here: Unpack[Circumstances]) -> Permission:
    """Find whether a person may do an act, with every reason against it: for a page that offers it or says why not."""
    if by.id is None:
        return may(act, by=by)
    known = _known(session, act, by, by.id, here)
    return may(act, by=by, prepared_by=here.get("prepared_by", ()), amount=here.get("amount"), standing=known)


def permitted(session: Session, act: Act, *, by: Actor, **here: Unpack[Circumstances]) -> Actor:
    """Return who does the act (perhaps for who lent it), or refuse it with every reason, as ``authority.permit``."""
    return may_now(session, act, by=by, **here).granted()


def may_on_deal(
    session: Session,
    act: Act,
    *,
    by: Actor,
    deal: DealState,
    prepared_by: Collection[UUID | None] = (),
    amount: Money | None = None,
    key: str | None = None,
) -> Permission:
    """Find whether a person may do an act on a deal; a conflict of interest is one with its investee.

    An act that decides on the whole deal is measured by all that it commits.
    """
    return may_now(
        session,
        act,
        by=by,
        fund_id=deal.fund_id,
        party_id=deal.investee_id,
        deal_id=deal.id,
        prepared_by=prepared_by,
        amount=committed(session, deal.id) if act in OF_THE_WHOLE_DEAL else amount,
        key=key,
    )


def permitted_on_deal(
    session: Session,
    act: Act,
    *,
    by: Actor,
    deal: DealState,
    prepared_by: Collection[UUID | None] = (),
    amount: Money | None = None,
    key: str | None = None,
) -> Actor:
    """Return who does an act on a deal, or refuse it; asked as ``may_on_deal``."""
    return may_on_deal(session, act, by=by, deal=deal, prepared_by=prepared_by, amount=amount, key=key).granted()


def permitted_on_projects(session: Session, act: Act, *, by: Actor, project_ids: Collection[UUID]) -> Actor:
    """Return who does an act on projects, or refuse it; a tie to an investee of a deal that finances one binds."""
    if by.id is None:
        return permit(act, by=by)
    tied = store.tied_investee(session, person_id=by.id, project_ids=project_ids)
    return permitted(session, act, by=by, party_id=tied)


def committed(session: Session, deal_id: UUID) -> Money | None:
    """Return what a deal's instruments commit together; None where it has none."""
    parts = instrument_queries.instruments_of(session, [deal_id])
    return Money(sum(one.commitment_minor for one in parts), parts[0].currency) if parts else None


def _known(session: Session, act: Act, by: Actor, person_id: UUID, here: Circumstances) -> Standing:
    fund_id, deal_id, amount = here.get("fund_id"), here.get("deal_id"), here.get("amount")
    known = store.standing(session, act=act, person_id=person_id, fund_id=fund_id, party_id=here.get("party_id"))
    key = None if by.tells_history else here.get("key")
    if amount is None or key is None or fund_id is None or act not in SUMMED or not known.bounds(act):
        return known
    if deal_id is None:  # a deal is locked by who acts on it
        store.lock(session, f"{act} {fund_id} {person_id}")
    done = store.done_minor(
        session,
        kinds=SUMMED[act],
        by_two=act in (Act.APPROVE_PAYOUT, Act.APPROVE_REVERSAL),
        person_id=person_id,
        fund_id=fund_id,
        deal_id=deal_id,
        currency=amount.currency,
        days=SUMMED_DAYS,
        but_key=key,
    )
    return replace(known, done_minor=done)


def require_role(session: Session, act: Act, *, by: Actor) -> None:
    """Let a person pass whose role may do an act, or to whom it was lent; refused: everybody else (``NotAllowed``)."""
    if by.role not in MAY[act]:
        permitted(session, act, by=by)
