"""What the pages of all statements share: their heading, the way between them, the form for another day, downloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from api.files.statement_words import SPANS, STATEMENT_LINE_WORDS, STATEMENT_WORDS, account_words
from api.marked import N_
from api.pages.parts import Button, Cell, Choice, Field, Figure, Form, Link, Part, Row, Table, Tabs, Text, line, table
from api.pages.reader import Reader
from api.pages.words import say
from domain.desk.statements import ComparedStatement, StatementHead
from domain.money import Money
from domain.statements import AccountFigure, FigureLine

FORMATS = ("csv", "xlsx")
Then = ComparedStatement[Any] | None
Beside = FigureLine | None
COMPARE = N_("Beside it")
EVEN_COLUMNS_MAX = 6  # more of the same width would be too narrow for their figures
BY_WORDS = {"booked_on": N_("Booking day"), "effective_on": N_("Value day")}


def address(head: StatementHead, place: str, **said: object) -> str:
    """Return the address of a statement of the same fund and day; it names a seal where somebody asked for one."""
    seal = head.seal if head.seal_asked else None
    asked = {"from": head.first, "as_of": head.as_of, "seal": seal, "by": head.by, **said}
    query = {
        name: value for name, value in asked.items() if value not in (None, "") and (name, value) != ("by", "booked_on")
    }
    return f"/ledger/{quote(head.fund)}/{place}?{urlencode(query)}"


def heading(reader: Reader, head: StatementHead, place: str, **kept: object) -> tuple[Figure, ...]:
    """Return what a statement says of itself below its title; the seal leads to the address that keeps it."""
    _ = reader.gettext
    first = (Figure(_("From"), reader.day(head.first)),) if head.first else ()
    return (
        *first,
        Figure(_("As of"), reader.day(head.as_of), _("by value day") if head.by == "effective_on" else ""),
        Figure(
            _("Known at seal"), reader.number(head.seal), reader.moment(head.sealed_at),
            href=address(head, place, **{**kept, "seal": head.seal}),
        ),
        Figure(_("Period"), *_period(reader, head)),
        Figure(_("Currency"), ", ".join(head.currencies)),
        Figure(_("Read"), reader.moment(datetime.now(UTC)), _("last seal %s") % reader.number(head.last_seal)),
    )  # fmt: skip


def _period(reader: Reader, head: StatementHead) -> tuple[str, str]:
    """Say whether the last day's period is closed, and what that means."""
    _ = reader.gettext
    if head.period is None:
        return _("open"), _("may still change")
    seal = _("seal %s") % reader.number(head.period.seal) if head.period.seal else ""
    return _("closed on {day}").format(day=reader.day(head.period.closed_at.date())), seal


def notes(
    reader: Reader, head: StatementHead, place: str, difference: Iterable[Money] = (), **kept: object
) -> tuple[Part, ...]:
    """Return what a reader must know before the figures: that they are old, early, late, or do not add up."""
    _ = reader.gettext
    told: list[Part] = []
    for one in difference:
        if one.minor:
            words = _("This does not add up: {money} are missing. Have the ledger verified: missionbook verify.")
            told.append(Text(words.format(money=reader.money(one)), "bad"))
    if head.is_old:
        words = _("This is what was known at seal {seal}. The last seal is {last}.")
        newer = Link(address(head, place, **{**kept, "seal": head.last_seal}), _("Show what is known now"))
        said = words.format(seal=reader.number(head.seal), last=reader.number(head.last_seal))
        told.append(Text(said, "warn", link=newer))
    if head.as_of < head.opened_on:
        words = _("The fund {fund} opened on {day}; before that day its book holds nothing.")
        told.append(Text(words.format(fund=head.fund, day=reader.day(head.opened_on)), "warn"))
    elif head.reached < head.as_of:
        words = _("The book of {fund} has reached {day}; what follows is what was known then.")
        told.append(Text(words.format(fund=head.fund, day=reader.day(head.reached)), "warn"))
    if head.missing_rates:
        words = _("There is no rate for {currencies} on this day, so there is no total in {currency}.")
        said = words.format(currencies=", ".join(head.missing_rates), currency=head.currency)
        told.append(Text(said, "warn"))
    if head.rates:
        words = _("Totals in {currency}: {rates}.")
        rates = "; ".join(f"{rate.in_words()} ({rate.source})" for rate in (*head.first_rates, *head.rates))
        told.append(Text(words.format(currency=head.currency, rates=rates)))
    return tuple(told)


