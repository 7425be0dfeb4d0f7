"""Agreeing promises, and reading what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor
from domain.calendar import in_words
from domain.covenants import (
    ConditionFamily,
    Covenant,
    CovenantDirection,
    CovenantKind,
    CovenantTest,
    TrajectoryPoint,
    covenant_problems,
    test_day_problems,
)
from domain.desk.authority import committed, permitted, require_role
from domain.errors import InputRefused, NotFound, Problem
from domain.store import promises as store
from domain.store.audit import record
from domain.store.deals import DealRow
from domain.store.missions import IndicatorRow
from domain.store.promises import (
    BreachLine,
    CovenantLine,
    FindingLine,
    breaches,
    covenant_lines,
    findings,
    open_breaches,
)

__all__ = [
    "BreachLine",
    "CovenantLine",
    "FindingLine",
    "agree",
    "breaches",
    "covenant_lines",
    "findings",
    "open_breaches",
]

AGREE = "agree a covenant"
"""The act's name in the audit; it takes who may sign a contract."""

_Word = TypeVar("_Word", bound=StrEnum)


def agree(
    session: Session,
    *,
    deal_id: UUID,
    code: str,
    clause: str,
    kind: str,
    condition_family: str,
    indicator_id: UUID,
    direction: str,
    tolerance: Decimal,
    grace_days: int,
    remedy_days: int,
    agreed_on: date,
    public: bool,
    trajectory: Sequence[tuple[date, Decimal]],
    tests: Sequence[tuple[date, date, date]],
    by: Actor,
) -> UUID:
    """Write a promise into a deal's contract and open the reports that it asks; return its id.

    ``trajectory`` is days and expected values, ``tests`` are period start, period end and the report's due day. One
    report answers all of a deal's promises for a period, so their tests agree on its days. Refused, in this order: the
    role, an unknown deal or indicator, then everything that is wrong at once (``InputRefused``).
    """
    require_role(session, Act.SIGN, by=by)
    deal, unit = _deal_and_unit(session, deal_id=deal_id, indicator_id=indicator_id)
    by = _who_signs(session, deal, by=by)
    problems: list[Problem] = []
    side = _word(CovenantDirection, "direction", direction, problems)
    _word(CovenantKind, "kind", kind, problems)
    _word(ConditionFamily, "condition_family", condition_family, problems)
    covenant = Covenant(
        code=code.strip(),
        clause=clause.strip(),
        direction=side or CovenantDirection.AT_LEAST,
        tolerance=tolerance,
        grace_days=grace_days,
        remedy_days=remedy_days,
        unit=unit,
        trajectory=tuple(TrajectoryPoint(on, value) for on, value in trajectory),
    )
    days = [CovenantTest(*test) for test in tests]
    problems += covenant_problems(covenant) + test_day_problems(days, agreed_on=agreed_on)
    if problems := [*problems, *_conflicts(session, deal_id=deal_id, code=covenant.code, tests=days)]:
        raise InputRefused(problems, subject=f"the covenant {covenant.code}")
    covenant_id = store.add_covenant(
        session,
        covenant,
        deal_id=deal_id,
        kind=kind,
        condition_family=condition_family,
        indicator_id=indicator_id,
        agreed_on=agreed_on,
        public=public,
        tests=days,
    )
    said = _terms(covenant, days) | {"deal": deal.code, "kind": kind, "indicator": indicator_id}
    record(session, by=by, act=AGREE, subject_kind="covenant", subject=code, fund_id=deal.fund_id, detail=said)
    return covenant_id


def _terms(covenant: Covenant, tests: Sequence[CovenantTest]) -> dict[str, object]:
    """Return all that was promised, for the audit: it is sealed, so the promise can be read as it was given."""
    return {
        "clause": covenant.clause,
        "direction": covenant.direction,
        "tolerance": covenant.tolerance,
        "grace_days": covenant.grace_days,
        "remedy_days": covenant.remedy_days,
        "trajectory": [[point.expected_on, point.value] for point in covenant.trajectory],
        "tests": [[test.period_start, test.period_end, test.due_on] for test in tests],
    }


def _who_signs(session: Session, deal: DealRow, *, by: Actor) -> Actor:
    whole = committed(session, deal.id) if deal.id else None
    return permitted(session, Act.SIGN, by=by, fund_id=deal.fund_id, party_id=deal.investee_id, amount=whole)


def _deal_and_unit(session: Session, *, deal_id: UUID, indicator_id: UUID) -> tuple[DealRow, str]:
    """Return the deal, locked, and the unit that the promise is measured in."""
    deal = session.get(DealRow, deal_id, with_for_update=True)
    if deal is None:
        raise NotFound("deal", deal_id)
    indicator = session.get(IndicatorRow, indicator_id)
    if indicator is None:
        raise NotFound("indicator", indicator_id)
    return deal, indicator.unit


def _word(words: type[_Word], where: str, said: str, problems: list[Problem]) -> _Word | None:
    if said in set(words):
        return words(said)
    problems.append(Problem(where, f"is one of {', '.join(words)}, not “{said[:40]}”"))
    return None


def _conflicts(session: Session, *, deal_id: UUID, code: str, tests: Sequence[CovenantTest]) -> list[Problem]:
    """Return what does not fit with the promises that are there: a code in use, a report owed on other days."""
    problems = []
    if store.covenant_code_is_used(session, code=code):
        problems.append(Problem("code", f"“{code}” is another covenant's"))
    owed = store.report_periods(session, deal_id=deal_id)
    for test in tests:
        there = owed.get(test.period_end)
        if there is not None and there != test:
            words = f"from {in_words(there.period_start)}, due {in_words(there.due_on)}"
            problems.append(
                Problem(f"test of {in_words(test.period_end)}", f"the deal's report for this day is owed {words}")
            )
    return problems
