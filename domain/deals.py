"""A deal's way from proposal to exit: which stage follows which, and which act leads there.

A stage is reached on a day and never taken back; a deal's stage is the last one it reached. Who prepared a deal does
not approve it: ``authority.permit`` looks at the act that ``ACT_FOR_STAGE`` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.authority import Act
from domain.calendar import in_words
from domain.codes import code_problem, is_code
from domain.equity import EquityTerms, parse_equity_terms
from domain.errors import InputRefused, Problem, Refusal
from domain.loans import parse_loan_terms
from domain.money import AMOUNT_MINOR_MAX, Money
from domain.royalties import RoyaltyTerms, parse_royalty_terms
from domain.schedule import LoanTerms


class Stage(StrEnum):
    """Where a deal stands."""

    PROPOSED = "proposed"
    APPRAISED = "appraised"
    APPROVED = "approved"
    CONTRACTED = "contracted"
    ACTIVE = "active"
    EXITING = "exiting"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


NEXT_STAGES: dict[Stage, frozenset[Stage]] = {
    Stage.PROPOSED: frozenset({Stage.APPRAISED, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.APPRAISED: frozenset({Stage.APPROVED, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.APPROVED: frozenset({Stage.CONTRACTED, Stage.WITHDRAWN}),
    Stage.CONTRACTED: frozenset({Stage.ACTIVE, Stage.CLOSED}),
    Stage.ACTIVE: frozenset({Stage.EXITING, Stage.CLOSED}),
    Stage.EXITING: frozenset({Stage.CLOSED}),
    Stage.CLOSED: frozenset(),
    Stage.DECLINED: frozenset(),
    Stage.WITHDRAWN: frozenset(),
}

ACT_FOR_STAGE: dict[Stage, Act] = {
    Stage.PROPOSED: Act.PROPOSE,
    Stage.APPRAISED: Act.APPRAISE,
    Stage.APPROVED: Act.APPROVE,
    Stage.CONTRACTED: Act.SIGN,
    Stage.ACTIVE: Act.PAY_OUT,
    Stage.EXITING: Act.DECIDE_EXIT,
    Stage.CLOSED: Act.CLOSE_DEAL,
    Stage.DECLINED: Act.DECLINE,
    Stage.WITHDRAWN: Act.WITHDRAW,
}

REASONED_STAGES = frozenset({Stage.DECLINED, Stage.WITHDRAWN, Stage.EXITING, Stage.CLOSED})
"""Stages that end a way or begin to: who brings a deal there says why."""

PAYING_STAGES = frozenset({Stage.CONTRACTED, Stage.ACTIVE})
"""Stages in which money goes out."""

SIGNED_STAGES = frozenset({Stage.CONTRACTED, Stage.ACTIVE, Stage.EXITING})
"""Stages in which a contract is in force."""

COMMITTED_STAGES = frozenset({Stage.APPROVED, *SIGNED_STAGES})
"""Stages in which a deal takes its part of the fund's limits: from the board's approval until it is closed."""


class InstrumentKind(StrEnum):
    """What the bank finances with."""

    LOAN = "loan"
    EQUITY = "equity"
    ROYALTY = "royalty"


class StageNotReachable(Refusal):
    """A deal cannot come from where it stands to the wanted stage."""

    def __init__(self, here: Stage, wanted: Stage) -> None:
        super().__init__(f"a deal that is {here} cannot become {wanted}")
        self.here, self.wanted = here, wanted


class StageBeforeItsTime(Refusal):
    """A deal would reach a stage before the day of the stage it stands in."""

    def __init__(self, *, stage: Stage, on: date, since: date, here: Stage) -> None:
        super().__init__(f"the deal became {here} on {in_words(since)}, so it cannot become {stage} on {in_words(on)}")
        self.stage, self.on, self.since, self.here = stage, on, since, here


class DealNotInForce(Refusal):
    """Money moves only under a contract that is in force."""

    def __init__(self, *, deal: str, stage: Stage, wanted: str) -> None:
        super().__init__(f"deal {deal} is {stage}: {wanted} takes a contract in force")
        self.deal, self.stage = deal, stage


class DealStillHolds(Refusal):
    """A deal with money outstanding, or with a commitment undrawn, is not closed."""

    def __init__(self, *, deal: str, outstanding: Money, undrawn: Money) -> None:
        super().__init__(f"deal {deal} cannot be closed: {outstanding} is outstanding and {undrawn} is not drawn")
        self.deal, self.outstanding, self.undrawn = deal, outstanding, undrawn


class NothingCommitted(Refusal):
    """A deal of which nothing is committed any more does not run; ``reversal`` is the entry that took it back."""

    def __init__(self, *, deal: str, reversal: int | None) -> None:
        why = f"entry {reversal} took its commitment back" if reversal else "what was committed is cancelled"
        super().__init__(f"deal {deal} cannot become active: {why}, so nothing can be paid out; close it")
        self.deal, self.reversal = deal, reversal


class CommitmentExceeded(Refusal):
    """More would be drawn or cancelled than is left of the commitment."""

    def __init__(self, *, undrawn: Money, asked: Money) -> None:
        super().__init__(f"{asked} is more than the {undrawn} left of the commitment")
        self.undrawn, self.asked = undrawn, asked


class MovedByStatement(Refusal):
    """Money on a position that a statement tells moves with the statement's next release, not by hand."""

    def __init__(self, *, instrument: str) -> None:
        super().__init__(f"{instrument} is a position of an imported statement; its next release moves it")
        self.instrument = instrument


