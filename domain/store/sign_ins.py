"""Tokens and signed-in browsers: kept as hashes, found one at a time through functions of the database.

A request can read no hash; it says one and learns whose it is (``migrations/sql/0016_sign_ins.sql``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class AttemptState:
    """After how many seconds an attempt to sign in may be looked at, and whether that is told for the first time."""

    wait_seconds: int
    is_news: bool


@dataclass(frozen=True, slots=True)
class AttemptPlace:
    """What an attempt is counted for, as hashes: whose it says it is, and the address and the browser it comes from."""

    account: bytes
    address: bytes
    browser: bytes | None


_AT = "CAST(:account AS bytea), sign_in_place(:account, :address, CAST(:browser AS bytea))"


def count_attempt(session: Session, at: AttemptPlace) -> AttemptState:
    """Count an attempt before its password is looked at; where it has to wait it is not counted."""
    row = session.execute(
        text(f"SELECT wait_seconds, is_news FROM sign_in_attempted({_AT})"), dataclasses.asdict(at)
    ).one()
    return AttemptState(row.wait_seconds, row.is_news)


def attempt_succeeded(session: Session, at: AttemptPlace) -> None:
    """Take an attempt that was right out of the count."""
    session.execute(text(f"SELECT sign_in_succeeded({_AT})"), dataclasses.asdict(at))


def know_place(session: Session, *, user_id: UUID, place: bytes) -> bool:
    """Remember that a person is known at an address or in a browser; tell whether there is such a person."""
    known = session.execute(text("SELECT know_place(:user_id, :place)"), {"user_id": user_id, "place": place})
    return bool(known.scalar_one())


def user_of_token(session: Session, token_hash: bytes, *, idle_minutes: int) -> RowMapping | None:
    """Return the user of a good bearer token; ``reused`` where it had been exchanged and its family ended just now."""
    return (
        session.execute(
            text("SELECT * FROM token_used(:hash, :idle_minutes)"), {"hash": token_hash, "idle_minutes": idle_minutes}
        )
        .mappings()
        .one_or_none()
    )


def user_of_web_session(session: Session, secret_hash: bytes, *, idle_minutes: int) -> RowMapping | None:
    """Return the user of a signed-in browser."""
    return (
        session.execute(
            text("SELECT * FROM browser_used(:hash, :idle_minutes)"),
            {"hash": secret_hash, "idle_minutes": idle_minutes},
        )
        .mappings()
        .one_or_none()
    )


_PLACE = "coalesce(current_setting('missionbook.came_from', true), '')"


def add_token(
    session: Session,
    *,
    user_id: UUID,
    token_hash: bytes,
    hours: int,
    family_days: int,
    agent: str,
) -> datetime:
    """Keep the first token of a family and return when it expires."""
    expires_at: datetime = session.execute(
        text(
            f"""INSERT INTO access_token (user_id, token_hash, expires_at, family_ends_at, came_from, agent)
                VALUES (:user_id, :hash, clock_timestamp() + make_interval(hours => :hours),
                        clock_timestamp() + make_interval(days => :days), {_PLACE}, :agent)
                RETURNING expires_at"""
        ),
        {"user_id": user_id, "hash": token_hash, "hours": hours, "days": family_days, "agent": agent},
    ).scalar_one()
    return expires_at


def lock(session: Session, *, user_id: UUID) -> None:
    """Let nobody else add, exchange or end this person's sign-ins until the transaction ends; take it first."""
    session.execute(text("SELECT lock_sign_ins(:user_id)"), {"user_id": user_id})


