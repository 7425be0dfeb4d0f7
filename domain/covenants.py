"""Covenants: what was promised for a day, whether it was kept, and what becomes of a breach.

A covenant expects a value on every day: its *trajectory*, straight lines between agreed points. A test compares what
was reported for a period with the trajectory on the period's last day, less a tolerance, and answers with a *finding*.
A missed or absent finding opens a *breach* with a remedy period; a met finding from a report that came within the
period remedies it. All values are exact until they are rounded once, half to even, to six decimal places.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.calendar import in_words
from domain.codes import code_problems
from domain.errors import InputRefused, Problem, Refusal

DECIMALS = 6
"""Digits after the decimal point that a reported or expected value keeps."""

VALUE_MAX = Decimal(10) ** 15
"""No indicator's value is larger, with either sign: what is larger is a mistyped figure."""

DAYS_MAX = 3660
"""Grace and remedy periods are at most ten years: what is longer is a mistyped figure."""


class CovenantKind(StrEnum):
    """What a covenant is about; a mission covenant that stays broken gives the right to leave."""

    MISSION = "mission"
    CONDUCT = "conduct"
    FINANCIAL = "financial"


class ConditionFamily(StrEnum):
    """The kinds of conditions that public money carries (Mazzucato and Rodrik 2023)."""

    ACCESS = "access"
    DIRECTIONALITY = "directionality"
    PROFIT_SHARING = "profit_sharing"
    REINVESTMENT = "reinvestment"


class CovenantDirection(StrEnum):
    """On which side of its limit a measured value keeps the promise; exactly at the limit is kept."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"

    @property
    def words(self) -> str:
        """The direction as a sentence says it."""
        return self.value.replace("_", " ")


class Outcome(StrEnum):
    """The answer of one test. ``unknown`` was reported and cannot be computed: an officer asks; it opens no breach."""

    MET = "met"
    MISSED = "missed"
    NOT_REPORTED = "not_reported"
    UNKNOWN = "unknown"
    WAIVED = "waived"


OPENS_A_BREACH = frozenset({Outcome.MISSED, Outcome.NOT_REPORTED})
"""The outcomes of a test's standing finding that open a breach of it."""


class BreachState(StrEnum):
    """Where a breach stands."""

    OPEN = "open"
    REMEDIED = "remedied"
    WAIVED = "waived"
    UNREMEDIED = "unremedied"


NEXT_BREACH_STATES: dict[BreachState, frozenset[BreachState]] = {
    BreachState.OPEN: frozenset({BreachState.REMEDIED, BreachState.WAIVED, BreachState.UNREMEDIED}),
    # Only when a correction takes back the very figure that remedied it: a wrong figure must not buy a way out.
    BreachState.REMEDIED: frozenset({BreachState.OPEN}),
    BreachState.WAIVED: frozenset(),
    BreachState.UNREMEDIED: frozenset(),
}
"""What may become of a breach; an empty set is final."""


class BreachStateNotReachable(Refusal):
    """A breach cannot go from where it stands to the wanted state."""

    def __init__(self, here: BreachState, wanted: BreachState) -> None:
        super().__init__(f"a breach that is {here} cannot become {wanted}")
        self.here, self.wanted = here, wanted


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """What is expected on a day."""

    expected_on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Covenant:
    """A promise as it is tested. ``tolerance`` is a share of the expected value; ``unit`` is the indicator's."""

    code: str
    clause: str
    direction: CovenantDirection
    tolerance: Decimal
    grace_days: int
    remedy_days: int
    unit: str
    trajectory: tuple[TrajectoryPoint, ...]


