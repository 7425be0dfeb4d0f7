"""The investee's pages: what is due, answering a report, and what became of earlier ones."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages import report_form, report_page
from api.pages.deal_promises import findings_table, report_mark
from api.pages.forms import FORM_GUARDS, Typed, done_once, see, wrong_by
from api.pages.parts import Cell, Figure, Mark, Page, Section, Summary, Table, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.refusals import TOLD_TO_THE_AUDIT
from domain.authority import Act, Actor, permit
from domain.desk import covenants, deals, instruments, report_lists, reports
from domain.desk.instruments import DueLine
from domain.desk.report_lists import ReportLine
from domain.errors import NotFound, Refusal

router = APIRouter(include_in_schema=False)


@router.get("/investee")
def owed(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Show what is due and what became of what was submitted."""
    permit(Act.SUBMIT_REPORT, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", owed_page(session, reader, visitor.actor), reader=reader)


@router.get("/investee/reports/{report_id}")
def report(request: Request, visitor: Visitor, session: PageTransaction, report_id: UUID) -> Response:
    """Show the form of a report, filled with its last version where there is one."""
    permit(Act.SUBMIT_REPORT, by=visitor.actor)
    reader = reader_of(request)
    detail = reports.report_detail(session, report_id=report_id)
    page = report_form.form_page(reader, detail, typed=report_form.last_typed(reader, detail))
    return show(request, "page.html", page, reader=reader)


@router.post("/investee/reports/{report_id}", dependencies=FORM_GUARDS)
def answer(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, report_id: UUID) -> Response:
    """Show what an answer would mean; with ``step=submit`` submit it, once however often the form is sent.

    Whatever is refused, the form comes back with all that was typed.
    """
    permit(Act.SUBMIT_REPORT, by=visitor.actor)
    reader, by = reader_of(request), visitor.actor
    detail = reports.report_detail(session, report_id=report_id)
    if typed.get("step") == "change":
        return show(request, "page.html", report_form.form_page(reader, detail, typed=typed), reader=reader)

    def submit(_key: str) -> str:
        version = reports.submit(
            session,
            report_id=report_id,
            values=report_form.read_values(reader, detail, typed),
            statement=typed.get("statement", "").replace("\r\n", "\n"),
            evidence=typed.get("evidence", "").replace("\r\n", "\n"),
            signed_by=typed.get("signed_by", ""),
            submitted_on=detail.business_day,
            by=by,
        )
        return f"/investee/reports/{report_id}/versions/{version}"

    step = typed.get("step")
    try:
        if step == "submit":
            with session.begin_nested():
                address = done_once(session, by=by, route=f"report {report_id}", typed=typed, act=submit)
            return see(address)
        values = report_form.read_values(reader, detail, typed)
        said = typed.get("statement", "")
        found = reports.preview(session, report_id=report_id, values=values, as_of=detail.business_day, statement=said)
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields=report_form.field_names(detail))
        signing = step == "submit"
        page = report_form.form_page(reader, detail, typed=typed, wrong=wrong, signing=signing)
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", report_form.preview_page(reader, detail, typed, found), reader=reader)


@router.get("/investee/reports/{report_id}/versions/{number}")
def receipt(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    report_id: UUID,
    number: Annotated[int, Path(ge=1, le=10_000)],
) -> Response:
    """Show the receipt for a version that was submitted."""
    permit(Act.SUBMIT_REPORT, by=visitor.actor)
    reader = reader_of(request)
    detail = reports.report_detail(session, report_id=report_id)
    for version in detail.versions:
        if version.version == number:
            return show(request, "page.html", report_form.receipt_page(reader, detail, version), reader=reader)
    raise NotFound("report version", number)


