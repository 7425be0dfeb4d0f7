"""The ways by which rows come into the ledger, each as a function that writes one entry and commits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.store.ledger_rows import EntryRow, PostingRow


@dataclass(frozen=True, slots=True)
class Line:
    """A posting as somebody wrote it; a day that is None repeats the entry's."""

    line: int
    code: str
    amount: int
    currency: str = "GBP"
    fund: str = "commons"
    booked_on: str | None = None
    effective_on: str | None = None
    instrument_id: UUID | None = None


GOOD = (Line(1, "cash", 100), Line(2, "contributed", -100))


@dataclass(frozen=True, slots=True)
class Attempt:
    """An entry as somebody wrote it; ``declared`` is None for as many lines as there are."""

    lines: tuple[Line, ...] = GOOD
    fund: str | None = "commons"
    key: str = "k"
    booked_on: str = "2026-03-01"
    effective_on: str = "2026-03-01"
    declared: int | None = None
    reverses: str | None = None
    deal_id: UUID | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where attempts are written: ids of funds, of accounts by (fund, code, currency), of entries by name."""

    url: str
    funds: dict[str, UUID]
    accounts: dict[tuple[str, str, str], int]
    entries: dict[str, int]

    def head(self, said: Attempt) -> dict[str, Any]:
        """The header's columns."""
        return {
            "fund_id": self.funds[said.fund] if said.fund else None,
            "actor_scope": "test",
            "idem_key": said.key,
            "body_hash": b"",
            "kind": "reversal" if said.reverses else "test",
            "reason": "",
            "booked_on": said.booked_on,
            "effective_on": said.effective_on,
            "posting_count": len(said.lines) if said.declared is None else said.declared,
            "reverses_id": self.entries[said.reverses] if said.reverses else None,
            "deal_id": said.deal_id,
        } | said.more

    def lines(self, said: Attempt) -> list[dict[str, Any]]:
        """The postings' columns, without the entry's number."""
        return [
            {
                "line": p.line,
                "account_id": self.accounts[p.fund, p.code, p.currency],
                "currency": p.currency,
                "booked_on": p.booked_on or said.booked_on,
                "effective_on": p.effective_on or said.effective_on,
                "amount": p.amount,
                "instrument_id": p.instrument_id,
            }
            for p in said.lines
        ]


def _insert(table: str, row: dict[str, Any]) -> tuple[str, list[Any]]:
    marks = ", ".join(["%s"] * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())


def row_by_row(ground: Ground, said: Attempt, **more: Any) -> None:
    """A header, then each posting, in statements of their own."""
    with closing(psycopg.connect(ground.url)) as connection:
        statement, values = _insert("entry", ground.head(said) | more)
        number = connection.execute(f"{statement} RETURNING id".encode(), values).fetchone()
        for line in ground.lines(said):
            statement, values = _insert("posting", {"entry_id": number and number[0]} | line)
            connection.execute(statement.encode(), values)
        connection.commit()


def row_by_row_and_whole(ground: Ground, said: Attempt) -> None:
    """The same, by somebody who says that it arrives whole: refused, however good it is."""
    row_by_row(ground, said, arrived_whole=True)


def copied(ground: Ground, said: Attempt) -> None:
    """One COPY of headers and one of postings, the last line first."""
    with closing(psycopg.connect(ground.url)) as connection, connection.cursor() as cursor:
        number = cursor.execute("SELECT nextval('fact_id')").fetchone()
        assert number is not None
        for table, rows in (
            ("entry", [{"id": number[0]} | ground.head(said)]),
            ("posting", [{"entry_id": number[0]} | line for line in reversed(ground.lines(said))]),
        ):
            for columns in {tuple(row) for row in rows}:
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
                    for row in rows:
                        copy.write_row(tuple(row.values()))
        connection.commit()


def one_statement(ground: Ground, said: Attempt) -> None:
    """Header and postings in one statement, which says that the entry arrives whole."""
    head = ground.head(said) | {"arrived_whole": True}
    lines = [line | {"instrument_id": str(line["instrument_id"] or "") or None} for line in ground.lines(said)]
    statement, values = _insert("entry", head)
    with closing(psycopg.connect(ground.url)) as connection:
        connection.execute(
            f"""WITH header AS ({statement} RETURNING id)
                INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount,
                                     instrument_id)
                SELECT header.id, p.* FROM header, jsonb_to_recordset(%s) AS p (line int, account_id bigint,
                    currency text, booked_on date, effective_on date, amount bigint, instrument_id uuid)""".encode(),
            [*values, Jsonb(lines)],
        )
        connection.commit()


