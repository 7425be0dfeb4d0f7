"""Posting many entries at once: one statement for thousands of them, with every guarantee that one alone has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.errors import Refusal
from domain.ledger import Entry, EntryAlreadyReversed, KeyUsedForAnotherRequest, PeriodClosed
from domain.store.ledger import AccountUnknown, CashNotEnough, account_ids, body_hash

AT_ONCE = 5000
"""How many entries one statement takes; what it holds in memory is bounded by it, and more gains nothing."""

_POST_MANY = text(
    """WITH heads AS MATERIALIZED (
           SELECT nextval('fact_id') AS id, h.*
           FROM unnest(CAST(:keys AS text[]), CAST(:hashes AS bytea[]), CAST(:kinds AS text[]),
                       CAST(:reasons AS text[]), CAST(:sources AS text[]), CAST(:deals AS uuid[]),
                       CAST(:booked AS date[]), CAST(:effective AS date[]), CAST(:reverses AS bigint[]),
                       CAST(:counts AS int[]))
                WITH ORDINALITY
                AS h (key, hash, kind, reason, source, deal, booked, effective, reverses, count, place)),
       header AS (
           INSERT INTO entry (id, fund_id, recorded_by, actor_scope, idem_key, body_hash, kind, reason, source_ref,
                              deal_id, booked_on, effective_on, reverses_id, posting_count, arrived_whole)
           SELECT id, :fund_id, :recorded_by, :scope, key, hash, kind, reason, source, deal, booked, effective,
                  reverses, count, true
           FROM heads ORDER BY place),
       lines AS (
           INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount, instrument_id)
           SELECT heads.id, p.line, p.account, p.currency, heads.booked, heads.effective, p.amount, p.instrument
           FROM unnest(CAST(:places AS int[]), CAST(:lines AS int[]), CAST(:accounts AS bigint[]),
                       CAST(:currencies AS text[]), CAST(:amounts AS bigint[]), CAST(:instruments AS uuid[]))
                AS p (place, line, account, currency, amount, instrument) JOIN heads USING (place)
           ORDER BY heads.id, p.line)
       SELECT id FROM heads ORDER BY place"""
)


@dataclass(frozen=True, slots=True)
class KeyedEntry:
    """An entry that waits for its number, with the key under which it is posted once."""

    key: str
    entry: Entry


def post_many(
    session: Session, entries: Sequence[KeyedEntry], *, fund_id: UUID, recorded_by: UUID | None, scope: str
) -> list[int]:
    """Append entries and return their numbers, in order: all of them or none. For loads and imports (the night's role).

    An entry that was posted before under its key keeps its number. Refused as one entry is: an account that the fund
    lacks, a key used for another request, a second reversal or one of a reversal, a closed period, too little cash.
    """
    twice = [key for key, times in Counter(keyed.key for keyed in entries).items() if times > 1]
    if twice:
        raise KeyUsedForAnotherRequest(twice[0])
    accounts = account_ids(session, fund_id)
    unknown = {(p.code, p.currency) for keyed in entries for p in keyed.entry.postings} - accounts.keys()
    if unknown:
        raise AccountUnknown(*min(unknown))
    said = {"fund_id": fund_id, "recorded_by": recorded_by, "scope": scope}
    try:
        with session.begin_nested():
            return [
                number
                for start in range(0, len(entries), AT_ONCE)
                for number in session.execute(_POST_MANY, said | _arrays(entries[start : start + AT_ONCE], accounts))
                .scalars()
                .all()
            ]
    except IntegrityError as refused:
        constraint = getattr(getattr(refused.orig, "diag", None), "constraint_name", None)
        if constraint != "entry_key_is_used_once":
            raise _refusal(constraint, entries) or refused from refused
    posted = _posted_before(session, entries, fund_id=fund_id, scope=scope)
    new = [keyed for keyed in entries if keyed.key not in posted]
    assert posted, "what has the key is committed, or the key would still be waited for"
    numbers = iter(post_many(session, new, fund_id=fund_id, recorded_by=recorded_by, scope=scope))
    return [posted[keyed.key] if keyed.key in posted else next(numbers) for keyed in entries]


def _posted_before(session: Session, entries: Sequence[KeyedEntry], *, fund_id: UUID, scope: str) -> dict[str, int]:
    """Return the numbers of those that stand under their key. Refused: another one does."""
    rows = session.execute(
        text(
            "SELECT idem_key, id, fund_id, body_hash FROM entry "
            "WHERE actor_scope = :scope AND idem_key = ANY(CAST(:keys AS text[]))"
        ),
        {"scope": scope, "keys": [keyed.key for keyed in entries]},
    )
    found = {row.idem_key: (row.id, (row.fund_id, bytes(row.body_hash))) for row in rows}
    for keyed in entries:
        if keyed.key in found and found[keyed.key][1] != (fund_id, body_hash(keyed.entry)):
            raise KeyUsedForAnotherRequest(keyed.key)
    return {key: number for key, (number, _) in found.items()}


def _refusal(constraint: str | None, entries: Sequence[KeyedEntry]) -> Refusal | None:
    """Return in words what refused the batch; None for what no person can cause."""
    match constraint:
        case "entry_lies_in_an_open_period":
            return PeriodClosed(min(keyed.entry.booked_on for keyed in entries))
        case "entry_is_reversed_once" | "reversal_fits_its_entry":
            return EntryAlreadyReversed(next((k.entry.reverses_id for k in entries if k.entry.reverses_id), 0))
        case "account_stays_within_its_limit":
            return CashNotEnough()
    return None


def _arrays(entries: Sequence[KeyedEntry], accounts: dict[tuple[str, str], int]) -> dict[str, str]:
    """Return a batch as one array per column, each as the text that PostgreSQL reads."""
    said = [keyed.entry for keyed in entries]
    lines = [
        (place, line, accounts[p.code, p.currency], p.currency, p.amount_minor, p.instrument_id)
        for place, entry in enumerate(said, 1)
        for line, p in enumerate(entry.postings, 1)
    ]
    place, line, account, currency, amount, instrument = zip(*lines, strict=True)
    return {
        "keys": _texts(keyed.key for keyed in entries),
        "hashes": _plain(rf'"\\x{body_hash(entry).hex()}"' for entry in said),
        "kinds": _texts(entry.kind for entry in said),
        "reasons": _texts(entry.reason for entry in said),
        "sources": _texts(entry.source_ref for entry in said),
        "deals": _plain(entry.deal_id for entry in said),
        "booked": _plain(entry.booked_on for entry in said),
        "effective": _plain(entry.effective_on for entry in said),
        "reverses": _plain(entry.reverses_id for entry in said),
        "counts": _plain(len(entry.postings) for entry in said),
        "places": _plain(place),
        "lines": _plain(line),
        "accounts": _plain(account),
        "currencies": _plain(currency),
        "amounts": _plain(amount),
        "instruments": _plain(instrument),
    }


def _plain(values: Iterable[Any]) -> str:
    """Return numbers, days and ids as an array."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _texts(values: Iterable[str]) -> str:
    """Return texts as an array, whatever they hold."""
    return "{" + ",".join('"' + value.replace("\\", r"\\").replace('"', r"\"") + '"' for value in values) + "}"
