"""Impact: what a fund's projects add to its missions' targets, whether that is on track, and which promises were kept.

Each project counts once in a target, however many deals finance it and however many reports tell of it. All arithmetic
is exact; figures are rounded when they are shown. ``docs/rules/impact.md`` says every rule again with an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.calendar import in_words
from domain.missions import Adding, IndicatorDirection, Target
from domain.money import to_places

GREEN_FROM = Decimal("0.9")
"""On track from this share of what is expected by now."""

AMBER_FROM = Decimal("0.7")
"""Amber from this share; below it red."""

FIGURE_PLACES = 6
SHARE_PLACES = 4


class TargetStatus(StrEnum):
    """Whether a target is on track, by the printed thresholds.

    ``not_due``: the target's time has not begun. ``no_data``: no project has reported on it. ``not_judged``: the
    mission's own target, to which the fund is one of many contributors; the fund's part is shown.
    """

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NOT_DUE = "not_due"
    NO_DATA = "no_data"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Observation:
    """A value that a project reported for an indicator and a period, with the report version it stands in."""

    project: str
    indicator: str
    period_start: date
    period_end: date
    value: Decimal
    submitted_on: date
    report: str
    report_version_id: int
    version: int
    observation_id: int
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class TargetPart:
    """What one project's one observation puts into a target's actual figure.

    ``counts`` is the reported ``value`` less ``in_baseline``: what the same project had reached when the baseline was
    taken, and which observation told so. Only a figure that adds as ``latest`` has any of it in the baseline.
    """

    project: str
    value: Decimal
    in_baseline: Decimal
    counts: Decimal
    baseline_observation_id: int | None
    period_start: date
    period_end: date
    report: str
    report_version_id: int
    version: int
    observation_id: int
    seal: int | None


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target against its actual, with what the actual is made of.

    Figures are in the indicator's unit, rounded half to even to six places; shares to four. ``actual`` and
    ``share_achieved`` are None where nothing was reported since the baseline. ``left_out`` are observations whose
    period runs over the baseline's or the due day, so that nobody can say which part of them is the target's.
    """

    code: str
    version: int
    own: bool
    indicator: str
    indicator_name: str
    unit: str
    baseline: Decimal
    baseline_on: date
    target: Decimal
    due_on: date
    source: str
    actual: Decimal | None
    expected: Decimal
    share_expected: Decimal
    share_achieved: Decimal | None
    status: TargetStatus
    words: str
    made_of: tuple[TargetPart, ...]
    left_out: tuple[TargetPart, ...]
    target_id: int
    target_seal: int | None


@dataclass(frozen=True, slots=True)
class CovenantTestLine:
    """A covenant's test with its last finding: what was promised, what was found, and what the finding rests on."""

    deal: str
    covenant: str
    clause: str
    period_end: date
    outcome: str
    sentence: str
    found_on: date
    measured: Decimal | None
    limit: Decimal
    finding_id: int
    report_version_id: int | None
    seal: int | None


@dataclass(frozen=True, slots=True)
class CovenantCounts:
    """How many covenant tests ended how, by the last finding of each test; ``lines`` are the tests."""

    met: int
    missed: int
    not_reported: int
    unknown: int
    waived: int
    lines: tuple[CovenantTestLine, ...]


def count_findings(lines: Iterable[CovenantTestLine]) -> CovenantCounts:
    """Count the last findings by outcome."""
    tests = tuple(lines)
    count = Counter(test.outcome for test in tests)
    return CovenantCounts(
        met=count["met"],
        missed=count["missed"],
        not_reported=count["not_reported"],
        unknown=count["unknown"],
        waived=count["waived"],
        lines=tests,
    )


def measure_target(target: Target, observations: Iterable[Observation], *, as_of: date) -> TargetLine:
    """Measure a target by the observations of the projects that help its mission.

    ``observations`` hold the latest version of each report and no period that ends after ``as_of``; those of another
    indicator are passed over. Actual = baseline plus what projects report for an indicator that is to increase, less
    it for one that is to decrease. Expected runs straight from the baseline to the target.
    """
    observations = list(observations)
    parts, left_out = parts_of(target, observations), left_out_of(target, observations)
    days = (target.due_on - target.baseline_on).days
    elapsed = Fraction(min(max((as_of - target.baseline_on).days, 0), days), days)
    whole = Fraction(target.value) - Fraction(target.baseline)
    sign = 1 if target.direction is IndicatorDirection.INCREASE else -1
    reported = sign * sum((Fraction(part.counts) for part in parts), Fraction(0))
    achieved = reported / whole if parts else None
    status = _status(target, achieved, elapsed)
    actual = _figure(Fraction(target.baseline) + reported) if parts else None
    expected = _figure(Fraction(target.baseline) + whole * elapsed)
    return TargetLine(
        code=target.code,
        version=target.version,
        own=target.own,
        indicator=target.indicator,
        indicator_name=target.indicator_name,
        unit=target.unit,
        baseline=target.baseline,
        baseline_on=target.baseline_on,
        target=target.value,
        due_on=target.due_on,
        source=target.source,
        actual=actual,
        expected=expected,
        share_expected=to_places(elapsed, SHARE_PLACES),
        share_achieved=None if achieved is None else to_places(achieved, SHARE_PLACES),
        status=status,
        words=_words(target, status, actual, expected) + _left_out_words(len(left_out)),
        made_of=parts,
        left_out=left_out,
        target_id=target.fact_id,
        target_seal=target.seal,
    )


