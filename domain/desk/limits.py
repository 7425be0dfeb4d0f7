"""A fund's limits as they stand: what a deal asks of them, and what is left of each."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.limits import Headroom, limits_in_force, measure_fund, measure_limits
from domain.store import deal_queries, fund_queries
from domain.store.deal_queries import DealState


def deal_headroom(session: Session, *, deal: DealState, on: date) -> tuple[Headroom, ...]:
    """Return the findings of every limit that a deal touches, with the deal itself as what is asked."""
    limits = limits_in_force(fund_queries.limits_of(session, deal.fund_id), on=on)
    if not limits:
        return ()
    deals = deal_queries.committed_deals(session, fund_id=deal.fund_id, as_of=date.max, asking=deal.id)
    asking = deals.pop(deal.id)
    return measure_limits(limits=limits, asking=asking, others=tuple(deals.values()), currency=deal.currency)


def headroom(session: Session, *, fund_id: UUID, as_of: date) -> tuple[Headroom, ...]:
    """Return what is used and left of each of a fund's limits on a day; by ticket or group, of the fullest one."""
    limits = limits_in_force(fund_queries.limits_of(session, fund_id), on=as_of)
    if not limits:
        return ()
    fund = fund_queries.fund_by_id(session, fund_id)
    deals = deal_queries.committed_deals(session, fund_id=fund_id, as_of=as_of)
    return measure_fund(limits=limits, deals=tuple(deals.values()), currency=fund.currency)
