"""The page of an account: its postings one by one, with the balance after each, and the way to every entry."""

from __future__ import annotations

from urllib.parse import quote

from api.files.statement_words import ACCOUNT_KIND_WORDS, STATEMENT_LINE_WORDS, account_words
from api.pages.parts import Cell, Figure, Link, Mark, Page, Part, Row, Section, Text, line, table
from api.pages.reader import Reader
from api.pages.statement_parts import account_address, address, day_form, downloads, heading, notes
from api.pages.words import ENTRY_WORDS, say
from domain.desk.statements import EVERY_ACCOUNT, AccountLine, AccountStatement, FundStatement
from domain.ledger import AccountKind
from domain.money import Money

CREDIT_KINDS = frozenset({AccountKind.LIABILITY, AccountKind.CAPITAL, AccountKind.INCOME})


def account_page(reader: Reader, found: FundStatement[AccountStatement]) -> Page:
    """Return the page; an account whose statement counts credits above zero has its balance that way here too."""
    _ = reader.gettext
    head, told = found.head, found.figures
    turned = told.account.kind in CREDIT_KINDS
    place = f"accounts/{quote(told.account.code)}"
    said = {"currency": told.account.currency, "flow": told.flow.value if told.flow else ""}
    said |= {"instrument": told.instrument or ""}
    side = _("credit above zero") if turned else _("debit above zero")
    facts = (
        *heading(reader, head, place, **said),
        Figure(_("Kind"), f"{say(reader, ACCOUNT_KIND_WORDS, told.account.kind)} · {side}"),
    )
    title = _title(reader, told)
    count = reader.ngettext("%s posting", "%s postings", told.count) % reader.number(told.count)
    if told.flow:
        title = _("{account}: {flow}").format(
            account=title, flow=say(reader, STATEMENT_LINE_WORDS, told.flow.value)
        )  # fmt: skip
    back = Link(address(head, "trial-balance", **{"from": None}), _("Trial balance"))
    if told.flow:
        back = Link(address(head, "cash-flow"), _("Cash flow"))
    if told.instrument and (deal := next((one.posting.deal for one in told.lines), None)):
        back = Link(f"/deals/{quote(deal)}", deal)
    form = day_form(reader, head, place, span=True, by=told.flow is None, kept=said)
    return Page(
        title=title,
        lead=f"{head.fund_name} ({head.fund}) · {count}",
        mark=Mark(_("as known at seal %s") % reader.number(head.seal), "warn") if head.is_old else None,
        trail=(Link("/ledger", _("Ledger")), back),
        facts=facts,
        parts=(
            *notes(reader, head, place, (), **said),
            *_newest(reader, found),
            _postings(reader, told, turned=turned),
            *_more(reader, found),
        ),
        sections=(
            Section(_("Another day"), (form,), anchor="day"),
            Section(_("Download"), (downloads(reader, head, place, **said),), anchor="download"),
        ),
    )


def _title(reader: Reader, told: AccountStatement) -> str:
    """Return what the list is of: an account, an instrument on it, or all that an instrument stands at."""
    words = account_words(told.account.code)
    if told.instrument is None:
        return words
    if told.account.code == EVERY_ACCOUNT:
        return reader.gettext("{instrument}: statement of account").format(instrument=told.instrument)
    return reader.gettext("{account}: {instrument}").format(account=words, instrument=told.instrument)


def _postings(reader: Reader, told: AccountStatement, *, turned: bool) -> Part:
    _ = reader.gettext

    def balance(money: Money) -> str:
        return reader.figure(-money if turned else money)

    began = _("Opening balance") if told.before == told.opening else _("Balance so far")
    rows: list[Row] = [line(Cell(began), "", "", "", "", balance(told.before), total=True)]
    every = told.account.code == EVERY_ACCOUNT
    rows += [_posting(reader, one, balance(one.balance), every=every) for one in told.lines]
    if told.next is None:
        rows.append(line(Cell(_("Closing balance")), "", "", "", "", balance(told.closing), total=True))
    debit, credit = (_("In"), _("Out")) if told.flow else (_("Debit"), _("Credit"))
    columns = (_("Entry"), _("Booked on"), _("Value day"), debit, credit, _("Balance"))
    caption = _("Postings in {currency}").format(currency=told.account.currency)
    return table(caption, columns, rows, figures=(3, 4, 5), empty=_("Nothing is booked here."))


def _posting(reader: Reader, one: AccountLine, balance: str, *, every: bool) -> Row:
    of = one.posting
    words = reader.gettext("{kind} {number}").format(kind=say(reader, ENTRY_WORDS, of.kind), number=of.entry_id)
    more = [part for part in (of.deal, of.instrument) if part and part not in of.reason]
    shown = [account_words(of.account)] if every else []
    about = " · ".join([*shown, *([of.reason] if of.reason else []), *more])
    return line(
        Cell(words, f"/entries/{of.entry_id}", note=about),
        reader.day(of.booked_on),
        reader.day(of.effective_on),
        reader.figure(one.amount) if one.amount.minor > 0 else "",
        reader.figure(-one.amount) if one.amount.minor < 0 else "",
        balance,
    )


def _newest(reader: Reader, found: FundStatement[AccountStatement]) -> tuple[Part, ...]:
    """Return the way to the newest postings, where they do not fit on the page with all the others."""
    head, told = found.head, found.figures
    begin = head.as_of.replace(day=1)
    if told.next is None or (head.first is not None and head.first >= begin):
        return ()
    flow = {"flow": told.flow.value if told.flow else None, "instrument": told.instrument}
    to = account_address(head, told.account.code, told.account.currency, **{"from": begin}, **flow)
    words = reader.gettext("The oldest come first.")
    return (Text(words, link=Link(to, reader.gettext("Show the postings since %s") % reader.day(begin))),)


def _more(reader: Reader, found: FundStatement[AccountStatement]) -> tuple[Part, ...]:
    told = found.figures
    if told.next is None:
        return ()
    flow = {"flow": told.flow.value if told.flow else None, "instrument": told.instrument}
    to = account_address(found.head, told.account.code, told.account.currency, after=told.next, **flow)
    return (Text("", link=Link(to, reader.gettext("The next postings"))),)
