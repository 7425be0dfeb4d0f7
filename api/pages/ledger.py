"""The ledger for the bank's people: a fund's statements, the postings of an account, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Sealed, Visitor
from api.files import statements as files
from api.files.beancount import write_beancount
from api.files.downloads import download, sheet_download
from api.files.statement_kinds import KINDS, StatementAsked, StatementKind
from api.files.statement_words import STATEMENT_WORDS
from api.pages.account_page import account_page
from api.pages.forms import see
from api.pages.journal_page import journal_page
from api.pages.ledger_asked import Asked, asked_again, read_asked, wrong_of
from api.pages.parts import Cell, Page, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.statement_page import (
    balance_sheet_page,
    cash_flow_page,
    income_page,
    trial_balance_page,
)
from domain.authority import Act, permit
from domain.desk import currencies, funds, periods, statements
from domain.desk.export import export_ledger
from domain.desk.funds import FundRow
from domain.desk.refusals import SealBeyondHead
from domain.desk.statements import FundStatement
from domain.errors import InputRefused

router = APIRouter(include_in_schema=False)
POSTINGS_PER_PAGE = 50
ENTRIES_PER_PAGE = 25


@router.get("/ledger")
def choose(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Show the funds and their statements."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", _choice(session, reader), reader=reader)


PAGES: dict[str, Callable[[Reader, FundStatement[Any]], Page]] = {
    "balance-sheet": balance_sheet_page,
    "income": income_page,
    "cash-flow": cash_flow_page,
    "trial-balance": trial_balance_page,
}
"""The page of each statement."""


def _add(kind: StatementKind) -> None:
    """Add the page of a statement; without its days in the address it leads to the address that names them."""

    def statement(request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str) -> Response:
        permit(Act.READ_BOOK, by=visitor.actor)
        reader, fund, typed = reader_of(request), funds.fund_by_code(session, code), request.query_params
        try:
            asked = read_asked(reader, typed)
            if asked.as_of is None or (kind.span and asked.first is None):
                return _named(fund, kind.name, asked, span=kind.span)
            found = kind.drawn(
                session, code, StatementAsked(asked.as_of, asked.first, asked.seal, asked.by, asked.compare)
            )
        except (InputRefused, SealBeyondHead) as refusal:
            wrong = asked_again(
                reader, fund, kind.name, typed, wrong_of(refusal), span=kind.span, by=kind.by, compare=kind.compare
            )
            return show(request, "page.html", wrong, status=422, reader=reader)
        if asked.form:
            return sheet_download(kind.sheet(found), name=files.file_name(found.head, kind.name), kind=asked.form)
        return show(request, "page.html", PAGES[kind.name](reader, found), reader=reader)

    router.add_api_route(f"/ledger/{{code}}/{kind.name}", statement, methods=["GET"])


for _kind in KINDS.values():
    _add(_kind)


@router.get("/ledger/{code}/beancount")
def beancount(request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str) -> Response:
    """Give a fund's whole ledger as text for beancount."""
    permit(Act.READ_BOOK, by=visitor.actor)
    asked = read_asked(reader_of(request), request.query_params)
    export = export_ledger(session, fund_code=code, as_of=asked.as_of, seal=asked.seal)
    name = f"{export.fund}-{export.as_of}-seal-{export.seal}"
    return download(lambda out: write_beancount(export, out), name=name, kind="beancount")


