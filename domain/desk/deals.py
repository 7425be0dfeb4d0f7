"""What people do with a deal: propose it, and bring it from stage to stage. How it is read is in ``deal_reads``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session
from uuid_utils.compat import uuid7

from domain.authority import Act, Actor
from domain.calendar import in_words
from domain.codes import code_problems
from domain.deals import (
    ACT_FOR_STAGE,
    NEXT_STAGES,
    REASONED_STAGES,
    DayRefused,
    DealStillHolds,
    NothingCommitted,
    ProposedInstrument,
    Stage,
    StageBeforeItsTime,
    advance_stage,
    check_instruments,
)
from domain.desk.authority import permitted, permitted_on_deal, require_role
from domain.desk.days import booking_day, require_kept_here
from domain.desk.deal_reads import (
    DEALS_PER_PAGE_MAX,
    DealDetail,
    DealLine,
    InstrumentLine,
    deal_by_code,
    deal_detail,
    deal_list,
    fund_stops,
    funds_with_deals_kept_here,
)
from domain.desk.figures import figures_of
from domain.desk.funds import CodeTaken
from domain.desk.limits import deal_headroom, headroom
from domain.errors import InputRefused, NotFound, Problem
from domain.ledger import Entry, transfer
from domain.limits import check_limits
from domain.money import Money
from domain.royalties import RoyaltyRunsOn, parse_royalty_terms, royalty_to_come
from domain.store import audit, deal_queries, fund_queries, instrument_queries, ledger
from domain.store.deal_queries import DealEntryLine, DealState, DrawStopKind, DrawStopLine
from domain.store.deals import DealRow, DealStageRow, InstrumentRow, PartyRow, TermsRow
from domain.store.funds import FundRow
from domain.store.instrument_queries import InstrumentState
from domain.store.missions import ProjectRow

__all__ = [
    "DEALS_PER_PAGE_MAX",
    "NEXT_STAGES",
    "DealDetail",
    "DealEntryLine",
    "DealLine",
    "DrawStopKind",
    "DrawStopLine",
    "InstrumentLine",
    "ProposedInstrument",
    "Stage",
    "advance",
    "deal_by_code",
    "deal_detail",
    "deal_list",
    "fund_stops",
    "funds_with_deals_kept_here",
    "headroom",
    "propose",
]


def propose(
    session: Session,
    *,
    fund_id: UUID,
    code: str,
    project_id: UUID,
    investee_id: UUID,
    title: str,
    purpose: str,
    instruments: Sequence[ProposedInstrument],
    proposed_on: date,
    by: Actor,
) -> UUID:
    """Propose a deal with its instruments and return its id.

    Refused, in this order: the role, an unknown fund, a conflict of interest, more than the person proposes alone, an
    unknown project or investee, problems of the input (all at once, nothing
    is written before), a day that the fund's book has no place for, a code in use.
    """
    require_role(session, Act.PROPOSE, by=by)
    fund = fund_queries.fund_by_id(session, fund_id)
    asked = Money(sum(max(0, one.commitment_minor) for one in instruments), fund.currency)
    by = permitted(session, Act.PROPOSE, by=by, fund_id=fund_id, party_id=investee_id, amount=asked)
    if session.get(ProjectRow, project_id) is None:
        raise NotFound("project", project_id)
    if session.get(PartyRow, investee_id) is None:
        raise NotFound("party", investee_id)
    problems = code_problems(code=code)
    if not title.strip():
        problems.append(Problem("title", "a text is expected"))
    if problems:
        raise InputRefused(problems, subject="the proposal")
    check_instruments(instruments)
    require_stage_day(fund, proposed_on)
    if fund_queries.code_taken(session, table="deal", code=code):
        raise CodeTaken("deal", code)
    if taken := deal_queries.taken_instrument_codes(session, [instrument.code for instrument in instruments]):
        raise CodeTaken("instrument", taken[0])
    deal_id = uuid7()
    session.add(
        DealRow(
            id=deal_id,
            code=code,
            fund_id=fund_id,
            project_id=project_id,
            investee_id=investee_id,
            title=title,
            purpose=purpose,
        )
    )
    session.flush()
    for instrument in instruments:
        _add_instrument(session, instrument, deal_id=deal_id, fund=fund, by=by)
    _reach(session, deal_id=deal_id, fund_id=fund_id, stage=Stage.PROPOSED, on=proposed_on, reason="", by=by)
    detail = {"instruments": {i.code: str(Money(i.commitment_minor, fund.currency)) for i in instruments}}
    audit.record(
        session, by=by, act=Act.PROPOSE, subject_kind="deal", subject=code, fund_id=fund_id, detail=detail,
        after={"stage": Stage.PROPOSED, "on": proposed_on},
    )  # fmt: skip
    return deal_id


def _add_instrument(
    session: Session, instrument: ProposedInstrument, *, deal_id: UUID, fund: FundRow, by: Actor
) -> None:
    instrument_id = uuid7()
    session.add(
        InstrumentRow(
            id=instrument_id,
            code=instrument.code,
            deal_id=deal_id,
            kind=instrument.kind,
            currency=fund.currency,
            accrues=instrument.kind == "loan",
        )
    )
    session.flush()
    session.add(
        TermsRow(
            fund_id=fund.id,
            recorded_by=by.id,
            instrument_id=instrument_id,
            valid_from=instrument.valid_from,
            commitment_minor=instrument.commitment_minor,
            terms=dict(instrument.terms),
        )
    )
    session.flush()


def advance(
    session: Session,
    *,
    deal_id: UUID,
    to: Stage,
    happened_on: date,
    reason: str,
    by: Actor,
    booked_on: date | None = None,
) -> None:
    """Bring a deal to its next stage on a day.

    The board's approval and the signing of the contract are measured against the fund's limits; signing books what was
    promised (and asks for the same room under the limits again, because they may have been lowered). A deal is closed
    when nothing is outstanding and nothing can be drawn any more.

    Refused, in this order: an unknown deal, the role, the second person (who proposed does not approve), a conflict of
    interest with the investee, a deal that a statement of positions tells, a stage that cannot be reached from here, an
    end without a reason, a day before the last stage's or after the fund's open day, the limits (all that are
    exceeded), a deal that would become active with nothing committed, money that still stands, a royalty that runs on.
    """
    to = Stage(to)
    deal = deal_queries.lock_deal(session, deal_id)
    fund_id = deal.fund_id
    decides = to in (Stage.APPROVED, Stage.DECLINED)
    prepared_by = deal.prepared_by if decides else ()
    by = permitted_on_deal(session, ACT_FOR_STAGE[to], by=by, deal=deal, prepared_by=prepared_by)
    for instrument in instrument_queries.instruments_of(session, [deal.id]):
        require_kept_here(instrument)
    advance_stage(deal.stage, to=to)
    if to in REASONED_STAGES and not reason.strip():
        raise InputRefused([Problem("reason", f"say why the deal is to be {to}")], subject="the step")
    fund = fund_queries.fund_by_id(session, fund_id)
    if happened_on < deal.stage_on:
        raise StageBeforeItsTime(stage=to, on=happened_on, since=deal.stage_on, here=deal.stage)
    require_stage_day(fund, happened_on)
    if to in (Stage.APPROVED, Stage.CONTRACTED):
        deal_queries.lock_limits(session, fund_id)
        check_limits(deal_headroom(session, deal=deal, on=happened_on))
    if to is Stage.ACTIVE:
        _require_commitment(session, deal)
    if to is Stage.CLOSED:
        _require_nothing_left(session, deal, on=happened_on)
    _reach(session, deal_id=deal_id, fund_id=fund_id, stage=to, on=happened_on, reason=reason, by=by)
    if to is Stage.CONTRACTED:
        tomorrow = happened_on if happened_on > fund.business_day else None
        day = booking_day(session, fund, effective_on=happened_on, booked_on=booked_on or tomorrow)
        _book_commitments(session, deal=deal, signed_on=happened_on, booked_on=day, by=by)
    audit.record(
        session,
        by=by,
        act=ACT_FOR_STAGE[to],
        subject_kind="deal",
        subject=deal.code,
        fund_id=fund_id,
        detail={"from": deal.stage, "to": to, "happened_on": happened_on, "reason": reason},
        before={"stage": deal.stage, "on": deal.stage_on},
        after={"stage": to, "on": happened_on},
    )


def require_stage_day(fund: FundRow, day: date) -> None:
    """Let a day pass on which a deal may reach a stage: not before the fund was opened, not after its open day."""
    if day < fund.opened_on:
        raise DayRefused(on=day, why=f"the fund was opened on {in_words(fund.opened_on)}")
    if day > fund.business_day + timedelta(days=1):
        raise DayRefused(on=day, why=f"the fund's book stands at {in_words(fund.business_day)}")


def _reach(session: Session, *, deal_id: UUID, fund_id: UUID, stage: Stage, on: date, reason: str, by: Actor) -> None:
    session.add(
        DealStageRow(
            fund_id=fund_id,
            recorded_by=by.id,
            recorded_for=by.acting_for.id if by.acting_for else None,
            deal_id=deal_id,
            stage=stage.value,
            happened_on=on,
            reason=reason,
        )
    )
    session.flush()


def _book_commitments(session: Session, *, deal: DealState, signed_on: date, booked_on: date, by: Actor) -> None:
    for instrument in instrument_queries.instruments_of(session, [deal.id]):
        require_kept_here(instrument)
        ledger.post(
            session,
            Entry(
                kind="commitment",
                reason=f"commitment of {instrument.code}",
                booked_on=booked_on,
                effective_on=signed_on,
                postings=transfer(
                    debit="commitments_undrawn",
                    credit="commitments_given",
                    minor=instrument.commitment_minor,
                    currency=instrument.currency,
                    instrument_id=instrument.id,
                ),
                deal_id=deal.id,
            ),
            fund_id=deal.fund_id,
            by=by,
            key=f"commitment:{instrument.id}",
        )


def _require_commitment(session: Session, deal: DealState) -> None:
    instruments = instrument_queries.instruments_of(session, [deal.id])
    if not any(figures.committed.minor for figures in figures_of(session, instruments).values()):
        raise NothingCommitted(deal=deal.code, reversal=deal_queries.commitment_reversal(session, deal.id))


def _require_nothing_left(session: Session, deal: DealState, *, on: date) -> None:
    """A royalty's cost keeps no deal open, because nobody pays it back; what is due on it, or may become so, does."""
    held = undrawn = 0
    instruments = {instrument.id: instrument for instrument in instrument_queries.instruments_of(session, [deal.id])}
    booked = figures_of(session, list(instruments.values()))
    for figures in booked.values():
        undrawn += figures.undrawn.minor
        held += figures.receivable.minor + (0 if figures.kind == "royalty" else figures.outstanding.minor)
    if held or undrawn:
        raise DealStillHolds(
            deal=deal.code, outstanding=Money(held, deal.currency), undrawn=Money(undrawn, deal.currency)
        )
    for instrument_id, figures in booked.items():
        if figures.kind == "royalty" and figures.drawn.minor:  # nothing is owed for what was never paid out
            _require_royalty_over(instruments[instrument_id], due=figures.returned + figures.receivable, on=on)


def _require_royalty_over(royalty: InstrumentState, *, due: Money, on: date) -> None:
    terms = parse_royalty_terms(royalty.terms)
    if left := royalty_to_come(terms=terms, due_minor=due.minor, on=on):
        raise RoyaltyRunsOn(royalty=royalty.code, left=Money(left, royalty.currency), until=terms.until)