def parts_of(target: Target, observations: Iterable[Observation]) -> tuple[TargetPart, ...]:
    """Return the observations that a target counts, by project and period.

    The baseline holds everything up to and with its day, so only what came after it counts, and nothing after the due
    day. ``latest`` takes each project's last period, less what the project had reached by the baseline's day. ``sum``
    takes every period that begins after the baseline's day, no day of a project twice: of periods that overlap, the
    one that ends last counts, and of those the longest. Where two reports tell of the same period, the one submitted
    last counts.
    """
    parts: list[TargetPart] = []
    for found in _by_project(target, observations):
        in_time = [one for one in found if one.period_end <= target.due_on]
        if target.adding is Adding.LATEST:
            parts += _since_baseline(target, in_time)
        else:
            since = [one for one in in_time if one.period_start > target.baseline_on]
            parts += [_part(one, counts=one.value) for one in reversed(_apart(since))]
    return tuple(parts)


def left_out_of(target: Target, observations: Iterable[Observation]) -> tuple[TargetPart, ...]:
    """Return the periods of a flow that run over the baseline's or the due day: they cannot be split, so none counts.

    A stock is told for the day its period ends on, so nothing of it is ever left out.
    """
    if target.adding is Adding.LATEST:
        return ()
    return tuple(
        _part(one, counts=Decimal(0))
        for found in _by_project(target, observations)
        for one in reversed(found)
        if any(one.period_start <= day < one.period_end for day in (target.baseline_on, target.due_on))
    )


def plain(figure: Decimal) -> str:
    """Write a figure in plain digits without trailing zeros: ``"412"``, ``"0.5"``, never ``"4.12E+2"``."""
    text = f"{figure:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _status(target: Target, achieved: Fraction | None, elapsed: Fraction) -> TargetStatus:
    if not target.own:
        return TargetStatus.NOT_JUDGED
    if elapsed == 0:
        return TargetStatus.NOT_DUE
    if achieved is None:
        return TargetStatus.NO_DATA
    if achieved >= elapsed * Fraction(GREEN_FROM):
        return TargetStatus.GREEN
    return TargetStatus.AMBER if achieved >= elapsed * Fraction(AMBER_FROM) else TargetStatus.RED


def _words(target: Target, status: TargetStatus, actual: Decimal | None, expected: Decimal) -> str:
    goal = f"{plain(target.value)} {target.unit} by {in_words(target.due_on)}"
    match status, actual:
        case TargetStatus.NOT_DUE, _:
            return f"{goal}; nothing is expected before {in_words(target.baseline_on)}"
        case _, None:
            return f"no report yet towards {goal}"
        case TargetStatus.NOT_JUDGED, figure:
            return f"with this fund's projects {plain(figure)} of {goal}, the whole mission's target"
        case _, figure:
            return f"{plain(figure)} of {goal}; {plain(to_places(Fraction(expected), 2))} expected by now: {status}"


def _left_out_words(count: int) -> str:
    if not count:
        return ""
    which = "1 report is" if count == 1 else f"{count} reports are"
    return f"; {which} left out, told for a period that runs over the day of the baseline or the due day"


def _by_project(target: Target, observations: Iterable[Observation]) -> list[list[Observation]]:
    """Return the indicator's observations, a list per project: what ends last and, of equals, what counts is first."""
    by_project: dict[str, list[Observation]] = {}
    for one in observations:
        if one.indicator == target.indicator:
            by_project.setdefault(one.project, []).append(one)
    for found in by_project.values():
        found.sort(
            key=lambda o: (-o.period_end.toordinal(), o.period_start, -o.submitted_on.toordinal(), -o.observation_id)
        )
    return [found for _, found in sorted(by_project.items())]


def _since_baseline(target: Target, found: Sequence[Observation]) -> list[TargetPart]:
    last = next((one for one in found if one.period_end > target.baseline_on), None)
    if last is None:
        return []
    before = next((one for one in found if one.period_end <= target.baseline_on), None)
    return [_part(last, counts=last.value - before.value if before else last.value, before=before)]


def _apart(found: Sequence[Observation]) -> list[Observation]:
    counted: list[Observation] = []
    for one in found:
        if not counted or one.period_end < counted[-1].period_start:
            counted.append(one)
    return counted


def _part(one: Observation, *, counts: Decimal, before: Observation | None = None) -> TargetPart:
    return TargetPart(
        project=one.project,
        value=one.value,
        in_baseline=before.value if before else Decimal(0),
        counts=counts,
        baseline_observation_id=before.observation_id if before else None,
        period_start=one.period_start,
        period_end=one.period_end,
        report=one.report,
        report_version_id=one.report_version_id,
        version=one.version,
        observation_id=one.observation_id,
        seal=one.seal,
    )


def _figure(exact: Fraction) -> Decimal:
    return to_places(exact, FIGURE_PLACES)
