"""Statements of positions in bulk: what stands already, COPY of what is new, and the figures read back.

COPY goes past what an ORM would cost (a release has some 125,000 rows); keys, foreign keys, the ledger's triggers and
the append-only rules hold for it as for every other way in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import text
from sqlmodel import Session

from domain.errors import NotFound
from domain.positions import SIGNED_STAGES, Figures
from domain.store.funds import FundRow


@dataclass(frozen=True, slots=True)
class Release:
    """A statement that was imported; ``content_hash`` is over what its lines say."""

    id: int
    period_end: date
    content_hash: str


@dataclass(frozen=True, slots=True)
class StandingPosition:
    """What the book holds of a loan that an earlier release stated."""

    deal_id: UUID
    instrument_id: UUID
    figures: Figures
    stage: str
    signed: bool
    terms_version: int
    commitment_minor: int
    terms: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountSum:
    """One account over the loans of a release: its balance in minor units, and on how many loans it is not zero."""

    balance_minor: int
    loans: int


@dataclass(frozen=True, slots=True)
class FlagSummary:
    """How many lines a release has, how many of them carry a flag, and how often each flag was set."""

    lines: int
    flagged: int
    by_flag: dict[str, int]


def import_alone(session: Session) -> None:
    """Wait until no other statement is being imported; parties and projects are shared between funds."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import of a statement', 0))"))


def fund_by_code(session: Session, code: str) -> FundRow | None:
    """Return a fund, if there is one of that name."""
    row = session.execute(text("SELECT * FROM fund WHERE code = :code"), {"code": code}).mappings().one_or_none()
    return FundRow(**row) if row else None


def move_business_day(session: Session, *, fund_id: UUID, to: date) -> None:
    """Move a fund's business day on; it never goes back."""
    session.execute(
        text("UPDATE fund SET business_day = :day WHERE id = :id AND business_day < :day"), {"id": fund_id, "day": to}
    )


def releases(session: Session, *, fund_id: UUID, source: str) -> tuple[Release, ...]:
    """Return the releases of a source that a fund holds, in the order of their import."""
    rows = session.execute(
        text(
            "SELECT id, period_end, file_hash FROM statement_release "
            "WHERE fund_id = :fund AND source = :source ORDER BY id"
        ),
        {"fund": fund_id, "source": source},
    )
    return tuple(Release(row.id, row.period_end, row.file_hash) for row in rows)


def standing(session: Session, *, fund_id: UUID) -> dict[str, StandingPosition]:
    """Return every loan that earlier releases stated, by the code of its instrument, as it was stated last.

    Plain queries: joined in one, a database that has not yet counted the rows of the last import may choose a
    plan that takes minutes.
    """

    def last(columns: str, table: str, key: str) -> dict[UUID, Any]:
        rows = session.execute(
            text(
                f"SELECT DISTINCT ON ({key}) {key}, {columns} FROM {table} "
                f"WHERE fund_id = :fund ORDER BY {key}, id DESC"
            ),
            {"fund": fund_id},
        )
        return {row[0]: row for row in rows}

    lines = last("figures", "statement_line", "instrument_id")
    versions = last("version, commitment_minor, terms", "instrument_terms", "instrument_id")
    stages = last("stage", "deal_stage", "deal_id")
    signed = set(
        session.execute(
            text("SELECT DISTINCT deal_id FROM deal_stage WHERE fund_id = :fund AND stage = ANY(:stages)"),
            {"fund": fund_id, "stages": sorted(SIGNED_STAGES)},
        ).scalars()
    )
    loans = session.execute(
        text(
            "SELECT i.code, i.id, i.deal_id FROM instrument i JOIN deal d ON d.id = i.deal_id WHERE d.fund_id = :fund"
        ),
        {"fund": fund_id},
    )
    return {
        loan.code: StandingPosition(
            loan.deal_id,
            loan.id,
            Figures(**lines[loan.id].figures),
            stages[loan.deal_id].stage,
            loan.deal_id in signed,
            versions[loan.id].version,
            versions[loan.id].commitment_minor,
            versions[loan.id].terms,
        )
        for loan in loans
        if loan.id in lines
    }


