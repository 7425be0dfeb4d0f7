"""Reading and writing the people who sign in, and the answers their requests already got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel import Session

NO_PASSWORD = "!"
"""What stands in the place of a hash until somebody has a password: nothing fits it."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer a request with an idempotency key got; ``status`` is None while its transaction still runs."""

    body_hash: bytes
    status: int | None
    body: dict[str, Any] | None


def user_by_email(session: Session, email: str) -> RowMapping | None:
    """Return a user who may sign in, with the hash of the password; None for an unknown or disabled one.

    The database answers only a request that nobody is signed in for.
    """
    return session.execute(text("SELECT * FROM sign_in_of(:email)"), {"email": email}).mappings().one_or_none()


def password_still_fits(session: Session, *, checked: str) -> bool:
    """Tell whether a hash that was checked is still the actor's own, who may sign in."""
    found = session.execute(text("SELECT password_still_fits(:checked)"), {"checked": checked})
    return bool(found.scalar_one())


def user_who_may_sign_in(session: Session, email: str) -> RowMapping | None:
    """Return id, email and name of a user; None for an unknown or disabled one."""
    found = session.execute(
        text("SELECT id, email, name FROM app_user WHERE email = :email AND disabled_at IS NULL"), {"email": email}
    )
    return found.mappings().one_or_none()


def has_password(session: Session, email: str) -> bool:
    """Return whether a user has a password; one that was loaded has none yet."""
    return bool(session.execute(text("SELECT has_password(:email)"), {"email": email}).scalar_one())


def user_id_by_email(session: Session, email: str) -> UUID | None:
    """Return the id of a user, also of one who may sign in no more."""
    found: UUID | None = session.execute(
        text("SELECT id FROM app_user WHERE email = :email"), {"email": email}
    ).scalar_one_or_none()
    return found


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
    session.execute(text("SELECT replace_password_of(:id, :hash)"), {"hash": password_hash, "id": user_id})


def keep_own_password(session: Session, *, checked: str, fresh: str) -> bool:
    """Replace the hash of the actor's password, if it is still the one that was checked; tell whether it was."""
    done = session.execute(text("SELECT change_own_password(:checked, :fresh)"), {"checked": checked, "fresh": fresh})
    return bool(done.scalar_one())


def disable_user(session: Session, *, user_id: UUID) -> None:
    """Let a user sign in no more."""
    session.execute(text("SELECT disable_person(:id)"), {"id": user_id})


def users(session: Session) -> list[RowMapping]:
    """Return everybody who can sign in, by email."""
    rows = session.execute(
        text(
            """SELECT u.id, u.email, u.name, u.role, p.code AS party_code FROM app_user u
               LEFT JOIN party p ON p.id = u.party_id WHERE u.disabled_at IS NULL ORDER BY u.email"""
        )
    )
    return list(rows.mappings())


def everybody(session: Session) -> list[RowMapping]:
    """Return every user that there ever was, by name, and whether an act of the audit gave them a password.

    No request reads a hash; an act that sets one tells its digest (a verification compares the two).
    """
    rows = session.execute(
        text(
            """SELECT u.id, u.email, u.name, u.role, p.code AS party_code, p.name AS party, u.created_at, u.disabled_at,
                      EXISTS (SELECT FROM audit a WHERE a.subject_kind = 'user' AND a.subject = u.id::text
                              AND a.outcome = 'done' AND a.detail ->> 'kept_as' <> :nothing) AS has_password
               FROM app_user u LEFT JOIN party p ON p.id = u.party_id ORDER BY u.name, u.email"""
        ),
        {"nothing": sha256(NO_PASSWORD.encode()).hexdigest()},
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
    if row is None:
        return None
    # Answers kept before were objects, whose members the database has put in an order of its own.
    body = json.loads(row.body) if isinstance(row.body, str) else row.body
    return StoredAnswer(bytes(row.body_hash), row.status, body)


def keep_answer(session: Session, *, scope: str, route: str, key: str, status: int, body: dict[str, Any]) -> None:
    """Keep the answer of a claimed request, in the transaction that did its work.

    It is kept as one JSON text: of an object the database would keep neither the order of its members nor its numbers.
    """
    session.execute(
        text(
            """UPDATE answer SET status = :status, body = CAST(:body AS jsonb)
               WHERE actor_scope = :scope AND route = :route AND idem_key = :key"""
        ),
        {"scope": scope, "route": route, "key": key, "status": status, "body": json.dumps(json.dumps(body))},
    )


def answers(session: Session) -> bool:
    """Tell whether the database answers at all."""
    return bool(session.execute(text("SELECT true")).scalar_one())
