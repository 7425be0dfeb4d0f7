"""The whole ledger of a fund for another program: every entry, and the balances by which it can check itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from domain.desk.known import cut_of
from domain.desk.statements.heads import statement_cut
from domain.store import export as store
from domain.store import statements
from domain.store.balances import balances
from domain.store.export import ExportedEntry, ExportedPosting
from domain.store.statements import Account

__all__ = ["Account", "ExportedEntry", "ExportedPosting", "LedgerExport", "export_ledger"]


@dataclass(frozen=True, slots=True)
class LedgerExport:
    """A fund's ledger as of a day and as known at a seal.

    ``evenings`` are the balances after the last booking of each month, read as statements read them and not added up
    from ``entries``, so that whoever adds up the entries checks the one against the other. ``entries`` are read once,
    while the transaction is open.
    """

    fund: str
    fund_name: str
    currency: str
    opened_on: date
    as_of: date
    seal: int
    sealed_at: datetime | None
    accounts: tuple[Account, ...]
    first_day: date
    evenings: Mapping[date, Mapping[tuple[str, str], int]]
    entries: Iterator[ExportedEntry]


def export_ledger(session: Session, *, fund_code: str, as_of: date | None, seal: int | None = None) -> LedgerExport:
    """Return a fund's ledger; ``as_of`` None is the end of the book. Refused: an unknown fund, a seal beyond the head,
    a day that the book has not reached.

    Every account is there of which a posting is known at the seal, those that hold nothing too.
    """
    if as_of is None:
        cut = cut_of(session, fund_code=fund_code, as_of=date.max, seal=seal)
    else:
        cut = statement_cut(session, fund_code=fund_code, as_of=as_of, seal=seal)
    position = cut.known.position
    months = store.booked_months(session, fund_id=cut.fund_id, as_of=cut.as_of, position=position)
    accounts = statements.accounts(session, fund_id=cut.fund_id, position=position)
    known = {(one.code, one.currency) for one in accounts}
    evenings = {}
    for _first, last in months:
        held = balances(session, fund_id=cut.fund_id, as_of=last, position=position)
        evenings[last] = {account: minor for account, minor in held.items() if account in known}
    return LedgerExport(
        fund=cut.fund_code,
        fund_name=cut.fund_name,
        currency=cut.currency,
        opened_on=cut.opened_on,
        as_of=as_of or cut.reached,
        seal=cut.known.number,
        sealed_at=cut.known.sealed_at,
        accounts=accounts,
        first_day=min([cut.opened_on, *(first for first, _last in months)]),
        evenings=evenings,
        entries=store.exported_entries(session, fund_id=cut.fund_id, as_of=cut.as_of, position=position),
    )
