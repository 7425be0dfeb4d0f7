"""Recording a receipt and paying out a drawdown: a form, a preview of what it does, and one booking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.deal_parts import deal_link
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, see, sentence, wrong_by
from api.pages.parts import Button, Choice, Facts, Field, Figure, Form, Link, Page, Part, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import ask_form
from api.pages.words import PART_WORDS, say, terms_in_words
from api.refusals import TOLD_TO_THE_AUDIT
from domain.authority import Act, Actor, AmountTakesTwo
from domain.desk import authority, deals, edits, instruments
from domain.desk.deals import DealDetail, InstrumentLine
from domain.desk.instruments import ReceiptBooked, ReceiptPart
from domain.desk.receipts import PART_OF_KIND
from domain.errors import NotFound, Refusal
from domain.money import Money

FIELDS = {"amount": "amount", "day": "day", "part": "part", "cost": "cost"}
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Where:
    """The instrument that money moves on, and its deal."""

    detail: DealDetail
    instrument: InstrumentLine

    @property
    def currency(self) -> str:
        """The instrument's currency."""
        return self.detail.deal.currency


def where_of(session: Session, instrument_id: UUID) -> Where:
    """Return the instrument with its deal. Refused: one that this person may not know of (``NotFound``)."""
    detail = deals.deal_detail(session, deal_id=edits.deal_of(session, instrument_id=instrument_id))
    for one in detail.instruments:
        if one.id == instrument_id:
            return Where(detail, one)
    raise NotFound("instrument", instrument_id)


@dataclass(frozen=True, slots=True)
class ReceiptTyped:
    """What somebody typed as a receipt, read."""

    minor: int
    day: date
    part: ReceiptPart | None
    cost_minor: int | None


def read_receipt(reader: Reader, typed: Mapping[str, str], currency: str) -> ReceiptTyped:
    """Read a receipt. Refused: an amount or a day that is none."""
    part = typed.get("part", "")
    cost = typed.get("cost", "").strip()
    known: tuple[ReceiptPart, ...] = get_args(ReceiptPart)
    return ReceiptTyped(
        minor=reader.read_minor(typed.get("amount", ""), currency),
        day=read_day(reader, typed.get("day", ""), where="day"),
        part=next((one for one in known if one == part), None),
        cost_minor=reader.read_minor(cost, currency) if cost else None,
    )


@router.get("/instruments/{instrument_id}/receipt")
def ask_receipt(request: Request, visitor: Visitor, session: PageTransaction, instrument_id: UUID) -> Response:
    """Ask what came in."""
    authority.require_role(session, Act.RECORD_RECEIPT, by=visitor.actor)
    reader, where = reader_of(request), where_of(session, instrument_id)
    return show(request, "page.html", receipt_page(reader, where, typed={}), reader=reader)


@router.post("/instruments/{instrument_id}/receipt", dependencies=FORM_GUARDS)
def take_receipt(
    request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, instrument_id: UUID
) -> Response:
    """Show how a receipt would be split; with ``step=book`` book it, once however often the form is sent."""
    authority.require_role(session, Act.RECORD_RECEIPT, by=visitor.actor)
    reader, where, by = reader_of(request), where_of(session, instrument_id), visitor.actor
    if typed.get("step") == "change":
        return show(request, "page.html", receipt_page(reader, where, typed=typed), reader=reader)

    def book(key: str) -> str:
        asked = read_receipt(reader, typed, where.currency)
        booked = instruments.record_receipt(
            session,
            instrument_id=instrument_id,
            minor=asked.minor,
            effective_on=asked.day,
            by=by,
            key=key,
            part=asked.part,
            cost_minor=asked.cost_minor,
        )
        return f"/entries/{booked.entry_id}?new=true"

    try:
        if typed.get("step") == "book":
            return see(_book(session, by, f"receipt {instrument_id}", typed, book))
        asked = read_receipt(reader, typed, where.currency)
        split = instruments.preview_receipt(
            session,
            instrument_id=instrument_id,
            minor=asked.minor,
            effective_on=asked.day,
            by=by,
            part=asked.part,
            cost_minor=asked.cost_minor,
        )
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        page = receipt_page(reader, where, typed=typed, wrong=wrong_by(refusal, fields=FIELDS))
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", receipt_preview(reader, where, typed, split), reader=reader)


def _book(session: Session, by: Actor, route: str, typed: Mapping[str, str], act: Callable[[str], str]) -> str:
    with session.begin_nested():
        return done_once(session, by=by, route=route, typed=typed, act=act)


