"""An entry of the ledger with its postings, and how it is taken back: by one person, or by two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, see, sentence, wrong_by
from api.pages.parts import Cell, Figure, Link, More, Page, Part, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import ask_form
from api.pages.words import ENTRY_WORDS, say
from api.refusals import TOLD_TO_THE_AUDIT
from domain.authority import Act, Actor, permit
from domain.desk import deals, funds, ledger, periods, requests
from domain.errors import InputRefused, NotFound, Problem, Refusal
from domain.money import Money
from domain.reversals import TAKES_TWO

router = APIRouter(include_in_schema=False)
REASON_MAX = 500
TAKES_ONE = frozenset({"cancellation", "conversion", "drawdown", "receipt", "royalty_due", "running_cost"})
"""Kinds of entries that one person takes back; what the night and statements book is not taken back on a page."""


@router.get("/entries/{entry_id}")
def entry(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    entry_id: Annotated[int, Path(ge=1, le=2**63 - 2)],
    new: bool = False,
) -> Response:
    """Show one entry."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    page = entry_page(session, reader, _row(session, entry_id), by=visitor.actor, new=new)
    return show(request, "page.html", page, reader=reader)


@router.post("/entries/{entry_id}/request", dependencies=FORM_GUARDS)
def ask_reversal(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    typed: Typed,
    entry_id: Annotated[int, Path(ge=1, le=2**63 - 2)],
) -> Response:
    """Ask for the reversal of an entry that takes two people; what is wrong is told on the entry's page."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        requests.ask_reversal(session, entry_id=entry_id, reason=typed.get("reason", ""), by=by)
        return "/board/approvals?done=asked"

    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=f"ask reversal {entry_id}", typed=typed, act=act))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"reason": "reason"})
        page = entry_page(session, reader, _row(session, entry_id), by=by, typed=typed, wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)


@router.post("/entries/{entry_id}/reversal", dependencies=FORM_GUARDS)
def reverse(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    typed: Typed,
    entry_id: Annotated[int, Path(ge=1, le=2**63 - 2)],
) -> Response:
    """Take an entry back that takes one person; what is wrong is told on the entry's page."""
    permit(Act.REVERSE, by=visitor.actor)
    reader, by = reader_of(request), visitor.actor

    def act(key: str) -> str:
        reason = typed.get("reason", "").strip()
        if not reason or len(reason) > REASON_MAX:
            what = reader.gettext("Say why, in up to {count} characters").format(count=reader.number(REASON_MAX))
            raise InputRefused([Problem("reason", what)], subject="the form")
        done = ledger.reverse(session, entry_id=entry_id, booked_on=None, reason=reason, by=by, key=key)
        return f"/entries/{done}?new=true"

    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=f"reversal {entry_id}", typed=typed, act=act))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"reason": "reason"})
        page = entry_page(session, reader, _row(session, entry_id), by=by, typed=typed, wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)


def _row(session: Session, entry_id: int) -> dict[str, Any]:
    for row in ledger.entries(session, after=entry_id + 1, limit=1):
        if row["id"] == entry_id:
            return row
    raise NotFound("entry", entry_id)


def entry_page(
    session: Session,
    reader: Reader,
    row: dict[str, Any],
    *,
    by: Actor,
    new: bool = False,
    typed: Mapping[str, str] | None = None,
    wrong: Wrong = RIGHT,
) -> Page:
    """Return the page of an entry; debit and credit in columns of their own."""
    _ = reader.gettext
    trail, names = [], {}
    if row["deal_id"] is not None:
        detail = deals.deal_detail(session, deal_id=row["deal_id"])
        trail = [Link(f"/deals/{quote(detail.deal.code)}", detail.deal.code)]
        names = {str(one.id): one.code for one in detail.instruments}
    rows = []
    for posting in row["postings"] or ():
        money = Money(posting["minor"], posting["currency"])
        debit, credit = (reader.figure(money), "") if money.minor >= 0 else ("", reader.figure(-money))
        rows.append(
            line(
                Cell(
                    posting["account"].replace("_", " "),
                    _account_address(row, posting),
                    note=names.get(str(posting["instrument_id"]), ""),
                ),
                posting["currency"],
                debit,
                credit,
            )
        )
    names_of_funds = {one.code: one.name for one in funds.funds(session)}
    facts = [
        Figure(_("Booked on"), reader.day(row["booked_on"])),
        Figure(_("Value day"), reader.day(row["effective_on"])),
        Figure(_("Recorded"), reader.moment(row["recorded_at"])),
        *_people(session, reader, row, by=by),
        Figure(_("Fund"), names_of_funds.get(row["fund"], row["fund"])),
        Figure(_("Seal"), reader.number(row["seal"]) if row["seal"] else _("not sealed yet")),
    ]
    return Page(
        title=_("Entry {number}: {kind}").format(number=row["id"], kind=say(reader, ENTRY_WORDS, row["kind"])),
        lead=row["reason"],
        trail=tuple(trail),
        facts=tuple(facts),
        parts=(
            *_notes(reader, row, new=new),
            table(
                _("Postings; debit and credit are equal in every currency"),
                (_("Account"), _("Currency"), _("Debit"), _("Credit")),
                rows,
                figures=(2, 3),
                empty=_("An entry without postings does not exist."),
            ),
            *_taken_back(session, reader, row, by=by, typed=typed, wrong=wrong),
        ),
    )


