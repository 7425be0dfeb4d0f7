"""The night: the daily close of a fund's book, in steps that are each done once, whatever happens in between.

A step and its claim stand or fall with one transaction, so a night that was killed goes on where it stopped and a
second run changes nothing. The fund's row is locked meanwhile: two nights at once wait for one another, and what people
do goes on. What is refused for one thing is kept in words; the rest goes on. Days on which nothing can happen are
passed over: running every day and running with jumps find the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from domain.authority import NIGHT, Act, Actor, permit
from domain.calendar import in_words
from domain.covenants import (
    OPENS_A_BREACH,
    BreachState,
    CovenantKind,
    Outcome,
    StandingFinding,
    advance_breach,
    remedy_end,
    remedying_finding,
    test_covenant,
)
from domain.desk.instruments import accrue_interest
from domain.errors import NotFound, Refusal
from domain.exits import TriggerRule, UnremediedBreach, unremedied_mission_breach
from domain.store import audit, instrument_queries
from domain.store import night as store
from domain.store.funds import FundRow
from domain.store.promises import read_covenant, read_test


class NightRunsForwards(Refusal):
    """A night for a day that the fund has already passed."""

    def __init__(self, fund: str, day: date, business_day: date) -> None:
        super().__init__(
            f"the book of {fund} has reached {in_words(business_day)}; its night cannot run back to {in_words(day)}"
        )
        self.fund, self.day, self.business_day = fund, day, business_day


class FundFollowsItsStatement(Refusal):
    """A night for a fund without promises whose positions somebody else publishes: its day is the last release's."""

    def __init__(self, fund: str) -> None:
        super().__init__(f"{fund} follows the statement it was imported from; its next release moves its day, no night")
        self.fund = fund


@dataclass(frozen=True, slots=True)
class NightDone:
    """What the night of one day changed, by step."""

    day: date
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NightRefusal:
    """What a night could not do for one thing, in words."""

    day: date
    step: str
    subject: str
    words: str


def next_day_with_work(session: Session, *, fund_id: UUID, after: date, to: date) -> date | None:
    """Return the first day after ``after`` and not after ``to`` on which the night can find anything to do.

    Month ends and instalment days of accruing loans, reports that came, the day after grace and remedy periods, and a
    day whose night began and did not end.
    """
    days = (
        store.next_accrual_day(session, fund_id=fund_id, after=after),
        store.next_promise_day(session, fund_id=fund_id, after=after, to=to),
    )
    return min((day for day in days if day is not None and day <= to), default=None)


def run_day(session: Session, *, fund_id: UUID, day: date) -> NightDone:
    """Run every step of a day's night in this transaction, and move the fund's business day there."""
    store.lock_fund(session, fund_id=fund_id)
    done = store.steps_done(session, fund_id=fund_id, day=day)
    changes = {step: 0 if step in done else _do(session, fund_id=fund_id, day=day, step=step) for step in STEPS}
    store.move_business_day(session, fund_id=fund_id, to=day)
    return NightDone(day, changes)


def close_day(session: Session, *, fund_id: UUID, day: date) -> None:
    """Move the fund's business day to a day whose steps are all done. Until then the day counts as begun."""
    store.lock_fund(session, fund_id=fund_id)
    store.move_business_day(session, fund_id=fund_id, to=day)


def run_step(session: Session, *, fund_id: UUID, day: date, step: str) -> int:
    """Run one step of a day's night, once; return how much it changed, 0 where it was done before."""
    store.lock_fund(session, fund_id=fund_id)
    if step in store.steps_done(session, fund_id=fund_id, day=day):
        return 0
    return _do(session, fund_id=fund_id, day=day, step=step)


def _do(session: Session, *, fund_id: UUID, day: date, step: str) -> int:
    """Do a step and claim it; the fund is locked and the step was not done before."""
    changes = _STEPS[step](session, fund_id, day)
    claimed = store.claim(session, fund_id=fund_id, day=day, step=step, changes=changes)
    assert claimed, "the fund is locked, so nobody else has done the step meanwhile"
    return changes


def move_business_day(session: Session, *, fund_id: UUID, to: date, by: Actor = NIGHT) -> None:
    """Move a fund's business day on to a day whose nights have run. Refused: the role, a day that has passed."""
    permit(Act.CLOSE_DAY, by=by)
    store.lock_fund(session, fund_id=fund_id)
    fund = session.get(FundRow, fund_id, populate_existing=True)
    if fund is None:
        raise NotFound("fund", fund_id)
    if to < fund.business_day:
        raise NightRunsForwards(fund.code, to, fund.business_day)
    before = fund.business_day
    store.move_business_day(session, fund_id=fund_id, to=to)
    audit.record(
        session, by=by, act=Act.CLOSE_DAY, subject_kind="fund", subject=fund.code, fund_id=fund_id,
        detail={"to": to.isoformat()}, before={"business_day": before}, after={"business_day": to},
    )  # fmt: skip