def receipt_page(reader: Reader, where: Where, *, typed: Mapping[str, str], wrong: Wrong = RIGHT) -> Page:
    """Return the form for a receipt, with what was typed and what was wrong with it."""
    _ = reader.gettext
    one = where.instrument
    parts = PART_OF_KIND[one.figures.kind]
    fields = [_amount_field(reader, where, typed, wrong), _day_field(reader, where, typed, wrong, _("Day it came in"))]
    if len(parts) > 1:
        choices = tuple(Choice(part, say(reader, PART_WORDS, part), typed.get("part") == part) for part in parts)
        fields.append(Field("part", _("What for"), kind="choice", choices=choices, error=wrong.at("part")))
    if "sale" in parts:
        hint = _("Of a part that is sold: what that part had cost. Leave it open when all is sold.")
        fields.append(
            Field(
                "cost",
                _("Cost of what is sold"),
                value=typed.get("cost", ""),
                kind="figure",
                hint=hint,
                error=wrong.at("cost"),
                required=False,
            )
        )
    form = _form(reader, f"/instruments/{one.id}/receipt", fields, wrong, _("Show how it is split"))
    return _page(reader, where, _("Record a receipt"), form)


def receipt_preview(reader: Reader, where: Where, typed: Mapping[str, str], split: ReceiptBooked) -> Page:
    """Return what a receipt would do, with the button that books it."""
    _ = reader.gettext
    labels = {
        "debt_service": ((_("Interest"), split.interest), (_("Principal"), split.principal)),
        "royalty": ((_("Royalty"), split.income),),
        "dividend": ((_("Dividend"), split.income),),
        "sale": ((_("Cost of what is sold"), split.cost), (_("Gain, or loss below zero"), split.gain)),
    }[split.part]
    left = _("Still owed afterwards") if split.part in ("debt_service", "royalty") else _("Cost still held afterwards")
    rows = [line(words, reader.figure(money)) for words, money in labels]
    rows.append(line(_("Received"), reader.figure(split.received), total=True))
    rows.append(line(left, reader.figure(split.left)))
    shown = table(
        _("How {amount} of {day} is split").format(
            amount=reader.money(split.received), day=reader.day(split.effective_on)
        ),
        (_("Part"), _("Amount")),
        rows,
        figures=(1,),
        empty="",
    )
    return _preview(
        reader,
        where,
        typed,
        _("Record a receipt"),
        (*_dated_back(reader, split), shown),
        f"/instruments/{where.instrument.id}/receipt",
        booked_on=split.booked_on,
    )


@router.get("/instruments/{instrument_id}/drawdown")
def ask_drawdown(request: Request, visitor: Visitor, session: PageTransaction, instrument_id: UUID) -> Response:
    """Ask how much is to be paid out."""
    authority.require_role(session, Act.PAY_OUT, by=visitor.actor)
    reader, where = reader_of(request), where_of(session, instrument_id)
    return show(request, "page.html", drawdown_page(reader, where, typed={}), reader=reader)


@router.post("/instruments/{instrument_id}/drawdown", dependencies=FORM_GUARDS)
def pay_out(
    request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, instrument_id: UUID
) -> Response:
    """Show what a drawdown would do; with ``step=book`` book it, once however often the form is sent."""
    authority.require_role(session, Act.PAY_OUT, by=visitor.actor)
    reader, where, by = reader_of(request), where_of(session, instrument_id), visitor.actor
    if typed.get("step") == "change":
        return show(request, "page.html", drawdown_page(reader, where, typed=typed), reader=reader)

    def book(key: str) -> str:
        minor = reader.read_minor(typed.get("amount", ""), where.currency)
        day = read_day(reader, typed.get("day", ""), where="day")
        entry_id = instruments.draw_down(
            session, instrument_id=instrument_id, minor=minor, effective_on=day, by=by, key=key
        )
        return f"/entries/{entry_id}?new=true"

    try:
        if typed.get("step") == "book":
            return see(_book(session, by, f"drawdown {instrument_id}", typed, book))
        # The preview is the booking itself, taken back: whatever would refuse it then refuses it now.
        with session.begin_nested() as tried:
            book(f"preview {new_key()}")
            after = where_of(session, instrument_id)
            tried.rollback()
    except AmountTakesTwo as refusal:
        page = ask_page(reader, where, typed, refusal)
        return show(request, "page.html", page, status=422, reader=reader)
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        page = drawdown_page(reader, where, typed=typed, wrong=wrong_by(refusal, fields=FIELDS))
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", drawdown_preview(reader, where, after, typed), reader=reader)


def drawdown_page(reader: Reader, where: Where, *, typed: Mapping[str, str], wrong: Wrong = RIGHT) -> Page:
    """Return the form for a drawdown, with what was typed and what was wrong with it."""
    _ = reader.gettext
    fields = [_amount_field(reader, where, typed, wrong), _day_field(reader, where, typed, wrong, _("Day of payment"))]
    form = _form(reader, f"/instruments/{where.instrument.id}/drawdown", fields, wrong, _("Show what it does"))
    return _page(reader, where, _("Pay out a drawdown"), form)


