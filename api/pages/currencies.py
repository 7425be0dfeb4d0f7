"""Other currencies of a fund: what it holds and what that is worth, the rates stated, and converting an amount."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.database.roles import Role
from api.deps import PageTransaction, Visitor, database_of
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, see, wrong_by
from api.pages.parts import (
    Button,
    Cell,
    Choice,
    Facts,
    Field,
    Figure,
    Form,
    Link,
    Page,
    Part,
    Section,
    Text,
    line,
    table,
)
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.refusals import TOLD_TO_THE_AUDIT
from api.tracing import trace_id_of
from domain.authority import MAY, Act, permit
from domain.currencies import Rate
from domain.desk import currencies, funds
from domain.desk.currencies import Conversion, CurrencyPosition, RateLine
from domain.desk.funds import FundRow
from domain.errors import Refusal
from domain.money import Money

RATE_FIELDS = {"currency": "rate_currency", "units": "units", "on": "rate_day", "source": "source"}
CONVERSION_FIELDS = {"currency": "into", "into": "into", "amount": "amount", "day": "day"}
router = APIRouter(include_in_schema=False)


@router.get("/ledger/{code}/currencies")
def show_currencies(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    code: str,
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show what a fund holds in other currencies, and the rates."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", currencies_page(session, reader, code, done=done), reader=reader)


@router.post("/ledger/{code}/currencies", dependencies=FORM_GUARDS)
def open_currency(request: Request, visitor: Visitor, typed: Typed, code: str) -> Response:
    """Open a fund's accounts in another currency; one that is open stays as it is."""
    permit(Act.ADMINISTER, by=visitor.actor)
    reader, by, sessions = reader_of(request), visitor.actor, database_of(request).sessions
    try:
        # As at the API's door, accounts are opened by the night's database role.
        with sessions.begin(Role.NIGHT, by, request=trace_id_of(request)) as session:
            wanted = typed.get("new_currency", "").strip().upper()
            currencies.open_currency(session, fund_code=code, currency=wanted, by=by)
        return see(f"/ledger/{quote(code)}/currencies?done=open#top")
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"currency": "new_currency"})
        with sessions.begin(Role.APP, by) as session:
            page = currencies_page(session, reader, code, opening_typed=typed, opening_wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)


@router.post("/ledger/{code}/rates", dependencies=FORM_GUARDS)
def state_rate(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, code: str) -> Response:
    """Record a rate, once however often the form is sent."""
    permit(Act.RECORD_RATE, by=visitor.actor)
    reader, by = reader_of(request), visitor.actor

    def state(_key: str) -> str:
        currencies.state_rate(
            session,
            fund_code=code,
            currency=typed.get("rate_currency", "").strip(),
            units=reader.read_number(typed.get("units", ""), where="units") or Decimal(0),
            on=read_day(reader, typed.get("rate_day", ""), where="on"),
            source=typed.get("source", ""),
            by=by,
        )
        return f"/ledger/{quote(code)}/currencies?done=rate#top"

    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=f"rates {code}", typed=typed, act=state))
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields=RATE_FIELDS)
        page = currencies_page(session, reader, code, rate_typed=typed, rate_wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)


@router.post("/ledger/{code}/conversions", dependencies=FORM_GUARDS)
def convert(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, code: str) -> Response:
    """Show what a conversion would do; with ``step=book`` book it, once however often the form is sent."""
    permit(Act.CONVERT, by=visitor.actor)
    reader, by = reader_of(request), visitor.actor

    def book(key: str) -> Conversion:
        sold, into = typed.get("sold", ""), typed.get("into", "")
        bought = typed.get("bought", "").strip()
        return currencies.convert(
            session,
            fund_code=code,
            sold=Money(reader.read_minor(typed.get("amount", ""), sold), sold),
            into=into,
            bought_minor=reader.read_minor(bought, into) if bought else None,
            effective_on=read_day(reader, typed.get("day", ""), where="day"),
            by=by,
            key=key,
        )

    def booked(key: str) -> str:
        return f"/entries/{book(key).entry_id}?new=true"

    try:
        if typed.get("step") == "book":
            with session.begin_nested():
                return see(done_once(session, by=by, route=f"conversions {code}", typed=typed, act=booked))
        # The preview is the booking itself, taken back: whatever would refuse it then refuses it now.
        with session.begin_nested() as tried:
            would = book(f"preview {new_key()}")
            tried.rollback()
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields=CONVERSION_FIELDS)
        page = currencies_page(session, reader, code, typed=typed, wrong=wrong)
        return show(request, "page.html", page, status=422, reader=reader)
    return show(request, "page.html", conversion_preview(reader, code, typed, would), reader=reader)


