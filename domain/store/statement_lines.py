"""What the last statement says of a position, word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a statement: ``figures`` in minor units by name, ``columns`` as the file has them."""

    source: str
    period_end: date
    status: str
    flags: tuple[str, ...]
    figures: Mapping[str, int]
    columns: Mapping[str, str]


def last_lines(session: Session, *, instrument_ids: Sequence[UUID]) -> dict[UUID, StatementLine]:
    """Return the last line that names each of some instruments, by id; those that no statement names are left out."""
    rows = session.execute(
        text(
            """SELECT DISTINCT ON (l.instrument_id) l.instrument_id, r.source, r.period_end, l.status, l.flags,
                      l.figures, l.columns
               FROM statement_line l JOIN statement_release r ON r.id = l.release_id
               WHERE l.instrument_id = ANY(:ids) ORDER BY l.instrument_id, l.id DESC"""
        ),
        {"ids": list(instrument_ids)},
    )
    return {
        row.instrument_id: StatementLine(
            row.source, row.period_end, row.status, tuple(row.flags), row.figures, row.columns
        )
        for row in rows
    }