def ways(reader: Reader, head: StatementHead, here: str) -> tuple[Part, ...]:
    """Return the links to the other statements of the same day and seal."""
    _ = reader.gettext
    links = tuple(
        Link(address(head, place, by="booked_on", **_span(head, place)), _(words), here=place == here)
        for place, words in STATEMENT_WORDS.items()
    )
    return (Tabs(_("Statements"), links),)


def _span(head: StatementHead, place: str) -> dict[str, object]:
    if place not in SPANS:
        return {"from": None}
    return {"from": head.first or head.as_of.replace(month=1, day=1)}


def day_form(
    reader: Reader,
    head: StatementHead,
    place: str,
    *,
    span: bool,
    by: bool = False,
    compare: date | bool = False,
    kept: Mapping[str, str] | None = None,
) -> Form:
    """Return the form that asks for another day, span or seal; ``compare`` is the day beside it, if one may."""
    _ = reader.gettext
    first = Field("from", _("From"), head.first.isoformat() if head.first else "", "day", required=not by)
    choices = tuple(Choice(name, _(words), chosen=name == head.by) for name, words in BY_WORDS.items())
    compared = compare.isoformat() if isinstance(compare, date) else ""
    return Form(
        action=f"/ledger/{quote(head.fund)}/{place}",
        csrf_token="",
        method="get",
        legend=_("Another day"),
        hidden=tuple((name, value) for name, value in (kept or {}).items() if value),
        fields=(
            *((first,) if span else ()),
            Field("as_of", _("As of"), value=head.as_of.isoformat(), kind="day"),
            *((Field("compare", _(COMPARE), compared, "day", required=False),) if compare else ()),
            Field("seal", _("Known at seal"), str(head.seal) if head.seal_asked else "", "figure", required=False),
            *((Field("by", _("By"), kind="choice", choices=choices),) if by else ()),
        ),
        buttons=(Button(_("Show"), quiet=True),),
    )


def downloads(reader: Reader, head: StatementHead, place: str, **said: object) -> Part:
    """Return the links to the same figures as files: as known at this page's seal."""
    _ = reader.gettext
    said = {"seal": head.seal, **said}
    links = [Link(address(head, place, format=form, **said), form.upper()) for form in FORMATS]
    if place == "trial-balance":
        whole = Link(address(head, "beancount", by="booked_on", seal=head.seal), _("The whole ledger, for beancount"))
        links.append(whole)
    return Tabs(_("Download"), tuple(links))


def figures_table(
    reader: Reader,
    head: StatementHead,
    caption: str,
    rows: Sequence[Row],
    *,
    first: str,
    quiet: bool = False,
    then: ComparedStatement[Any] | None = None,
) -> Table:
    """Return a table of lines with an amount for each currency, the total where there are several, and what it was."""
    _ = reader.gettext
    several = len(head.currencies) > 1
    columns = [first, *head.currencies]
    if several:
        columns.append(_("Total in {currency}").format(currency=head.currency))
    if then is not None:
        columns = [*columns[:-1], columns[-1] if several else reader.day(head.as_of), reader.day(then.as_of)]
    return table(
        caption, columns, rows, figures=range(1, len(columns)), empty=_("Nothing is booked here."),
        quiet_caption=quiet, side_by_side=len(columns) == 2, even=len(columns) <= EVEN_COLUMNS_MAX,
    )  # fmt: skip


