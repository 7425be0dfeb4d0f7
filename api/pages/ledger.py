"""The ledger for the bank's people: a fund's statements, the postings of an account, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from api.deps import PageTransaction, Sealed, Visitor
from api.files import statements as files
from api.files.beancount import write_beancount
from api.files.downloads import download, sheet_download
from api.pages.account_page import account_page
from api.pages.forms import see
from api.pages.parts import Cell, Page, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.statement_page import (
    balance_sheet_page,
    cash_flow_page,
    income_page,
    trial_balance_page,
)
from api.pages.statement_words import STATEMENT_WORDS
from domain.authority import Act, permit
from domain.cash_flow import FlowName
from domain.desk import funds, ledger, statements
from domain.desk.export import export_ledger
from domain.desk.funds import FundRow
from domain.desk.statements import ByDay

router = APIRouter(include_in_schema=False)
POSTINGS_PER_PAGE = 50


def _nothing(typed: object) -> object:
    return None if typed == "" else typed


Blank = BeforeValidator(_nothing)
"""A field of a form that was left empty asks for nothing."""

PageDay = Annotated[date | None, Blank, Query()]
FirstDay = Annotated[date | None, Blank, Query(alias="from")]
PageSeal = Annotated[Annotated[int, Field(ge=0, le=2**62)] | None, Blank, Query()]
FileFormat = Annotated[Literal["csv", "xlsx"] | None, Blank, Query(alias="format")]


@router.get("/ledger")
def choose(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Show the funds and their statements."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", funds_page(reader, funds.funds(session)), reader=reader)


@router.get("/ledger/{code}/balance-sheet")
def balance_sheet(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str,
    as_of: PageDay = None, seal: PageSeal = None, form: FileFormat = None,
) -> Response:  # fmt: skip
    """Show a fund's balance sheet; without a day or a seal, lead to the address that names both."""
    permit(Act.READ_BOOK, by=visitor.actor)
    if as_of is None or seal is None:
        return _named(session, code, "balance-sheet", as_of=as_of, seal=seal)
    found = statements.balance_sheet(session, fund_code=code, as_of=as_of, seal=seal)
    if form:
        name = files.file_name(found.head, "balance-sheet")
        return sheet_download(files.balance_sheet_sheet(found), name=name, kind=form)
    reader = reader_of(request)
    return show(request, "page.html", balance_sheet_page(reader, found), reader=reader)


@router.get("/ledger/{code}/trial-balance")
def trial_balance(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str,
    as_of: PageDay = None, seal: PageSeal = None, by: ByDay = "booked_on", form: FileFormat = None,
) -> Response:  # fmt: skip
    """Show a fund's trial balance, by booking or by value day."""
    permit(Act.READ_BOOK, by=visitor.actor)
    if as_of is None or seal is None:
        return _named(session, code, "trial-balance", as_of=as_of, seal=seal, by=by)
    found = statements.trial_balance(session, fund_code=code, as_of=as_of, seal=seal, by=by)
    if form:
        name = files.file_name(found.head, "trial-balance")
        return sheet_download(files.trial_balance_sheet(found), name=name, kind=form)
    reader = reader_of(request)
    return show(request, "page.html", trial_balance_page(reader, found), reader=reader)


@router.get("/ledger/{code}/income")
def income(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str,
    first: FirstDay = None, as_of: PageDay = None, seal: PageSeal = None, form: FileFormat = None,
) -> Response:  # fmt: skip
    """Show what a span of days earned and cost."""
    permit(Act.READ_BOOK, by=visitor.actor)
    if as_of is None or seal is None or first is None:
        return _named(session, code, "income", as_of=as_of, seal=seal, first=first, span=True)
    found = statements.income(session, fund_code=code, first=first, as_of=as_of, seal=seal)
    if form:
        return sheet_download(files.income_sheet(found), name=files.file_name(found.head, "income"), kind=form)
    reader = reader_of(request)
    return show(request, "page.html", income_page(reader, found), reader=reader)


@router.get("/ledger/{code}/cash-flow")
def cash_flow(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str,
    first: FirstDay = None, as_of: PageDay = None, seal: PageSeal = None, form: FileFormat = None,
) -> Response:  # fmt: skip
    """Show what brought cash in and what it went for."""
    permit(Act.READ_BOOK, by=visitor.actor)
    if as_of is None or seal is None or first is None:
        return _named(session, code, "cash-flow", as_of=as_of, seal=seal, first=first, span=True)
    found = statements.cash_flow(session, fund_code=code, first=first, as_of=as_of, seal=seal)
    if form:
        return sheet_download(files.cash_flow_sheet(found), name=files.file_name(found.head, "cash-flow"), kind=form)
    reader = reader_of(request)
    return show(request, "page.html", cash_flow_page(reader, found), reader=reader)


