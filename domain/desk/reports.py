"""Covenant reports: what an investee owes, what an answer would mean, and submitting it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.covenants import (
    CovenantDirection,
    Finding,
    expected_value,
    last_day_to_report,
    limit_value,
    test_covenant,
    value_problem,
)
from domain.errors import InputRefused, NotFound, Problem
from domain.parties import Role
from domain.store import audit
from domain.store import reports as store
from domain.store.promises import read_covenant, read_test
from domain.store.reports import ReportRecord, ReportVersion

SIGNATURE_MAX = 200
TEXT_MAX = 20_000


@dataclass(frozen=True, slots=True)
class OwedReport:
    """A report that nobody has submitted yet. ``days_overdue`` is 0 until the due day has passed."""

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


@dataclass(frozen=True, slots=True)
class AskedValue:
    """What one covenant asks: the indicator, what it expects on the period's last day, what was reported before."""

    indicator: str
    name: str
    unit: str
    definition: str
    covenant: str
    clause: str
    direction: CovenantDirection
    remedy_days: int
    expected: Decimal
    limit: Decimal
    last_value: Decimal | None
    last_value_on: date | None
    last_day: date


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """A report with what it asks, a row per covenant, and every version that was submitted."""

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
    asked: tuple[AskedValue, ...]
    versions: tuple[ReportVersion, ...]


def owed(
    session: Session, *, as_of: date, deal_id: UUID | None = None, fund_code: str | None = None
) -> tuple[OwedReport, ...]:
    """Return the reports whose period has begun and that nobody has submitted by a day, the earliest due first."""
    return tuple(
        OwedReport(
            report_id=record.report_id,
            deal_id=record.deal_id,
            deal=record.deal,
            title=record.title,
            investee=record.investee,
            fund=record.fund,
            period_start=record.period_start,
            period_end=record.period_end,
            due_on=record.due_on,
            days_overdue=max(0, (as_of - record.due_on).days),
        )
        for record in store.owed(session, as_of=as_of, deal_id=deal_id, fund_code=fund_code)
    )


def report_detail(session: Session, *, report_id: UUID) -> ReportDetail:
    """Return a report with what it asks and what was submitted. Refused: one that this person may not know of."""
    record = _report(session, report_id=report_id)
    last = store.last_values(session, project_id=record.project_id, before=record.period_end)
    return ReportDetail(
        report_id=record.report_id,
        deal_id=record.deal_id,
        deal=record.deal,
        title=record.title,
        investee=record.investee,
        fund=record.fund,
        business_day=record.business_day,
        period_start=record.period_start,
        period_end=record.period_end,
        due_on=record.due_on,
        asked=tuple(_asked(row, last) for row in store.asked(session, report_id=report_id)),
        versions=store.versions(session, report_id=report_id),
    )


def _asked(row: Mapping[str, Any], last: Mapping[str, tuple[Decimal, date]]) -> AskedValue:
    covenant = read_covenant(row)
    value, value_on = last.get(row["indicator"], (None, None))
    return AskedValue(
        indicator=row["indicator"],
        name=row["indicator_name"],
        unit=row["unit"],
        definition=row["definition"],
        covenant=covenant.code,
        clause=covenant.clause,
        direction=covenant.direction,
        remedy_days=covenant.remedy_days,
        expected=expected_value(covenant.trajectory, on=row["period_end"]),
        limit=limit_value(covenant, on=row["period_end"]),
        last_value=value,
        last_value_on=value_on,
        last_day=last_day_to_report(due_on=row["due_on"], grace_days=covenant.grace_days),
    )


def preview(
    session: Session,
    *,
    report_id: UUID,
    values: Mapping[str, Decimal | None],
    as_of: date,
    statement: str | None = None,
) -> tuple[Finding, ...]:
    """Return what an answer would mean, a finding per covenant by indicator; nothing is written.

    With ``statement`` the answer is looked at as a whole, so that an empty one is refused before it is signed.
    Refused: a report that this person may not know of, a day before the period begins, values that cannot be kept
    (every problem at once).
    """
    record = _report(session, report_id=report_id)
    asked = store.asked(session, report_id=report_id)
    problems = _value_problems(values, asked)
    if statement is not None:
        problems += _empty_problems(values, statement)
    if as_of < record.period_start:
        problems.append(Problem("report", f"its period begins on {in_words(record.period_start)}"))
    if problems:
        raise InputRefused(problems, subject="the report")
    return tuple(
        test_covenant(
            covenant=read_covenant(row), test=read_test(row), reported=True, measured=values.get(row["indicator"])
        )
        for row in asked
    )


