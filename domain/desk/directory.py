"""The list of the people whom the book knows by their users: who is let in, who was, and who never had a password.

Two users of one human being cannot be told from two people, so somebody has to be able to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.parties import Role
from domain.store import people_queries as store


class UserState(StrEnum):
    """Whether a user can sign in."""

    LET_IN = "let in"
    NO_PASSWORD = "no password yet"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class UserLine:
    """A user in the list: who, in what role, for which party, and whether they can sign in; ``since`` tells from when.

    Of whom is disabled it is the end, of everybody else the moment they were added.
    """

    id: UUID
    email: str
    name: str
    role: Role
    party_code: str | None
    party: str | None
    state: UserState
    since: datetime


def everybody(session: Session, *, by: Actor) -> tuple[UserLine, ...]:
    """Return every user that there ever was, by name, the disabled too. Refused: all but auditors and stewards."""
    permit(Act.READ_AUDIT, by=by)
    return tuple(
        UserLine(
            row["id"], row["email"], row["name"], Role(row["role"]), row["party_code"], row["party"],
            _state(disabled=row["disabled_at"] is not None, has_password=row["has_password"]),
            row["disabled_at"] or row["created_at"],
        )
        for row in store.everybody(session)
    )  # fmt: skip


def _state(*, disabled: bool, has_password: bool) -> UserState:
    if disabled:
        return UserState.DISABLED
    return UserState.LET_IN if has_password else UserState.NO_PASSWORD
