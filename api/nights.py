"""Closing a fund's days: a transaction per step, so that a night that is killed goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from api.database.roles import Role
from api.database.sessions import Sessions
from domain.authority import NIGHT, Actor
from domain.desk import ledger
from domain.desk import night as desk
from domain.desk.night import NightRefusal
from domain.errors import InputRefused, Problem

DAYS_MAX = 3700
"""Ten years at once: what lies further away is a mistyped year."""


@dataclass(frozen=True, slots=True)
class NightRun:
    """What the nights of a fund did: between which days, on how many days with work, and what each step changed."""

    fund: str
    business_day: date
    to: date
    days: int
    changes: dict[str, int]
    refusals: tuple[NightRefusal, ...]


def run_night(
    sessions: Sessions,
    *,
    fund_code: str,
    to: date,
    by: Actor = NIGHT,
    seen: Callable[[date], None] = lambda _: None,
    request: str = "",
) -> NightRun:
    """Run the nights of one fund up to a day, a transaction per step, then seal; ``seen`` is told each day done.

    ``request`` is the number of the request that asked for it, for the audit.

    A night that is cut off goes on where it stopped when it is asked for again. Refused, in this order: the role, an
    unknown fund, a day that the fund has already passed, a day too far away.
    """
    with sessions.begin(Role.NIGHT, by) as session:
        fund = desk.fund_to_close(session, fund_code=fund_code, to=to, by=by)
    if to - fund.business_day > timedelta(days=DAYS_MAX):
        raise InputRefused([Problem("to", f"lies more than ten years after {fund.business_day}")], subject="the night")
    changes, days, reached = dict.fromkeys(desk.STEPS, 0), 0, fund.business_day
    while True:
        with sessions.begin(Role.NIGHT, by) as session:
            day = desk.next_day_with_work(session, fund_id=fund.fund_id, after=reached, to=to)
        if day is None:
            break
        for step in desk.STEPS:
            with sessions.begin(Role.NIGHT, by) as session:
                changes[step] += desk.run_step(session, fund_id=fund.fund_id, day=day, step=step)
        with sessions.begin(Role.NIGHT, by) as session:
            desk.close_day(session, fund_id=fund.fund_id, day=day)
        days, reached = days + 1, day
        seen(day)
    with sessions.begin(Role.NIGHT, by, request=request) as session:
        desk.move_business_day(session, fund_id=fund.fund_id, to=to, by=by)
        refused = desk.refusals(session, fund_id=fund.fund_id, after=fund.business_day, to=to)
    with sessions.begin(Role.NIGHT, by) as session:
        ledger.seal_facts(session)
    seen(to)
    return NightRun(fund_code, fund.business_day, to, days, changes, refused)