def currencies_page(
    session: Session,
    reader: Reader,
    code: str,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Wrong = RIGHT,
    rate_typed: Mapping[str, str] | None = None,
    rate_wrong: Wrong = RIGHT,
    opening_typed: Mapping[str, str] | None = None,
    opening_wrong: Wrong = RIGHT,
) -> Page:
    """Return the page of a fund's other currencies."""
    _ = reader.gettext
    fund = funds.fund_by_code(session, code)
    held = currencies.positions(session, fund_code=code)
    said = {"rate": _("The rate is recorded."), "open": _("The fund has accounts in this currency now.")}
    notes = (Text(said[done], "good"),) if done in said else ()
    role = reader.known.actor.role if reader.known else None
    forms = []
    if role in MAY[Act.ADMINISTER]:
        form = _opening_form(reader, fund, opening_typed or {}, opening_wrong)
        forms.append(Section(_("Open another currency"), (form,), anchor="open"))
    if held and role in MAY[Act.CONVERT]:
        forms.append(
            Section(
                _("Convert an amount"), (_conversion_form(reader, fund, held, typed or {}, wrong),), anchor="convert"
            )
        )
    if held and role in MAY[Act.RECORD_RATE]:
        form = _rate_form(reader, fund, held, rate_typed or {}, rate_wrong)
        forms.append(Section(_("Record a rate"), (form,), anchor="rate"))
    rates = currencies.rates(session, fund_code=code)
    return Page(
        _("Other currencies of {fund}").format(fund=fund.name),
        lead=_("As of {day}; the fund's own currency is {currency}.").format(
            day=reader.day(fund.business_day), currency=fund.currency
        ),
        trail=(Link("/ledger", _("Ledger")),),
        parts=(*notes, _positions_table(reader, fund, held)),
        sections=(*forms, Section(_("Rates"), (_rates_table(reader, rates),), anchor="rates")),
    )


def _positions_table(reader: Reader, fund: FundRow, held: tuple[CurrencyPosition, ...]) -> Part:
    _ = reader.gettext
    rows = [
        line(
            one.currency,
            reader.figure(one.cash),
            reader.figure(one.cost),
            Cell(reader.figure(one.worth), note=_rate_words(reader, one.rate))
            if one.worth and one.rate
            else _("no rate"),
            reader.figure(one.unrealised) if one.unrealised else "–",
            reader.figure(one.realised),
        )
        for one in held
    ]
    return table(
        _("What the fund holds in other currencies; all but the cash in {currency}").format(currency=fund.currency),
        (_("Currency"), _("Cash"), _("What it had cost"), _("Worth"), _("Result not realised"), _("Result realised")),
        rows,
        figures=(1, 2, 3, 4, 5),
        empty=_("The fund keeps its own currency only. A steward opens accounts in another one."),
    )


def _rate_words(reader: Reader, rate: Rate) -> str:
    return reader.gettext("1 {base} = {units} {currency}, {day}").format(
        base=rate.base, units=reader.number(rate.units.normalize()), currency=rate.currency, day=reader.day(rate.on)
    )


def _rates_table(reader: Reader, rates: tuple[RateLine, ...]) -> Part:
    _ = reader.gettext
    rows = [
        line(
            reader.day(one.rate.on),
            _rate_words(reader, one.rate),
            one.rate.source,
            one.recorded_by,
            _("corrected since") if one.corrected else _("holds"),
        )
        for one in rates
    ]
    return table(
        _("Rates as they were recorded, the latest day first"),
        (_("Day"), _("Rate"), _("Source"), _("Recorded by"), _("State")),
        rows,
        empty=_("No rate is recorded yet."),
    )


def _choices(held: tuple[CurrencyPosition, ...], fund: FundRow, chosen: str, *, own: bool) -> tuple[Choice, ...]:
    every = [*([fund.currency] if own else []), *(one.currency for one in held)]
    return tuple(Choice(one, one, one == chosen) for one in every)


