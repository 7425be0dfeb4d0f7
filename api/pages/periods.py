"""Periods of a fund's book: what is closed, what closing means, and closing one in two steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.database.roles import Role
from api.deps import PageTransaction, Visitor, database_of
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, see, wrong_by
from api.pages.parts import (
    Button,
    Cell,
    Choice,
    Facts,
    Field,
    Figure,
    Form,
    Link,
    Page,
    Part,
    Section,
    Text,
    line,
    table,
)
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.refusals import TOLD_TO_THE_AUDIT
from api.tracing import trace_id_of
from domain.authority import MAY, Act, permit
from domain.desk import ledger, periods
from domain.desk.periods import ClosingPreview, PeriodLine, PeriodsOfFund
from domain.errors import InputRefused, Problem, Refusal

router = APIRouter(include_in_schema=False)


@router.get("/ledger/{code}/periods")
def closed_periods(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    code: str,
    closed: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show what is closed of a fund's book."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader, told = reader_of(request), periods.periods(session, fund_code=code)
    return show(request, "page.html", periods_page(reader, told, just_closed=closed), reader=reader)


@router.post("/ledger/{code}/periods", dependencies=FORM_GUARDS)
def close_period(request: Request, visitor: Visitor, typed: Typed, code: str) -> Response:
    """Say what closing means; with ``step=close`` close the period, once however often the form is sent."""
    permit(Act.CLOSE_PERIOD, by=visitor.actor)
    reader, by = reader_of(request), visitor.actor
    sessions, trace = database_of(request).sessions, trace_id_of(request)
    with sessions.begin(Role.APP, by) as session:
        told = periods.periods(session, fund_code=code)
    try:
        period_end = read_day(reader, typed.get("period_end", ""), where="period_end")
        if typed.get("step") != "close":
            if period_end not in told.may_close:
                what = reader.gettext("Choose one of the days in the list")
                raise InputRefused([Problem("period_end", what)], subject="the form")
            with sessions.begin(Role.APP, by) as session:
                before = periods.preview(session, fund_code=code, period_end=period_end, by=by)
            return show(request, "page.html", confirmation_page(reader, told, before), reader=reader)
        with sessions.begin(Role.NIGHT, by) as session:
            ledger.seal_facts(session)
        with sessions.begin(Role.NIGHT, by, request=trace) as session:
            # Before the form's key is claimed: a closing must be younger than every entry that it closes over.
            periods.hold(session, fund_code=code, by=by)

            def close(_key: str) -> str:
                done = periods.close(session, fund_code=code, period_end=period_end, by=by)
                return f"/ledger/{quote(code)}/periods?closed={done.period_end}"

            address = done_once(session, by=by, route=f"periods {code}", typed=typed, act=close)
        return see(address)
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"period_end": "period_end"})
        page = periods_page(reader, told, typed=typed, wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)


def periods_page(
    reader: Reader,
    told: PeriodsOfFund,
    *,
    just_closed: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Wrong = RIGHT,
) -> Page:
    """Return the page of a fund's periods; who may close one finds the form on it."""
    _ = reader.gettext
    notes: tuple[Part, ...] = ()
    for one in told.closed:
        if one.period_end.isoformat() == just_closed:
            notes = (Text(_("The period to {day} is closed.").format(day=reader.day(one.period_end)), "good"),)
    rows = [
        line(
            Cell(reader.day(one.period_end), _statement_address(told.fund, one)),
            reader.moment(one.closed_at),
            one.closed_by,
            reader.number(one.seal) if one.seal else _("in a moment"),
        )
        for one in told.closed
    ]
    shown = table(
        _("Closed periods, the last one first"),
        (_("Period to"), _("Closed"), _("By"), _("All of it sealed by seal")),
        rows,
        figures=(3,),
        empty=_("No period is closed yet. The book takes entries of every day since the fund was opened."),
    )
    facts = (
        Figure(_("Closed up to"), reader.day(told.closed_to) if told.closed_to else _("no day yet")),
        Figure(_("Open day"), reader.day(told.open_day), _("what comes late is booked here")),
    )
    return Page(
        _("Periods of {fund}").format(fund=told.fund_name),
        trail=(Link("/ledger", _("Ledger")),),
        facts=facts,
        parts=(*notes, shown, Text(meaning(reader))),
        sections=(Section(_("Close a period"), (_closing_part(reader, told, typed or {}, wrong),), anchor="close"),),
    )


