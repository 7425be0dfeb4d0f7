"""A fund's ledger as text for beancount, whose ``bean-check`` adds all of it up again as a stranger would.

It refuses an entry that does not sum to zero, an account that was never opened, and a balance that differs by one unit
from what our statements say on the evening of each month's last booking.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import IO

from domain.desk.export import Account, ExportedEntry, LedgerExport
from domain.ledger import AccountKind
from domain.money import minor_to_text

ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.CONTRA: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.CAPITAL: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
    AccountKind.MEMORANDUM: "Equity:Memorandum",
}
"""Where each kind of account stands there; what is memorandum is told apart by its name."""

Names = Mapping[tuple[str, str], str]


def account_names(accounts: Iterable[Account]) -> dict[tuple[str, str], str]:
    """Return the name of each account by code and currency: one for all currencies of a code, none used twice.

    ``loan_principal`` becomes ``Assets:Loan-Principal``; a code that would take another's name gets a number.
    """
    names: dict[tuple[str, str], str] = {}
    taken: dict[str, tuple[str, str]] = {ROOTS[AccountKind.MEMORANDUM]: ("", "")}
    for one in accounts:
        words = [word for word in re.split(r"[^A-Za-z0-9]+", one.code) if word]
        base = f"{ROOTS[AccountKind(one.kind)]}:" + "-".join(word[:1].upper() + word[1:] for word in words)
        name, number = base, 2
        while taken.setdefault(name, (one.kind, one.code)) != (one.kind, one.code):
            name, number = f"{base}-{number}", number + 1
        names[one.code, one.currency] = name
    return names


def quoted(words: str) -> str:
    """Return a text between quotes; nothing in it ends the quotes or the line."""
    clean = "".join(
        " " if sign in "\r\n\t\u2028\u2029\x85" else "�" if unicodedata.category(sign) in ("Cc", "Cs") else sign
        for sign in words
    )
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def beancount_lines(export: LedgerExport) -> Iterator[str]:
    """Yield the text, entry by entry in the order of booking days."""
    names = account_names(export.accounts)
    yield from _head(export, names)
    evenings = iter(export.evenings)
    evening = next(evenings, None)
    for entry in export.entries:
        while evening is not None and entry.booked_on > evening:
            yield from _balances(export, names, evening)
            evening = next(evenings, None)
        yield _entry(entry, names)
    while evening is not None:
        yield from _balances(export, names, evening)
        evening = next(evenings, None)


def write_beancount(export: LedgerExport, out: IO[bytes]) -> None:
    """Write the text as UTF-8."""
    out.writelines(line.encode() for line in beancount_lines(export))


def _head(export: LedgerExport, names: Names) -> Iterator[str]:
    known = f"seal {export.seal}" + (f" ({export.sealed_at:%Y-%m-%d %H:%M} UTC)" if export.sealed_at else "")
    yield f"; The ledger of {export.fund} as of {export.as_of}, by booking day, as known at {known}.\n"
    yield f'option "title" {quoted(f"{export.fund_name} ({export.fund})")}\n'
    yield f'option "operating_currency" "{export.currency}"\n\n'
    currencies = sorted({currency for _code, currency in names})
    yield from (f"{export.first_day} commodity {currency}\n" for currency in currencies)
    yield "\n"
    opened = sorted((name, currency) for (_code, currency), name in names.items())
    for name, them in groupby(opened, key=lambda one: one[0]):
        yield f"{export.first_day} open {name} {','.join(currency for _name, currency in them)}\n"


def _entry(entry: ExportedEntry, names: Names) -> str:
    said = [quoted(entry.investee), quoted(entry.reason)] if entry.investee else [quoted(entry.reason)]
    lines = [
        f"\n{entry.booked_on} * {' '.join(said)}",
        f"  entry: {entry.id}",
        f"  kind: {quoted(entry.kind)}",
        f"  effective: {entry.effective_on}",
        f"  seal: {entry.seal}",
    ]
    lines += [f"  deal: {quoted(entry.deal)}"] if entry.deal else []
    lines += [f"  reverses: {entry.reverses_id}"] if entry.reverses_id else []
    lines += [f"  source: {quoted(entry.source_ref)}"] if entry.source_ref else []
    for one in entry.postings:
        lines.append(f"  {names[one.code, one.currency]}  {minor_to_text(one.minor, one.currency)} {one.currency}")
        if one.instrument:
            lines.append(f"    instrument: {quoted(one.instrument)}")
    return "\n".join(lines) + "\n"


def _balances(export: LedgerExport, names: Names, evening: date) -> Iterator[str]:
    """Yield what every account holds on an evening. There a balance is that of a day's beginning: the next day's.

    The tolerance of zero is said: left out, two units of a cent would pass.
    """
    if evening == date.max:
        return
    yield "\n"
    morning = evening + timedelta(days=1)
    for (code, currency), minor in export.evenings[evening].items():
        yield f"{morning} balance {names[code, currency]}  {minor_to_text(minor, currency)} ~ 0 {currency}\n"