@dataclass(frozen=True, slots=True)
class CovenantTest:
    """The period a test covers, and when its report is due. The covenant's value is tested on ``period_end``."""

    period_start: date
    period_end: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one test with what it rests on; ``headroom`` is in the unit, below zero where the test is missed.

    ``headroom_percent`` is the headroom in per cent of the limit, one decimal place; None where the limit is zero.
    """

    covenant: str
    test: CovenantTest
    outcome: Outcome
    measured: Decimal | None
    limit: Decimal
    headroom: Decimal | None
    headroom_percent: Decimal | None
    sentence: str


@dataclass(frozen=True, slots=True)
class StandingFinding:
    """The last finding of a test: the one that holds. ``submitted_on`` is the day of the report version it rests on."""

    finding_id: int
    outcome: Outcome
    period_end: date
    submitted_on: date | None


def advance_breach(here: BreachState, *, to: BreachState) -> BreachState:
    """Return the new state of a breach, or refuse (``BreachStateNotReachable``)."""
    if to not in NEXT_BREACH_STATES[here]:
        raise BreachStateNotReachable(here, to)
    return to


def value_problem(value: Decimal) -> str:
    """Return what is wrong with a value that a person gave, in words; nothing where it can be kept."""
    if not value.is_finite():
        return "is not a number"
    if abs(value) > VALUE_MAX:
        return "is larger than any value this book holds"
    kept = value.quantize(Decimal(1).scaleb(-DECIMALS))
    return f"has more than {DECIMALS} digits after the decimal point" if kept != value else ""


def trajectory_problems(points: Sequence[TrajectoryPoint]) -> list[Problem]:
    """Return everything that is wrong with a trajectory: no point, two values for a day, a value that is none."""
    problems = [] if points else [Problem("trajectory", "names no day and value")]
    seen: set[date] = set()
    for point in points:
        where = f"trajectory on {in_words(point.expected_on)}"
        if point.expected_on in seen:
            problems.append(Problem(where, "is given twice"))
        seen.add(point.expected_on)
        if wrong := value_problem(point.value):
            problems.append(Problem(where, wrong))
    return problems


def covenant_problems(covenant: Covenant) -> list[Problem]:
    """Return everything that is wrong with a promise as somebody wants to agree it."""
    problems = code_problems(code=covenant.code)
    if not covenant.clause.strip():
        problems.append(Problem("clause", "is empty"))
    if not covenant.tolerance.is_finite() or not 0 <= covenant.tolerance < 1:
        problems.append(Problem("tolerance", "is a share of the expected value: from 0 to less than 1"))
    for where, days in (("grace_days", covenant.grace_days), ("remedy_days", covenant.remedy_days)):
        if not 0 <= days <= DAYS_MAX:
            problems.append(Problem(where, f"is a number of days from 0 to {DAYS_MAX}"))
    return problems + trajectory_problems(covenant.trajectory)


def test_day_problems(tests: Sequence[CovenantTest], *, agreed_on: date) -> list[Problem]:
    """Return everything that is wrong with the days on which a promise shall be tested."""
    problems = [] if tests else [Problem("tests", "name no day: a promise that nobody tests is none")]
    seen: set[date] = set()
    for test in tests:
        where = f"test of {in_words(test.period_end)}"
        if test.period_start > test.period_end:
            problems.append(Problem(where, f"its period begins on {in_words(test.period_start)}, after it ends"))
        if test.due_on < test.period_end:
            problems.append(Problem(where, f"its report is due on {in_words(test.due_on)}, before the period ends"))
        if test.period_end < agreed_on:
            problems.append(Problem(where, f"its period ends before the promise was agreed on {in_words(agreed_on)}"))
        if test.period_end in seen:
            problems.append(Problem(where, "is given twice"))
        seen.add(test.period_end)
    return problems


def rounded(exact: Fraction) -> Decimal:
    """Round to six decimal places, ties to the even neighbour: the one place where a promise's value is rounded."""
    return Decimal(round(exact * 10**DECIMALS)).scaleb(-DECIMALS)


def exactly_expected(points: Sequence[TrajectoryPoint], *, on: date) -> Fraction:
    """Return the trajectory's exact value on a day: a straight line between two points, by calendar days.

    Before the first point it is the first value, after the last the last. Refused: a trajectory that is none
    (``InputRefused`` with every problem).
    """
    if problems := trajectory_problems(points):
        raise InputRefused(problems, subject="the trajectory")
    line = sorted(points, key=lambda point: point.expected_on)
    if on <= line[0].expected_on:
        return Fraction(line[0].value)
    for before, after in itertools.pairwise(line):
        if on <= after.expected_on:
            passed = Fraction((on - before.expected_on).days, (after.expected_on - before.expected_on).days)
            return Fraction(before.value) + (Fraction(after.value) - Fraction(before.value)) * passed
    return Fraction(line[-1].value)


def expected_value(points: Sequence[TrajectoryPoint], *, on: date) -> Decimal:
    """Return what a trajectory expects on a day, to six decimal places. Refused as in ``exactly_expected``."""
    return rounded(exactly_expected(points, on=on))


def limit_value(covenant: Covenant, *, on: date) -> Decimal:
    """Return the limit on a day: what is expected, eased by the tolerance, rounded once to six places.

    ``at_least``: expected × (1 − tolerance); ``at_most``: expected × (1 + tolerance). Below zero the tolerance eases
    too: it is a share of the expected value's size.
    """
    expected = exactly_expected(covenant.trajectory, on=on)
    eased = abs(expected) * Fraction(covenant.tolerance)
    return rounded(expected - eased if covenant.direction is CovenantDirection.AT_LEAST else expected + eased)


