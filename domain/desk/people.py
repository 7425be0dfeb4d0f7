"""The people who sign in: adding them, telling whether a password is theirs, letting them in and out.

A password is kept as its argon2id hash, a token or a browser's secret as its SHA-256 (it is 32 random bytes, so a slow
hash would add nothing); the secret of a browser's forms is derived from that of its cookie and not kept at all. Whether
an email is known shows neither in words nor in time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.errors import InputRefused, NotFound, Problem, Refusal
from domain.parties import Role
from domain.passwords import PASSWORD_LENGTH_MAX, password_problems
from domain.store import audit, sign_ins
from domain.store import people_queries as store

TOKEN_HOURS = 12
TOKEN_IDLE_MINUTES = 120
TOKEN_FAMILY_DAYS = 7
"""A program may exchange its token for a new one so long after somebody gave a password."""
WEB_SESSION_HOURS = 12
WEB_SESSION_IDLE_MINUTES = 30

PASSWORD_BEFORE, PASSWORD_AFTER = {"password": "another"}, {"password": "replaced"}
"""What an audit row says of a password: that it is another one now. Nothing of either is told, not even a hash."""

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=1$o6OMwEViuDbfGsZv3Z/kMQ$TtYjN7kQHwQaZU3Q2KN+v8bspWmp8OLACLgLaSadDOA"
"""A hash with our parameters that no password fits: checking an unknown email costs what a known one costs."""
_TAG_KEY = secrets.token_bytes(32)
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,190}")


class SignInRefused(Refusal):
    """A sign-in that did not fit. Email and password are told together, so nobody learns which users there are."""

    def __init__(self) -> None:
        super().__init__("email and password do not fit together")


class SignInNeeded(Refusal):
    """An act that only a known user may do, and nobody is signed in, or no longer."""

    def __init__(self) -> None:
        super().__init__("sign in first: no valid token or session came with the request")


class UserEmailTaken(Refusal):
    """Another user signs in with this email."""

    def __init__(self, email: str) -> None:
        super().__init__(f"there is already a user with the email {email}")
        self.email = email


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in; ``party_code`` is an investee's, told in lists only."""

    id: UUID
    email: str
    name: str
    role: Role
    party_code: str | None = None


@dataclass(frozen=True, slots=True)
class UserKnown:
    """A user who was recognised: the actor for this transaction, and the secret that forms of the browser send back.

    ``sign_in_id`` is the token or the browser by which the user was recognised.
    """

    user: User
    actor: Actor
    csrf_token: str = ""
    sign_in_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PasswordKept:
    """What a password is checked against: the user, or nobody, and a hash that is always there."""

    known: UserKnown | None
    password_hash: str


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """A bearer token, told once, and when it expires."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WebSessionOpened:
    """A signed-in browser: the secret for its cookie, told once, the secret for its forms, and when it expires."""

    secret: str
    csrf_token: str
    expires_at: datetime


def add_user(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role | str,
    party_id: UUID | None,
    password: str,
    by: Actor,
    password_hash: str = "",
) -> UUID:
    """Add a user and return the id. ``password_hash`` spares hashing where it was done before.

    Refused: the role of who adds, every problem of what was given at once (``InputRefused``), an email that is taken.
    """
    permit(Act.ADMINISTER, by=by)
    email, name = email.strip().lower(), name.strip()
    problems = _problems(email=email, name=name, role=str(role), party_id=party_id, password=password)
    if problems:
        raise InputRefused(problems, subject="the user")
    password_hash = password_hash or hash_password(password)
    user_id = store.add_user(
        session, email=email, name=name, role=str(role), party_id=party_id, password_hash=password_hash
    )
    if user_id is None:
        raise UserEmailTaken(email)
    audit.record(
        session, by=by, act=Act.ADMINISTER, subject_kind="user", subject=user_id,
        detail={"email": email, "role": str(role), "party_id": party_id, **digest_of_hash(password_hash)},
        after={"email": email, "name": name, "role": str(role), "party_id": party_id, "may_sign_in": True},
    )  # fmt: skip
    return user_id


def _problems(*, email: str, name: str, role: str, party_id: UUID | None, password: str) -> list[Problem]:
    problems = []
    if not _EMAIL.fullmatch(email):
        problems.append(Problem("email", "write an address such as ann@bank.example"))
    if not name or len(name) > 200 or not name.isprintable():
        problems.append(Problem("name", "write a name of 1 to 200 printable characters"))
    if role not in {member.value for member in Role}:
        problems.append(Problem("role", f"choose one of {', '.join(Role)}"))
    elif (role == Role.INVESTEE) != (party_id is not None):
        problems.append(Problem("party", "an investee's user belongs to a party, and nobody else's does"))
    return problems + password_problems(password, email=email, name=name)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, with its own salt and parameters inside."""
    return _HASHER.hash(password)


