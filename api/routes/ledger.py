"""The ledger: entries, reversals, balances and seals."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.deps import DoneOnce, Inside, NightTransaction, Page, SignedIn, Transaction
from api.schemas.common import PROBLEMS, Code, Listed, MoneyAnswer, listed
from api.schemas.ledger import (
    EntryAnswer,
    EntryMade,
    PostingAnswer,
    ReversalAsked,
    VerificationAnswer,
)
from domain.authority import Act, permit
from domain.desk import ledger, verification
from domain.desk.verification import PaperHead
from domain.errors import NotFound
from domain.money import Money

router = APIRouter(tags=["ledger"], responses=PROBLEMS)
EntryId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def entry_answer(row: Mapping[str, Any]) -> EntryAnswer:
    """Shape an entry and its postings."""
    postings = [
        PostingAnswer(
            account=line["account"],
            money=MoneyAnswer.model_validate(Money(line["minor"], line["currency"])),
            instrument_id=line["instrument_id"],
        )
        for line in row["postings"] or ()
    ]
    return EntryAnswer(**{**row, "postings": postings})


@router.get("/entries")
def entries(_actor: Inside, session: Transaction, page: Page, fund: Code | None = None) -> Listed[EntryAnswer]:
    """Give entries, newest first."""
    found = ledger.entries(session, fund_code=fund, after=page.number, limit=page.limit + 1)
    return listed(EntryAnswer, [entry_answer(row) for row in found], limit=page.limit, cursor="id")


@router.get("/entries/{entry_id}")
def entry(_actor: Inside, session: Transaction, entry_id: EntryId) -> EntryAnswer:
    """Give one entry."""
    for row in ledger.entries(session, after=entry_id + 1, limit=1):
        if row["id"] == entry_id:
            return entry_answer(row)
    raise NotFound("entry", entry_id)


@router.post("/entries/{entry_id}/reversal", status_code=HTTPStatus.CREATED, response_model=EntryMade)
def reverse(
    actor: SignedIn, session: Transaction, once: DoneOnce, entry_id: EntryId, asked: ReversalAsked
) -> JSONResponse:
    """Take an entry back: append its mirror image."""
    return once.answer(
        lambda: EntryMade(
            entry_id=ledger.reverse(
                session, entry_id=entry_id, booked_on=asked.booked_on, reason=asked.reason, by=actor, key=once.key
            )
        )
    )


@router.get("/seals/head")
def heads(_actor: Inside, session: Transaction) -> dict[str, str]:
    """Give the head of each chain by fund: what a board keeps on paper."""
    return ledger.heads(session)


@router.post("/seals", status_code=HTTPStatus.CREATED)
def seal(actor: SignedIn, session: NightTransaction) -> dict[str, int]:
    """Seal what can be sealed now, and tell how many facts that were."""
    permit(Act.CLOSE_DAY, by=actor)
    return {"sealed": ledger.seal_facts(session)}


@router.get("/verification")
def verify(
    actor: SignedIn, session: NightTransaction, against: Annotated[str | None, Query(max_length=200)] = None
) -> VerificationAnswer:
    """Recompute the book from its rows, and name the first fact that does not fit.

    ``against`` is an older head as it was printed (FUND:NUMBER:HEAD, or the hash alone): is it a link of the chain?
    """
    permit(Act.VERIFY, by=actor)
    paper = PaperHead.parse(against) if against is not None else None
    return VerificationAnswer.model_validate(verification.verify(session, against=paper))