def fund_to_close(session: Session, *, fund_code: str, to: date, by: Actor = NIGHT) -> FundRow:
    """Return a fund whose nights up to a day may run.

    Refused, in this order: the role, an unknown fund, a fund that follows a statement, a day that has passed.
    """
    permit(Act.CLOSE_DAY, by=by)
    fund = store.fund_by_code(session, fund_code)
    if fund is None:
        raise NotFound("fund", fund_code)
    if store.follows_statement(session, fund.fund_id):
        raise FundFollowsItsStatement(fund.code)
    if to < fund.business_day:
        raise NightRunsForwards(fund.code, to, fund.business_day)
    return fund


def fund_codes(session: Session) -> tuple[str, ...]:
    """Return the codes of the funds that nights move, in order: not those that only follow a published statement."""
    return store.fund_codes(session)


def refusals(session: Session, *, fund_id: UUID, after: date, to: date) -> tuple[NightRefusal, ...]:
    """Return what the nights after one day and up to another could not do."""
    return tuple(NightRefusal(**row) for row in store.refusals(session, fund_id=fund_id, after=after, to=to))


def _accrue(session: Session, fund_id: UUID, day: date) -> int:
    """Take interest to income at month ends and on instalment days; where a loan's is refused, each by itself."""
    if store.next_accrual_day(session, fund_id=fund_id, after=day - timedelta(days=1)) != day:
        return 0
    try:
        with session.begin_nested():
            return accrue_interest(session, fund_id=fund_id, day=day)
    except (Refusal, DBAPIError) as error:
        _words(error)  # what is no refusal rises again
    booked = 0
    for loan in instrument_queries.accruing_loans(session, fund_id=fund_id):
        try:
            with session.begin_nested():
                booked += accrue_interest(session, fund_id=fund_id, day=day, loan_id=loan.id)
        except (Refusal, DBAPIError) as error:
            words = _words(error)
            store.add_refusal(session, fund_id=fund_id, day=day, step="accrue", subject=loan.code, words=words)
    return booked


def _answer_tests(session: Session, fund_id: UUID, day: date) -> int:
    """Find what reports that came, and reports that did not, mean for the covenants they answer."""
    found: dict[str, dict[str, Any]] = {}
    for due in store.due_tests(session, fund_id=fund_id, day=day):
        subject = f"{due['code']} {due['period_end']}"
        try:
            found[subject] = _finding(due, fund_id=fund_id, day=day)
        except Refusal as refusal:
            store.add_refusal(session, fund_id=fund_id, day=day, step="reports", subject=subject, words=str(refusal))
    return _add_each(session, store.add_findings, found, fund_id=fund_id, day=day, step="reports")


def _finding(due: Mapping[str, Any], *, fund_id: UUID, day: date) -> dict[str, Any]:
    finding = test_covenant(
        covenant=read_covenant(due),
        test=read_test(due),
        reported=due["version_id"] is not None,
        measured=due["measured"],
    )
    return {
        "fund": fund_id,
        "test_id": due["test_id"],
        "day": day,
        "outcome": finding.outcome.value,
        "measured": finding.measured,
        "limit_value": finding.limit,
        "headroom": finding.headroom,
        "version_id": due["version_id"],
        "sentence": finding.sentence,
    }


def _move_breaches(session: Session, fund_id: UUID, day: date) -> int:
    """Open what was missed, remedy what was made good in time, and close what was not."""
    opened = {
        f"{row['code']} {row['finding_id']}": {
            "fund": fund_id,
            "test_id": row["test_id"],
            "finding_id": row["finding_id"],
            "day": day,
            "remedy_until": remedy_end(opened_on=day, remedy_days=row["remedy_days"]),
        }
        for row in store.findings_to_open(session, fund_id=fund_id, day=day, opening=sorted(OPENS_A_BREACH))
    }
    changes = _add_each(session, store.add_breaches, opened, fund_id=fund_id, day=day, step="breaches")
    moved = {}
    for row in store.open_breaches(session, fund_id=fund_id, day=day):
        if event := _what_became(row, day=day):
            moved[f"{row['code']} {row['breach_id']}"] = {
                "fund": fund_id,
                "breach_id": row["breach_id"],
                "day": day,
                **event,
            }
    return changes + _add_each(session, store.add_breach_events, moved, fund_id=fund_id, day=day, step="breaches")


