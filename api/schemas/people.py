"""People and their tokens, as they are asked for and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from api.schemas.common import Answer, Asked
from domain.desk.directory import UserState


class TokenAsked(Asked):
    """Who wants a token."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=300)]
    password: SecretStr = Field(min_length=1, max_length=400)


class TokenAnswer(Answer):
    """A bearer token; it is told this once."""

    token: str
    token_type: str = "Bearer"
    expires_at: datetime


class SignInAnswer(Answer):
    """A token or a browser that is signed in; ``is_this_one`` is the one that asks."""

    id: UUID
    door: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    came_from: str
    agent: str
    is_this_one: bool


class EndedAnswer(Answer):
    """How many sign-ins were ended."""

    ended: int


class UserAnswer(Answer):
    """Somebody who can sign in, and what they may do."""

    id: UUID
    email: str
    name: str
    role: str
    party_code: str | None


class UserLineAnswer(UserAnswer):
    """A user in the list: whether they can sign in, and since when; of whom is disabled, since when not."""

    state: UserState
    since: datetime


class MeAnswer(UserAnswer):
    """Who is signed in. ``may`` are the acts that they may do now; ``lent`` those of them that are not their role's."""

    may: list[str]
    lent: list[str]
