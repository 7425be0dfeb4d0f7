"""How deals are read: a list of them, and all that the page of one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.deals import NEXT_STAGES, SIGNED_STAGES, InstrumentKind, Stage
from domain.desk.figures import InstrumentFigures, figures_of
from domain.desk.instruments import schedules
from domain.desk.limits import deal_headroom
from domain.limits import Headroom
from domain.money import Money
from domain.positions import FIGURE_NAMES, IDENTITIES, Figures, gap_minor
from domain.schedule import Instalment
from domain.store import deal_queries, fund_queries, instrument_queries, statement_lines
from domain.store.deal_queries import DealEntryLine, DealState, DrawStopLine, StageLine
from domain.store.instrument_queries import InstrumentState
from domain.store.statement_lines import StatementLine

DEALS_PER_PAGE_MAX = 500
ENTRIES_SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class DealLine:
    """A deal in a list: who, what for, where it stands, what was asked for, was promised and is out."""

    id: UUID
    code: str
    title: str
    fund: str
    fund_name: str
    investee: str
    project: str
    stage: Stage
    stage_on: date
    asked: Money
    committed: Money
    drawn: Money
    outstanding: Money


@dataclass(frozen=True, slots=True)
class StatementPosition:
    """A position as its last statement tells it; ``gaps`` are what does not add up: the identity, and by how much."""

    line: StatementLine
    figures: tuple[tuple[str, Money], ...]
    gaps: tuple[tuple[str, Money], ...]

    @property
    def restated(self) -> bool:
        """Whether the statement takes back what one before had said."""
        return "restated" in self.line.flags


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """An instrument on a deal's page: its figures, its terms as stored, and a loan's schedule (else empty).

    Before the first drawdown the schedule is a plan, as if all were drawn on ``planned_on``. ``stated`` is what the
    last statement says of a position that one tells.
    """

    id: UUID
    code: str
    kind: str
    accrues: bool
    figures: InstrumentFigures
    terms: dict[str, Any]
    terms_version: int
    valid_from: date
    schedule: tuple[Instalment, ...]
    planned_on: date
    stated: StatementPosition | None = None


@dataclass(frozen=True, slots=True)
class DealDetail:
    """All that a deal's page shows; ``commitment_reversal`` is the last entry that took a commitment back."""

    deal: DealState
    fund_business_day: date
    next_stages: tuple[Stage, ...]
    stages: tuple[StageLine, ...]
    instruments: tuple[InstrumentLine, ...]
    entries: tuple[DealEntryLine, ...]
    limits: tuple[Headroom, ...]
    stops: tuple[DrawStopLine, ...]
    commitment_reversal: int | None = None

    @property
    def draw_stops(self) -> tuple[str, ...]:
        """What stops drawdowns, in English sentences."""
        return tuple(map(str, self.stops))

    @property
    def by_statement(self) -> bool:
        """Whether a statement of positions moves this deal; people then do not."""
        return any(told_by_statement(one.kind, one.accrues) for one in self.instruments)

    @property
    def signed(self) -> bool:
        """Whether a contract was ever signed; before it nothing is committed."""
        return self.deal.signed_on is not None or any(one.figures.committed.minor for one in self.instruments)

    @property
    def taken_back(self) -> bool:
        """Whether a deal under contract has nothing committed any more because its commitment was reversed."""
        running = self.deal.stage in SIGNED_STAGES and self.commitment_reversal is not None
        return running and not any(one.figures.committed.minor for one in self.instruments)

    @property
    def version(self) -> int:
        """How many stages the deal has reached: what an edit is an edit of."""
        return len(self.stages)


def told_by_statement(kind: str, accrues: bool) -> bool:
    """Return whether a statement tells an instrument, as ``days.require_kept_here`` refuses it."""
    return kind == InstrumentKind.LOAN and not accrues


def deal_list(
    session: Session,
    *,
    fund_code: str | None = None,
    stage: Stage | None = None,
    search: str | None = None,
    after: str | None = None,
    limit: int = 50,
    stages: Sequence[Stage] | None = None,
    kept_here: bool = False,
) -> tuple[DealLine, ...]:
    """Return deals in the order of their codes, at most ``limit`` (500) after the code ``after``.

    An investee's session sees its own deals only. ``search`` looks into code, title, project and investee.
    ``stages`` are those that a deal may stand in; ``kept_here`` leaves out deals that a statement of positions tells.
    """
    states = deal_queries.deal_states(
        session,
        fund_code=fund_code,
        stage=stage,
        search=search or None,
        after=after,
        limit=max(1, min(limit, DEALS_PER_PAGE_MAX)),
        stages=stages,
        kept_here=kept_here,
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
                state.fund_name,
                state.investee_name,
                state.project_name,
                state.stage,
                state.stage_on,
                asked=sum((f.asked for f in own), nothing),
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
    planned = {one.id: _planned_on(one, deal, fund.business_day) for one in instruments}
    plans = schedules(session, instruments, planned_on=planned)
    stated = statement_lines.last_lines(
        session, instrument_ids=[one.id for one in instruments if told_by_statement(one.kind, one.accrues)]
    )
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
            planned[i.id],
            _stated(stated.get(i.id), i.currency),
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
        stops=deal_queries.draw_stops(session, deal_id),
        commitment_reversal=deal_queries.commitment_reversal(session, deal_id),
    )


def _planned_on(instrument: InstrumentState, deal: DealState, today: date) -> date:
    """Return the day a plan begins: nothing is drawn before the contract, nor before a day on which it can be."""
    return max(instrument.valid_from, deal.signed_on or (today if NEXT_STAGES[deal.stage] else deal.stage_on))


def _stated(line: StatementLine | None, currency: str) -> StatementPosition | None:
    if line is None:
        return None
    said = Figures(**line.figures)
    return StatementPosition(
        line,
        tuple((name, Money(getattr(said, name), currency)) for name in FIGURE_NAMES),
        tuple((one.name, Money(gap, currency)) for one in IDENTITIES if (gap := gap_minor(one, said))),
    )


def fund_stops(session: Session, *, fund_id: UUID) -> tuple[DrawStopLine, ...]:
    """Return what stops drawdowns of a fund's deals, the earliest first."""
    return deal_queries.draw_stops(session, fund_id=fund_id)


def funds_with_deals_kept_here(session: Session) -> frozenset[UUID]:
    """Return the ids of the funds that have a deal which no statement tells."""
    return deal_queries.funds_with_deals_kept_here(session)
