"""Promises as they are read: covenants with their tests, findings, breaches and exit triggers.

Whatever is read as of a day can be read as known at a seal: ``position`` then cuts all facts at the seal's position;
None also counts what is not sealed yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.covenants import (
    BreachState,
    ConditionFamily,
    Covenant,
    CovenantDirection,
    CovenantKind,
    CovenantTest,
    Outcome,
    TrajectoryPoint,
    limit_value,
    percent_of,
)
from domain.store.covenants import CovenantRow

LINK = ("kind", "words", "id", "day")
"""What each link of a trigger's evidence tells, in the order in which it is shown."""

_KNOWN = """(CAST(:position AS bigint) IS NULL
    OR EXISTS (SELECT FROM seal s WHERE s.fact_id = {fact} AND s.position <= :position))"""
_SCOPE = """(CAST(:deal AS uuid) IS NULL OR d.id = :deal) AND (CAST(:fund AS uuid) IS NULL OR d.fund_id = :fund)"""
TRAJECTORY = """(SELECT jsonb_agg(jsonb_build_array(p.expected_on, p.value::text) ORDER BY p.expected_on)
    FROM trajectory_point p WHERE p.covenant_id = c.id)"""

_FINDINGS = text(
    f"""SELECT f.id AS finding_id, d.id AS deal_id, d.code AS deal, c.code AS covenant, c.clause, c.kind,
               t.period_start, t.period_end, t.due_on, f.found_on, f.outcome, f.measured, f.limit_value, f.headroom,
               i.code AS indicator, i.unit, v.version, f.sentence,
               NOT EXISTS (SELECT FROM finding n WHERE n.covenant_test_id = t.id AND n.id > f.id
                           AND n.found_on <= :as_of AND {_KNOWN.format(fact="n.id")}) AS stands
        FROM finding f JOIN covenant_test t ON t.id = f.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
        JOIN deal d ON d.id = c.deal_id JOIN indicator i ON i.id = c.indicator_id
        LEFT JOIN report_version v ON v.id = f.report_version_id
        WHERE {_SCOPE} AND f.found_on <= :as_of AND {_KNOWN.format(fact="f.id")}
        ORDER BY t.period_end DESC, c.code, f.id DESC"""
)
# The last event counts; a remedy only while the finding it rests on is its test's last.
_BREACHES = text(
    f"""SELECT b.id AS breach_id, d.id AS deal_id, d.code AS deal, d.title, p.name AS investee, c.code AS covenant,
               c.clause, c.kind, t.period_start, t.period_end, t.due_on, b.opened_on, b.remedy_until,
               o.outcome AS opened_by, o.sentence, coalesce(e.outcome, 'open') AS state, e.happened_on AS ended_on,
               e.reason
        FROM breach b JOIN covenant_test t ON t.id = b.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
        JOIN deal d ON d.id = c.deal_id JOIN party p ON p.id = d.investee_id JOIN finding o ON o.id = b.finding_id
        LEFT JOIN LATERAL (
            SELECT x.outcome, x.happened_on, x.reason FROM breach_event x LEFT JOIN finding xf ON xf.id = x.finding_id
            WHERE x.breach_id = b.id AND x.happened_on <= :as_of AND {_KNOWN.format(fact="x.id")}
              AND (x.outcome <> 'remedied' OR NOT EXISTS (
                  SELECT FROM finding n WHERE n.covenant_test_id = xf.covenant_test_id AND n.id > xf.id
                  AND n.found_on <= :as_of AND {_KNOWN.format(fact="n.id")}))
            ORDER BY x.id DESC LIMIT 1) e ON true
        WHERE {_SCOPE} AND b.opened_on <= :as_of AND {_KNOWN.format(fact="b.id")}
          AND (NOT :only_open OR e.outcome IS NULL)
        ORDER BY b.remedy_until, c.code, t.period_end"""
)
_TRIGGERS = text(
    f"""SELECT x.id AS trigger_id, x.rule, x.raised_on, d.id AS deal_id, d.code AS deal, d.title, p.name AS investee,
               c.code AS covenant, x.evidence, x.mechanisms
        FROM exit_trigger x JOIN deal d ON d.id = x.deal_id JOIN party p ON p.id = d.investee_id
        JOIN breach b ON b.id = x.breach_id JOIN covenant_test t ON t.id = b.covenant_test_id
        JOIN covenant c ON c.id = t.covenant_id
        WHERE {_SCOPE} AND x.raised_on <= :as_of AND {_KNOWN.format(fact="x.id")}
        ORDER BY x.raised_on, d.code, x.id"""
)
_COVENANTS = text(
    f"""SELECT c.id AS covenant_id, c.code, c.clause, c.kind, c.condition_family, c.direction, c.tolerance,
               c.grace_days, c.remedy_days, c.agreed_on, c.public, i.code AS indicator, i.name AS indicator_name,
               i.unit, {TRAJECTORY} AS trajectory, n.period_start, n.period_end, n.due_on
        FROM covenant c JOIN deal d ON d.id = c.deal_id JOIN indicator i ON i.id = c.indicator_id
        LEFT JOIN LATERAL (
            SELECT t.* FROM covenant_test t WHERE t.covenant_id = c.id AND NOT EXISTS (
                SELECT FROM finding f WHERE f.covenant_test_id = t.id AND f.found_on <= :as_of)
            ORDER BY t.period_end LIMIT 1) n ON true
        WHERE {_SCOPE} AND c.agreed_on <= :as_of ORDER BY c.code"""
)


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding as a page lists it. ``stands`` is False where a later finding of the same test took its place."""

    finding_id: int
    deal_id: UUID
    deal: str
    covenant: str
    clause: str
    kind: CovenantKind
    period_start: date
    period_end: date
    due_on: date
    found_on: date
    outcome: Outcome
    measured: Decimal | None
    limit: Decimal
    headroom: Decimal | None
    headroom_percent: Decimal | None
    indicator: str
    unit: str
    version: int | None
    sentence: str
    stands: bool


@dataclass(frozen=True, slots=True)
class BreachLine:
    """One breach as a page lists it, in its state as of the day asked for; ``ended_on`` is None while it is open."""

    breach_id: int
    deal_id: UUID
    deal: str
    title: str
    investee: str
    covenant: str
    clause: str
    kind: CovenantKind
    period_start: date
    period_end: date
    due_on: date
    opened_on: date
    remedy_until: date
    opened_by: Outcome
    sentence: str
    state: BreachState
    ended_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """One exit trigger as it was raised; ``evidence`` is a list of kind, words, id, day."""

    trigger_id: int
    rule: str
    raised_on: date
    deal_id: UUID
    deal: str
    title: str
    investee: str
    covenant: str
    evidence: tuple[dict[str, str], ...]
    mechanisms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CovenantLine:
    """A promise with its next test (the first that has no finding yet), what that expects, and the last finding."""

    covenant_id: UUID
    code: str
    clause: str
    kind: CovenantKind
    condition_family: ConditionFamily
    direction: CovenantDirection
    tolerance: Decimal
    grace_days: int
    remedy_days: int
    agreed_on: date
    public: bool
    indicator: str
    indicator_name: str
    unit: str
    trajectory: tuple[TrajectoryPoint, ...]
    next_test: CovenantTest | None
    next_limit: Decimal | None
    last_finding: FindingLine | None


def read_covenant(row: Mapping[str, Any]) -> Covenant:
    """Return a promise in the form that the rules take, from a row with its columns and the trajectory as JSON."""
    return Covenant(
        code=row["code"],
        clause=row["clause"],
        direction=CovenantDirection(row["direction"]),
        tolerance=row["tolerance"],
        grace_days=row["grace_days"],
        remedy_days=row["remedy_days"],
        unit=row["unit"],
        trajectory=tuple(
            TrajectoryPoint(date.fromisoformat(on), Decimal(value)) for on, value in row["trajectory"] or ()
        ),
    )


def read_test(row: Mapping[str, Any]) -> CovenantTest:
    """Return a test in the form that the rules take."""
    return CovenantTest(row["period_start"], row["period_end"], row["due_on"])


def findings(
    session: Session,
    *,
    as_of: date,
    deal_id: UUID | None = None,
    fund_id: UUID | None = None,
    position: int | None = None,
) -> tuple[FindingLine, ...]:
    """Return the findings of a deal or a fund as of a day, latest period first; the one that stands comes first."""
    said = {"deal": deal_id, "fund": fund_id, "as_of": as_of, "position": position}
    return tuple(_finding_line(dict(row)) for row in session.execute(_FINDINGS, said).mappings())


def _finding_line(row: dict[str, Any]) -> FindingLine:
    limit = row.pop("limit_value")
    row |= {"kind": CovenantKind(row["kind"]), "outcome": Outcome(row["outcome"])}
    return FindingLine(**row, limit=limit, headroom_percent=percent_of(row["headroom"], limit))


def breaches(
    session: Session,
    *,
    as_of: date,
    deal_id: UUID | None = None,
    fund_id: UUID | None = None,
    position: int | None = None,
    only_open: bool = False,
) -> tuple[BreachLine, ...]:
    """Return the breaches of a deal or a fund in their state as of a day, the next end of a remedy period first."""
    said = {"deal": deal_id, "fund": fund_id, "as_of": as_of, "position": position, "only_open": only_open}
    return tuple(
        BreachLine(
            **{
                **row,
                "kind": CovenantKind(row["kind"]),
                "opened_by": Outcome(row["opened_by"]),
                "state": BreachState(row["state"]),
                "reason": row["reason"] or "",
            }
        )
        for row in session.execute(_BREACHES, said).mappings()
    )


def open_breaches(session: Session, *, deal_id: UUID, as_of: date = date.max) -> tuple[BreachLine, ...]:
    """Return a deal's breaches that are neither remedied nor waived nor unremedied."""
    return breaches(session, deal_id=deal_id, as_of=as_of, only_open=True)


