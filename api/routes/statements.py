"""A fund's statements: as JSON, and as files for a spreadsheet."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import Inside, Page, Sealed, Transaction
from api.files import statements as files
from api.files.beancount import write_beancount
from api.files.downloads import MEDIA_TYPES, download, sheet_download
from api.routes.promises import Seal
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.statements import (
    AccountBalancesAnswer,
    AccountStatementAnswer,
    BalanceSheetAnswer,
    CashFlowAnswer,
    IncomeAnswer,
    account_answered,
    answered,
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


def last_day(session: Session, code: str, as_of: date | None) -> date:
    """Return the day that was asked for, or the fund's business day. Refused: an unknown fund."""
    return as_of or funds.fund_by_code(session, code).business_day


@router.get("/funds/{code}/statements/trial-balance", response_model=AccountBalancesAnswer, responses=FORMS)
def trial_balance(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    as_of: Day | None = None,
    seal: Seal = None,
    by: ByDay = "booked_on",
    format: AnswerFormat = "json",
) -> AccountBalancesAnswer | Response:
    """Give every account of a fund as a debit or a credit, as known at a seal."""
    day = last_day(session, code, as_of)
    found = statements.trial_balance(session, fund_code=code, as_of=day, seal=seal, by=by)
    if format == "json":
        return answered(AccountBalancesAnswer, files.flat(found))
    name = files.file_name(found.head, "trial-balance")
    return sheet_download(files.trial_balance_sheet(found), name=name, kind=format)


@router.get("/funds/{code}/statements/balance-sheet", response_model=BalanceSheetAnswer, responses=FORMS)
def balance_sheet(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    as_of: Day | None = None,
    seal: Seal = None,
    format: AnswerFormat = "json",
) -> BalanceSheetAnswer | Response:
    """Give assets against liabilities and capital on a day, as known at a seal."""
    found = statements.balance_sheet(session, fund_code=code, as_of=last_day(session, code, as_of), seal=seal)
    if format == "json":
        return answered(BalanceSheetAnswer, files.flat(found))
    name = files.file_name(found.head, "balance-sheet")
    return sheet_download(files.balance_sheet_sheet(found), name=name, kind=format)


@router.get("/funds/{code}/statements/income", response_model=IncomeAnswer, responses=FORMS)
def income(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    first: First = None,
    as_of: Day | None = None,
    seal: Seal = None,
    format: AnswerFormat = "json",
) -> IncomeAnswer | Response:
    """Give what a span of days earned and cost; without ``from`` it begins with the year."""
    day = last_day(session, code, as_of)
    found = statements.income(session, fund_code=code, first=first, as_of=day, seal=seal)
    if format == "json":
        return answered(IncomeAnswer, files.flat(found))
    return sheet_download(files.income_sheet(found), name=files.file_name(found.head, "income"), kind=format)


@router.get("/funds/{code}/statements/cash-flow", response_model=CashFlowAnswer, responses=FORMS)
def cash_flow(
    _actor: Inside,
    _sealed: Sealed,
    session: Transaction,
    code: Code,
    first: First = None,
    as_of: Day | None = None,
    seal: Seal = None,
    format: AnswerFormat = "json",
) -> CashFlowAnswer | Response:
    """Give what brought cash in and what it went for; without ``from`` the span begins with the year."""
    day = last_day(session, code, as_of)
    found = statements.cash_flow(session, fund_code=code, first=first, as_of=day, seal=seal)
    if format == "json":
        return answered(CashFlowAnswer, files.flat(found))
    return sheet_download(files.cash_flow_sheet(found), name=files.file_name(found.head, "cash-flow"), kind=format)


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
    format: AnswerFormat = "json",
) -> AccountStatementAnswer | Response:
    """Give an account's postings with the balance after each; a download has all of them, JSON a page."""
    day = last_day(session, code, as_of)
    if format == "json":
        found = statements.account_statement(
            session, fund_code=code, code=account, currency=currency, first=first, as_of=day, seal=seal, by=by,
            flow=flow, after=page.after, limit=page.limit,
        )  # fmt: skip
        return account_answered(files.flat(found))
    whole = statements.whole_account(
        session, fund_code=code, code=account, currency=currency, first=first, as_of=day, seal=seal, by=by, flow=flow
    )
    name = files.file_name(whole.head, flow.value.replace("_", "-") if flow else account)
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