def _opening_form(reader: Reader, fund: FundRow, typed: Mapping[str, str], wrong: Wrong) -> Form:
    _ = reader.gettext
    hint = _("Three letters, such as USD. Its cash never falls below zero.")
    return Form(
        action=f"/ledger/{quote(fund.code)}/currencies#open",
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=(
            Field(
                "new_currency", _("Currency"), typed.get("new_currency", ""), hint=hint, error=wrong.at("new_currency")
            ),
        ),
        buttons=(Button(_("Open its accounts")),),
        problems=wrong.top,
    )


def _rate_form(
    reader: Reader, fund: FundRow, held: tuple[CurrencyPosition, ...], typed: Mapping[str, str], wrong: Wrong
) -> Form:
    _ = reader.gettext
    today = fund.business_day.isoformat()
    choices = _choices(held, fund, typed.get("rate_currency", ""), own=False)
    units = _("How many units one {currency} was worth, for example {example}.").format(
        currency=fund.currency, example=reader.number(Decimal("1.085"))
    )
    source = _("For example the name of the bank or the address of the publication.")
    return Form(
        action=f"/ledger/{quote(fund.code)}/rates#rate",
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=(
            Field("rate_currency", _("Currency"), kind="choice", choices=choices, error=wrong.at("rate_currency")),
            Field(
                "units", _("Rate"), value=typed.get("units", ""), kind="figure", hint=units, error=wrong.at("units")
            ),
            Field("rate_day", _("Of day"), value=typed.get("rate_day", today), kind="day", error=wrong.at("rate_day")),
            Field(
                "source", _("Source"), value=typed.get("source", ""), hint=source, error=wrong.at("source")
            ),
        ),
        hidden=(("key", new_key()),),
        buttons=(Button(_("Record the rate")),),
        problems=wrong.top,
    )  # fmt: skip


def _conversion_form(
    reader: Reader, fund: FundRow, held: tuple[CurrencyPosition, ...], typed: Mapping[str, str], wrong: Wrong
) -> Form:
    _ = reader.gettext
    sold = _choices(held, fund, typed.get("sold", fund.currency), own=True)
    into = _choices(held, fund, typed.get("into", held[0].currency), own=True)
    came = _("Leave it open to have it worked out by the rate of the day.")
    today = fund.business_day.isoformat()
    return Form(
        action=f"/ledger/{quote(fund.code)}/conversions#convert",
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=(
            Field("amount", _("Amount given"), value=typed.get("amount", ""), kind="figure", error=wrong.at("amount")),
            Field("sold", _("In"), kind="choice", choices=sold),
            Field("into", _("Into"), kind="choice", choices=into, error=wrong.at("into")),
            Field(
                "bought", _("Amount that came"), value=typed.get("bought", ""), kind="figure", hint=came,
                required=False,
            ),
            Field("day", _("Value day"), value=typed.get("day", today), kind="day", error=wrong.at("day")),
        ),
        hidden=(("step", "preview"),),
        buttons=(Button(_("Show what it does")),),
        problems=wrong.top,
    )  # fmt: skip


def conversion_preview(reader: Reader, code: str, typed: Mapping[str, str], would: Conversion) -> Page:
    """Return what a conversion would do, with the button that books it."""
    _ = reader.gettext
    facts = [
        Figure(_("Given"), reader.money(would.sold)),
        Figure(_("Came"), reader.money(would.bought), _rate_words(reader, would.rate) if would.rate else ""),
        Figure(_("Result realised"), reader.money(would.result), _("a loss is below zero")),
        Figure(_("Booked on"), reader.day(would.booked_on)),
        Figure(_("Value day"), reader.day(would.effective_on)),
    ]
    names = ("amount", "sold", "into", "bought", "day")
    back = f"/ledger/{quote(code)}/currencies"
    return Page(
        _("Convert an amount"),
        trail=(Link("/ledger", _("Ledger")), Link(back, _("Other currencies"))),
        parts=(
            Facts(tuple(facts)),
            Form(
                action=f"/ledger/{quote(code)}/conversions",
                csrf_token=reader.known.csrf_token if reader.known else "",
                hidden=(
                    ("step", "book"), ("key", new_key()), *((name, typed.get(name, "")) for name in names),
                ),
                buttons=(Button(_("Book it")),),
            ),
            Text("", link=Link(back, _("Change it"))),
        ),
        narrow=True,
    )  # fmt: skip
