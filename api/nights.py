"""Closing a fund's days from a door."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import Request

from api.commands.night import NightRun, run_night
from api.database.roles import Role
from api.deps import database_of
from api.problems import trace_id_of
from domain.authority import Actor
from domain.desk import night
from domain.errors import InputRefused, Problem

DAYS_MAX = 3700
"""Ten years at once: what lies further away is a mistyped year."""


def close_days(request: Request, *, fund_code: str, to: date, by: Actor) -> NightRun:
    """Run the nights of a fund up to and with a day, and move its business day there.

    A night that is cut off goes on where it stopped when it is asked for again. Refused, in this order: the role, an
    unknown fund, a day that has passed, a day too far away.
    """
    sessions = database_of(request).sessions
    with sessions.begin(Role.NIGHT, by) as session:
        here = night.fund_to_close(session, fund_code=fund_code, to=to, by=by).business_day
    if to - here > timedelta(days=DAYS_MAX):
        raise InputRefused([Problem("to", f"lies more than ten years after {here}")], subject="the request")
    return run_night(sessions, fund_code=fund_code, to=to, by=by, request=trace_id_of(request))
