"""What two people do: asking for a reversal or a payout, and deciding what somebody else asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.deal_parts import deal_link
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, see, sentence, wrong_by
from api.pages.parts import (
    Button,
    Cell,
    Facts,
    Field,
    Figure,
    Form,
    Link,
    Mark,
    Page,
    Panel,
    Part,
    Row,
    Text,
    line,
    table,
)
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.words import ENTRY_WORDS, say
from api.refusals import TOLD_TO_THE_AUDIT
from domain.authority import Actor
from domain.desk import edits, requests
from domain.desk.requests import RequestLine
from domain.errors import InputRefused, Problem, Refusal
from domain.requests import Decision, RequestKind

APPROVE, REFUSE, WITHDRAW = "approve", "refuse", "withdraw"
SHOWN_MAX = 100
DECIDED_SHOWN = 25
router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/requests")
def decided(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """Show what became of requests, newest first."""
    found = requests.decided(session, by=visitor.actor, after=after, limit=DECIDED_SHOWN + 1)
    reader = reader_of(request)
    return show(request, "page.html", decided_page(reader, found), reader=reader)


def decided_page(reader: Reader, found: tuple[RequestLine, ...]) -> Page:
    """Return the requests that are decided, with the two people of each."""
    _ = reader.gettext
    shown = found[:DECIDED_SHOWN]
    rows = [_decided_row(reader, one) for one in shown]
    columns = (_("Request"), _("Amount"), _("Asked by"), _("What became of it"), _("Entry"))
    parts: list[Part] = [
        table(_("Decided requests, newest first"), columns, rows, figures=(1,), empty=_("Nothing is decided yet."))
    ]
    if len(found) > DECIDED_SHOWN:
        parts.append(Text("", link=Link(f"/requests?after={shown[-1].id}", _("Older requests"))))
    trail = (Link("/board/approvals", _("Approvals")),)
    return Page(
        _("Decided requests"),
        trail=trail,
        lead=_("What one person asked for, and what somebody else made of it."),
        parts=tuple(parts),
    )


def _decided_row(reader: Reader, one: RequestLine) -> Row:
    _ = reader.gettext
    states = {
        Decision.APPROVED: Mark(_("Approved"), "good"),
        Decision.REFUSED: Mark(_("Refused"), "bad"),
        Decision.WITHDRAWN: Mark(_("Withdrawn")),
    }
    decided = " · ".join(said for said in (one.decider, reader.moment(one.decided_at), one.answer) if said)
    return line(
        Cell(_what(reader, one), note=f"{one.deal or one.fund} · {one.reason}"),
        reader.money(one.amount),
        Cell(one.asker, note=reader.moment(one.asked_at)),
        Cell(mark=states[one.decision] if one.decision else None, note=decided),
        Cell(str(one.made_entry_id), href=f"/entries/{one.made_entry_id}") if one.made_entry_id else Cell("–"),
        anchor=f"request-{one.id}",
    )


@router.post("/requests/{number}", dependencies=FORM_GUARDS)
def decide(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, number: Number) -> Response:
    """Approve, refuse or withdraw a request, once however often the form is sent."""
    reader, by = reader_of(request), visitor.actor

    def act(key: str) -> str:
        match typed.get("decision"):
            case "approve":
                entry_id = requests.approve(session, request_id=number, by=by, key=key)
                return f"/entries/{entry_id}?new=true"
            case "refuse":
                requests.refuse(session, request_id=number, reason=typed.get("reason", ""), by=by)
            case "withdraw":
                requests.withdraw(session, request_id=number, by=by)
            case _:
                raise InputRefused([Problem("", reader.gettext("Choose what becomes of it"))], subject="the form")
        return "/board/approvals?done=decided"

    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=f"request {number}", typed=typed, act=act))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"reason": "reason"})
        line = requests.request_line(session, request_id=number, by=by)
        panel = request_panel(session, reader, by, line, problems=tuple(one.words for one in wrong.top))
        trail = (Link("/board/approvals", reader.gettext("Approvals")),)
        page = Page(reader.gettext("Request %s") % number, trail=trail, parts=(panel,), narrow=True)
        return show(request, "page.html", page, status=422, reader=reader)


@router.post("/instruments/{instrument_id}/request", dependencies=FORM_GUARDS)
def ask_payout(
    request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, instrument_id: UUID
) -> Response:
    """Ask for a payout above what the person pays out alone."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        currency = edits.currency_of(session, instrument_id=instrument_id)
        requests.ask_payout(
            session,
            instrument_id=instrument_id,
            minor=reader.read_minor(typed.get("amount", ""), currency),
            effective_on=read_day(reader, typed.get("day", ""), where="day"),
            reason=typed.get("reason", ""),
            by=by,
        )
        return "/board/approvals?done=asked"

    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=f"ask payout {instrument_id}", typed=typed, act=act))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        words = reader.gettext("Ask for the payout")
        hidden = tuple((name, typed.get(name, "")) for name in ("amount", "day"))
        wrong = wrong_by(refusal, fields={"reason": "reason"})
        form = ask_form(reader, request.url.path, words, hidden, typed=typed, wrong=wrong)
        trail = (Link(f"/instruments/{instrument_id}/drawdown", reader.gettext("Pay out a drawdown")),)
        page = Page(words, trail=trail, parts=(form,), narrow=True)
        return show(request, "page.html", page, status=422, reader=reader)


