"""The officer's work list: what a fund's day asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.deal_parts import limit_subject, subject_names
from api.pages.nights import night_form
from api.pages.parts import Cell, Figure, Link, Mark, Page, Part, Row, Section, Summary, Table, Tabs, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import waiting_notice
from api.pages.words import BASIS_WORDS, RULE_WORDS, STAGE_WORDS, TRIGGER_STATUS_WORDS, mark, say, stop_words
from domain.authority import MAY, Act, permit
from domain.covenants import Outcome
from domain.deals import Stage
from domain.desk import covenants, deals, exits, funds, instruments, reports
from domain.desk.deals import DrawStopLine
from domain.desk.exits import Trigger
from domain.desk.funds import FundRow
from domain.desk.instruments import DueLine

DUE_SOON_DAYS = 31
REPORTS_SOON_DAYS = 60
WAITING_SHOWN_MAX = 50
WAITING = (Stage.PROPOSED, Stage.APPRAISED, Stage.APPROVED, Stage.CONTRACTED)

router = APIRouter(include_in_schema=False)


@router.get("/officer")
def work_list(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    fund: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show what is to do today in one fund."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    _ = reader.gettext
    every = funds.funds(session)
    if not every:
        empty = Text(_("There is no fund yet. Load a book: missionbook load FOLDER."), "warn")
        return show(request, "page.html", Page(_("Work list"), parts=(empty,)), reader=reader)
    chosen = funds.fund_by_code(session, fund) if fund else first_fund(session, every)
    page = work_page(session, reader, chosen, every)
    asked = waiting_notice(session, reader, visitor.actor, fund=chosen.code)
    page = replace(page, parts=(*asked, *page.parts))
    return show(request, "page.html", page, reader=reader)


def first_fund(session: Session, every: Sequence[FundRow]) -> FundRow:
    """Return the fund that the work list begins with: one with something due, else one that no statement tells."""
    kept_here = deals.funds_with_deals_kept_here(session)
    kept = [one for one in every if one.id in kept_here]
    for one in kept:
        if _dues(session, one):
            return one
    return (*kept, *every)[0]


def _dues(session: Session, fund: FundRow) -> list[DueLine]:
    today = fund.business_day
    return [
        due
        for due in instruments.due_instalments(session, as_of=today, fund_id=fund.fund_id)
        if due.due_on <= today + timedelta(days=DUE_SOON_DAYS)
    ]


def work_page(session: Session, reader: Reader, fund: FundRow, every: Sequence[FundRow]) -> Page:
    """Return the work list of a fund."""
    _ = reader.gettext
    today = fund.business_day
    dues = _dues(session, fund)
    owed = [
        one
        for one in reports.owed(session, as_of=today, fund_code=fund.code)
        if one.due_on <= today + timedelta(days=REPORTS_SOON_DAYS)
    ]
    breaches = covenants.breaches(session, as_of=today, fund_id=fund.fund_id, only_open=True)
    waiting = deals.deal_list(session, fund_code=fund.code, stages=WAITING, kept_here=True, limit=WAITING_SHOWN_MAX + 1)
    raised = exits.triggers(session, fund_code=fund.code, as_of=today)
    to_ask = [
        one
        for one in covenants.findings(session, as_of=today, fund_id=fund.fund_id)
        if one.stands and one.outcome is Outcome.UNKNOWN
    ]
    stops = deals.fund_stops(session, fund_id=fund.fund_id)
    role = reader.known.actor.role if reader.known else None
    closes = role in MAY[Act.CLOSE_DAY]
    overdue = sum(due.past_due for due in dues)
    late = sum(one.days_overdue > 0 for one in owed)
    waits = reader.number(min(len(waiting), WAITING_SHOWN_MAX)) + ("+" if len(waiting) > WAITING_SHOWN_MAX else "")
    figures = (
        Figure(
            _("Instalments overdue"), reader.number(overdue), _due_note(reader, dues), "bad" if overdue else "", "#due"
        ),
        Figure(
            _("Reports late"), reader.number(late), _("of %s asked for") % len(owed), "bad" if late else "", "#reports"
        ),
        Figure(_("Open breaches"), reader.number(len(breaches)), "", "bad" if breaches else "", "#breaches"),
        Figure(_("Exit triggers"), reader.number(len(raised)), "", "bad" if raised else "", "#triggers"),
        Figure(_("To ask"), reader.number(len(to_ask)), "", "warn" if to_ask else "", "#ask"),
        Figure(_("Deals awaiting a step"), waits, href="#waiting"),
    )
    tabs = tuple(Link(f"/officer?fund={quote(one.code)}", one.name, here=one.id == fund.fund_id) for one in every)
    return Page(
        title=_("Work list"),
        lead=_("{fund} · business day {day}").format(fund=fund.name, day=reader.day(today)),
        parts=(*((Tabs(_("Funds"), tabs),) if len(every) > 1 else ()), Summary(figures)),
        sections=(
            Section(_("Money due"), (dues_table(reader, dues, today=today),), anchor="due"),
            Section(_("Reports"), (_owed_table(reader, owed, today=today),), anchor="reports"),
            Section(_("Breaches"), (_breaches_table(reader, breaches, today=today),), anchor="breaches"),
            Section(_("Exit triggers"), (_triggers_table(reader, raised),), anchor="triggers"),
            Section(_("Drawdowns stopped"), (_stops_table(reader, stops),), anchor="stops"),
            Section(_("To ask"), (_ask_table(reader, to_ask),), anchor="ask"),
            Section(_("Deals awaiting a step"), _waiting_parts(reader, waiting, fund=fund), anchor="waiting"),
            Section(_("Headroom"), (_headroom_table(session, reader, fund),), anchor="headroom"),
            *((Section(_("The fund's day"), (night_form(reader, fund),), anchor="day"),) if closes else ()),
        ),
    )


def _due_note(reader: Reader, dues: Sequence[DueLine]) -> str:
    late = [due.total for due in dues if due.past_due]
    return reader.money(sum(late[1:], late[0])) if late else ""


def dues_table(reader: Reader, dues: Sequence[DueLine], *, today: date) -> Table:
    """Return what is to be paid, the earliest first."""
    _ = reader.gettext
    records = reader.known is not None and reader.known.actor.role in MAY[Act.RECORD_RECEIPT]
    rows = [
        line(
            Cell(reader.day(due.due_on), mark=_day_mark(reader, due.due_on, today)),
            Cell(due.deal, f"/deals/{quote(due.deal)}", note=due.investee),
            Cell(due.instrument, f"/instruments/{due.instrument_id}/receipt" if records else ""),
            reader.figure(due.interest),
            reader.figure(due.principal),
            reader.figure(due.total),
        )
        for due in dues
    ]
    currency = dues[0].total.currency if dues else ""
    return table(
        _("Instalments overdue, due and coming within %s days") % DUE_SOON_DAYS
        + (f" ({currency})" if currency else ""),
        (
            _("Due"),
            _("Deal"),
            _("Record a receipt") if records else _("Instrument"),
            _("Interest"),
            _("Principal"),
            _("Total"),
        ),
        rows,
        figures=(3, 4, 5),
        empty=_("Nothing is due. Coming instalments are on each deal's page."),
    )


def _day_mark(reader: Reader, day: date, today: date) -> Mark | None:
    _ = reader.gettext
    if day < today:
        days = (today - day).days
        return Mark(reader.ngettext("%s day late", "%s days late", days) % days, "bad")
    return Mark(_("Today"), "warn") if day == today else None


def _owed_table(reader: Reader, owed: Sequence[reports.OwedReport], *, today: date) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(reader.day(one.due_on), mark=_day_mark(reader, one.due_on, today)),
            Cell(one.deal, f"/deals/{quote(one.deal)}", note=one.title),
            one.investee,
            _("{start} to {end}").format(start=reader.day(one.period_start), end=reader.day(one.period_end)),
        )
        for one in owed
    ]
    return table(
        _("Reports not submitted, due within %s days") % REPORTS_SOON_DAYS,
        (_("Due"), _("Deal"), _("Investee"), _("Period")),
        rows,
        empty=_("Every report that was due has come."),
    )


def _breaches_table(reader: Reader, breaches: Sequence[covenants.BreachLine], *, today: date) -> Table:
    _ = reader.gettext
    rows = []
    for one in breaches:
        left = (one.remedy_until - today).days
        words = reader.ngettext("%s day left", "%s days left", left) % left if left >= 0 else _("over")
        rows.append(
            line(
                Cell(reader.day(one.remedy_until), mark=Mark(words, "warn" if left > DUE_SOON_DAYS else "bad")),
                Cell(one.deal, f"/deals/{quote(one.deal)}#breaches", note=one.investee),
                Cell(one.covenant, note=one.clause),
                Cell(one.sentence),
            )
        )
    return table(
        _("Open breaches, the next end of a remedy period first"),
        (_("Remedy until"), _("Deal"), _("Covenant"), _("What was found")),
        rows,
        empty=_("No breach is open."),
    )


def _triggers_table(reader: Reader, raised: Sequence[Trigger]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(reader.day(one.raised_on)),
            Cell(one.deal, f"/deals/{quote(one.deal)}#trigger-{one.trigger_id}", note=one.investee),
            Cell(one.covenant, note=say(reader, RULE_WORDS, one.rule)),
            Cell(mark=Mark(say(reader, TRIGGER_STATUS_WORDS, one.status), "warn")),
        )
        for one in raised
    ]
    return table(
        _("Exit triggers that await the board's decision, the earliest first"),
        (_("Raised on"), _("Deal"), _("Covenant"), _("State")),
        rows,
        empty=_("No exit trigger was raised."),
    )


def _stops_table(reader: Reader, stops: Sequence[DrawStopLine]) -> Table:
    _ = reader.gettext
    by_deal: dict[str, list[str]] = {}
    for one in stops:
        by_deal.setdefault(one.deal, []).append(stop_words(reader, one))
    rows = [line(Cell(code, f"/deals/{quote(code)}"), "; ".join(causes)) for code, causes in by_deal.items()]
    return table(
        _("Deals on which nothing is paid out now"),
        (_("Deal"), _("Stopped by")),
        rows,
        empty=_("No drawdown is stopped."),
    )


def _ask_table(reader: Reader, found: Sequence[covenants.FindingLine]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(one.deal, f"/deals/{quote(one.deal)}#covenant-{quote(one.covenant)}"),
            Cell(one.covenant, note=one.clause),
            _("{start} to {end}").format(start=reader.day(one.period_start), end=reader.day(one.period_end)),
            one.sentence,
        )
        for one in found
    ]
    return table(
        _("Reports that leave a covenant's value open: ask the investee"),
        (_("Deal"), _("Covenant"), _("Period"), _("What was found")),
        rows,
        empty=_("Every report that came tells what its covenants ask."),
    )


def _waiting_parts(reader: Reader, waiting: Sequence[deals.DealLine], *, fund: FundRow) -> tuple[Part, ...]:
    shown = _waiting_table(reader, waiting[:WAITING_SHOWN_MAX])
    if len(waiting) <= WAITING_SHOWN_MAX:
        return (shown,)
    words = reader.gettext("All deals of this fund")
    return shown, Text("", link=Link(f"/deals?fund={quote(fund.code)}", words))


def _waiting_table(reader: Reader, waiting: Sequence[deals.DealLine]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(one.code, f"/deals/{quote(one.code)}#next", note=one.title),
            one.investee,
            Cell(mark=mark(reader, STAGE_WORDS, one.stage), note=_("since %s") % reader.day(one.stage_on)),
            reader.figure(one.asked),
        )
        for one in waiting
    ]
    currency = waiting[0].asked.currency if waiting else ""
    return table(
        _("Deals on their way to being active"),
        (_("Deal"), _("Investee"), _("Stage"), _("Asked for") + (f" ({currency})" if currency else "")),
        rows,
        figures=(3,),
        empty=_("No deal waits for a step. Deals are proposed through the API."),
    )


def _headroom_table(session: Session, reader: Reader, fund: FundRow) -> Table:
    _ = reader.gettext
    found = deals.headroom(session, fund_id=fund.fund_id, as_of=fund.business_day)
    names = subject_names(session, found)
    rows: list[Row] = [
        line(
            Cell(say(reader, BASIS_WORDS, one.basis), note=limit_subject(reader, one.basis, one.subject, names)),
            reader.figure(one.limit),
            reader.figure(one.used),
            reader.figure(one.left),
        )
        for one in found
    ]
    return table(
        _("What is left of each limit, on commitments ({currency})").format(currency=fund.currency),
        (_("Limit"), _("At most"), _("Used"), _("Left")),
        rows,
        figures=(1, 2, 3),
        empty=_("The fund has no limits. The steward sets them."),
    )
