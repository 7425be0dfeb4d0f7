"""What comes in a form: reading it, doing an act once, and telling its problems beside the fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from uuid_utils.compat import uuid7

from api.deps import OwnForm
from api.pages.parts import Field, Said
from api.pages.reader import Reader
from api.refusals import IdempotencyKeyMissing
from domain.authority import Actor
from domain.deals import CommitmentExceeded, DayRefused
from domain.desk import answers
from domain.desk.answers import ActAnswer
from domain.errors import InputRefused, Problem, Refusal
from domain.loans import MoreThanOwed
from domain.money import AmountUnreadable

FIELDS_MAX = 300
KEY_LENGTH_MAX = 100
_NOT_SAID = frozenset({"csrf_token", "key"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was wrong with a form: sentences for its top, and by field."""

    top: tuple[Said, ...] = ()
    beside: Mapping[str, str] | None = None

    def at(self, name: str) -> str:
        """Return what is wrong with a field; nothing where it is right."""
        return (self.beside or {}).get(name, "")


RIGHT = Wrong()
WHOLE = ("", "report")
"""Places of problems that are the form itself: their sentences stand alone."""


async def keep_typed(request: Request) -> dict[str, str]:
    """Read a form before anything is asked of its sender, so that an expired session loses nothing."""
    form = await request.form(max_fields=FIELDS_MAX, max_files=0)
    typed = {name: value.replace("\x00", "") for name, value in form.items() if isinstance(value, str)}
    request.state.typed = typed
    return typed


Typed = Annotated[dict[str, str], Depends(keep_typed)]
FORM_GUARDS = [Depends(keep_typed), OwnForm]
"""Goes into ``dependencies`` of every page's POST, the reading first."""


def new_key() -> str:
    """Make the key by which a form that is sent twice is known."""
    return str(uuid7())


def done_once(session: Session, *, by: Actor, route: str, typed: Mapping[str, str], act: Callable[[str], str]) -> str:
    """Do an act with the form's key, or nothing where it was done before; return the address that shows it.

    Call it in a savepoint, so that a refused act leaves its key free. Refused: a form without a key
    (``IdempotencyKeyMissing``), a key that came with another form (``KeyUsedForAnotherRequest``).
    """
    key = typed.get("key", "")
    if not key or len(key) > KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    said = json.dumps(sorted((name, value) for name, value in typed.items() if name not in _NOT_SAID))
    body_hash = hashlib.sha256(said.encode("utf-8", "replace")).digest()
    given = answers.claim(session, by=by, route=f"page {route}", key=key, body_hash=body_hash)
    if given is not None:
        return str(given.body["address"])
    address = act(f"page {route} {key}")
    answer = ActAnswer(int(HTTPStatus.SEE_OTHER), {"address": address})
    answers.keep(session, by=by, route=f"page {route}", key=key, answer=answer)
    return address


def see(address: str) -> RedirectResponse:
    """Lead the browser to the page that shows what was done."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def read_day(reader: Reader, typed: str, *, where: str) -> date:
    """Read the day of a date field. Refused (``InputRefused``): what is no day."""
    text = " ".join(typed.split())[:40]
    for shape in ("%Y-%m-%d", "%d %b %Y"):
        with suppress(ValueError):
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a day has no zone
    what = reader.gettext("Give a day, such as {example}").format(example=reader.day(date(2026, 3, 31)))
    raise InputRefused([Problem(where, what)], subject="the form")


def read_id(typed: str) -> UUID | None:
    """Read an id; None for what is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def wrong_by(refusal: Refusal, *, fields: Mapping[str, str], place: str = "") -> Wrong:
    """Return a refusal's problems for a form; ``fields`` leads from a problem's place to the name of a field.

    ``place`` is what the form's fields carry before their names, where a page has several forms.
    """
    match refusal:
        case InputRefused():
            problems = [(one.where, one.what) for one in refusal.problems]
        case AmountUnreadable():
            problems = [("amount", str(refusal))]
        case MoreThanOwed() | CommitmentExceeded():
            problems = [("amount", str(refusal))]
        case DayRefused():
            problems = [("day", str(refusal))]
        case _:
            problems = [("", str(refusal))]
    top: list[Said] = []
    beside: dict[str, str] = {}
    for where, what in problems:
        name, words = fields.get(where, ""), sentence(what)
        alone = name or where in WHOLE
        top.append(Said(words if alone else f"{where}: {what}", f"#{Field(name, '', place=place).id}" if name else ""))
        if name:
            beside.setdefault(name, words)
    return Wrong(tuple(top), beside)


def sentence(text: str) -> str:
    """Return a text with a capital letter first."""
    return text[:1].upper() + text[1:]
