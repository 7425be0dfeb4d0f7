"""The list of deals."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import PageTransaction, Visitor
from api.pages.parts import Button, Cell, Choice, Field, Form, Link, Page, Part, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.words import STAGE_WORDS, mark
from domain.authority import INSIDE
from domain.deals import Stage
from domain.desk import deals, funds

DEALS_PER_PAGE = 50
UNSIGNED_STAGES = (Stage.PROPOSED, Stage.APPRAISED, Stage.APPROVED, Stage.DECLINED, Stage.WITHDRAWN)
router = APIRouter(include_in_schema=False)


@router.get("/deals")
def deal_list(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    fund: Annotated[str, Query(max_length=100)] = "",
    stage: Annotated[str, Query(max_length=40)] = "",
    search: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show deals by code, filtered; an investee sees its own."""
    reader = reader_of(request)
    chosen = Stage(stage) if stage in set(Stage) else None
    search = search.replace("\x00", "")
    found = deals.deal_list(
        session,
        fund_code=fund or None,
        stage=chosen,
        search=search or None,
        after=after or None,
        limit=DEALS_PER_PAGE + 1,
    )
    names = {one.code: one.name for one in funds.funds(session)}
    if visitor.actor.role not in INSIDE:
        own = {one.fund for one in deals.deal_list(session, limit=deals.DEALS_PER_PAGE_MAX)}
        names = {code: name for code, name in names.items() if code in own}
    asked = {"fund": fund, "stage": chosen or "", "search": search}
    page = list_page(reader, found, asked=asked, funds=names)
    return show(request, "page.html", page, reader=reader)


def list_page(
    reader: Reader, found: tuple[deals.DealLine, ...], *, asked: dict[str, str], funds: dict[str, str]
) -> Page:
    """Return the list with its filter."""
    _ = reader.gettext
    shown = found[:DEALS_PER_PAGE]
    rows = [
        line(
            Cell(one.code, f"/deals/{quote(one.code)}", note=one.title),
            Cell(one.investee),
            Cell(one.fund_name, note=one.committed.currency),
            Cell(mark=mark(reader, STAGE_WORDS, one.stage)),
            _committed(reader, one),
            reader.figure(one.drawn),
            reader.figure(one.outstanding),
        )
        for one in shown
    ]
    columns = (_("Deal"), _("Investee"), _("Fund"), _("Stage"), _("Committed"), _("Drawn"), _("Outstanding"))
    parts: list[Part] = [
        _filter(reader, asked, funds),
        table(
            _("Deals by code"),
            columns,
            rows,
            figures=(4, 5, 6),
            empty=_("No deal fits. Choose another stage or fund, or search for less."),
            quiet_caption=True,
        ),
    ]
    if len(found) > DEALS_PER_PAGE:
        query = urlencode({**{name: value for name, value in asked.items() if value}, "after": shown[-1].code})
        parts.append(Text("", link=Link(f"/deals?{query}", _("The next %s deals") % DEALS_PER_PAGE)))
    return Page(_("Deals"), parts=tuple(parts))


def _committed(reader: Reader, one: deals.DealLine) -> Cell:
    """Return what is committed; of a deal that nobody signed, what was asked for stands below it."""
    note = reader.gettext("asked for %s") % reader.figure(one.asked) if not one.committed.minor else ""
    return Cell(reader.figure(one.committed), note=note if one.stage in UNSIGNED_STAGES else "")


def _filter(reader: Reader, asked: dict[str, str], funds: dict[str, str]) -> Form:
    _ = reader.gettext
    stages = [Choice("", _("every stage"), chosen=not asked["stage"])]
    stages += [Choice(stage, _(STAGE_WORDS[stage][0]), chosen=stage == asked["stage"]) for stage in Stage]
    of_funds = [Choice("", _("every fund"), chosen=not asked["fund"])]
    of_funds += [Choice(code, name, chosen=code == asked["fund"]) for code, name in funds.items()]
    pick_fund = Field("fund", _("Fund"), kind="choice", choices=tuple(of_funds))
    return Form(
        action="/deals",
        csrf_token="",
        method="get",
        legend=_("Filter"),
        fields=(
            Field("search", _("Search"), value=asked["search"], kind="search"),
            Field("stage", _("Stage"), kind="choice", choices=tuple(stages)),
            *((pick_fund,) if len(funds) > 1 else ()),
        ),
        buttons=(Button(_("Show"), quiet=True),),
    )