@router.get("/ledger/{code}/journal")
def journal(request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str) -> Response:
    """Show a span's entries in the order of their booking, a page at a time."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader, fund, typed = reader_of(request), funds.fund_by_code(session, code), request.query_params
    try:
        asked = read_asked(reader, typed)
        if asked.as_of is None or asked.first is None:
            return _named(fund, "journal", asked, span=True)
        days: dict[str, Any] = {"fund_code": code, "first": asked.first, "as_of": asked.as_of, "seal": asked.seal}
        if asked.form:
            whole = statements.whole_journal(session, **days)
            return sheet_download(
                files.journal_sheet(whole), name=files.file_name(whole.head, "journal"), kind=asked.form
            )
        found = statements.journal(session, **days, after=asked.after, limit=ENTRIES_PER_PAGE)
    except (InputRefused, SealBeyondHead) as refusal:
        page = asked_again(reader, fund, "journal", typed, wrong_of(refusal), span=True, by=False)
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", journal_page(reader, found), reader=reader)


@router.get("/ledger/{code}/accounts/{account}")
def account(
    request: Request, visitor: Visitor, _sealed: Sealed, session: PageTransaction, code: str, account: str
) -> Response:
    """Show an account's postings with the balance after each, a page at a time."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader, fund = reader_of(request), funds.fund_by_code(session, code)
    place, typed = f"accounts/{quote(account)}", request.query_params
    try:
        asked = read_asked(reader, typed)
        if asked.as_of is None:
            return _named(fund, place, asked, span=False)
        if asked.form:
            whole = statements.whole_account(
                session, fund_code=code, code=account, currency=asked.currency, first=asked.first, as_of=asked.as_of,
                seal=asked.seal, by=asked.by, flow=asked.flow, instrument=asked.instrument,
            )  # fmt: skip
            name = files.account_file_name(whole, asked.flow)
            return sheet_download(files.account_sheet(whole), name=name, kind=asked.form)
        found = statements.account_statement(
            session, fund_code=code, code=account, currency=asked.currency, first=asked.first, as_of=asked.as_of,
            seal=asked.seal, by=asked.by, flow=asked.flow, instrument=asked.instrument, after=asked.after,
            limit=POSTINGS_PER_PAGE,
        )  # fmt: skip
    except (InputRefused, SealBeyondHead) as refusal:
        page = asked_again(reader, fund, place, typed, wrong_of(refusal), span=True, by="flow" not in typed)
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", account_page(reader, found), reader=reader)


def _named(fund: FundRow, place: str, asked: Asked, *, span: bool) -> Response:
    """Lead to the address that names its days; a seal stands in it only where somebody asked for one."""
    day = asked.as_of or fund.business_day
    first = asked.first or (day.replace(month=1, day=1) if span else None)
    said = {
        "currency": asked.currency, "instrument": asked.instrument, "from": first, "flow": asked.flow, "as_of": day,
        "compare": asked.compare, "seal": asked.seal,
        "by": asked.by if asked.by != "booked_on" else None, "format": asked.form,
    }  # fmt: skip
    query = urlencode({name: value for name, value in said.items() if value is not None})
    return see(f"/ledger/{quote(fund.code)}/{place}?{query}")


def _choice(session: Session, reader: Reader) -> Page:
    every = funds.funds(session)
    closed = {fund.code: periods.periods(session, fund_code=fund.code).closed_to for fund in every}
    others = {fund.code: currencies.opened(session, fund_code=fund.code) for fund in every}
    return funds_page(reader, every, closed, others)


def funds_page(
    reader: Reader,
    every: tuple[FundRow, ...],
    closed: Mapping[str, date | None],
    others: Mapping[str, tuple[str, ...]],
) -> Page:
    """Return the choice of funds and statements.

    ``closed`` is up to which day each fund's book is closed, ``others`` which currencies it keeps beside its own.
    """
    _ = reader.gettext
    rows = [
        line(
            Cell(fund.name, note=fund.code),
            *(Cell(_(words), f"/ledger/{quote(fund.code)}/{place}") for place, words in STATEMENT_WORDS.items()),
            Cell(_closed_words(reader, closed.get(fund.code)), f"/ledger/{quote(fund.code)}/periods"),
            Cell(", ".join((fund.currency, *others.get(fund.code, ()))), f"/ledger/{quote(fund.code)}/currencies"),
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


def _closed_words(reader: Reader, day: date | None) -> str:
    _ = reader.gettext
    return _("closed up to {day}").format(day=reader.day(day)) if day else _("nothing closed")