def test_covenant(*, covenant: Covenant, test: CovenantTest, reported: bool, measured: Decimal | None) -> Finding:
    """Find whether a promise was kept in a period.

    ``reported`` tells whether a report is there; ``measured`` is its value for the covenant's indicator, None where it
    leaves the indicator open. Exactly at the limit is met. Refused: a trajectory or a measured value that is none.
    """
    limit = limit_value(covenant, on=test.period_end)
    if measured is not None and (wrong := value_problem(measured)):
        raise InputRefused([Problem(covenant.code, f"its value {wrong}")], subject="the report")
    against = f"against {covenant.direction.words} {number(limit)} by {in_words(test.period_end)}"
    if not reported:
        outcome, headroom = Outcome.NOT_REPORTED, None
        sentence = _absence(covenant, test)
    elif measured is None:
        outcome, headroom = Outcome.UNKNOWN, None
        sentence = f"reported without a figure in {covenant.unit} {against}: unknown, an officer has to ask"
    else:
        headroom = measured - limit if covenant.direction is CovenantDirection.AT_LEAST else limit - measured
        outcome = Outcome.MET if headroom >= 0 else Outcome.MISSED
        sentence = f"reported {with_unit(measured, covenant.unit)} {against}: {_margin(covenant.unit, headroom, limit)}"
    return Finding(
        covenant=covenant.code,
        test=test,
        outcome=outcome,
        measured=measured if reported else None,
        limit=limit,
        headroom=headroom,
        headroom_percent=percent_of(headroom, limit),
        sentence=sentence,
    )


def _absence(covenant: Covenant, test: CovenantTest) -> str:
    period = f"{in_words(test.period_start)} to {in_words(test.period_end)}"
    last_day = last_day_to_report(due_on=test.due_on, grace_days=covenant.grace_days)
    grace = with_unit(covenant.grace_days, "days")
    return f"no report for {period} by {in_words(last_day)}, {grace} after it was due: not reported"


def _margin(unit: str, headroom: Decimal, limit: Decimal) -> str:
    size, percent = with_unit(abs(headroom), unit), percent_of(abs(headroom), limit)
    share = f" ({percent} %)" if percent is not None else ""
    return f"met, headroom {size}{share}" if headroom >= 0 else f"missed by {size}{share}"


def percent_of(headroom: Decimal | None, limit: Decimal) -> Decimal | None:
    """Return the headroom in per cent of the limit's size, to one place, half to even; None for a limit of zero."""
    if headroom is None or limit == 0:
        return None
    return Decimal(round(Fraction(headroom) * 1000 / Fraction(abs(limit)))).scaleb(-1)


def with_unit(value: Decimal | int, unit: str) -> str:
    """Write a value with its unit; one of what is counted is singular: ``1 place``, ``62 places``, ``1 t CO2e``."""
    if abs(value) == 1 and unit == "people":
        unit = "person"
    elif abs(value) == 1 and unit.isalpha() and unit.islower() and unit.endswith("s") and not unit.endswith("ss"):
        unit = unit[:-1]
    return f"{number(Decimal(value))} {unit}"


def last_day_to_report(*, due_on: date, grace_days: int) -> date:
    """Return the last day on which a report still counts as there: the due day and the days of grace after it."""
    return due_on + timedelta(days=grace_days)


def remedy_end(*, opened_on: date, remedy_days: int) -> date:
    """Return the last day on which a breach can be remedied; that day still counts."""
    return opened_on + timedelta(days=remedy_days)


def remedying_finding(
    findings: Sequence[StandingFinding], *, opened_by: int, period_end: date, remedy_until: date
) -> StandingFinding | None:
    """Return the standing finding that remedies a breach of the test of ``period_end``, or None.

    It was found after the finding ``opened_by``, is met, belongs to the same test or a later one of the same covenant,
    and rests on a report that came by ``remedy_until``: the day the investee acted counts, not the night that saw it.
    The earliest such finding is the one.
    """
    able = [
        finding
        for finding in findings
        if finding.outcome is Outcome.MET
        and finding.finding_id > opened_by
        and finding.period_end >= period_end
        and finding.submitted_on is not None
        and finding.submitted_on <= remedy_until
    ]
    return min(able, key=lambda finding: finding.finding_id, default=None)


def number(value: Decimal) -> str:
    """Write a value as people read it: thousands with commas, no idle zeros (``1,250.5``)."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
