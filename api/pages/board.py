"""The board's pages: which fund, and its impact report. Day and seal stand in the address, so a link never drifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import PageTransaction, Sealed, Visitor
from api.pages import impact_page
from api.pages.forms import see
from api.pages.parts import Cell, Page, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import waiting_notice
from domain.authority import Act, permit
from domain.desk import funds, impact, ledger, missions
from domain.desk.funds import FundRow

router = APIRouter(include_in_schema=False)


@router.get("/board")
def choose(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Show the funds to choose from."""
    permit(Act.PULL_REPORT, by=visitor.actor)
    reader = reader_of(request)
    every = funds.funds(session)
    named = {fund.code: [] for fund in every}  # type: dict[str, list[str]]
    for challenge in missions.mission_map(session):
        for mission in challenge.missions:
            for code in mission.funds:
                named.setdefault(code, []).append(mission.name)
    page = funds_page(reader, every, named)
    page = replace(page, parts=(*waiting_notice(session, reader, visitor.actor), *page.parts))
    return show(request, "page.html", page, reader=reader)


@router.get("/board/{code}/report")
def report(
    request: Request,
    visitor: Visitor,
    _sealed: Sealed,
    session: PageTransaction,
    code: str,
    as_of: date | None = None,
    seal: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Show a fund's impact report; without a day or a seal, lead to the address that names both."""
    permit(Act.PULL_REPORT, by=visitor.actor)
    reader = reader_of(request)
    fund = funds.fund_by_code(session, code)
    if as_of is None or seal is None:
        number = ledger.known_at(session, fund_id=fund.fund_id, seal=None).number if seal is None else seal
        return see(f"/board/{quote(code)}/report?as_of={as_of or fund.business_day}&seal={number}")
    found = impact.impact_report(session, fund_code=code, as_of=as_of, seal=seal)
    head = ledger.known_at(session, fund_id=fund.fund_id, seal=None).number
    page = impact_page.report_page(reader, found, head=head)
    return show(request, "page.html", page, reader=reader)


def funds_page(reader: Reader, every: tuple[FundRow, ...], named: dict[str, list[str]]) -> Page:
    """Return the choice of funds."""
    _ = reader.gettext
    rows = [
        line(
            Cell(fund.name, f"/board/{quote(fund.code)}/report", note=fund.code),
            "; ".join(named.get(fund.code, [])) or "–",
            fund.currency,
            reader.day(fund.business_day),
        )
        for fund in every
    ]
    return Page(
        _("Impact by fund"),
        lead=_("What the money was for, whether it works, and where to get out."),
        parts=(
            table(
                _("Funds; each leads to its impact report"),
                (_("Fund"), _("Missions"), _("Currency"), _("Business day")),
                rows,
                empty=_("There is no fund yet. Load a book: missionbook load FOLDER."),
            ),
        ),
    )