def triggers(
    session: Session,
    *,
    as_of: date,
    deal_id: UUID | None = None,
    fund_id: UUID | None = None,
    position: int | None = None,
) -> tuple[TriggerLine, ...]:
    """Return the exit triggers of a deal or a fund that were raised by a day."""
    said = {"deal": deal_id, "fund": fund_id, "as_of": as_of, "position": position}
    return tuple(
        TriggerLine(
            **{
                **row,
                "evidence": tuple({name: link[name] for name in LINK} for link in row["evidence"]),
                "mechanisms": tuple(row["mechanisms"]),
            }
        )
        for row in session.execute(_TRIGGERS, said).mappings()
    )


def covenant_lines(
    session: Session, *, as_of: date, deal_id: UUID | None = None, fund_id: UUID | None = None
) -> tuple[CovenantLine, ...]:
    """Return the promises of a deal or a fund by code, each with its next test and its last standing finding."""
    last: dict[str, FindingLine] = {}
    for finding in findings(session, as_of=as_of, deal_id=deal_id, fund_id=fund_id):
        last.setdefault(finding.covenant, finding)
    rows = session.execute(_COVENANTS, {"deal": deal_id, "fund": fund_id, "as_of": as_of}).mappings()
    return tuple(_covenant_line(dict(row), last.get(row["code"])) for row in rows)


