"""The mission map's own rules: what makes a target one, and how an indicator's values may be added up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.calendar import in_words
from domain.codes import code_problems
from domain.errors import InputRefused, Problem

TARGET_VALUE_MAX = Decimal(10) ** 15
"""No target is larger: what is larger is a mistyped figure."""


class IndicatorDirection(StrEnum):
    """Which way is good. Against a target, a project reports what it added (increase) or took away (decrease)."""

    INCREASE = "increase"
    DECREASE = "decrease"


class Adding(StrEnum):
    """How one project's values over time become one figure.

    ``latest`` takes the last value (a stock, or a figure reported cumulatively), ``sum`` adds the periods (a flow).
    Either way the figures are then summed over projects, each project once.
    """

    LATEST = "latest"
    SUM = "sum"


class TargetRefused(InputRefused):
    """A target that could not be measured; every reason is told at once."""


class MissionMapRefused(InputRefused):
    """Something that the mission map cannot take, such as a code that is taken; every reason is told at once."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an indicator shall reach by a day, from a baseline; ``own`` where the fund set it, else the mission's."""

    code: str
    version: int
    mission: str
    indicator: str
    indicator_name: str
    unit: str
    direction: IndicatorDirection
    adding: Adding
    baseline: Decimal
    baseline_on: date
    value: Decimal
    due_on: date
    source: str
    own: bool
    fact_id: int = 0
    seal: int | None = None


def check_target(
    *,
    code: str,
    direction: IndicatorDirection,
    baseline: Decimal,
    baseline_on: date,
    value: Decimal,
    due_on: date,
    source: str,
) -> None:
    """Let a target pass that can be measured, or refuse it (``TargetRefused``) with every reason, in this order.

    A text that is no code; a figure that is no number or larger than ``TARGET_VALUE_MAX``; due on or before its
    baseline's day; no change between baseline and target; a change against the indicator's good direction; no source.
    """
    problems = code_problems(code=code)
    unreadable = False
    for where, figure in (("baseline", baseline), ("value", value)):
        if not figure.is_finite() or abs(figure) > TARGET_VALUE_MAX:
            unreadable = True
            problems.append(Problem(where, f"{figure} is not a figure that a target can have"))
    if due_on <= baseline_on:
        problems.append(
            Problem(
                "due_on", f"the target is due on {in_words(due_on)}, not after its baseline of {in_words(baseline_on)}"
            )
        )
    if not unreadable and value == baseline:
        problems.append(Problem("value", f"the target equals its baseline of {baseline}, so there is nothing to reach"))
    elif not unreadable and (value > baseline) != (direction is IndicatorDirection.INCREASE):
        problems.append(
            Problem("value", f"the indicator is to {direction}, and the target goes from {baseline} to {value}")
        )
    if not source.strip():
        problems.append(Problem("source", "a target names its source"))
    if problems:
        raise TargetRefused(problems, subject=f"the target {code}".strip())
