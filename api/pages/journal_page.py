"""The page of the journal: every entry of a span with its postings, in the order of booking."""

from __future__ import annotations

from api.files.statement_words import STATEMENT_WORDS, account_words
from api.pages.parts import Cell, Link, Mark, Page, Part, Row, Section, Text, line, table
from api.pages.reader import Reader
from api.pages.statement_parts import account_address, address, day_form, downloads, heading, notes, ways
from api.pages.words import ENTRY_WORDS, say
from domain.desk.statements import ExportedEntry, ExportedPosting, FundStatement, Journal, StatementHead
from domain.money import Money

PLACE = "journal"


def journal_page(reader: Reader, found: FundStatement[Journal]) -> Page:
    """Return the page; an entry's first line tells what it is, each line leads to its account on that day."""
    _ = reader.gettext
    head, told = found.head, found.figures
    count = reader.ngettext("%s entry", "%s entries", told.count) % reader.number(told.count)
    more: tuple[Part, ...] = ()
    if told.next is not None:
        more = (Text("", link=Link(address(head, PLACE, after=told.next), _("The next entries"))),)
    return Page(
        title=say(reader, STATEMENT_WORDS, PLACE),
        lead=f"{head.fund_name} ({head.fund}) · {count}",
        mark=Mark(_("as known at seal %s") % reader.number(head.seal), "warn") if head.is_old else None,
        trail=(Link("/ledger", _("Ledger")),),
        facts=heading(reader, head, PLACE),
        parts=(
            *ways(reader, head, PLACE),
            *notes(reader, head, PLACE, told.difference),
            _entries(reader, head, told),
            *more,
            _sums(reader, told),
        ),
        sections=(
            Section(_("Another day"), (day_form(reader, head, PLACE, span=True),), anchor="day"),
            Section(_("Download"), (downloads(reader, head, PLACE),), anchor="download"),
        ),
    )


def _entries(reader: Reader, head: StatementHead, told: Journal) -> Part:
    _ = reader.gettext
    rows = [row for entry in told.entries for row in _entry_rows(reader, head, entry)]
    columns = (_("Entry"), _("Booked on"), _("Value day"), _("Account"), _("Debit"), _("Credit"))
    caption = _("Entries in the order of their booking")
    return table(caption, columns, rows, figures=(4, 5), empty=_("Nothing is booked in these days."))


def _entry_rows(reader: Reader, head: StatementHead, entry: ExportedEntry) -> list[Row]:
    words = reader.gettext("{kind} {number}").format(kind=say(reader, ENTRY_WORDS, entry.kind), number=entry.id)
    about = " · ".join(
        one for one in (entry.reason, entry.deal) if one and (one is entry.reason or one not in entry.reason)
    )
    began = (
        Cell(words, f"/entries/{entry.id}", note=about),
        Cell(reader.day(entry.booked_on)),
        Cell(reader.day(entry.effective_on)),
    )
    return [
        line(*(began if number == 0 else (Cell(),) * 3), *_posting(reader, head, entry, one))
        for number, one in enumerate(entry.postings)
    ]


def _posting(reader: Reader, head: StatementHead, entry: ExportedEntry, one: ExportedPosting) -> tuple[Cell, ...]:
    """Return a line's account and amount; the currency stands beside it where the span has several."""
    days = {"from": entry.booked_on, "as_of": entry.booked_on}
    account = Cell(
        account_words(one.code), account_address(head, one.code, one.currency, **days), note=one.instrument or ""
    )
    money = Money(abs(one.minor), one.currency)
    words = Cell(reader.figure(money) if len(head.currencies) == 1 else reader.money(money))
    return (account, words, Cell()) if one.minor > 0 else (account, Cell(), words)


def _sums(reader: Reader, told: Journal) -> Part:
    _ = reader.gettext
    rows = [
        line(one.debited.currency, reader.figure(one.debited), reader.figure(one.credited), total=True)
        for one in told.sums
    ]
    caption = _("All entries of these days, memorandum with them")
    return table(caption, (_("Currency"), _("Debits"), _("Credits")), rows, figures=(1, 2), empty="")
