"""What lets people in after their password was checked: looking it through, ending it, exchanging it; and guesses.

Everybody looks after their own; a steward ends everybody's.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.desk import people
from domain.desk.people import SignInNeeded, SignInRefused, TokenGiven
from domain.errors import InputRefused, NotFound, Problem
from domain.passwords import password_problems
from domain.store import audit, people_queries
from domain.store import sign_ins as store
from domain.store.sign_ins import AttemptPlace, AttemptState

KEPT_DAYS = 30
"""How long a sign-in that is over stays readable for its owner; the audit keeps that it was."""


@dataclass(frozen=True, slots=True)
class SignInStanding:
    """A token or a browser that is signed in: since when, when last used, until when, from where and by what."""

    id: UUID
    door: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    came_from: str
    agent: str


def count_attempt(session: Session, *, email: str, address: str, browser: str = "") -> AttemptState:
    """Count an attempt to sign in before its password is looked at; ``wait_seconds`` is 0 where it may be.

    ``browser`` is what a browser was given at a sign-in: where the same person signed in with it, nothing that is
    guessed elsewhere makes it wait.
    """
    return store.count_attempt(session, _counted(email=email, address=address, browser=browser))


def attempt_succeeded(session: Session, *, email: str, address: str, browser: str = "") -> None:
    """Take an attempt that was right out of the count, and remember that this person was at this place."""
    store.attempt_succeeded(session, _counted(email=email, address=address, browser=browser))


def know_browser(session: Session, *, browser: str, by: Actor) -> None:
    """Remember that the actor signed in with this browser: for 30 days it is a known place wherever it is."""
    assert by.id is not None, "a person signs in"
    store.know_place(session, user_id=by.id, place=_hashed("browser", browser))


def let_in_from(session: Session, *, email: str, address: str, by: Actor) -> None:
    """Let somebody sign in from an address as from a known one, however much is guessed elsewhere.

    Refused: the role of who does it, what is no address (``InputRefused``), an unknown email (``NotFound``).
    """
    permit(Act.ADMINISTER, by=by)
    email = email.strip().lower()
    try:
        known = str(ipaddress.ip_address(address.strip()))
    except ValueError:
        wrong = Problem("address", "write an address such as 192.0.2.1")
        raise InputRefused([wrong], subject="the address") from None
    row = people_queries.user_who_may_sign_in(session, email)
    if row is None or not store.know_place(session, user_id=row["id"], place=_hashed("address", network_of(known))):
        raise NotFound("user", email)
    audit.record(
        session, by=by, act="let in from an address", subject_kind="user", subject=row["id"], detail={"email": email},
        after={"known_at": network_of(known), "for_days": KEPT_DAYS},
    )  # fmt: skip


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, since whoever has one has all of its addresses."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), 64), strict=False))


def _counted(*, email: str, address: str, browser: str) -> AttemptPlace:
    """Return what is counted, as hashes: what is typed as an email may be a password."""
    return AttemptPlace(
        account=_hashed("account", email),
        address=_hashed("address", network_of(address)),
        browser=_hashed("browser", browser) if browser else None,
    )


def _hashed(kind: str, said: str) -> bytes:
    return hashlib.sha256(f"{kind} {said}".encode("utf-8", "replace")).digest()


def own(session: Session, *, by: Actor) -> tuple[SignInStanding, ...]:
    """Return the actor's own sign-ins that are good now, newest first."""
    assert by.id is not None, "a person looks"
    rows = store.standing(
        session,
        user_id=by.id,
        token_minutes=people.TOKEN_IDLE_MINUTES,
        browser_minutes=people.WEB_SESSION_IDLE_MINUTES,
    )
    return tuple(SignInStanding(**{name: row[name] for name in SignInStanding.__slots__}) for row in rows)