def meaning(reader: Reader) -> str:
    """Say what closing a period means."""
    return reader.gettext(
        "A closed period stays closed. Nothing is booked in it any more and nothing in it is changed; the balance of "
        "every account is kept. What comes late is booked on the open day and shows its own value day."
    )


def _closing_part(reader: Reader, told: PeriodsOfFund, typed: Mapping[str, str], wrong: Wrong) -> Part:
    _ = reader.gettext
    role = reader.known.actor.role if reader.known else None
    if role not in MAY[Act.CLOSE_PERIOD]:
        return Text(_("Periods are closed by a steward or by the board."))
    if not told.may_close:
        return Text(_("No month has passed that is not closed. A month is closed when its last night has run."))
    newest = told.may_close[-1].isoformat()
    chosen = typed.get("period_end", newest)
    days = reversed(told.may_close)
    choices = tuple(Choice(day.isoformat(), reader.day(day), chosen == day.isoformat()) for day in days)
    return Form(
        action=f"/ledger/{quote(told.fund)}/periods#close",
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=(
            Field(
                "period_end",
                _("Close the book up to"),
                kind="choice",
                choices=choices,
                hint=_("All months before it close with it."),
                error=wrong.at("period_end"),
            ),
        ),
        buttons=(Button(_("Show what closing means")),),
        problems=wrong.top,
    )


def confirmation_page(reader: Reader, told: PeriodsOfFund, before: ClosingPreview) -> Page:
    """Return the page that asks once more, with what the book comes to: closing cannot be taken back."""
    _ = reader.gettext
    period_end = before.period_end
    action = f"/ledger/{quote(told.fund)}/periods"
    return Page(
        _("Close the period to {day}?").format(day=reader.day(period_end)),
        trail=(Link("/ledger", _("Ledger")), Link(action, _("Periods of {fund}").format(fund=told.fund_name))),
        parts=(
            Text(_("This cannot be taken back."), "warn"),
            Text(meaning(reader)),
            *_preview_parts(reader, told, before),
            Form(
                action=action,
                csrf_token=reader.known.csrf_token if reader.known else "",
                hidden=(("step", "close"), ("period_end", period_end.isoformat()), ("key", new_key())),
                buttons=(Button(_("Close it for good")),),
            ),
            Text("", link=Link(action, _("Leave it open"))),
        ),
        narrow=True,
    )


def _preview_parts(reader: Reader, told: PeriodsOfFund, before: ClosingPreview) -> tuple[Part, ...]:
    """Return what the book comes to on the day that is to be closed, and what still stands open."""
    _ = reader.gettext
    day = before.period_end
    sums = [
        Figure(_("Debits"), reader.money(one), _("credits %s") % reader.figure(other))
        for one, other in zip(before.debits, before.credits, strict=True)
    ]
    facts = (
        *sums,
        Figure(_("Nights have run up to"), reader.day(before.nights_to), _("none is missing before this day")),
        Figure(_("Entries to be sealed"), reader.number(before.unsealed), _("closing seals them first")),
        Figure(
            _("Requests that stand open"), reader.number(before.asked),
            _("what they bring is booked on the open day"), href="/board/approvals#requests",
        ),
    )  # fmt: skip
    balance = Link(f"/ledger/{quote(told.fund)}/trial-balance?as_of={day}", _("The trial balance of this day"))
    return Facts(facts), Text("", link=balance)


def _statement_address(fund: str, one: PeriodLine) -> str:
    """Return the balance sheet of a closed period, as known at the seal that closed it."""
    seal = f"&seal={one.seal}" if one.seal else ""
    return f"/ledger/{quote(fund)}/balance-sheet?as_of={one.period_end}{seal}"