def figure_rows(
    reader: Reader, head: StatementHead, lines: Sequence[FigureLine], then: Then = None, beside: Sequence[Beside] = ()
) -> list[Row]:
    """Return the rows of lines: each amount opens to its account, or the accounts follow in rows of their own."""
    rows = []
    for number, one in enumerate(lines):
        other = beside[number] if beside else None
        if not (one.shown or (other and other.shown)):
            continue
        every = (*one.accounts, *(other.accounts if other else ()))
        codes = list(dict.fromkeys(of.code for of in every if of.amount.minor))
        words = say(reader, STATEMENT_LINE_WORDS, one.name)
        if len(codes) == 1:
            rows.append(amount_row(reader, head, words, one, accounts=one.accounts, then=then, beside=other))
        else:
            rows.append(amount_row(reader, head, words, one, beside=other))
            rows += [_account_row(reader, head, code, one, then, other) for code in codes]
    return rows


def amount_row(
    reader: Reader,
    head: StatementHead,
    words: str,
    figures: FigureLine,
    *,
    accounts: Sequence[AccountFigure] = (),
    href: str = "",
    total: bool = False,
    then: Then = None,
    beside: Beside = None,
    href_beside: str = "",
    **days: object,
) -> Row:
    """Return a row of amounts; each leads to its account of that currency, or all lead to one place.

    ``beside`` is the same line of the other days, ``then``; with it, that amount leads to its account in those days.
    """
    to = {
        of.amount.currency: account_address(head, of.code, of.amount.currency, **days)
        for of in accounts
        if of.amount.minor
    }
    cells = [Cell(reader.figure(one), to.get(one.currency, href if one.minor else "")) for one in figures.amounts]
    if len(head.currencies) > 1:
        cells.append(_total_cell(reader, figures, href))
    if beside is not None:
        held = [of for of in beside.accounts if of.amount.minor] if then else []
        if then and len(held) == 1 and len(head.currencies) == 1:
            href_beside = account_address(head, held[0].code, held[0].amount.currency, **_days(then))
        cells.append(_beside_cell(reader, head, beside, href_beside))
    return line(Cell(words), *cells, total=total)


def _total_cell(reader: Reader, figures: FigureLine, href: str) -> Cell:
    return Cell(reader.figure(figures.total) if figures.total else "–", href)


def _beside_cell(reader: Reader, head: StatementHead, beside: FigureLine, href: str) -> Cell:
    if len(head.currencies) > 1:
        return _total_cell(reader, beside, href)
    (amount,) = beside.amounts
    return Cell(reader.figure(amount), href if amount.minor else "")


def _days(then: ComparedStatement[Any]) -> dict[str, object]:
    return {"from": then.first, "as_of": then.as_of}


def _account_row(reader: Reader, head: StatementHead, code: str, figures: FigureLine, then: Then, other: Beside) -> Row:
    def own(line: FigureLine | None) -> dict[str, Money]:
        accounts = line.accounts if line else ()
        return {of.amount.currency: of.amount for of in accounts if of.code == code}

    here, there = own(figures), own(other)
    cells = [
        Cell(reader.figure(here[currency]), account_address(head, code, currency)) if currency in here else Cell()
        for currency in head.currencies
    ]
    several = len(head.currencies) > 1
    cells += [Cell()] if several else []
    if then is not None and other is not None:
        to = account_address(head, code, head.currency, **_days(then))
        cells.append(
            Cell(reader.figure(there[head.currency]), to) if not several and head.currency in there else Cell()
        )
    return line(Cell(note=account_words(code)), *cells)


def account_address(head: StatementHead, code: str, currency: str, **said: object) -> str:
    """Return the address of an account's postings, of the same days and seal."""
    own = {"currency": currency} if currency != head.currency else {}
    return address(head, f"accounts/{quote(code)}", **own, **said)
