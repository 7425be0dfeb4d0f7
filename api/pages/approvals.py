"""Deals that await the board's decision, with the headroom that each would leave."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.deal_page import stage_form
from api.pages.deal_parts import limits_table, project_parts, subject_names
from api.pages.forms import sentence
from api.pages.parts import Facts, Figure, Link, Page, Panel, Part, Section, Text
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import request_panels
from api.pages.words import INSTRUMENT_WORDS, STAGE_WORDS, mark, say, terms_in_words
from domain.authority import Act, Actor, permit
from domain.deals import Stage
from domain.desk import deals
from domain.desk.authority import may_on_deal
from domain.desk.deals import DealDetail

router = APIRouter(include_in_schema=False)


@router.get("/board/approvals")
def approvals(
    request: Request, visitor: Visitor, session: PageTransaction, done: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show every appraised deal with the form that decides it."""
    permit(Act.READ_BOOK, by=visitor.actor)
    by = visitor.actor
    reader = reader_of(request)
    _ = reader.gettext
    waiting = [
        deals.deal_detail(session, deal_id=one.id)
        for one in deals.deal_list(session, stage=Stage.APPRAISED, limit=200, kept_here=True)
    ]
    notes: tuple[Part, ...] = ()
    if done in set(Stage):
        notes = (
            Text(_("Recorded: the deal is now %s.") % mark(reader, STAGE_WORDS, Stage(done)).words.lower(), "good"),
        )
    elif done in ("asked", "decided"):
        said = _("Asked for. Somebody else decides.") if done == "asked" else _("Recorded: the request is decided.")
        notes = (Text(said, "good"),)
    panels: tuple[Part, ...] = tuple(decision_panel(session, reader, by, one) for one in waiting)
    asked = request_panels(session, reader, by)
    page = Page(
        _("Approvals"),
        lead=_("What awaits a second person. Who prepared a deal, or asked for something, does not decide it."),
        parts=notes,
        sections=(
            Section(
                _("Asked for by one, decided by another"),
                (
                    *(asked or (Text(_("Nothing is asked for. Reversals of two and large payouts come here.")),)),
                    Text("", link=Link("/requests", _("Decided requests"))),
                ),
                anchor="requests",
            ),
            Section(
                _("Appraised deals"),
                panels or (Text(_("No deal awaits a decision. Deals come here when they are appraised.")),),
                anchor="deals",
            ),
        ),
    )
    return show(request, "page.html", page, reader=reader)


def decision_panel(session: Session, reader: Reader, by: Actor, detail: DealDetail) -> Panel:
    """Return a deal with what it asks for, what its limits would leave, and the decision."""
    _ = reader.gettext
    state = detail.deal
    asked = tuple(
        Figure(
            f"{one.code} · {say(reader, INSTRUMENT_WORDS, one.kind)}",
            reader.money(one.figures.asked),
            terms_in_words(reader, one.kind, one.terms, state.currency),
        )
        for one in detail.instruments
    )
    found = may_on_deal(session, Act.APPROVE, by=by, deal=state, prepared_by=state.prepared_by)
    decision: Part = (
        stage_form(reader, detail, [Stage.APPROVED, Stage.DECLINED], come_from="approvals")
        if found.allowed
        else Text(" ".join(f"{sentence(str(reason))}." for reason in found.reasons))
    )
    return Panel(
        heading=f"{state.code} · {state.title}",
        mark=mark(reader, STAGE_WORDS, state.stage),
        note=state.purpose,
        anchor=f"deal-{state.code}",
        parts=(
            *project_parts(session, reader, detail, inside=True),
            Facts(asked),
            limits_table(reader, detail, subject_names(session, detail.limits)),
            Text("", link=Link(f"/deals/{quote(state.code)}", _("Open the whole deal"))),
            decision,
        ),
    )
