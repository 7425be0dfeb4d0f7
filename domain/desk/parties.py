"""Parties: the businesses, charities, public bodies, intermediaries and contributors that the book names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session
from uuid_utils.compat import uuid7

from domain.authority import Act, Actor
from domain.codes import code_problems
from domain.desk.authority import may_now, permitted
from domain.desk.funds import CodeTaken
from domain.errors import InputRefused, NotFound, Problem
from domain.parties import PartyKind
from domain.store import audit
from domain.store import party_queries as store

PARTIES_PER_PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class Party:
    """A party; ``group_code`` joins parties under one control, empty where there is none."""

    id: UUID
    code: str
    name: str
    kind: PartyKind
    country: str
    group_code: str


def add_party(
    session: Session,
    *,
    code: str,
    name: str,
    kind: PartyKind | str,
    country: str = "",
    group_code: str = "",
    by: Actor,
) -> UUID:
    """Add a party and return its id.

    Refused: the role, every problem of what was given at once (``InputRefused``), a code that is taken.
    """
    proposes = may_now(session, Act.PROPOSE, by=by)  # who borrowed proposing adds the party of the proposal too
    by = proposes.by if proposes.allowed else permitted(session, Act.ADD_PARTY, by=by)
    code, name, country, group_code = code.strip(), name.strip(), country.strip(), group_code.strip()
    problems = code_problems(code=code, **({"group_code": group_code} if group_code else {}))
    if not name or len(name) > 300 or not name.isprintable():
        problems.append(Problem("name", "write a name of 1 to 300 printable characters"))
    if str(kind) not in {member.value for member in PartyKind}:
        problems.append(Problem("kind", f"choose one of {', '.join(PartyKind)}"))
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        problems.append(Problem("country", "write two capital letters, such as GB (ISO 3166)"))
    if problems:
        raise InputRefused(problems, subject="the party")
    party_id = uuid7()
    added = store.add_party(
        session, party_id=party_id, code=code, name=name, kind=str(kind), country=country, group_code=group_code
    )
    if not added:
        raise CodeTaken("party", code)
    audit.record(
        session, by=by, act="add a party", subject_kind="party", subject=code, detail={"name": name},
        after={"name": name, "kind": str(kind), "group_code": group_code},
    )  # fmt: skip
    return party_id


def party_list(
    session: Session,
    *,
    search: str | None = None,
    kind: PartyKind | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[Party, ...]:
    """Return parties by code, those after the code ``after``; an investee sees its own only."""
    rows = store.party_page(
        session, search=search, kind=kind, after=after, limit=max(1, min(limit, PARTIES_PER_PAGE_MAX + 1))
    )
    return tuple(_party(row) for row in rows)


def parties_by_name(session: Session) -> tuple[Party, ...]:
    """Return every party that this person may know of, by name: to choose one from."""
    found: list[Party] = []
    while more := party_list(session, after=found[-1].code if found else None, limit=PARTIES_PER_PAGE_MAX):
        found += more
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.code)))


def party_by_id(session: Session, *, party_id: UUID) -> Party:
    """Return a party. Refused: one that there is not, or that this person may not know of (``NotFound``)."""
    row = store.party(session, party_id=party_id)
    if row is None:
        raise NotFound("party", party_id)
    return _party(row)


def party_by_code(session: Session, *, code: str) -> Party:
    """Return a party. Refused: one that there is not, or that this person may not know of (``NotFound``)."""
    row = store.party(session, code=code)
    if row is None:
        raise NotFound("party", code)
    return _party(row)


def _party(row: Mapping[Any, Any]) -> Party:
    return Party(row["id"], row["code"], row["name"], PartyKind(row["kind"]), row["country"], row["group_code"])
