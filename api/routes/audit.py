"""The audit: who did what to what, from where, and what it was before and after; for auditors and stewards."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.deps import Page, SignedIn, Transaction
from api.files.acts import acts_sheet
from api.files.downloads import SheetFormat, sheet_download
from api.schemas.common import PROBLEMS, Code, Day, Listed, Words, listed
from api.schemas.ledger import ActAnswer
from domain.desk import audit
from domain.desk.audit import ActsAsked

router = APIRouter(tags=["audit"], responses=PROBLEMS)


def acts_asked(
    act: Words | None = None,
    outcome: Literal["done", "refused"] | None = None,
    person: UUID | None = None,
    subject_kind: Words | None = None,
    subject: Words | None = None,
    fund: Code | None = None,
    first_day: Day | None = None,
    last_day: Day | None = None,
    request: Words | None = None,
    door: Literal["page", "api", "command", "worker"] | None = None,
    address: Words | None = None,
) -> ActsAsked:
    """Return which acts are asked for."""
    return ActsAsked(act, outcome, person, subject_kind, subject, fund, first_day, last_day, request, door, address)


Asked = Annotated[ActsAsked, Depends(acts_asked)]


@router.get("/audit")
def acts(actor: SignedIn, session: Transaction, page: Page, asked: Asked) -> Listed[ActAnswer]:
    """Give the audit, newest first: for auditors and stewards."""
    found = audit.acts(session, by=actor, asked=asked, after=page.number, limit=page.limit + 1)
    return listed(ActAnswer, found, limit=page.limit, cursor="id")


@router.get("/audit/files/{kind}", response_class=Response)
def acts_file(actor: SignedIn, session: Transaction, kind: SheetFormat, asked: Asked) -> Response:
    """Give the audit as a file for a spreadsheet, newest first; that it was taken out is an act of its own."""
    return sheet_download(acts_sheet(audit.exported(session, by=actor, asked=asked)), name="audit", kind=kind)