def _people(session: Session, reader: Reader, row: dict[str, Any], *, by: Actor) -> tuple[Figure, ...]:
    """Return who booked an entry: one person, the programme, or the two who asked for it and approved it."""
    _ = reader.gettext
    if behind := requests.request_behind(session, entry_id=row["id"], by=by):
        return (
            Figure(_("Asked for by"), behind.asker, reader.moment(behind.asked_at)),
            Figure(_("Approved by"), behind.decider, reader.moment(behind.decided_at)),
        )
    return (Figure(_("Booked by"), row["booked_by"] or _("the programme: a night, a load or an import")),)


def _notes(reader: Reader, row: dict[str, Any], *, new: bool) -> tuple[Part, ...]:
    _ = reader.gettext
    notes = [Text(_("Booked as entry %s.") % row["id"], "good")] if new else []
    for name, words in (
        ("reverses_id", _("This reverses entry %s.")),
        ("reversed_by", _("It was reversed by entry %s.")),
    ):
        if row[name]:
            notes.append(Text(words % row[name], "warn", link=Link(f"/entries/{row[name]}", _("Open it"))))
    return tuple(notes)


def _taken_back(
    session: Session, reader: Reader, row: dict[str, Any], *, by: Actor, typed: Mapping[str, str] | None, wrong: Wrong
) -> tuple[Part, ...]:
    """Return how an entry is taken back: the form that does it, or asks for it where it takes two, or why not."""
    _ = reader.gettext
    problems = tuple(Text(f"{one.words}.", "bad") for one in wrong.top)
    if row["kind"] not in TAKES_TWO | TAKES_ONE or row["reversed_by"]:
        return problems
    if waiting := requests.open_request(session, entry_id=row["id"], by=by):
        words = _("Its reversal is asked for by {person}.").format(person=waiting.asker)
        return (
            *problems,
            Text(words, "warn", link=Link(f"/board/approvals#request-{waiting.id}", _("Open it"))),
        )
    found = requests.may_ask_reversal(session, entry_id=row["id"], by=by)
    if not found.allowed:
        return (Text(" ".join(f"{sentence(str(reason))}." for reason in found.reasons)),)
    if row["kind"] in TAKES_ONE:
        return (_reversal(session, reader, row, typed=typed, wrong=wrong),)
    words, action = _("Ask for the reversal of this entry"), f"/entries/{row['id']}/request"
    return (ask_form(reader, action, words, typed=typed, wrong=wrong),)


def _reversal(
    session: Session, reader: Reader, row: dict[str, Any], *, typed: Mapping[str, str] | None, wrong: Wrong
) -> More:
    """Return the form that takes an entry back, with what that means; it is open where something was wrong in it."""
    _ = reader.gettext
    meaning = _(
        "Nothing is deleted: an entry that mirrors this one is booked on {open_day}, with the value day {value_day}."
    ).format(
        open_day=reader.day(periods.periods(session, fund_code=row["fund"]).open_day),
        value_day=reader.day(row["effective_on"]),
    )
    form = ask_form(reader, f"/entries/{row['id']}/reversal", _("Reverse this entry"), typed=typed, wrong=wrong)
    return More(_("Take this entry back"), (Text(meaning), form), open=bool(wrong.top))


def _account_address(row: dict[str, Any], posting: dict[str, Any]) -> str:
    """Return the address of a posting's account on the day of its entry."""
    day, fund, account = row["booked_on"], quote(row["fund"]), quote(posting["account"])
    return f"/ledger/{fund}/accounts/{account}?currency={posting['currency']}&from={day}&as_of={day}"