def ask_page(reader: Reader, where: Where, typed: Mapping[str, str], refusal: AmountTakesTwo) -> Page:
    """Return what two people do together: the form that asks for a payout above one's own amount."""
    hidden = tuple((name, typed.get(name, "")) for name in ("amount", "day"))
    words = reader.gettext("Ask for the payout of %s") % reader.money(refusal.asked)
    form = ask_form(reader, f"/instruments/{where.instrument.id}/request", words, hidden)
    page = _page(reader, where, reader.gettext("Pay out a drawdown"), form)
    return replace(page, parts=(Text(f"{sentence(str(refusal))}.", "warn"), *page.parts))


def drawdown_preview(reader: Reader, before: Where, after: Where, typed: Mapping[str, str]) -> Page:
    """Return what a drawdown would do to the instrument, with the button that books it."""
    _ = reader.gettext
    was, then = before.instrument.figures, after.instrument.figures
    pairs = (
        (_("Drawn"), was.drawn, then.drawn),
        (_("Undrawn"), was.undrawn, then.undrawn),
        (_("Outstanding"), was.outstanding, then.outstanding),
    )
    paid = Money(then.drawn.minor - was.drawn.minor, before.currency)
    shown = table(
        _("What paying out {amount} does").format(amount=reader.money(paid)),
        (_("Figure"), _("Now"), _("Afterwards")),
        [line(words, reader.figure(one), reader.figure(other)) for words, one, other in pairs],
        figures=(1, 2),
        empty="",
    )
    action = f"/instruments/{before.instrument.id}/drawdown"
    return _preview(
        reader, before, typed, _("Pay out a drawdown"), (shown,), action, booked_on=before.detail.fund_business_day
    )


def _amount_field(reader: Reader, where: Where, typed: Mapping[str, str], wrong: Wrong) -> Field:
    _ = reader.gettext
    hint = _("In {currency}, for example {example}.").format(
        currency=where.currency, example=reader.figure(Money(125_000, where.currency))
    )
    value = typed.get("amount", "")
    return Field("amount", _("Amount"), value=value, kind="figure", hint=hint, error=wrong.at("amount"))


def _day_field(reader: Reader, where: Where, typed: Mapping[str, str], wrong: Wrong, label: str) -> Field:
    today = where.detail.fund_business_day
    hint = reader.gettext("The fund's business day is %s; a later day is not open yet.") % reader.day(today)
    return Field("day", label, value=typed.get("day", today.isoformat()), kind="day", hint=hint, error=wrong.at("day"))


def _form(reader: Reader, action: str, fields: list[Field], wrong: Wrong, words: str) -> Form:
    return Form(
        action=action,
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=tuple(fields),
        hidden=(("step", "preview"),),
        buttons=(Button(words),),
        problems=wrong.top,
    )


def _page(reader: Reader, where: Where, title: str, form: Form) -> Page:
    _ = reader.gettext
    one, state = where.instrument, where.detail.deal
    facts = (
        Figure(_("Instrument"), one.code),
        Figure(_("Investee"), state.investee_name),
        Figure(_("Outstanding"), reader.money(one.figures.outstanding)),
        Figure(_("Undrawn"), reader.money(one.figures.undrawn)),
    )
    return Page(
        title,
        lead=terms_in_words(reader, one.kind, one.terms, where.currency),
        trail=(Link("/deals", _("Deals")), Link(deal_link(state.code), state.code)),
        facts=facts,
        parts=(form,),
        narrow=True,
    )


def _dated_back(reader: Reader, split: ReceiptBooked) -> tuple[Part, ...]:
    """Return a warning where interest is booked beyond the day of a receipt: booking it leaves that interest alone."""
    if split.interest_booked_to is None:
        return ()
    words = reader.gettext(
        "Interest is booked to {to}. This receipt of {day} does not recompute what was booked since; "
        "the next night that books interest books the difference."
    )
    return (Text(words.format(to=reader.day(split.interest_booked_to), day=reader.day(split.effective_on)), "warn"),)


def _preview(
    reader: Reader,
    where: Where,
    typed: Mapping[str, str],
    title: str,
    shown: tuple[Part, ...],
    action: str,
    *,
    booked_on: date,
) -> Page:
    _ = reader.gettext
    state = where.detail.deal
    kept = tuple((name, typed[name]) for name in FIELDS if name in typed)
    form = Form(
        action=action,
        csrf_token=reader.known.csrf_token if reader.known else "",
        hidden=(*kept, ("key", new_key())),
        buttons=(Button(_("Book it"), "step", "book"), Button(_("Change it"), "step", "change", quiet=True)),
    )
    return Page(
        title,
        trail=(Link("/deals", _("Deals")), Link(deal_link(state.code), state.code)),
        lead=_("Nothing is booked yet. Look at what it does, then book it."),
        parts=(
            Facts((Figure(_("Instrument"), where.instrument.code), Figure(_("Booked on"), reader.day(booked_on)))),
            *shown,
            form,
        ),
        narrow=True,
    )