def _covenant_line(row: dict[str, Any], last_finding: FindingLine | None) -> CovenantLine:
    covenant = read_covenant(row)
    next_test = read_test(row) if row["period_end"] else None
    for name in ("period_start", "period_end", "due_on"):
        row.pop(name)
    row |= {
        "kind": CovenantKind(row["kind"]),
        "condition_family": ConditionFamily(row["condition_family"]),
        "direction": covenant.direction,
        "trajectory": covenant.trajectory,
    }
    next_limit = limit_value(covenant, on=next_test.period_end) if next_test and covenant.trajectory else None
    return CovenantLine(**row, next_test=next_test, next_limit=next_limit, last_finding=last_finding)


def add_covenant(
    session: Session,
    covenant: Covenant,
    *,
    deal_id: UUID,
    kind: str,
    condition_family: str,
    indicator_id: UUID,
    agreed_on: date,
    public: bool,
    tests: Sequence[CovenantTest],
) -> UUID:
    """Write a promise with its trajectory and tests, and open the reports that they ask; return the promise's id."""
    row = CovenantRow(
        code=covenant.code,
        deal_id=deal_id,
        clause=covenant.clause,
        kind=kind,
        condition_family=condition_family,
        indicator_id=indicator_id,
        direction=covenant.direction.value,
        tolerance=covenant.tolerance,
        grace_days=covenant.grace_days,
        remedy_days=covenant.remedy_days,
        agreed_on=agreed_on,
        public=public,
    )
    session.add(row)
    session.flush()
    assert row.id is not None, "a row that was written has its id"
    session.execute(
        text("INSERT INTO trajectory_point (covenant_id, expected_on, value) VALUES (:covenant, :on, :value)"),
        [{"covenant": row.id, "on": point.expected_on, "value": point.value} for point in covenant.trajectory],
    )
    _add_tests(session, covenant_id=row.id, deal_id=deal_id, tests=tests)
    return row.id


def _add_tests(session: Session, *, covenant_id: UUID, deal_id: UUID, tests: Sequence[CovenantTest]) -> None:
    days = [
        {
            "covenant": covenant_id,
            "deal": deal_id,
            "start": test.period_start,
            "end": test.period_end,
            "due": test.due_on,
        }
        for test in tests
    ]
    session.execute(
        text(
            "INSERT INTO covenant_test (covenant_id, period_start, period_end, due_on) "
            "VALUES (:covenant, :start, :end, :due)"
        ),
        days,
    )
    session.execute(
        text(
            "INSERT INTO report (deal_id, period_start, period_end, due_on) VALUES (:deal, :start, :end, :due) "
            "ON CONFLICT ON CONSTRAINT report_is_owed_once_per_period DO NOTHING"
        ),
        days,
    )


def report_periods(session: Session, *, deal_id: UUID) -> dict[date, CovenantTest]:
    """Return the periods that a deal owes reports for, by their last day."""
    rows = session.execute(
        text("SELECT period_start, period_end, due_on FROM report WHERE deal_id = :deal"), {"deal": deal_id}
    )
    return {row.period_end: CovenantTest(row.period_start, row.period_end, row.due_on) for row in rows}


def covenant_code_is_used(session: Session, *, code: str) -> bool:
    """Tell whether a promise of that code is there."""
    return session.execute(text("SELECT true FROM covenant WHERE code = :code"), {"code": code}).first() is not None
