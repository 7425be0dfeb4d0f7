"""Writing and reading the ledger: one statement posts an entry, balances are sums of postings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Actor
from domain.errors import NotFound, Refusal
from domain.ledger import (
    CHART,
    AccountKind,
    Entry,
    EntryAlreadyReversed,
    KeyUsedForAnotherRequest,
    PeriodClosed,
    Posting,
)

_POST = text(
    """SELECT entry_number, refused FROM post_entry(
           :fund_id, :recorded_by, :scope, :key, :body_hash, :kind, :reason, :source_ref, :deal_id, :booked_on,
           :effective_on, :reverses_id, :codes, :currencies, CAST(:amounts AS bigint[]),
           CAST(:instruments AS uuid[]))"""
)


class CashNotEnough(Refusal):
    """An account would leave its bounds at the end of the booking day or of a later one: a pool's cash cannot
    be paid out twice, nor before it is booked as being there.
    """

    def __init__(self) -> None:
        super().__init__("the fund does not hold enough cash for this on the books")


class AccountUnknown(Refusal):
    """A fund has no account of that code and currency."""

    def __init__(self, code: str, currency: str) -> None:
        super().__init__(f"the fund has no account {code} in {currency}")
        self.code, self.currency = code, currency


def open_accounts(
    session: Session, *, fund_id: UUID, currency: str, extra: Mapping[str, AccountKind] | None = None
) -> None:
    """Open the chart's accounts, and a source's own ones, in a fund and currency; those that exist stay."""
    chart = {**CHART, **(extra or {})}
    session.execute(
        text(
            """INSERT INTO account (fund_id, code, currency, kind)
               SELECT :fund_id, code, :currency, kind
               FROM unnest(CAST(:codes AS text[]), CAST(:kinds AS text[])) AS c (code, kind)
               ON CONFLICT ON CONSTRAINT account_code_is_unique_in_its_fund DO NOTHING"""
        ),
        {"fund_id": fund_id, "currency": currency, "codes": list(chart), "kinds": [str(k) for k in chart.values()]},
    )


def limit_account(session: Session, *, fund_id: UUID, code: str, currency: str, floor_minor: int | None) -> None:
    """Give an account a floor below which the database lets no posting take it; it counts itself what stands there."""
    session.execute(
        text(
            """INSERT INTO account_limit (account_id, balance_minor, floor_minor, version)
               SELECT a.id, 0, :floor, 0
               FROM account a WHERE a.fund_id = :fund_id AND a.code = :code AND a.currency = :currency"""
        ),
        {"fund_id": fund_id, "code": code, "currency": currency, "floor": floor_minor},
    )


def account_ids(session: Session, fund_id: UUID) -> dict[tuple[str, str], int]:
    """Return a fund's account numbers by (code, currency)."""
    rows = session.execute(text("SELECT code, currency, id FROM account WHERE fund_id = :f"), {"f": fund_id})
    return {(row.code, row.currency): row.id for row in rows}


def account_kinds(session: Session, fund_id: UUID) -> dict[tuple[str, str], str]:
    """Return the side of the books each account stands on, by (code, currency)."""
    rows = session.execute(text("SELECT code, currency, kind FROM account WHERE fund_id = :f"), {"f": fund_id})
    return {(row.code, row.currency): row.kind for row in rows}


def body_hash(entry: Entry) -> bytes:
    """Return the hash by which a repeated request is known to be the same one: all of the entry but its number."""
    said = [
        entry.kind,
        entry.reason,
        entry.booked_on.isoformat(),
        entry.effective_on.isoformat(),
        str(entry.deal_id or ""),
        entry.source_ref,
        str(entry.reverses_id or ""),
    ]
    said += [f"{p.code} {p.amount_minor} {p.currency} {p.instrument_id or ''}" for p in entry.postings]
    return hashlib.sha256("\x1f".join(said).encode()).digest()


