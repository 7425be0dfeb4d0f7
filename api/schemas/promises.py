"""Covenants, reports, findings, breaches and exit triggers, as they are asked for and answered."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer

from api.schemas.common import Answer, Asked, Code, Line, Prose
from domain.impact import plain

_PLAIN = re.compile(r"[+-]?\d{1,20}(\.\d{1,12})?")


def _exact(value: object) -> Decimal:
    """Read a number in plain digits, as text or as a JSON number; powers of ten, NaN and infinity are refused."""
    said = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal) or not _PLAIN.fullmatch(said):
        raise ValueError("is no number in plain digits, such as 412 or 54.9")
    return Decimal(said)


ExactNumber = Annotated[Decimal, BeforeValidator(_exact)]
Figure = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
"""An exact figure as plain digits, without zeros that say nothing."""


class TestAnswer(Answer):
    """A covenant's test: the period, and when its report is due."""

    period_start: date
    period_end: date
    due_on: date


class TrajectoryPointAnswer(Answer):
    """What a covenant expects on a day."""

    expected_on: date
    value: Figure


class FindingAnswer(Answer):
    """One finding; ``stands`` is false where a later one of the same test took its place."""

    finding_id: int
    deal_id: UUID
    deal: str
    covenant: str
    clause: str
    kind: str
    period_start: date
    period_end: date
    due_on: date
    found_on: date
    outcome: str
    measured: Figure | None
    limit: Figure
    headroom: Figure | None
    headroom_percent: Figure | None
    indicator: str
    unit: str
    version: int | None
    sentence: str
    stands: bool


class CovenantAnswer(Answer):
    """A promise with its next test and its last finding."""

    covenant_id: UUID
    code: str
    clause: str
    kind: str
    condition_family: str
    direction: str
    tolerance: Figure
    grace_days: int
    remedy_days: int
    agreed_on: date
    public: bool
    indicator: str
    indicator_name: str
    unit: str
    trajectory: list[TrajectoryPointAnswer]
    next_test: TestAnswer | None
    next_limit: Figure | None
    last_finding: FindingAnswer | None


class BreachAnswer(Answer):
    """A breach in its state as of the day asked for."""

    breach_id: int
    deal_id: UUID
    deal: str
    title: str
    investee: str
    covenant: str
    clause: str
    kind: str
    period_start: date
    period_end: date
    due_on: date
    opened_on: date
    remedy_until: date
    opened_by: str
    sentence: str
    state: str
    ended_on: date | None
    reason: str


class TriggerAnswer(Answer):
    """An exit trigger: what raised it, its evidence (kind, words, id, day) and the ways out."""

    trigger_id: int
    rule: str
    raised_on: date
    deal_id: UUID
    deal: str
    title: str
    investee: str
    covenant: str
    evidence: list[dict[str, str]]
    mechanisms: list[str]
    status: str


class OwedAnswer(Answer):
    """A report that nobody has submitted yet."""

    report_id: UUID
    deal_id: UUID
    deal: str
    title: str
    investee: str
    fund: str
    period_start: date
    period_end: date
    due_on: date
    days_overdue: int


class AskedValueAnswer(Answer):
    """What one covenant asks of a report."""

    indicator: str
    name: str
    unit: str
    definition: str
    covenant: str
    clause: str
    direction: str
    expected: Figure
    limit: Figure
    last_value: Figure | None
    last_value_on: date | None
    last_day: date


class ReportVersionAnswer(Answer):
    """A submission as it was made."""

    version: int
    submitted_on: date
    signed_by: str
    statement: str
    evidence: str
    values: dict[str, Figure]


class ReportAnswer(Answer):
    """A report with what it asks, and every version that was submitted."""

    report_id: UUID
    deal_id: UUID
    deal: str
    title: str
    investee: str
    fund: str
    business_day: date
    period_start: date
    period_end: date
    due_on: date
    asked: list[AskedValueAnswer]
    versions: list[ReportVersionAnswer]


class ValuesAsked(Asked):
    """An answer to try out: values by indicator; null stays open."""

    values: Annotated[dict[Code, ExactNumber | None], Field(max_length=100)]


class ReportAsked(ValuesAsked):
    """A report to submit, or the correction of one."""

    statement: Prose = ""
    evidence: Prose = ""
    signed_by: Line


class PreviewAnswer(Answer):
    """What an answer would mean for one covenant."""

    covenant: str
    test: TestAnswer
    outcome: str
    measured: Figure | None
    limit: Figure
    headroom: Figure | None
    headroom_percent: Figure | None
    sentence: str


class VersionMade(Answer):
    """The number of the version that was submitted."""

    version: int