@router.get("/ledger/{code}/beancount")
def beancount(
    visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str,
    as_of: PageDay = None, seal: PageSeal = None,
) -> Response:  # fmt: skip
    """Give a fund's whole ledger as text for beancount."""
    permit(Act.READ_BOOK, by=visitor.actor)
    export = export_ledger(session, fund_code=code, as_of=as_of, seal=seal)
    name = f"{export.fund}-{export.as_of}-seal-{export.seal}"
    return download(lambda out: write_beancount(export, out), name=name, kind="beancount")


@router.get("/ledger/{code}/accounts/{account}")
def account(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str, account: str,
    currency: Annotated[Annotated[str, Field(max_length=3)] | None, Blank, Query()] = None,
    first: FirstDay = None, as_of: PageDay = None, seal: PageSeal = None, by: ByDay = "booked_on",
    flow: Annotated[FlowName | None, Blank, Query()] = None,
    after: Annotated[Annotated[str, Field(max_length=100)] | None, Blank, Query()] = None, form: FileFormat = None,
) -> Response:  # fmt: skip
    """Show an account's postings with the balance after each, a page at a time."""
    permit(Act.READ_BOOK, by=visitor.actor)
    if as_of is None or seal is None:
        more = {"currency": currency, "from": first, "flow": flow}
        return _named(session, code, f"accounts/{quote(account)}", as_of=as_of, seal=seal, by=by, more=more)
    if form:
        whole = statements.whole_account(
            session, fund_code=code, code=account, currency=currency, first=first, as_of=as_of, seal=seal, by=by,
            flow=flow,
        )  # fmt: skip
        name = files.file_name(whole.head, flow.value.replace("_", "-") if flow else account)
        return sheet_download(files.account_sheet(whole), name=name, kind=form)
    found = statements.account_statement(
        session, fund_code=code, code=account, currency=currency, first=first, as_of=as_of, seal=seal, by=by,
        flow=flow, after=after, limit=POSTINGS_PER_PAGE,
    )  # fmt: skip
    reader = reader_of(request)
    return show(request, "page.html", account_page(reader, found), reader=reader)


def _named(
    session: Session,
    code: str,
    place: str,
    *,
    as_of: date | None,
    seal: int | None,
    by: ByDay = "booked_on",
    first: date | None = None,
    span: bool = False,
    more: Mapping[str, object] | None = None,
) -> Response:
    """Lead to the address that names day and seal, so that it can be kept and shows the same for ever."""
    fund = funds.fund_by_code(session, code)
    assert fund.id is not None, "a fund that was read has its id"
    day = as_of or fund.business_day
    said: dict[str, object] = {"from": first or day.replace(month=1, day=1)} if span else {}
    said |= {name: value for name, value in (more or {}).items() if value}
    said |= {"as_of": day, "seal": ledger.known_at(session, fund_id=fund.id, seal=seal).number}
    said |= {"by": by} if by != "booked_on" else {}
    return see(f"/ledger/{quote(code)}/{place}?{urlencode(said)}")


def funds_page(reader: Reader, every: tuple[FundRow, ...]) -> Page:
    """Return the choice of funds and statements."""
    _ = reader.gettext
    rows = [
        line(
            Cell(fund.name, note=fund.code),
            *(Cell(_(words), f"/ledger/{quote(fund.code)}/{place}") for place, words in STATEMENT_WORDS.items()),
            Cell(_("Periods"), f"/ledger/{quote(fund.code)}/periods"),
            Cell(fund.currency, f"/ledger/{quote(fund.code)}/currencies"),
            reader.day(fund.business_day),
        )
        for fund in every
    ]
    return Page(
        _("Ledger"),
        lead=_("What each fund's accounts add up to, as of any day and as known at any seal."),
        parts=(
            table(
                _("Funds and their statements"),
                (
                    _("Fund"),
                    *(_(words) for words in STATEMENT_WORDS.values()),
                    _("Periods"),
                    _("Currencies"),
                    _("Business day"),
                ),
                rows,
                empty=_("There is no fund yet. Load a book: missionbook load FOLDER."),
            ),
        ),
    )
