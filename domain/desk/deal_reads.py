"""How deals are read: a list of them, and all that the page of one shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.deals import NEXT_STAGES, Stage
from domain.desk.figures import InstrumentFigures, figures_of
from domain.desk.instruments import schedules
from domain.desk.limits import deal_headroom
from domain.limits import Headroom
from domain.money import Money
from domain.schedule import Instalment
from domain.store import deal_queries, fund_queries, instrument_queries
from domain.store.deal_queries import DealEntryLine, DealState, StageLine

DEALS_PER_PAGE_MAX = 500
ENTRIES_SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class DealLine:
    """A deal in a list: who, what for, where it stands, what was promised and what is out."""

    id: UUID
    code: str
    title: str
    fund: str
    investee: str
    project: str
    stage: Stage
    stage_on: date
    committed: Money
    drawn: Money
    outstanding: Money


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """An instrument on a deal's page: its figures, its terms as stored, and a loan's schedule (else empty)."""

    id: UUID
    code: str
    kind: str
    accrues: bool
    figures: InstrumentFigures
    terms: dict[str, Any]
    terms_version: int
    valid_from: date
    schedule: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class DealDetail:
    """All that a deal's page shows."""

    deal: DealState
    fund_business_day: date
    next_stages: tuple[Stage, ...]
    stages: tuple[StageLine, ...]
    instruments: tuple[InstrumentLine, ...]
    entries: tuple[DealEntryLine, ...]
    limits: tuple[Headroom, ...]
    draw_stops: tuple[str, ...]

    @property
    def version(self) -> int:
        """How many stages the deal has reached: what an edit is an edit of."""
        return len(self.stages)


def deal_list(
    session: Session,
    *,
    fund_code: str | None = None,
    stage: Stage | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[DealLine, ...]:
    """Return deals in the order of their codes, at most ``limit`` (500) after the code ``after``.

    An investee's session sees its own deals only. ``search`` looks into code, title, project and investee.
    """
    states = deal_queries.deal_states(
        session,
        fund_code=fund_code,
        stage=stage,
        search=search or None,
        after=after,
        limit=max(1, min(limit, DEALS_PER_PAGE_MAX)),
    )
    instruments = instrument_queries.instruments_of(session, [state.id for state in states])
    figures = figures_of(session, instruments)
    lines = []
    for state in states:
        own = [figures[instrument.id] for instrument in instruments if instrument.deal_id == state.id]
        nothing = Money(0, state.currency)
        lines.append(
            DealLine(
                state.id,
                state.code,
                state.title,
                state.fund_code,
                state.investee_name,
                state.project_name,
                state.stage,
                state.stage_on,
                committed=sum((f.committed for f in own), nothing),
                drawn=sum((f.drawn for f in own), nothing),
                outstanding=sum((f.outstanding for f in own), nothing),
            )
        )
    return tuple(lines)


def deal_by_code(session: Session, code: str) -> UUID:
    """Return a deal's id by its code; else ``NotFound``."""
    return deal_queries.deal_id_by_code(session, code)


def deal_detail(session: Session, *, deal_id: UUID) -> DealDetail:
    """Return all that a deal's page shows; ``NotFound`` for one that this person may not see."""
    deal = deal_queries.deal_state(session, deal_id)
    fund = fund_queries.fund_by_id(session, deal.fund_id)
    instruments = instrument_queries.instruments_of(session, [deal_id])
    figures = figures_of(session, instruments)
    plans = schedules(session, instruments)
    ended = not NEXT_STAGES[deal.stage]
    lines = tuple(
        InstrumentLine(
            i.id,
            i.code,
            i.kind,
            i.accrues,
            figures[i.id],
            dict(i.terms),
            i.version,
            i.valid_from,
            plans.get(i.id, ()),
        )
        for i in instruments
    )
    return DealDetail(
        deal=deal,
        fund_business_day=fund.business_day,
        next_stages=tuple(stage for stage in Stage if stage in NEXT_STAGES[deal.stage]),
        stages=deal_queries.stage_lines(session, deal_id),
        instruments=lines,
        entries=deal_queries.entry_lines(session, deal_id, limit=ENTRIES_SHOWN_MAX),
        limits=() if ended else deal_headroom(session, deal=deal, on=fund.business_day),
        draw_stops=deal_queries.draw_stops(session, deal_id),
    )