def deals_of_its_own(session: Session, *, fund_id: UUID) -> tuple[str, ...]:
    """Return the codes of the fund's deals that no statement has told of."""
    rows = session.execute(
        text(
            """SELECT d.code FROM deal d WHERE d.fund_id = :fund AND d.id NOT IN (
                   SELECT i.deal_id FROM statement_line l JOIN instrument i ON i.id = l.instrument_id
                   WHERE l.fund_id = :fund) ORDER BY d.code"""
        ),
        {"fund": fund_id},
    )
    return tuple(rows.scalars())


def ids_by_code(session: Session, table: str, codes: Sequence[str]) -> dict[str, UUID]:
    """Return the ids of those parties or projects, by code, that are in the book already."""
    assert table in ("party", "project"), "what funds share"
    rows = session.execute(
        text(f"SELECT code, id FROM {table} WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {row.code: row.id for row in rows}


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add rows with one COPY, in their order."""
    connection = session.connection().connection.driver_connection
    assert connection is not None, "an open transaction has its connection"
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def add_release(session: Session, said: Mapping[str, object]) -> int:
    """Add a release and return its number, which is lower than that of every entry booked for it."""
    row = session.execute(
        text(
            """INSERT INTO statement_release (fund_id, recorded_by, source, period_end, file_name, file_hash, row_count,
                                              restates_id)
               VALUES (:fund_id, :recorded_by, :source, :period_end, :file_name, :file_hash, :row_count, :restates_id)
               RETURNING id"""
        ),
        dict(said),
    )
    return int(row.scalar_one())


_LOANS_OF_RELEASE = """
    FROM posting p JOIN account a ON a.id = p.account_id
    JOIN statement_line l ON l.instrument_id = p.instrument_id AND l.release_id = :release
    WHERE a.fund_id = :fund AND p.entry_id < coalesce(
        (SELECT min(r.id) FROM statement_release r WHERE r.fund_id = :fund AND r.id > :release), 9223372036854775807)
    GROUP BY p.instrument_id, a.code"""


def account_sums(session: Session, *, fund_id: UUID, release_id: int) -> dict[str, AccountSum]:
    """Return each account over the loans that a release names, from their postings up to the next release."""
    rows = session.execute(
        text(
            "SELECT code, sum(amount)::bigint AS balance, count(*) FILTER (WHERE amount <> 0) AS loans "
            f"FROM (SELECT a.code, sum(p.amount) AS amount {_LOANS_OF_RELEASE}) AS loan GROUP BY code"
        ),
        {"fund": fund_id, "release": release_id},
    )
    return {row.code: AccountSum(row.balance, row.loans) for row in rows}


def flags_of(session: Session, release_id: int) -> FlagSummary:
    """Return how many lines of a release are flagged, and why."""
    lines, flagged = session.execute(
        text("SELECT count(*), count(*) FILTER (WHERE flags <> '[]') FROM statement_line WHERE release_id = :release"),
        {"release": release_id},
    ).one()
    rows = session.execute(
        text(
            "SELECT flag, count(*) AS times FROM statement_line, jsonb_array_elements_text(flags) AS flag "
            "WHERE release_id = :release GROUP BY flag ORDER BY flag"
        ),
        {"release": release_id},
    )
    return FlagSummary(lines, flagged, {row.flag: row.times for row in rows})


def not_named(session: Session, *, fund_id: UUID, source: str, release_id: int) -> int:
    """Return how many loans earlier releases of the source stated and this one does not name."""
    count = session.execute(
        text(
            """SELECT count(DISTINCT l.instrument_id) FROM statement_line l
               JOIN statement_release r ON r.id = l.release_id AND r.fund_id = :fund AND r.source = :source
               WHERE l.release_id < :release AND NOT EXISTS (
                   SELECT FROM statement_line n WHERE n.release_id = :release AND n.instrument_id = l.instrument_id)"""
        ),
        {"fund": fund_id, "source": source, "release": release_id},
    ).scalar_one()
    return int(count)


def release_said(session: Session, *, fund_id: UUID, release_id: int) -> tuple[str, date]:
    """Return the source and the end of the period of a release of the fund; else ``NotFound``."""
    row = session.execute(
        text("SELECT source, period_end FROM statement_release WHERE id = :release AND fund_id = :fund"),
        {"release": release_id, "fund": fund_id},
    ).one_or_none()
    if row is None:
        raise NotFound("statement", release_id)
    return row.source, row.period_end