class DrawStop(Refusal):
    """An open breach or an exit trigger blocks drawdowns."""

    def __init__(self, *, deal: str, causes: Sequence[str]) -> None:
        super().__init__(f"drawdowns of deal {deal} are stopped by {'; '.join(causes)}")
        self.deal, self.causes = deal, tuple(causes)


class DayRefused(Refusal):
    """A value or booking day on which the deal's contract or the fund's book has no place for an entry."""

    def __init__(self, *, on: date, why: str) -> None:
        super().__init__(f"{in_words(on)} cannot be taken: {why}")
        self.on, self.why = on, why


@dataclass(frozen=True, slots=True)
class ProposedInstrument:
    """An instrument as an officer proposes it: kind, how much, and its terms as they are sent and stored."""

    code: str
    kind: str
    commitment_minor: int
    terms: Mapping[str, object]
    valid_from: date


InstrumentTerms = LoanTerms | EquityTerms | RoyaltyTerms


def advance_stage(here: Stage, *, to: Stage) -> Stage:
    """Return the new stage, or refuse (``StageNotReachable``)."""
    if to not in NEXT_STAGES[here]:
        raise StageNotReachable(here, to)
    return to


def parse_terms(kind: InstrumentKind, terms: Mapping[str, object]) -> InstrumentTerms:
    """Read an instrument's terms by its kind; every problem is told at once (``InputRefused``)."""
    match kind:
        case InstrumentKind.LOAN:
            return parse_loan_terms(terms)
        case InstrumentKind.EQUITY:
            return parse_equity_terms(terms)
        case InstrumentKind.ROYALTY:
            return parse_royalty_terms(terms)


def check_instruments(instruments: Sequence[ProposedInstrument]) -> None:
    """Let proposed instruments pass, or refuse them (``InputRefused``) with every problem of each, by its code."""
    problems: list[Problem] = []
    if not instruments:
        problems.append(Problem("instruments", "a deal has at least one instrument"))
    codes = [instrument.code for instrument in instruments]
    for instrument in instruments:
        where = f"instrument {instrument.code if is_code(instrument.code) else '(without a code)'}"
        if wrong := code_problem(instrument.code):
            problems.append(Problem("instrument, code", wrong))
        if codes.count(instrument.code) > 1:
            problems.append(Problem(where, "each instrument has a code of its own"))
        if not 0 < instrument.commitment_minor <= AMOUNT_MINOR_MAX:
            problems.append(Problem(f"{where}, commitment", "an amount above zero is expected"))
        if instrument.kind not in set(InstrumentKind):
            problems.append(Problem(f"{where}, kind", f"one of {', '.join(InstrumentKind)} is expected"))
            continue
        problems += terms_problems(InstrumentKind(instrument.kind), instrument, where=where)
    if problems:
        raise InputRefused(problems, subject="the proposal")


def terms_problems(kind: InstrumentKind, instrument: ProposedInstrument, *, where: str) -> list[Problem]:
    """Return what is wrong with an instrument's terms, each problem under its instrument and term."""
    try:
        terms = parse_terms(kind, instrument.terms)
    except InputRefused as refused:
        return [Problem(f"{where}, {problem.where}", problem.what) for problem in refused.problems]
    if isinstance(terms, LoanTerms) and terms.due_days[-1] <= instrument.valid_from:
        return [Problem(f"{where}, first_due_on", "the last instalment must be due after the terms begin to hold")]
    if isinstance(terms, RoyaltyTerms) and terms.until <= instrument.valid_from:
        return [Problem(f"{where}, until", "the royalty must end after the terms begin to hold")]
    return []
