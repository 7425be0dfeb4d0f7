"""Reading and writing the people who sign in, what lets them in, and the answers their requests already got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import Session

_USER = "SELECT u.id, u.email, u.name, u.role, u.party_id, u.password_hash FROM app_user u"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer a request with an idempotency key got; ``status`` is None while its transaction still runs."""

    body_hash: bytes
    status: int | None
    body: dict[str, Any] | None


def user_by_email(session: Session, email: str) -> RowMapping | None:
    """Return a user who may sign in, with the hash of the password; None for an unknown or disabled one."""
    return (
        session.execute(text(f"{_USER} WHERE u.email = :email AND u.disabled_at IS NULL"), {"email": email})
        .mappings()
        .one_or_none()
    )


def user_of_token(session: Session, token_hash: bytes) -> RowMapping | None:
    """Return the user of a bearer token that is neither expired nor revoked."""
    return (
        session.execute(
            text(
                f"""{_USER} JOIN access_token t ON t.user_id = u.id
                    WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp()
                      AND u.disabled_at IS NULL"""
            ),
            {"hash": token_hash},
        )
        .mappings()
        .one_or_none()
    )


def user_of_web_session(session: Session, secret_hash: bytes) -> RowMapping | None:
    """Return the user of a signed-in browser, with the secret its forms send back."""
    return (
        session.execute(
            text(
                """SELECT u.id, u.email, u.name, u.role, u.party_id, w.csrf_token
                   FROM app_user u JOIN web_session w ON w.user_id = u.id
                   WHERE w.secret_hash = :hash AND w.ended_at IS NULL AND w.expires_at > clock_timestamp()
                     AND u.disabled_at IS NULL"""
            ),
            {"hash": secret_hash},
        )
        .mappings()
        .one_or_none()
    )


def add_user(
    session: Session, *, email: str, name: str, role: str, party_id: UUID | None, password_hash: str
) -> UUID | None:
    """Add a user and return the id; None where the email is taken."""
    found = session.execute(
        text(
            """INSERT INTO app_user (email, name, role, party_id, password_hash)
               VALUES (:email, :name, :role, :party_id, :password_hash)
               ON CONFLICT (email) DO NOTHING RETURNING id"""
        ),
        {"email": email, "name": name, "role": role, "party_id": party_id, "password_hash": password_hash},
    ).scalar_one_or_none()
    return UUID(str(found)) if found else None