def _what_became(row: Mapping[str, Any], *, day: date) -> dict[str, Any] | None:
    """Return the event that ends an open breach on a day: its outcome, finding and reason; None while it stays open."""
    standing = [
        StandingFinding(number, Outcome(outcome), date.fromisoformat(end), date.fromisoformat(came) if came else None)
        for number, outcome, end, came in row["standing"]
    ]
    remedy = remedying_finding(
        standing, opened_by=row["finding_id"], period_end=row["period_end"], remedy_until=row["remedy_until"]
    )
    if remedy is not None:
        outcome, finding_id = advance_breach(BreachState.OPEN, to=BreachState.REMEDIED), remedy.finding_id
        reason = f"met for the period to {in_words(remedy.period_end)}"
    elif day > row["remedy_until"]:
        outcome, finding_id = advance_breach(BreachState.OPEN, to=BreachState.UNREMEDIED), standing[0].finding_id
        reason = f"not remedied by {in_words(row['remedy_until'])}"
    else:
        return None
    return {"outcome": outcome.value, "finding_id": finding_id, "reason": reason}


def _raise_triggers(session: Session, fund_id: UUID, day: date) -> int:
    """Raise the right to leave where a mission covenant's breach was not remedied."""
    rule, raised = TriggerRule.UNREMEDIED_MISSION_BREACH, {}
    for row in store.breaches_to_raise(session, fund_id=fund_id, day=day, rule=rule):
        breach = _unremedied(row)
        trigger = unremedied_mission_breach(breach, instrument_kinds=row["instrument_kinds"] or (), raised_on=day)
        if trigger is not None:
            raised[f"{row['deal']} {breach.breach}"] = {
                "fund": fund_id,
                "deal_id": row["deal_id"],
                "rule": trigger.rule.value,
                "day": day,
                "breach_id": breach.breach,
                "evidence": json.dumps([link.as_json() for link in trigger.evidence], ensure_ascii=False),
                "mechanisms": json.dumps(trigger.mechanisms),
            }
    return _add_each(session, store.add_triggers, raised, fund_id=fund_id, day=day, step="exits")


def _unremedied(row: Mapping[str, Any]) -> UnremediedBreach:
    return UnremediedBreach(
        covenant=row["covenant"],
        kind=CovenantKind(row["kind"]),
        clause=row["clause"],
        agreed_on=row["agreed_on"],
        test=str(row["test_id"]),
        period_start=row["period_start"],
        period_end=row["period_end"],
        due_on=row["due_on"],
        opening_finding=row["opening_finding"],
        opening_words=row["opening_words"],
        opening_day=row["opening_day"],
        last_finding=row["last_finding"],
        last_words=row["last_words"],
        last_day=row["last_day"],
        report=str(row["report_id"]),
        version=row["version"],
        submitted_on=row["submitted_on"],
        signed_by=row["signed_by"],
        breach=row["breach_id"],
        opened_on=row["opened_on"],
        remedy_until=row["remedy_until"],
    )


def _add_each(
    session: Session,
    add: Callable[[Session, list[dict[str, Any]]], None],
    rows: Mapping[str, dict[str, Any]],
    *,
    fund_id: UUID,
    day: date,
    step: str,
) -> int:
    """Write rows at once; where one is refused, each by itself, and keep in words what could not be written."""
    if not rows:
        return 0
    try:
        with session.begin_nested():
            add(session, list(rows.values()))
        return len(rows)
    except DBAPIError as error:
        _words(error)  # what is no refusal rises again
    written = 0
    for subject, row in rows.items():
        try:
            with session.begin_nested():
                add(session, [row])
            written += 1
        except DBAPIError as error:
            words = _words(error)
            store.add_refusal(session, fund_id=fund_id, day=day, step=step, subject=subject, words=words)
    return written


def _words(error: Refusal | DBAPIError) -> str:
    """Say why one thing was refused; a database that does not work refuses nothing: its error rises again."""
    if isinstance(error, Refusal):
        return str(error)
    if not isinstance(error, IntegrityError) and not str(getattr(error.orig, "sqlstate", "")).startswith("22"):
        raise error
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return f"the database refused it: {str(name or 'a value it cannot hold').replace('_', ' ')}"


_STEPS: dict[str, Callable[[Session, UUID, date], int]] = {
    "accrue": _accrue,
    "reports": _answer_tests,
    "breaches": _move_breaches,
    "exits": _raise_triggers,
}
STEPS: tuple[str, ...] = tuple(_STEPS)
"""The steps of a night in their order; sealing comes after COMMIT and is the runner's."""
