"""What the address of a statement's page asks for, and the page again where it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast
from urllib.parse import quote

from api.files.statement_words import STATEMENT_WORDS, account_words
from api.pages.forms import Wrong, read_day, sentence
from api.pages.parts import Button, Choice, Field, Form, Link, Page, Said
from api.pages.reader import Reader
from api.pages.statement_parts import BY_WORDS, COMPARE
from api.pages.words import say
from domain.cash_flow import FlowName
from domain.desk.funds import FundRow
from domain.desk.refusals import SealBeyondHead
from domain.desk.statements import ByDay
from domain.errors import InputRefused, Problem

FileForm = Literal["csv", "xlsx"]
FORMS = ("csv", "xlsx")
LENGTH_MAX = 100
KEPT = ("currency", "flow", "instrument")
"""What a form carries along without a field for it."""
SEAL = re.compile(r"\d{1,18}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; None and "" are what was left out."""

    as_of: date | None
    first: date | None
    seal: int | None
    by: ByDay
    form: FileForm | None
    currency: str | None
    flow: FlowName | None
    after: str | None
    compare: date | None
    instrument: str | None


def read_asked(reader: Reader, typed: Mapping[str, str]) -> Asked:
    """Read an address. Refused (``InputRefused``): everything in it that cannot be read, at once."""
    _ = reader.gettext
    wrong: list[Problem] = []

    def day(name: str) -> date | None:
        if not typed.get(name, "").strip():
            return None
        try:
            return read_day(reader, typed[name], where=name)
        except InputRefused as refusal:
            wrong.extend(refusal.problems)
            return None

    seal = typed.get("seal", "").strip()
    if seal and not SEAL.fullmatch(seal):
        wrong.append(Problem("seal", _("Give the number of a seal, or nothing for the last one")))
    by, form = typed.get("by", "") or "booked_on", typed.get("format", "")
    if by not in BY_WORDS:
        wrong.append(Problem("by", _("Choose one from the list")))
    if form and form not in FORMS:
        wrong.append(Problem("format", _("There are CSV and XLSX")))
    currency = typed.get("currency", "")
    if currency and not CURRENCY.fullmatch(currency):
        wrong.append(Problem("currency", _("A currency has three capital letters, such as EUR")))
    flow = _flow(typed.get("flow", ""))
    if flow is None and typed.get("flow"):
        wrong.append(Problem("flow", _("There is no such line of the cash flow")))
    after, instrument = typed.get("after", ""), typed.get("instrument", "")
    for name, said, words in (
        ("after", after, _("There is no such place in the list")),
        ("instrument", instrument, _("There is no such instrument")),
    ):
        if len(said) > LENGTH_MAX or not said.isprintable():
            wrong.append(Problem(name, words))
    as_of, first, compare = day("as_of"), day("from"), day("compare")
    if wrong:
        raise InputRefused(wrong, subject="the statement")
    return Asked(
        as_of, first, int(seal) if seal else None, cast(ByDay, by), cast(FileForm | None, form or None),
        currency or None, flow, after or None, compare, instrument or None,
    )  # fmt: skip


def _flow(name: str) -> FlowName | None:
    with suppress(ValueError):
        return FlowName(name)
    return None


def wrong_of(refusal: InputRefused | SealBeyondHead) -> Wrong:
    """Return what is wrong with an address, at its fields."""
    if isinstance(refusal, SealBeyondHead):
        problems = [("seal", str(refusal))]
    else:
        problems = [(one.where, one.what) for one in refusal.problems]
    beside: dict[str, str] = {}
    for where, what in problems:
        beside.setdefault(where, sentence(what))
    fields = ("from", "as_of", "compare", "seal", "by")
    top = tuple(
        Said(sentence(what), f"#{Field(where, '').id}" if where in fields else "") for where, what in problems
    )  # fmt: skip
    return Wrong(top, beside)


def asked_again(
    reader: Reader,
    fund: FundRow,
    place: str,
    typed: Mapping[str, str],
    wrong: Wrong,
    *,
    span: bool,
    by: bool,
    compare: bool = False,
) -> Page:
    """Return the page of a statement that was asked for wrongly: what was typed, with words at the fields."""
    _ = reader.gettext
    account = place.removeprefix("accounts/")
    title = say(reader, STATEMENT_WORDS, place) if place in STATEMENT_WORDS else account_words(account)
    told = {name: value[:LENGTH_MAX] for name, value in typed.items()}

    def field(name: str, label: str, kind: str, *, required: bool) -> Field:
        return Field(name, label, told.get(name, ""), kind, error=wrong.at(name), required=required)

    choices = tuple(Choice(name, _(words), chosen=name == told.get("by")) for name, words in BY_WORDS.items())
    fields = (
        *((field("from", _("From"), "day", required=not by),) if span else ()),
        field("as_of", _("As of"), "day", required=True),
        *((field("compare", _(COMPARE), "day", required=False),) if compare else ()),
        field("seal", _("Known at seal"), "figure", required=False),
        *((Field("by", _("By"), kind="choice", choices=choices, error=wrong.at("by")),) if by else ()),
    )
    form = Form(
        action=f"/ledger/{quote(fund.code)}/{place}",
        csrf_token="",
        method="get",
        legend=_("Another day"),
        fields=fields,
        hidden=tuple((name, told[name]) for name in KEPT if told.get(name) and not wrong.at(name)),
        buttons=(Button(_("Show"), quiet=True),),
        problems=wrong.top,
    )
    return Page(title, lead=fund.name, trail=(Link("/ledger", _("Ledger")),), parts=(form,), narrow=True)