def digest_of_hash(password_hash: str) -> dict[str, str]:
    """Return what an act tells of the hash it set: its SHA-256, which a verification compares, and never the hash."""
    return {"kept_as": hashlib.sha256(password_hash.encode()).hexdigest()}


def new_password() -> str:
    """Make a password that nobody can guess (120 bits)."""
    return secrets.token_urlsafe(15)


def change_password(session: Session, *, email: str, password_hash: str, by: Actor) -> None:
    """Give a known user another password, as its hash. Refused: the role of who does it, an unknown email."""
    permit(Act.ADMINISTER, by=by)
    _change_password(
        session, store.user_who_may_sign_in(session, email), email=email, password_hash=password_hash, by=by
    )


def _change_password(
    session: Session, row: Mapping[Any, Any] | None, *, email: str, password_hash: str, by: Actor
) -> Mapping[Any, Any]:
    if row is None:
        raise _nobody_to_change(session, email)
    sign_ins.lock(session, user_id=row["id"])
    store.keep_password(session, user_id=row["id"], password_hash=password_hash)
    audit.record(
        session, by=by, act="change a password", subject_kind="user", subject=row["id"],
        detail={"email": email, **digest_of_hash(password_hash)}, before=PASSWORD_BEFORE, after=PASSWORD_AFTER,
    )  # fmt: skip
    return row


def _nobody_to_change(session: Session, email: str) -> Refusal:
    """Say why there is nobody to change: an email that nobody has, or somebody who can sign in no more."""
    if store.user_id_by_email(session, email) is None:
        return NotFound("user", email)
    return InputRefused([Problem("email", f"{email} can sign in no more already")], subject="the request")


def replace_password(session: Session, *, email: str, password: str, by: Actor) -> int:
    """Give a user another password in place of a lost one; return how many tokens and browsers that ended.

    Refused, in this order: the role of who does it, a password that cannot be, an unknown or disabled email.
    """
    permit(Act.ADMINISTER, by=by)
    email = email.strip().lower()
    found = store.user_who_may_sign_in(session, email)
    if problems := password_problems(password, email=email, name=found["name"] if found else ""):
        raise InputRefused(problems, subject="the password")
    row = _change_password(session, found, email=email, password_hash=hash_password(password), by=by)
    return sign_ins.end(session, user_id=row["id"])


def disable_user(session: Session, *, email: str, by: Actor) -> int:
    """Let a user sign in no more, from now on; return how many tokens and browsers that ended. What they did stays.

    Refused: the role of who does it, an unknown email, or one that is disabled already.
    """
    permit(Act.ADMINISTER, by=by)
    email = email.strip().lower()
    row = store.user_who_may_sign_in(session, email)
    if row is None:
        raise _nobody_to_change(session, email)
    sign_ins.lock(session, user_id=row["id"])
    store.disable_user(session, user_id=row["id"])
    ended = sign_ins.end(session, user_id=row["id"])
    audit.record(
        session, by=by, act="disable a user", subject_kind="user", subject=row["id"], detail={"sign_ins_ended": ended},
        before={"may_sign_in": True}, after={"may_sign_in": False},
    )  # fmt: skip
    return ended


def user_id_by_email(session: Session, *, email: str) -> UUID:
    """Return a user's id. Refused: an email that nobody has (``NotFound``)."""
    found = store.user_id_by_email(session, email.strip().lower())
    if found is None:
        raise NotFound("user", email)
    return found


def has_password(session: Session, *, email: str) -> bool:
    """Return whether a user has a password; somebody who came with a loaded book has none yet."""
    return store.has_password(session, email.strip().lower())


def password_kept(session: Session, *, email: str) -> PasswordKept:
    """Return what a sign-in's password is checked against; for an unknown email nobody and a hash that nothing fits."""
    row = store.user_by_email(session, email.strip().lower()[:300]) if email.isprintable() else None
    return PasswordKept(_known(row), row["password_hash"]) if row else PasswordKept(None, _NOBODYS_HASH)


def recognise(kept: PasswordKept, *, password: str) -> UserKnown:
    """Return the user whose password this is; slow on purpose, so no transaction should be open meanwhile.

    Refused: an unknown email and a wrong password alike (``SignInRefused``).
    """
    try:
        _HASHER.verify(kept.password_hash, password[: PASSWORD_LENGTH_MAX + 1])
    except (VerificationError, InvalidHashError, UnicodeError):
        raise SignInRefused from None
    if kept.known is None:
        raise SignInRefused
    return kept.known


