"""Seals: the order in which facts became known for good, and what was known at one of them.

A fact is known at a *position* if its seal's position is at most that. Positions order all chains of the bank; a
*number* counts within one fund's chain and is what people quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.errors import Refusal

CANONICAL = (
    "timezone = 'UTC'",
    "datestyle = 'ISO, YMD'",
    "intervalstyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
)
"""How a session writes the rows that leaves are made from: as ``seal_facts()`` does."""


class SealBeyondHead(Refusal):
    """A seal number that the fund's chain has not reached."""

    def __init__(self, number: int, head: int) -> None:
        super().__init__(f"seal {number} does not exist yet; the last one is {head}")
        self.number, self.head = number, head


@dataclass(frozen=True, slots=True)
class Known:
    """What "as known at" means for one fund: its seal number, the position in the bank's order, and the moment."""

    number: int
    position: int
    sealed_at: datetime | None


def seal_facts(session: Session) -> int:
    """Seal every fact of every transaction older than the oldest one running; return how many."""
    return int(session.execute(text("SELECT seal_facts()")).scalar_one())


def seal_facts_if_free(session: Session) -> int | None:
    """Seal as ``seal_facts``, but wait for nobody's sealing longer than a second; None where somebody is at it."""
    found: int | None = session.execute(text("SELECT seal_facts_if_free()")).scalar_one()
    return found


def known_at(session: Session, fund_id: UUID, number: int | None = None) -> Known:
    """Return the cut that a fund's seal number makes through all chains; None is everything sealed by now.

    Seal 0 is the state before the fund's first fact. Refused: a number beyond the head (``SealBeyondHead``).
    """
    head, position = session.execute(
        text(
            "SELECT coalesce((SELECT number FROM seal_chain WHERE fund_id = :fund), 0), "
            "(SELECT position FROM seal_horizon)"
        ),
        {"fund": fund_id},
    ).one()
    wanted = head if number is None else number
    if wanted < 0 or wanted > head:
        raise SealBeyondHead(wanted, head)
    row = session.execute(
        text(
            "SELECT s.position, s.sealed_at FROM seal s JOIN seal_chain c ON c.id = s.chain_id "
            "WHERE c.fund_id = :fund AND s.number = :number"
        ),
        {"fund": fund_id, "number": wanted},
    ).one_or_none()
    if number is None:
        return Known(head, position, row.sealed_at if row else None)
    return Known(wanted, row.position if row else 0, row.sealed_at if row else None)


def heads(session: Session) -> dict[str, str]:
    """Return each chain's head as hexadecimal text, by fund code; the bank's own chain is ``bank``."""
    rows = session.execute(
        text(
            "SELECT coalesce(f.code, 'bank') AS chain, encode(c.head, 'hex') AS head FROM seal_chain c "
            "LEFT JOIN fund f ON f.id = c.fund_id ORDER BY f.code NULLS FIRST"
        )
    )
    return {row.chain: row.head for row in rows}