def submit(
    session: Session,
    *,
    report_id: UUID,
    values: Mapping[str, Decimal | None],
    statement: str,
    signed_by: str,
    submitted_on: date,
    by: Actor,
    evidence: str = "",
) -> int:
    """Submit a report, or correct it by a new version that replaces the last; return the version's number.

    ``values`` by indicator code; an indicator that is left out, or given as None, stays open and its covenants are
    found ``unknown``. The first version's day decides whether the report was in time.

    Refused, in this order: the role, a report that is not this investee's (``NotFound``), then everything that is
    wrong at once (``InputRefused``): an indicator that is not asked, a value that is no number or too large, a day
    before the period ends, before the last version or before the fund's business day, no signature, nothing answered,
    a correction that corrects nothing.
    """
    permit(Act.SUBMIT_REPORT, by=by)
    record = _report(session, report_id=report_id, lock=True)
    if by.role is Role.INVESTEE and by.party_id != record.investee_id:
        raise NotFound("report", report_id)
    asked = store.asked(session, report_id=report_id)
    before = store.versions(session, report_id=report_id)
    given = {code: value for code, value in values.items() if value is not None}
    texts = {"statement": statement.strip(), "evidence": evidence.strip()}
    problems = _value_problems(values, asked) + _text_problems(signed_by=signed_by, **texts)
    problems += _day_problems(record, before, submitted_on=submitted_on)
    problems += _empty_problems(given, texts["statement"])
    if before and (given, texts) == (before[-1].values, before[-1].texts):
        problems.append(Problem("report", f"it says the same as version {before[-1].version}"))
    if problems:
        raise InputRefused(problems, subject="the report")
    version = _add(
        session, record, before, asked, given=given, texts=texts, signed_by=signed_by, submitted_on=submitted_on, by=by
    )
    audit.record(
        session,
        by=by,
        act=Act.SUBMIT_REPORT,
        subject_kind="report",
        subject=report_id,
        fund_id=record.fund_id,
        detail={"deal": record.deal, "period_end": record.period_end, "version": version, "values": given},
        before={"version": before[-1].version, "values": before[-1].values} if before else None,
        after={"version": version, "values": given},
    )
    return version


def _add(
    session: Session,
    record: ReportRecord,
    before: tuple[ReportVersion, ...],
    asked: list[dict[str, Any]],
    *,
    given: Mapping[str, Decimal],
    texts: Mapping[str, str],
    signed_by: str,
    submitted_on: date,
    by: Actor,
) -> int:
    """Write the next version with its values; return its number."""
    version_id = store.add_version(
        session,
        record,
        version=len(before) + 1,
        replaces_id=before[-1].version_id if before else None,
        submitted_on=submitted_on,
        signed_by=signed_by.strip(),
        statement=texts["statement"],
        recorded_by=by.id,
    )
    ids = {row["indicator"]: row["indicator_id"] for row in asked}
    store.add_observations(
        session,
        record,
        version_id=version_id,
        values={ids[code]: value for code, value in given.items()},
        evidence=texts["evidence"],
        recorded_by=by.id,
    )
    return len(before) + 1


def _report(session: Session, *, report_id: UUID, lock: bool = False) -> ReportRecord:
    record = store.report(session, report_id=report_id, lock=lock)
    if record is None:
        raise NotFound("report", report_id)
    return record


def _value_problems(values: Mapping[str, Decimal | None], asked: list[dict[str, Any]]) -> list[Problem]:
    known = sorted({row["indicator"] for row in asked})
    problems = []
    for code, value in values.items():
        if code not in known:
            problems.append(Problem(code[:60], f"is not asked by this report, which asks {', '.join(known)}"))
        elif value is not None and (wrong := value_problem(value)):
            problems.append(Problem(code, wrong))
    return problems


def _empty_problems(values: Mapping[str, Decimal | None], statement: str) -> list[Problem]:
    if statement.strip() or any(value is not None for value in values.values()):
        return []
    return [Problem("report", "give at least one figure, or say why there is none")]


def _text_problems(*, signed_by: str, statement: str, evidence: str) -> list[Problem]:
    problems = [] if signed_by.strip() else [Problem("signed_by", "a report is signed by somebody, by name")]
    for where, said, most in (
        ("signed_by", signed_by, SIGNATURE_MAX),
        ("statement", statement, TEXT_MAX),
        ("evidence", evidence, TEXT_MAX),
    ):
        if len(said) > most:
            problems.append(Problem(where, f"is longer than {most} characters"))
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\r\t" for sign in said):
            problems.append(Problem(where, "holds signs that are no text"))
    return problems


def _day_problems(record: ReportRecord, before: tuple[ReportVersion, ...], *, submitted_on: date) -> list[Problem]:
    problems = []
    if submitted_on < record.period_end:
        problems.append(Problem("report", f"its period ends on {in_words(record.period_end)}; submit it then or later"))
    if before and submitted_on < before[-1].submitted_on:
        last = f"version {before[-1].version} came on {in_words(before[-1].submitted_on)}"
        problems.append(Problem("submitted_on", f"{last}; a correction comes later"))
    if submitted_on < record.business_day:
        problems.append(
            Problem(
                "submitted_on", f"the fund's book has reached {in_words(record.business_day)}; date it then or later"
            )
        )
    return problems