def still_fits(session: Session, kept: PasswordKept) -> Actor:
    """Return whose password was checked, in the transaction that lets them in.

    Refused: a password that was changed, or a person who was disabled, since it was checked (``SignInRefused``).
    """
    assert kept.known is not None, "a password that was checked is somebody's"
    sign_ins.lock(session, user_id=kept.known.user.id)
    if not store.password_still_fits(session, checked=kept.password_hash):
        raise SignInRefused
    return kept.known.actor


def name_of_tried(session: Session, *, email: str) -> str:
    """Return what the audit calls whoever tried to sign in: a known email, or nothing that was typed.

    What is typed as an email may be a password. The few letters tell repeats apart while this process lives.
    """
    known = password_kept(session, email=email).known
    if known is not None:
        return known.user.email
    tag = hmac.new(_TAG_KEY, email.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:6]
    return f"somebody unknown ({tag})"


def give_token(session: Session, *, by: Actor, agent: str = "") -> TokenGiven:
    """Give a signed-in user a bearer token for 12 hours; ``agent`` is what the caller calls itself."""
    assert by.id is not None, "a person asks for a token"
    token = secrets.token_urlsafe(32)
    expires_at = sign_ins.add_token(
        session, user_id=by.id, token_hash=hash_secret(token), hours=TOKEN_HOURS, family_days=TOKEN_FAMILY_DAYS,
        agent=agent,
    )  # fmt: skip
    audit.record(session, by=by, act="sign in", subject_kind="user", subject=by.id, detail={"door": "token"})
    return TokenGiven(token, expires_at)


def open_web_session(session: Session, *, by: Actor, agent: str = "") -> WebSessionOpened:
    """Sign a browser in for 12 hours, or until it rests for half an hour."""
    assert by.id is not None, "a person signs in"
    secret = secrets.token_urlsafe(32)
    expires_at = sign_ins.add_web_session(
        session, user_id=by.id, secret_hash=hash_secret(secret), hours=WEB_SESSION_HOURS, agent=agent
    )
    audit.record(session, by=by, act="sign in", subject_kind="user", subject=by.id, detail={"door": "browser"})
    return WebSessionOpened(secret, secret_of_forms(secret), expires_at)


def user_of_token(session: Session, *, token: str) -> UserKnown | None:
    """Return whose token this is; None for one that is unknown, has rested too long, expired or was revoked.

    One that was exchanged for a newer one and comes again ends its family: let the transaction commit.
    """
    row = sign_ins.user_of_token(session, hash_secret(token), idle_minutes=TOKEN_IDLE_MINUTES)
    if row is not None and row["reused"]:
        copied = Actor(id=None, name=row["email"], role=None)
        audit.record(
            session, by=copied, act="use an exchanged token", subject_kind="user", subject=row["id"], outcome="refused",
            detail={"ended": "every token of its family"},
        )  # fmt: skip
        return None
    return _known(row)


def user_of_web_session(session: Session, *, secret: str) -> UserKnown | None:
    """Return who is signed in in a browser; None for a secret that is unknown, rested too long or is over."""
    row = sign_ins.user_of_web_session(session, hash_secret(secret), idle_minutes=WEB_SESSION_IDLE_MINUTES)
    return _known(row, csrf_token=secret_of_forms(secret))


def users(session: Session, *, by: Actor) -> tuple[User, ...]:
    """Return everybody who can sign in."""
    permit(Act.ADMINISTER, by=by)
    return tuple(
        User(row["id"], row["email"], row["name"], Role(row["role"]), row["party_code"]) for row in store.users(session)
    )


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a random secret: what is kept and looked up in its stead."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def secret_of_forms(secret: str) -> str:
    """Return the secret that the forms of a browser send back: derived from that of its cookie, so none is kept."""
    return hmac.new(secret.encode("utf-8", "replace"), b"forms of this session", hashlib.sha256).hexdigest()


def _known(row: Mapping[Any, Any] | None, *, csrf_token: str = "") -> UserKnown | None:
    if row is None:
        return None
    user = User(row["id"], row["email"], row["name"], Role(row["role"]))
    actor = Actor(id=user.id, name=user.name, role=user.role, party_id=row["party_id"])
    return UserKnown(user, actor, csrf_token=csrf_token, sign_in_id=row.get("sign_in_id"))