def flushed(ground: Ground, said: Attempt) -> None:
    """Objects that the ORM flushes."""
    engine = create_engine(ground.url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with Session(engine) as session:
            entry = EntryRow(**ground.head(said))
            session.add(entry)
            session.flush()
            assert entry.id is not None, "what was flushed has its number"
            for line in ground.lines(said):
                session.add(PostingRow(entry_id=entry.id, **line))
                session.flush()
            session.commit()
    except IntegrityError as refused:
        raise refused.orig or refused from refused
    finally:
        engine.dispose()


WAYS: dict[str, Callable[[Ground, Attempt], None]] = {
    "row by row": row_by_row,
    "copied": copied,
    "one statement": one_statement,
    "flushed": flushed,
}

MIRROR = (Line(1, "cash", -100), Line(2, "contributed", 100))
CASH, PAID = GOOD

REFUSED: dict[str, tuple[Attempt, str]] = {
    "a posting missing": (Attempt((CASH,), declared=2), "entry_is_complete"),
    "no posting": (Attempt((), declared=2), "entry_is_complete"),
    "one declared": (Attempt((CASH,)), "entry_has_two_postings_or_more"),
    "off by one": (Attempt((CASH, Line(2, "contributed", -99))), "entry_balances"),
    "one of two currencies off": (
        Attempt((*GOOD, Line(3, "cash", 5, "EUR"), Line(4, "contributed", -4, "EUR"))),
        "entry_balances",
    ),
    "two currencies against each other": (Attempt((CASH, Line(2, "contributed", -100, "EUR"))), "entry_balances"),
    "a posting of nothing": (Attempt((*GOOD, Line(3, "cash", 0))), "posting_amount_is_not_zero"),
    "a line that is not declared": (Attempt((CASH, Line(3, "contributed", -100))), "posting_belongs_to_its_entry"),
    "line nought": (Attempt((Line(0, "cash", 100), Line(1, "cash", -100))), "posting_belongs_to_its_entry"),
    "another booking day": (
        Attempt((CASH, Line(2, "contributed", -100, booked_on="2026-03-02"))),
        "posting_belongs_to_its_entry",
    ),
    "another value day": (
        Attempt((CASH, Line(2, "contributed", -100, effective_on="2026-03-02"))),
        "posting_belongs_to_its_entry",
    ),
    "another fund's account": (
        Attempt((CASH, Line(2, "contributed", -100, fund="other"))),
        "posting_belongs_to_its_entry",
    ),
    "an instrument that is none": (
        Attempt((CASH, Line(2, "contributed", -100, instrument_id=uuid4()))),
        "posting_instrument_is_known",
    ),
    "a deal that is none": (Attempt(deal_id=uuid4()), "entry_deal_is_of_its_fund"),
    "no fund": (Attempt(fund=None), "entry_belongs_to_a_fund"),
    "a closed period": (
        Attempt(booked_on="2026-01-31", effective_on="2026-01-31"),
        "entry_lies_in_an_open_period",
    ),
    "a key that was used": (Attempt(key="first"), "entry_key_is_used_once"),
    "a second reversal": (Attempt(MIRROR, reverses="first"), "entry_is_reversed_once"),
    "a reversal of a reversal": (Attempt(GOOD, reverses="reversal"), "reversal_fits_its_entry"),
    "a reversal in another fund": (
        Attempt(
            (Line(1, "cash", -100, fund="other"), Line(2, "contributed", 100, fund="other")),
            fund="other",
            reverses="fresh",
        ),
        "reversal_fits_its_entry",
    ),
    "a reversal of more than the entry": (
        Attempt((Line(1, "cash", -101), Line(2, "contributed", 101)), reverses="fresh"),
        "reversal_mirrors_its_entry",
    ),
    "a reversal on another account": (
        Attempt((Line(1, "running_costs", -100), Line(2, "contributed", 100)), reverses="fresh"),
        "reversal_mirrors_its_entry",
    ),
    "a reversal that says it twice": (
        Attempt((*MIRROR, Line(3, "cash", -100), Line(4, "contributed", 100)), reverses="fresh"),
        "reversal_mirrors_its_entry",
    ),
    "the entry again as its reversal": (Attempt(GOOD, reverses="fresh"), "reversal_mirrors_its_entry"),
    "a reversal on another value day": (
        Attempt(MIRROR, reverses="fresh", effective_on="2026-02-28"),
        "reversal_keeps_the_value_day",
    ),
    "a reversal that names no entry": (Attempt(more={"kind": "reversal"}), "entry_that_reverses_is_a_reversal"),
    "a reversal by another name": (
        Attempt(MIRROR, reverses="fresh", more={"kind": "test"}),
        "entry_that_reverses_is_a_reversal",
    ),
    "an amount past the book's": (
        Attempt((Line(1, "cash", 10**17 + 1), Line(2, "contributed", -(10**17) - 1))),
        "posting_amount_is_of_the_book",
    ),
    "another transaction's number": (Attempt(more={"xid": "5"}), "fact_is_new"),
}
TAKEN: dict[str, Attempt] = {
    "two postings": Attempt(key="good 1"),
    "three postings": Attempt((CASH, Line(2, "contributed", -40), Line(3, "contributed", -60)), key="good 2"),
    "two currencies": Attempt(
        (*GOOD, Line(3, "cash", 5, "EUR"), Line(4, "contributed", -5, "EUR")), key="good 3", effective_on="2025-12-31"
    ),
    "a reversal": Attempt(tuple(reversed(MIRROR)), key="good 4", reverses="fresh"),
    "as much as an amount may be": Attempt((Line(1, "cash", 10**17), Line(2, "contributed", -(10**17))), key="good 5"),
}
