"""Reading what statements are made of: an account's postings in order, and what moved cash, as known at a position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.cash_flow import TOLD_BY, TOLD_BY_NOTHING, CashMovement, FlowName
from domain.errors import NotFound
from domain.money import Money

ROWS_AT_ONCE = 5_000

_SEALED = "EXISTS (SELECT FROM seal k WHERE k.fact_id = e.id AND k.position <= :position)"

_BESIDE_CASH = f"""FROM entry e JOIN posting q ON q.entry_id = e.id JOIN account a ON a.id = q.account_id
    WHERE e.fund_id = :fund_id AND e.booked_on BETWEEN :first AND :last AND a.code <> 'cash' AND a.kind <> 'memorandum'
      AND EXISTS (SELECT FROM posting p JOIN account c ON c.id = p.account_id
                  WHERE p.entry_id = e.id AND c.code = 'cash' AND c.currency = q.currency)
      AND {_SEALED}"""
"""What stands against cash in the entries that move it: with the sign turned, it is what moved cash."""

_CASH_MOVEMENTS = text(
    f"""SELECT e.kind, a.code, q.currency, q.amount > 0 AS debited, sum(-q.amount)::bigint AS minor {_BESIDE_CASH}
        GROUP BY e.kind, a.code, q.currency, q.amount > 0 ORDER BY e.kind, a.code, q.currency, q.amount > 0"""
)

_OF_FUND = """SELECT p.entry_id, p.line, p.booked_on, p.effective_on, p.amount, p.instrument_id, a.code AS account
              FROM posting p JOIN account a ON a.id = p.account_id
              WHERE a.fund_id = :fund_id AND a.currency = :currency"""

_OF_INSTRUMENT = " AND p.instrument_id = :instrument_id"

_WHAT_IT_HOLDS = " AND a.kind IN ('asset', 'contra') AND a.code <> 'cash'"
"""What an instrument stands at: principal and what is receivable, or its cost; not the cash that moved for it."""

_ON_FLOW = f"""SELECT q.entry_id, q.line, q.booked_on, q.effective_on, -q.amount AS amount, q.instrument_id,
           a.code AS account
    {_BESIDE_CASH} AND q.currency = :currency AND :flow = coalesce(
        (SELECT f.name FROM unnest(CAST(:reversals AS boolean[]), CAST(:codes AS text[]), CAST(:debits AS boolean[]),
                                   CAST(:names AS text[])) AS f (reversal, code, debited, name)
         WHERE f.reversal = (e.kind = 'reversal') AND f.code = a.code AND f.debited = (q.amount > 0)),
        CASE WHEN e.kind = 'reversal' THEN :other_reversal ELSE :other END)"""


# One look from each account's first posting on: as a join the planner would read all postings.
_USED = """CROSS JOIN LATERAL (
        SELECT FROM posting p WHERE p.account_id = a.id
          AND (SELECT s.position FROM seal s WHERE s.fact_id = p.entry_id) <= :position
        ORDER BY p.booked_on LIMIT 1) used"""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a fund."""

    code: str
    currency: str
    kind: str


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One posting with what its entry says; ``day`` is the one that the list goes by."""

    entry_id: int
    line: int
    day: date
    booked_on: date
    effective_on: date
    kind: str
    reason: str
    deal: str | None
    instrument: str | None
    seal: int
    minor: int
    account: str


@dataclass(frozen=True, slots=True)
class PostingPlace:
    """A place in an account's list: after which day, entry and line to go on."""

    day: date
    entry_id: int
    line: int


@dataclass(frozen=True, slots=True)
class PostingRange:
    """Which postings: of an account, or of cash for one flow; from a day to a day, by booking or by value day.

    With an instrument only its own; without an account (``code`` None) all that tell what the instrument stands at.
    """

    fund_id: UUID
    code: str | None
    currency: str
    first: date
    last: date
    position: int
    by: str = "booked_on"
    flow: FlowName | None = None
    instrument_id: UUID | None = None

    @property
    def source(self) -> str:
        """The postings themselves, before days, seals and pages."""
        assert self.by in ("booked_on", "effective_on"), "a statement goes by booking or by value day"
        assert self.code or self.instrument_id, "a list is of an account or of an instrument"
        if self.flow:
            return _ON_FLOW
        of_account = " AND a.code = :code" if self.code else _WHAT_IT_HOLDS
        return _OF_FUND + of_account + (_OF_INSTRUMENT if self.instrument_id else "")

    @property
    def bound(self) -> dict[str, object]:
        """The values by the names that the statements use."""
        said: dict[str, object] = {
            "fund_id": self.fund_id, "currency": self.currency, "first": self.first, "last": self.last,
            "position": self.position,
        }  # fmt: skip
        if self.flow is None:
            said |= {"code": self.code} if self.code else {}
            return said | ({"instrument_id": self.instrument_id} if self.instrument_id else {})
        keys = list(TOLD_BY)
        return {
            **said,
            "flow": self.flow.value,
            "reversals": [reversal for reversal, _, _ in keys],
            "codes": [code for _, code, _ in keys],
            "debits": [debited for _, _, debited in keys],
            "names": [name.value for name in TOLD_BY.values()],
            "other": TOLD_BY_NOTHING[False].value,
            "other_reversal": TOLD_BY_NOTHING[True].value,
        }


