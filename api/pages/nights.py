"""Moving a fund's day on: the night, run by a button, and what it did."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.database.roles import Role
from api.deps import Visitor, database_of
from api.nights import NightRun, run_night
from api.pages.forms import FORM_GUARDS, Typed, Wrong, read_day, wrong_by
from api.pages.parts import Button, Field, Form, Link, Page, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.words import STEP_OF_NIGHT_WORDS, say
from api.refusals import TOLD_TO_THE_AUDIT
from api.tracing import trace_id_of
from domain.authority import Act, permit
from domain.desk import funds
from domain.desk.funds import FundRow
from domain.errors import InputRefused, Problem, Refusal

DAYS_AT_ONCE_MAX = 400
router = APIRouter(include_in_schema=False)


def night_form(reader: Reader, fund: FundRow, *, day: str = "", wrong: Wrong | None = None) -> Form:
    """Return the form that moves a fund's day on: one button, or a day."""
    _ = reader.gettext
    tomorrow = fund.business_day + timedelta(days=1)
    return Form(
        action=f"/officer/{quote(fund.code)}/nights",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Move the day on"),
        fields=(
            Field(
                "day",
                _("Close every day up to"),
                value=day or tomorrow.isoformat(),
                kind="day",
                hint=_(
                    "Interest is taken to income, reports are tested, breaches and triggers follow. "
                    "Days do not run back."
                ),
                error=wrong.at("day") if wrong else "",
            ),
        ),
        hidden=(("from", fund.business_day.isoformat()),),
        buttons=(Button(_("Run the nights")),),
        problems=wrong.top if wrong else (),
    )


@router.post("/officer/{code}/nights", dependencies=FORM_GUARDS)
def close_days(request: Request, visitor: Visitor, typed: Typed, code: str) -> Response:
    """Run a fund's nights up to a day, a transaction per step; the same form again finds nothing left to do."""
    permit(Act.CLOSE_DAY, by=visitor.actor)
    reader = reader_of(request)
    _ = reader.gettext
    sessions = database_of(request).sessions
    with sessions.begin(Role.APP, visitor.actor) as session:
        fund = funds.fund_by_code(session, code)
    try:
        to = read_day(reader, typed.get("day", ""), where="day")
        _require_near(reader, fund, to)
        run = run_night(sessions, fund_code=code, to=to, by=visitor.actor, request=trace_id_of(request))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"day": "day", "": "day"})
        page = Page(
            _("Move the day on"),
            parts=(night_form(reader, fund, day=typed.get("day", ""), wrong=wrong),),
            trail=(_back(reader, code),),
            narrow=True,
        )
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", done_page(reader, run), reader=reader)


def _require_near(reader: Reader, fund: FundRow, to: date) -> None:
    _ = reader.gettext
    if (to - fund.business_day).days > DAYS_AT_ONCE_MAX:
        what = _("At most {days} days at once; “missionbook night” runs more").format(days=DAYS_AT_ONCE_MAX)
        raise InputRefused([Problem("day", what)], subject="the form")


def done_page(reader: Reader, run: NightRun) -> Page:
    """Return what nights did."""
    _ = reader.gettext
    told = _("The fund's day moved from {start} to {end}; {work}.").format(
        start=reader.day(run.business_day),
        end=reader.day(run.to),
        work=reader.ngettext("%s day had work", "%s days had work", run.days) % reader.number(run.days),
    )
    did = table(
        _("What the nights did"),
        (_("What"), _("How many")),
        [(say(reader, STEP_OF_NIGHT_WORDS, step), reader.number(count)) for step, count in run.changes.items()],
        figures=(1,),
        empty=_("Nothing was to be done."),
    )
    refused = table(
        _("What could not be done"),
        (_("Day"), _("What"), _("Why")),
        [line(reader.day(one.day), one.subject, one.words) for one in run.refusals],
        empty=_("Everything could be done."),
    )
    return Page(
        _("The nights have run"),
        parts=(Text(told, "good"), did, refused),
        trail=(_back(reader, run.fund),),
        narrow=True,
    )


def _back(reader: Reader, code: str) -> Link:
    return Link(f"/officer?fund={quote(code)}", reader.gettext("Work list"))