@router.get("/reports/{report_id}")
def reading(request: Request, visitor: Visitor, session: PageTransaction, report_id: UUID) -> Response:
    """Show a report as the bank reads it: every version, side by side with what was found."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    detail = reports.report_detail(session, report_id=report_id)
    found = covenants.findings(session, as_of=detail.business_day, deal_id=detail.deal_id)
    mine = [one for one in found if one.period_end == detail.period_end]
    return show(request, "page.html", report_page.reading_page(reader, detail, mine), reader=reader)


def owed_page(session: Session, reader: Reader, by: Actor) -> Page:
    """Return what an investee owes, has submitted, and what was found."""
    _ = reader.gettext
    assert by.party_id is not None, "an investee's user belongs to a party"
    every = report_lists.reports_of_investee(session, party_id=by.party_id)
    begun = [one for one in every if one.version == 0 and one.period_start <= one.business_day]
    waiting = sorted(begun, key=lambda one: (one.due_on, one.deal))
    sent = [one for one in every if one.version]
    late = sum(one.due_on < one.business_day for one in waiting)
    ready = sum(one.period_end <= one.business_day <= one.due_on for one in waiting)
    days = {one.deal: one.business_day for one in every}
    mine = deals.deal_list(session, limit=200)
    found = [
        finding
        for deal in mine
        for finding in covenants.findings(session, as_of=days.get(deal.code, deal.stage_on), deal_id=deal.id)
        if finding.stands
    ]
    pays = [
        due
        for deal in mine
        for due in instruments.due_instalments(session, as_of=days.get(deal.code, deal.stage_on), deal_id=deal.id)
    ]
    figures = (
        Figure(_("Late"), reader.number(late), "", "bad" if late else ""),
        Figure(_("Ready to answer"), reader.number(ready), "", "warn" if ready else ""),
        Figure(_("Submitted"), reader.number(len(sent))),
    )
    return Page(
        title=_("Your reports and payments"),
        lead=_("What you owe the bank and by when, and what became of what you sent."),
        parts=(Summary(figures),),
        sections=(
            Section(_("Due"), (_due_table(reader, waiting),), anchor="due"),
            Section(_("Payments"), (_pay_table(reader, pays),), anchor="payments"),
            Section(
                _("Submitted"),
                (_sent_table(reader, sent),),
                anchor="submitted",
                note=_("A mistake is put right by a new version; the earlier one stays readable."),
            ),
            Section(
                _("What the bank found"),
                (findings_table(reader, found),),
                anchor="findings",
                note=_("Each report is compared with what your contract expects in the night after it comes."),
            ),
        ),
    )


def _due_table(reader: Reader, waiting: list[ReportLine]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(reader.day(one.due_on)),
            Cell(mark=report_mark(reader, one, today=one.business_day)),
            _report_link(reader, one),
        )
        for one in waiting
    ]
    return table(
        _("Reports to submit, the earliest due first"),
        (_("Due"), _("State"), _("Report")),
        rows,
        empty=_("Nothing is due. The next report appears here when its period begins."),
    )


def _report_link(reader: Reader, one: ReportLine) -> Cell:
    _ = reader.gettext
    period = _("{start} to {end}").format(start=reader.day(one.period_start), end=reader.day(one.period_end))
    note = _("{title}, {deal}").format(title=one.title, deal=one.deal)
    return Cell(_("Report for {period}").format(period=period), f"/investee/reports/{one.report_id}", note=note)


def _pay_table(reader: Reader, pays: list[DueLine]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(reader.day(one.due_on), mark=Mark(_("Overdue"), "bad") if one.past_due else None),
            Cell(one.instrument, f"/deals/{quote(one.deal)}", note=one.deal),
            Cell(one.principal.currency),
            reader.figure(one.principal),
            reader.figure(one.interest),
            reader.figure(one.total),
        )
        for one in sorted(pays, key=lambda one: (one.due_on, one.instrument))
    ]
    return table(
        _("Instalments to pay: what is due, and each loan's next one"),
        (_("Due"), _("Loan"), _("Currency"), _("Principal"), _("Interest"), _("In all")),
        rows,
        figures=(3, 4, 5),
        empty=_("No instalment is to be paid. What you draw down appears here with its days."),
    )


def _sent_table(reader: Reader, sent: list[ReportLine]) -> Table:
    _ = reader.gettext
    rows = [
        line(
            _report_link(reader, one),
            Cell(reader.day(one.submitted_on), note=one.signed_by or ""),
            Cell(_("Receipt of version %s") % one.version, f"/investee/reports/{one.report_id}/versions/{one.version}"),
        )
        for one in sent
    ]
    return table(
        _("Reports you submitted, latest period first"),
        (_("Report"), _("Submitted"), _("Receipt")),
        rows,
        empty=_("Nothing was submitted yet. Begin with what is due above."),
    )
