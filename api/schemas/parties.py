"""Parties, as they are asked for and answered."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.common import Answer, Asked, Code, Line
from domain.parties import PartyKind


class PartyAsked(Asked):
    """A party to be added; ``group_code`` joins parties under one control."""

    code: Code
    name: Line
    kind: PartyKind
    country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    group_code: Code | None = None


class PartyAnswer(Answer):
    """A party."""

    id: UUID
    code: str
    name: str
    kind: PartyKind
    country: str
    group_code: str