def exchange_token(
    session: Session, *, user_id: UUID, token_id: UUID, token_hash: bytes, hours: int
) -> datetime | None:
    """Put a new token in the place of one that is good, in the same family; None where it was exchanged meanwhile."""
    lock(session, user_id=user_id)
    found: datetime | None = session.execute(
        text(
            f"""WITH old AS (
                    UPDATE access_token SET rotated_at = clock_timestamp()
                    WHERE id = :id AND rotated_at IS NULL AND revoked_at IS NULL
                    RETURNING user_id, family_id, family_ends_at, agent)
                INSERT INTO access_token (user_id, token_hash, expires_at, family_id, family_ends_at, came_from, agent)
                SELECT user_id, :hash, least(clock_timestamp() + make_interval(hours => :hours), family_ends_at),
                       family_id, family_ends_at, {_PLACE}, agent FROM old RETURNING expires_at"""
        ),
        {"id": token_id, "hash": token_hash, "hours": hours},
    ).scalar_one_or_none()
    return found


def add_web_session(session: Session, *, user_id: UUID, secret_hash: bytes, hours: int, agent: str) -> datetime:
    """Keep a signed-in browser's hash and return when it expires."""
    expires_at: datetime = session.execute(
        text(
            f"""INSERT INTO web_session (user_id, secret_hash, expires_at, came_from, agent)
                VALUES (:user_id, :hash, clock_timestamp() + make_interval(hours => :hours), {_PLACE}, :agent)
                RETURNING expires_at"""
        ),
        {"user_id": user_id, "hash": secret_hash, "hours": hours, "agent": agent},
    ).scalar_one()
    return expires_at


_STANDING = """
    SELECT id, user_id, 'token' AS door, created_at, last_used_at, expires_at, came_from, agent FROM access_token
    WHERE revoked_at IS NULL AND rotated_at IS NULL AND expires_at > clock_timestamp()
      AND last_used_at > clock_timestamp() - make_interval(mins => :token_minutes)
    UNION ALL
    SELECT id, user_id, 'browser', created_at, last_used_at, expires_at, came_from, agent FROM web_session
    WHERE ended_at IS NULL AND expires_at > clock_timestamp()
      AND last_used_at > clock_timestamp() - make_interval(mins => :browser_minutes)"""


def standing(session: Session, *, user_id: UUID, token_minutes: int, browser_minutes: int) -> list[RowMapping]:
    """Return a user's good tokens and browsers, newest first."""
    rows = session.execute(
        text(f"SELECT * FROM ({_STANDING}) AS s WHERE user_id = :user_id ORDER BY created_at DESC, id DESC"),
        {"user_id": user_id, "token_minutes": token_minutes, "browser_minutes": browser_minutes},
    )
    return list(rows.mappings())


def end(session: Session, *, user_id: UUID, sign_in_id: UUID | None = None, but: UUID | None = None) -> int:
    """End one of a user's tokens and browsers, or all ``but`` one; return how many were still good."""
    lock(session, user_id=user_id)
    ended = session.execute(
        text(
            """WITH tokens AS (
                   UPDATE access_token SET revoked_at = clock_timestamp()
                   WHERE user_id = :user_id AND revoked_at IS NULL AND id IS DISTINCT FROM CAST(:but AS uuid)
                     AND (CAST(:id AS uuid) IS NULL OR id = :id) RETURNING expires_at, rotated_at),
               browsers AS (
                   UPDATE web_session SET ended_at = clock_timestamp()
                   WHERE user_id = :user_id AND ended_at IS NULL AND id IS DISTINCT FROM CAST(:but AS uuid)
                     AND (CAST(:id AS uuid) IS NULL OR id = :id) RETURNING expires_at, NULL::timestamptz AS rotated_at)
               SELECT count(*) FROM (SELECT * FROM tokens UNION ALL SELECT * FROM browsers) AS s
               WHERE s.expires_at > clock_timestamp() AND s.rotated_at IS NULL"""
        ),
        {"user_id": user_id, "id": sign_in_id, "but": but},
    )
    return int(ended.scalar_one())


def forget(session: Session, *, days: int) -> int:
    """Take away what expired so many days ago, and attempts that no longer count; return how many rows."""
    return int(session.execute(text("SELECT forget_sign_ins(:days)"), {"days": days}).scalar_one())