def post(session: Session, entry: Entry, *, fund_id: UUID, by: Actor, key: str, scope: str = "") -> int:
    """Append an entry and return its number; the same key with the same content returns the first one's.

    Refused, in this order: an account that the fund lacks, a key used for another request, a second reversal or one of
    a reversal, a closed period, too little cash. A refused entry leaves nothing behind, and the transaction goes on.
    """
    said = {
        "fund_id": fund_id,
        "recorded_by": by.id,
        "scope": scope or scope_of(by),
        "key": key,
        "body_hash": body_hash(entry),
        "kind": entry.kind,
        "reason": entry.reason,
        "source_ref": entry.source_ref,
        "deal_id": entry.deal_id,
        "booked_on": entry.booked_on,
        "effective_on": entry.effective_on,
        "reverses_id": entry.reverses_id,
        "codes": [p.code for p in entry.postings],
        "currencies": [p.currency for p in entry.postings],
        "amounts": [p.amount_minor for p in entry.postings],
        "instruments": [p.instrument_id for p in entry.postings],
    }
    number, refused = session.execute(_POST, said).one()
    if refused is not None:
        raise _refusal(session, refused, entry, fund_id=fund_id, key=key)
    return int(number)


def scope_of(by: Actor) -> str:
    """Return within what an actor's keys are their own: the person, or the name of the programme."""
    return str(by.id) if by.id else by.name


def _refusal(session: Session, refused: str, entry: Entry, *, fund_id: UUID, key: str) -> Refusal:
    """Return in words what the database refused by the name of a constraint."""
    match refused:
        case "account_is_open":
            known = account_ids(session, fund_id)
            said = ((p.code, p.currency) for p in entry.postings)
            return AccountUnknown(*next(account for account in said if account not in known))
        case "entry_key_is_used_once":
            return KeyUsedForAnotherRequest(key)
        case "entry_lies_in_an_open_period":
            return PeriodClosed(entry.booked_on)
        case "entry_is_reversed_once" | "reversal_fits_its_entry":
            return EntryAlreadyReversed(entry.reverses_id or 0)
    assert refused == "account_stays_within_its_limit", refused
    return CashNotEnough()


def entry_by_id(session: Session, entry_id: int) -> tuple[UUID, Entry]:
    """Return an entry with its fund; else ``NotFound``. That it is reversed once is kept by a unique constraint."""
    head = session.execute(text("SELECT * FROM entry WHERE id = :id"), {"id": entry_id}).mappings().one_or_none()
    if head is None:
        raise NotFound("entry", entry_id)
    lines = session.execute(
        text(
            "SELECT a.code, p.amount, p.currency, p.instrument_id FROM posting p JOIN account a ON a.id = p.account_id "
            "WHERE p.entry_id = :id ORDER BY p.line"
        ),
        {"id": entry_id},
    )
    return head["fund_id"], Entry(
        kind=head["kind"],
        reason=head["reason"],
        booked_on=head["booked_on"],
        effective_on=head["effective_on"],
        postings=tuple(Posting(row.code, row.amount, row.currency, row.instrument_id) for row in lines),
        deal_id=head["deal_id"],
        source_ref=head["source_ref"],
        reverses_id=head["reverses_id"],
    )


def entries_page(
    session: Session, *, fund_code: str | None, deal_id: UUID | None, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return entries newest first, each with its postings as a list, before the number ``after``."""
    rows = session.execute(
        text(
            """SELECT e.id, f.code AS fund, e.kind, e.reason, e.source_ref, e.deal_id, e.booked_on, e.effective_on,
                      e.recorded_at, e.recorded_by, u.name AS booked_by, e.reverses_id, r.id AS reversed_by,
                      s.number AS seal,
                      (SELECT jsonb_agg(jsonb_build_object('account', a.code, 'minor', p.amount, 'currency', p.currency,
                              'instrument_id', p.instrument_id) ORDER BY p.line)
                       FROM posting p JOIN account a ON a.id = p.account_id WHERE p.entry_id = e.id) AS postings
               FROM entry e JOIN fund f ON f.id = e.fund_id LEFT JOIN entry r ON r.reverses_id = e.id
               LEFT JOIN seal s ON s.fact_id = e.id LEFT JOIN app_user u ON u.id = e.recorded_by
               WHERE (CAST(:fund AS text) IS NULL OR f.code = :fund)
                 AND (CAST(:deal AS uuid) IS NULL OR e.deal_id = :deal)
                 AND (CAST(:after AS bigint) IS NULL OR e.id < :after)
               ORDER BY e.id DESC LIMIT :limit"""
        ),
        {"fund": fund_code, "deal": deal_id, "after": after, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def ledger_counts(session: Session) -> tuple[int, int]:
    """Return how many entries and accounts there are."""
    row = session.execute(text("SELECT (SELECT count(*) FROM entry) AS e, (SELECT count(*) FROM account) AS a")).one()
    return row.e, row.a
