"""Seals: the order in which facts became known for good, and what was known at one of them.

A fact is known at a *position* if its seal's position is at most that. Positions order all chains of the bank; a
*number* counts within one fund's chain and is what people quote.
"""

from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True)
class SealedFact:
    """A seal beside the leaf recomputed from the fact's rows now; None where the fact is gone.

    ``said`` is what else the seal adds to its chain: its own number, position and moment.
    """

    chain: str
    number: int
    position: int
    kind: str
    fact_id: int
    said: bytes
    leaf_hash: bytes
    chain_hash: bytes
    leaf_now: bytes | None


def seal_facts(session: Session) -> int:
    """Seal every fact of every transaction older than the oldest one running; return how many."""
    return int(session.execute(text("SELECT seal_facts()")).scalar_one())


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


def sealed_facts(session: Session) -> Iterator[SealedFact]:
    """Yield every seal, chain by chain in order, beside its fact's leaf as the rows give it now."""
    for setting in CANONICAL:
        session.execute(text(f"SET LOCAL {setting}"))
    rows = (
        session.connection()
        .execution_options(stream_results=True, yield_per=5000)
        .execute(
            text(
                """SELECT coalesce(fund.code, 'bank') AS chain, s.number, s.position, s.fact_kind, s.fact_id,
                      seal_text(s.fact_kind, s.fact_id, s.number, s.position, s.sealed_at) AS said,
                      s.leaf_hash, s.chain_hash,
                      CASE s.form WHEN 1 THEN leaf(f.kind, f.body) ELSE f.leaf END AS leaf_now
               FROM seal s JOIN seal_chain c ON c.id = s.chain_id LEFT JOIN fund ON fund.id = c.fund_id
               LEFT JOIN fact f ON f.id = s.fact_id AND f.kind = s.fact_kind
                                AND f.fund_id IS NOT DISTINCT FROM c.fund_id
               ORDER BY c.id, s.number"""
            )
        )
    )
    for row in rows:
        yield SealedFact(
            row.chain,
            row.number,
            row.position,
            row.fact_kind,
            row.fact_id,
            bytes(row.said),
            bytes(row.leaf_hash),
            bytes(row.chain_hash),
            bytes(row.leaf_now) if row.leaf_now is not None else None,
        )


def misplaced_facts(session: Session) -> list[tuple[str, int, str]]:
    """Return facts (kind, id, why) that no sealing can have left as they are, lowest number first.

    A fact of a transaction older than the horizon carries a seal; no transaction of the future has written anything;
    and no two facts, of whatever kind, share a number.
    """
    rows = session.execute(
        text(
            """SELECT f.kind, f.id,
                      CASE WHEN s.fact_id IS NOT NULL THEN 'another fact was sealed under its number'
                           WHEN f.xid < h.horizon::xid8 THEN 'it is older than what is sealed and carries no seal'
                           ELSE 'its transaction has not happened yet' END AS why
               FROM fact f CROSS JOIN seal_horizon h LEFT JOIN seal s ON s.fact_id = f.id
               WHERE (s.fact_id IS NULL AND h.cluster = (SELECT system_identifier::text FROM pg_control_system())
                      AND (f.xid < h.horizon::xid8 OR f.xid >= pg_snapshot_xmax(pg_current_snapshot())))
                  OR s.fact_kind <> f.kind
               ORDER BY f.id LIMIT 100"""
        )
    )
    return [(row.kind, row.id, row.why) for row in rows]


def orders_that_do_not_count(session: Session) -> list[str]:
    """Return what is wrong with the counting of seals, in words: gaps, and ends that are not where they are kept."""
    rows = session.execute(
        text(
            """SELECT 'the order of all seals has gaps or does not end where it is kept' AS why
               FROM seal_horizon h WHERE h.position <> (SELECT count(*) FROM seal)
                  OR h.position <> (SELECT coalesce(max(position), 0) FROM seal)
               UNION ALL
               SELECT 'the chain of ' || coalesce(f.code, 'bank') || ' does not end at the number that is kept'
               FROM seal_chain c LEFT JOIN fund f ON f.id = c.fund_id
               WHERE c.number <> (SELECT coalesce(max(number), 0) FROM seal s WHERE s.chain_id = c.id)"""
        )
    )
    return [row.why for row in rows]


def chain_starts(session: Session) -> dict[str, str]:
    """Return the text whose hash each chain starts from, by fund code: the fund's id, or ``bank``."""
    rows = session.execute(
        text(
            "SELECT coalesce(f.code, 'bank') AS chain, coalesce(f.id::text, 'bank') AS start FROM seal_chain c "
            "LEFT JOIN fund f ON f.id = c.fund_id"
        )
    )
    return {row.chain: row.start for row in rows}