def ask_form(
    reader: Reader,
    action: str,
    words: str,
    hidden: tuple[tuple[str, str], ...] = (),
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Wrong = RIGHT,
) -> Form:
    """Return the form that asks for what two people do, with its reason."""
    said = (typed or {}).get("reason", "")
    return Form(
        action=action,
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=words,
        fields=(Field("reason", reader.gettext("Reason"), value=said, error=wrong.at("reason")),),
        hidden=(*hidden, ("key", new_key())),
        buttons=(Button(words),),
        problems=wrong.top,
    )


def waiting_notice(session: Session, reader: Reader, by: Actor, *, fund: str = "") -> tuple[Part, ...]:
    """Return how many requests await a second person, of one fund or of all; nothing where none does."""
    found = [
        one for one in requests.requests(session, by=by, only_open=True, limit=SHOWN_MAX) if fund in ("", one.fund)
    ]
    if not found:
        return ()
    _ = reader.gettext
    count = len(found)
    words = reader.ngettext("%s request awaits a second person.", "%s requests await a second person.", count)
    return (
        Text(words % reader.number(count), "warn", link=Link("/board/approvals#requests", _("Open the approvals"))),
    )


def asked_notices(session: Session, reader: Reader, by: Actor, *, deal_id: UUID) -> tuple[Part, ...]:
    """Return what is asked for on a deal and not decided, each leading to its decision."""
    return tuple(
        Text(
            reader.gettext("{what} is asked for by {person} and awaits a second person.").format(
                what=_what(reader, one), person=one.asker
            ),
            "warn",
            link=Link(f"/board/approvals#request-{one.id}", reader.gettext("Open it")),
        )
        for one in requests.open_requests_of_deal(session, deal_id=deal_id, by=by)
    )


def _what(reader: Reader, one: RequestLine) -> str:
    _ = reader.gettext
    if one.kind is RequestKind.REVERSAL:
        return _("The reversal of entry %s") % one.entry_id
    return _("A payout of {amount} on {instrument}").format(amount=reader.money(one.amount), instrument=one.instrument)


def request_panels(session: Session, reader: Reader, by: Actor) -> tuple[Panel, ...]:
    """Return every open request, each with the decision that this person may take or the reason why not."""
    found = requests.requests(session, by=by, only_open=True, limit=SHOWN_MAX)
    return tuple(request_panel(session, reader, by, one) for one in found)


def request_panel(
    session: Session, reader: Reader, by: Actor, one: RequestLine, *, problems: tuple[str, ...] = ()
) -> Panel:
    """Return a request: what is asked, by whom, why, and its decision."""
    _ = reader.gettext
    if one.kind is RequestKind.REVERSAL:
        what = _("Reverse entry {number}: {kind}").format(
            number=one.entry_id, kind=say(reader, ENTRY_WORDS, one.entry_kind or "").lower()
        )
        link = Link(f"/entries/{one.entry_id}", _("Open the entry"))
    else:
        what = _("Pay out on %s") % one.instrument
        link = Link(deal_link(one.deal or ""), _("Open the whole deal"))
    return Panel(
        heading=f"{one.deal or one.fund} · {what}",
        mark=Mark(_("Asked for"), "warn"),
        note=one.reason,
        anchor=f"request-{one.id}",
        parts=(
            Facts(
                (
                    Figure(_("Amount"), reader.money(one.amount)),
                    Figure(_("Value day"), reader.day(one.effective_on)),
                    Figure(_("Asked by"), one.asker, reader.moment(one.asked_at)),
                )
            ),
            Text("", link=link),
            *(Text(sentence(words), "bad") for words in problems),
            *_decision(session, reader, by, one),
        ),
    )


def _decision(session: Session, reader: Reader, by: Actor, one: RequestLine) -> tuple[Part, ...]:
    _ = reader.gettext
    if one.decision is not None:
        return ()
    if by.id in (one.asked_by, one.asked_for):
        own = Text(_("You asked for this, so somebody else decides it."))
        return own, _form(reader, one, (Button(_("Withdraw"), "decision", WITHDRAW, quiet=True),), asks=False)
    found = requests.may_decide(session, one, by=by)
    if not found.allowed:
        return (Text(" ".join(f"{sentence(str(reason))}." for reason in found.reasons)),)
    buttons = (
        Button(_("Approve and carry out"), "decision", APPROVE),
        Button(_("Refuse"), "decision", REFUSE, quiet=True),
    )
    lent = found.by.acting_for
    note = (Text(_("You decide this for %s.") % lent.name),) if lent else ()
    return *note, _form(reader, one, buttons, asks=True)


def _form(reader: Reader, one: RequestLine, buttons: tuple[Button, ...], *, asks: bool) -> Form:
    hint = reader.gettext("Needed to refuse.")
    reason = Field("reason", reader.gettext("Reason"), required=False, hint=hint, place=f"request-{one.id}-")
    return Form(
        action=f"/requests/{one.id}",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=reader.gettext("Request %s") % one.id,
        fields=(reason,) if asks else (),
        hidden=(("key", new_key()),),
        buttons=buttons,
    )