def keep_password(session: Session, *, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of a user's password."""
    session.execute(
        text("UPDATE app_user SET password_hash = :hash WHERE id = :id"), {"hash": password_hash, "id": user_id}
    )


def disable_user(session: Session, *, user_id: UUID) -> None:
    """Let a user sign in no more."""
    session.execute(text("UPDATE app_user SET disabled_at = clock_timestamp() WHERE id = :id"), {"id": user_id})


def end_sign_ins(session: Session, *, user_id: UUID) -> int:
    """Make every token of a user worthless and sign every browser out; return how many were still good."""
    ended = session.execute(
        text(
            """WITH tokens AS (
                   UPDATE access_token SET revoked_at = clock_timestamp()
                   WHERE user_id = :id AND revoked_at IS NULL RETURNING expires_at),
               browsers AS (
                   UPDATE web_session SET ended_at = clock_timestamp()
                   WHERE user_id = :id AND ended_at IS NULL RETURNING expires_at)
               SELECT count(*) FROM (SELECT * FROM tokens UNION ALL SELECT * FROM browsers) AS s
               WHERE s.expires_at > clock_timestamp()"""
        ),
        {"id": user_id},
    )
    return int(ended.scalar_one())


def add_token(session: Session, *, user_id: UUID, token_hash: bytes, hours: int) -> datetime:
    """Keep a bearer token's hash and return when it expires."""
    expires_at: datetime = session.execute(
        text(
            """INSERT INTO access_token (user_id, token_hash, expires_at)
               VALUES (:user_id, :hash, clock_timestamp() + make_interval(hours => :hours)) RETURNING expires_at"""
        ),
        {"user_id": user_id, "hash": token_hash, "hours": hours},
    ).scalar_one()
    return expires_at


def revoke_token(session: Session, token_hash: bytes) -> int:
    """Revoke a bearer token; return how many were still good."""
    revoked = session.execute(
        text(
            """UPDATE access_token SET revoked_at = clock_timestamp()
               WHERE token_hash = :hash AND revoked_at IS NULL RETURNING id"""
        ),
        {"hash": token_hash},
    )
    return len(revoked.all())


def add_web_session(session: Session, *, user_id: UUID, secret_hash: bytes, csrf_token: str, hours: int) -> datetime:
    """Keep a signed-in browser's hash and return when it expires."""
    expires_at: datetime = session.execute(
        text(
            """INSERT INTO web_session (user_id, secret_hash, csrf_token, expires_at)
               VALUES (:user_id, :hash, :csrf, clock_timestamp() + make_interval(hours => :hours))
               RETURNING expires_at"""
        ),
        {"user_id": user_id, "hash": secret_hash, "csrf": csrf_token, "hours": hours},
    ).scalar_one()
    return expires_at


def end_web_session(session: Session, secret_hash: bytes) -> None:
    """Sign a browser out."""
    session.execute(
        text("UPDATE web_session SET ended_at = clock_timestamp() WHERE secret_hash = :hash AND ended_at IS NULL"),
        {"hash": secret_hash},
    )


def users(session: Session) -> list[RowMapping]:
    """Return everybody who can sign in, by email."""
    rows = session.execute(
        text(
            """SELECT u.id, u.email, u.name, u.role, p.code AS party_code FROM app_user u
               LEFT JOIN party p ON p.id = u.party_id WHERE u.disabled_at IS NULL ORDER BY u.email"""
        )
    )
    return list(rows.mappings())


def claim_answer(session: Session, *, scope: str, route: str, key: str, body_hash: bytes) -> bool:
    """Claim an idempotency key in this transaction; False if another request had it.

    While that other one is still running this waits for its end (the unique index holds it), so a race has one winner.
    """
    claimed = session.execute(
        text(
            """INSERT INTO answer (actor_scope, route, idem_key, body_hash) VALUES (:scope, :route, :key, :hash)
               ON CONFLICT DO NOTHING RETURNING 1"""
        ),
        {"scope": scope, "route": route, "key": key, "hash": body_hash},
    )
    return claimed.scalar_one_or_none() is not None


def stored_answer(session: Session, *, scope: str, route: str, key: str) -> StoredAnswer | None:
    """Return what an earlier request with this key was answered."""
    row = session.execute(
        text(
            """SELECT body_hash, status, body FROM answer
               WHERE actor_scope = :scope AND route = :route AND idem_key = :key"""
        ),
        {"scope": scope, "route": route, "key": key},
    ).one_or_none()
    return StoredAnswer(bytes(row.body_hash), row.status, row.body) if row else None


def keep_answer(session: Session, *, scope: str, route: str, key: str, status: int, body: dict[str, Any]) -> None:
    """Keep the answer of a claimed request, in the transaction that did its work."""
    session.execute(
        text(
            """UPDATE answer SET status = :status, body = CAST(:body AS jsonb)
               WHERE actor_scope = :scope AND route = :route AND idem_key = :key"""
        ),
        {"scope": scope, "route": route, "key": key, "status": status, "body": json.dumps(body)},
    )


def audit_page(
    session: Session, *, act: str | None, outcome: str | None, after: int | None, limit: int
) -> list[RowMapping]:
    """Return audit rows newest first, before the number ``after``."""
    rows = session.execute(
        text(
            """SELECT a.id, a.recorded_at, a.recorded_by, a.actor_name, a.act, a.subject_kind, a.subject, a.outcome,
                      a.detail, a.request_id, f.code AS fund
               FROM audit a LEFT JOIN fund f ON f.id = a.fund_id
               WHERE (CAST(:act AS text) IS NULL OR a.act = :act)
                 AND (CAST(:outcome AS text) IS NULL OR a.outcome = :outcome)
                 AND (CAST(:after AS bigint) IS NULL OR a.id < :after)
               ORDER BY a.id DESC LIMIT :limit"""
        ),
        {"act": act, "outcome": outcome, "after": after, "limit": limit},
    )
    return list(rows.mappings())


def answers(session: Session) -> bool:
    """Tell whether the database answers at all."""
    return bool(session.execute(text("SELECT true")).scalar_one())