def end_one(session: Session, *, sign_in_id: UUID | None, by: Actor) -> None:
    """End one of the actor's own sign-ins. Refused: one that is over, unknown or another person's (``NotFound``)."""
    assert by.id is not None, "a person signs out"
    if sign_in_id is None or not store.end(session, user_id=by.id, sign_in_id=sign_in_id):
        raise NotFound("sign-in", sign_in_id)
    audit.record(session, by=by, act="sign out", subject_kind="user", subject=by.id, detail={"sign_in": sign_in_id})


def end_everywhere(session: Session, *, by: Actor, but: UUID | None = None) -> int:
    """End all of the actor's own sign-ins, or all ``but`` one; return how many."""
    assert by.id is not None, "a person signs out"
    ended = store.end(session, user_id=by.id, but=but)
    audit.record(
        session, by=by, act="sign out everywhere", subject_kind="user", subject=by.id, detail={"sign_ins_ended": ended}
    )
    return ended


def end_everywhere_of(session: Session, *, email: str, by: Actor) -> int:
    """End all sign-ins of somebody; return how many. Refused: the role of who does it, an unknown email."""
    permit(Act.ADMINISTER, by=by)
    row = people_queries.user_who_may_sign_in(session, email.strip().lower())
    if row is None:
        raise NotFound("user", email.strip().lower())
    ended = store.end(session, user_id=row["id"])
    audit.record(
        session, by=by, act="sign out everywhere", subject_kind="user", subject=row["id"],
        detail={"sign_ins_ended": ended},
    )  # fmt: skip
    return ended


def exchange_token(session: Session, *, token_id: UUID | None, address: str, by: Actor) -> TokenGiven:
    """Give a new token for the one of this request, which is worthless from now on; the actor is known at ``address``.

    Refused: a token that was exchanged meanwhile (``SignInNeeded``). Whoever uses it again ends its whole family.
    """
    assert by.id is not None, "a person has a token"
    token = secrets.token_urlsafe(32)
    expires_at = token_id and store.exchange_token(
        session, user_id=by.id, token_id=token_id, token_hash=people.hash_secret(token), hours=people.TOKEN_HOURS
    )
    if not expires_at:
        raise SignInNeeded
    store.know_place(session, user_id=by.id, place=_hashed("address", network_of(address)))
    audit.record(session, by=by, act="exchange a token", subject_kind="user", subject=by.id)
    return TokenGiven(token, expires_at)


def change_own_password(
    session: Session, *, checked: str, fresh: str, fresh_hash: str, email: str, by: Actor, but: UUID | None
) -> int:
    """Replace the actor's own password and end their other sign-ins; return how many.

    ``checked`` is the hash that the old password was checked against, ``fresh_hash`` that of the new one: hashing is
    slow, so it is done before. Refused: a password that cannot be (``InputRefused``), one that was changed meanwhile
    (``SignInRefused``).
    """
    refuse_password(fresh, email=email, name=by.name)
    assert by.id is not None, "a person has a password"
    store.lock(session, user_id=by.id)
    if not people_queries.keep_own_password(session, checked=checked, fresh=fresh_hash):
        raise SignInRefused
    ended = store.end(session, user_id=by.id, but=but)
    audit.record(
        session, by=by, act="change a password", subject_kind="user", subject=by.id,
        detail={"sign_ins_ended": ended, **people.digest_of_hash(fresh_hash)},
        before=people.PASSWORD_BEFORE, after=people.PASSWORD_AFTER,
    )  # fmt: skip
    return ended


def refuse_password(password: str, *, email: str, name: str, old: str = "") -> None:
    """Refuse a new password that cannot be (``InputRefused``): too short, too common, about oneself, or the old one."""
    problems = password_problems(password, email=email, name=name)
    if old and password == old:
        problems.append(Problem("password", "is the one you have; choose another"))
    if problems:
        raise InputRefused(problems, subject="the password")


def forget(session: Session) -> int:
    """Take away sign-ins that were over 30 days ago and attempts that no longer count; return how many rows."""
    return store.forget(session, days=KEPT_DAYS)