def accounts(session: Session, *, fund_id: UUID, position: int | None = None) -> tuple[Account, ...]:
    """Return a fund's accounts by code and currency; with a position those of which it knows a posting.

    What was opened later and never used is in no list of that position: an account itself is not sealed.
    """
    used = "" if position is None else _USED
    rows = session.execute(
        text(f"SELECT a.code, a.currency, a.kind FROM account a {used} WHERE a.fund_id = :f ORDER BY 1, 2"),
        {"f": fund_id} | ({} if position is None else {"position": position}),
    )
    return tuple(Account(row.code, row.currency, row.kind) for row in rows)


def instrument_id(session: Session, *, fund_id: UUID, code: str) -> UUID:
    """Return the id of a fund's instrument by its code; else ``NotFound``."""
    row = session.execute(
        text(
            "SELECT i.id FROM instrument i JOIN deal d ON d.id = i.deal_id WHERE i.code = :code AND d.fund_id = :fund"
        ),
        {"code": code, "fund": fund_id},
    ).one_or_none()
    if row is None:
        raise NotFound("instrument", code)
    found: UUID = row.id
    return found


def cash_movements(
    session: Session, *, fund_id: UUID, first: date, last: date, position: int
) -> tuple[CashMovement, ...]:
    """Return what moved a fund's cash from a day to a day, by kind of entry and by the account on the other side."""
    rows = session.execute(
        _CASH_MOVEMENTS, {"fund_id": fund_id, "first": first, "last": last, "position": position}
    )  # fmt: skip
    return tuple(CashMovement(row.kind, row.code, Money(row.minor, row.currency), row.debited) for row in rows)


def movements(
    session: Session, *, fund_id: UUID, first: date, last: date, position: int, by: str
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return what was debited and credited on each account from a day to a day, both above zero, in minor units."""
    assert by in ("booked_on", "effective_on"), "a statement goes by booking or by value day"
    rows = session.execute(
        text(
            f"""SELECT a.code, a.currency, coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0)::bigint AS debited,
                       coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)::bigint AS credited
                FROM account a JOIN posting p ON p.account_id = a.id AND p.{by} BETWEEN :first AND :last
                WHERE a.fund_id = :fund_id
                  AND EXISTS (SELECT FROM seal k WHERE k.fact_id = p.entry_id AND k.position <= :position)
                GROUP BY a.code, a.currency"""
        ),
        {"fund_id": fund_id, "first": first, "last": last, "position": position},
    )
    return {(row.code, row.currency): (row.debited, row.credited) for row in rows}


def postings(
    session: Session, asked: PostingRange, *, after: PostingPlace | None, limit: int
) -> tuple[PostingLine, ...]:
    """Return postings by day, entry and line, after a place."""
    return tuple(_lines(session, asked, after=after, limit=limit))


def all_postings(session: Session, asked: PostingRange) -> Iterator[PostingLine]:
    """Yield all postings asked for, some thousands at a time."""
    yield from _lines(session, asked, after=None, limit=None)


def _lines(
    session: Session, asked: PostingRange, *, after: PostingPlace | None, limit: int | None
) -> Iterator[PostingLine]:
    beyond = f"AND (m.{asked.by}, m.entry_id, m.line) > (:day, :entry_id, :line)" if after else ""
    place = {"day": after.day, "entry_id": after.entry_id, "line": after.line} if after else {}
    rows = (
        session.connection()
        .execution_options(stream_results=limit is None, yield_per=ROWS_AT_ONCE)
        .execute(
            text(
                f"""SELECT m.entry_id, m.line, m.{asked.by} AS day, m.booked_on, m.effective_on, e.kind, e.reason,
                           d.code AS deal, i.code AS instrument, s.number AS seal, m.amount, m.account
                    FROM ({asked.source}) m JOIN entry e ON e.id = m.entry_id
                    JOIN seal s ON s.fact_id = e.id AND s.position <= :position
                    LEFT JOIN instrument i ON i.id = m.instrument_id
                    LEFT JOIN deal d ON d.id = coalesce(e.deal_id, i.deal_id)
                    WHERE m.{asked.by} BETWEEN :first AND :last {beyond}
                    ORDER BY m.{asked.by}, m.entry_id, m.line LIMIT :limit"""
            ),
            {**asked.bound, **place, "limit": limit},
        )
    )
    for row in rows:
        yield PostingLine(
            row.entry_id, row.line, row.day, row.booked_on, row.effective_on, row.kind, row.reason, row.deal,
            row.instrument, row.seal, row.amount, row.account,
        )  # fmt: skip


def sum_of_postings(session: Session, asked: PostingRange, *, until: PostingPlace | None = None) -> tuple[int, int]:
    """Return what the postings asked for add up to, in minor units, and how many they are; ``until`` a place or all."""
    before = f"AND (m.{asked.by}, m.entry_id, m.line) <= (:day, :entry_id, :line)" if until else ""
    place = {"day": until.day, "entry_id": until.entry_id, "line": until.line} if until else {}
    row = session.execute(
        text(
            f"""SELECT coalesce(sum(m.amount), 0)::bigint AS minor, count(*) AS n
                FROM ({asked.source}) m
                WHERE m.{asked.by} BETWEEN :first AND :last {before}
                  AND EXISTS (SELECT FROM seal k WHERE k.fact_id = m.entry_id AND k.position <= :position)"""
        ),
        {**asked.bound, **place},
    ).one()
    return row.minor, row.n
