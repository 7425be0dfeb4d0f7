"""A fund's statements: as JSON, and as files for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import Inside, Page, Sealed, Transaction
from api.files import statements as files
from api.files.beancount import write_beancount
from api.files.downloads import MEDIA_TYPES, download, sheet_download
from api.files.statement_kinds import KINDS, StatementAsked, StatementKind
from api.routes.promises import Seal
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.statements import (
    AccountStatementAnswer,
    JournalAnswer,
    StatementAnswer,
    account_answered,
    journal_answered,
)
from domain.cash_flow import FlowName
from domain.desk import funds, statements
from domain.desk.export import export_ledger
from domain.desk.statements import ByDay

FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPES["csv"].partition(";")[0]: {}, MEDIA_TYPES["xlsx"]: {}}}
}
router = APIRouter(tags=["statements"], responses=PROBLEMS)
AnswerFormat = Annotated[Literal["json", "csv", "xlsx"], Query(description="csv and xlsx are downloads")]
First = Annotated[Day | None, Query(alias="from", description="The span's first day")]
AsOf = Annotated[Day | None, Query(description="The last day; left out: the fund's business day")]
Compare = Annotated[Day | None, Query(description="The last day of what stands beside it; left out: a year earlier")]
Asking = dict[str, Any]
"""What was asked, by the names of ``StatementAsked``."""


def last_day(session: Session, code: str, as_of: date | None) -> date:
    """Return the day that was asked for, or the fund's business day. Refused: an unknown fund."""
    return as_of or funds.fund_by_code(session, code).business_day


def _of_a_day(as_of: AsOf = None, seal: Seal = None, compare: Compare = None) -> Asking:
    return {"as_of": as_of, "seal": seal, "compare": compare}


def _of_a_span(first: First = None, as_of: AsOf = None, seal: Seal = None) -> Asking:
    return {"first": first, "as_of": as_of, "seal": seal}


def _of_two_spans(first: First = None, as_of: AsOf = None, seal: Seal = None, compare: Compare = None) -> Asking:
    return {"first": first, "as_of": as_of, "seal": seal, "compare": compare}


def _by_either_day(first: First = None, as_of: AsOf = None, seal: Seal = None, by: ByDay = "booked_on") -> Asking:
    return {"first": first, "as_of": as_of, "seal": seal, "by": by}


ASKING: dict[str, Callable[..., Asking]] = {
    "balance-sheet": _of_a_day,
    "income": _of_two_spans,
    "cash-flow": _of_a_span,
    "trial-balance": _by_either_day,
}
"""What each statement can be asked in its address; without ``from`` a span begins with its last day's year."""


def _add(kind: StatementKind) -> None:
    """Add the door of a statement."""

    def statement(
        _actor: Inside,
        _sealed: Sealed,
        session: Transaction,
        code: Code,
        asking: Asking = Depends(ASKING[kind.name]),  # as an annotation it would be read where ``kind`` is not known
        format: AnswerFormat = "json",
    ) -> StatementAnswer | Response:
        asked = StatementAsked(**{**asking, "as_of": last_day(session, code, asking["as_of"])})
        found = kind.drawn(session, code, asked)
        if format == "json":
            return kind.answered(found)
        return sheet_download(kind.sheet(found), name=files.file_name(found.head, kind.name), kind=format)

    router.add_api_route(
        f"/funds/{{code}}/statements/{kind.name}", statement, methods=["GET"], name=kind.name.replace("-", "_"),
        description=kind.told, response_model=kind.answer, responses=FORMS,
    )  # fmt: skip


for _kind in KINDS.values():
    _add(_kind)


@router.get("/funds/{code}/statements/journal", response_model=JournalAnswer, responses=FORMS)
def journal(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    page: Page,
    code: Code,
    first: First = None,
    as_of: AsOf = None,
    seal: Seal = None,
    format: AnswerFormat = "json",
) -> JournalAnswer | Response:
    """Give a span's entries in the order of their booking; a download has all of them, JSON a page."""
    day = last_day(session, code, as_of)
    if format == "json":
        found = statements.journal(
            session, fund_code=code, first=first, as_of=day, seal=seal, after=page.after, limit=page.limit
        )
        return journal_answered(files.flat(found))
    whole = statements.whole_journal(session, fund_code=code, first=first, as_of=day, seal=seal)
    return sheet_download(files.journal_sheet(whole), name=files.file_name(whole.head, "journal"), kind=format)


@router.get("/funds/{code}/accounts/{account}/statement", response_model=AccountStatementAnswer, responses=FORMS)
def account_statement(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    page: Page,
    code: Code,
    account: Annotated[Code, Path()],
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$", description="Left out: the fund's own")] = None,
    first: First = None,
    as_of: Day | None = None,
    seal: Seal = None,
    by: ByDay = "booked_on",
    flow: Annotated[FlowName | None, Query(description="A line of the cash flow, for the account cash")] = None,
    instrument: Annotated[
        Code | None, Query(description="Its postings only; of the account all: its own statement")
    ] = None,
    format: AnswerFormat = "json",
) -> AccountStatementAnswer | Response:
    """Give an account's postings with the balance after each; a download has all of them, JSON a page.

    With an instrument only its own; of the account ``all`` everything that tells what the instrument stands at.
    """
    day = last_day(session, code, as_of)
    if format == "json":
        found = statements.account_statement(
            session, fund_code=code, code=account, currency=currency, first=first, as_of=day, seal=seal, by=by,
            flow=flow, instrument=instrument, after=page.after, limit=page.limit,
        )  # fmt: skip
        return account_answered(files.flat(found))
    whole = statements.whole_account(
        session,
        fund_code=code,
        code=account,
        currency=currency,
        first=first,
        as_of=day,
        seal=seal,
        by=by,
        flow=flow,
        instrument=instrument,
    )
    name = files.account_file_name(whole, flow)
    return sheet_download(files.account_sheet(whole), name=name, kind=format)


@router.get(
    "/funds/{code}/export/beancount",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "A text that bean-check reads"}},
)
def beancount(
    _actor: Inside, _sealed: Sealed, session: Transaction, code: Code, as_of: Day | None = None, seal: Seal = None
) -> Response:
    """Give a fund's whole ledger as text for beancount, which adds it up again; without a day, all of it."""
    export = export_ledger(session, fund_code=code, as_of=as_of, seal=seal)
    name = f"{export.fund}-{export.as_of}-seal-{export.seal}"
    return download(lambda out: write_beancount(export, out), name=name, kind="beancount")
