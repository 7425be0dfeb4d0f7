"""From a page object to an answer: templates, the frame around every page, the style sheet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.pages.parts import Link
from api.pages.reader import Reader, reader_of, translations
from api.pages.words import ROLE_WORDS
from domain.authority import INSIDE, MAY, Act
from domain.parties import Role

ROOM = Path(__file__).resolve().parent.parent
STATIC = ROOM / "static"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: language, links, who is signed in."""

    language: str
    style: str
    icon: str
    home: str
    links: tuple[Link, ...]
    person: str
    role: str
    csrf_token: str


class LastingFiles(StaticFiles):
    """Files whose address changes with their content, so that a browser asks for each once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


@cache
def environment(language: str) -> Environment:
    """Return the templates in a language. A template that names what is not there fails, it does not stay silent."""
    made = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = lambda part: type(part).__name__
    texts = translations(language)
    # The i18n extension adds this method; its types do not say so.
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made


@cache
def address_of(name: str) -> str:
    """Return a static file's address, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def home_of(role: Role | None) -> str:
    """Return where somebody of a role begins."""
    return {Role.BOARD: "/board", Role.INVESTEE: "/investee"}.get(role, "/officer") if role else "/sign-in"


def frame(request: Request, reader: Reader) -> Frame:
    """Return the frame of a page for its reader."""
    _ = reader.gettext
    known, path = reader.known, request.url.path
    places: list[tuple[str, str]] = []
    role = known.actor.role if known else None
    if role is Role.INVESTEE:
        places = [("/investee", _("Reports")), ("/deals", _("Deals"))]
    elif role in INSIDE:
        work = [("/officer", _("Work list"))] if role is not Role.BOARD else []
        places = [*work, ("/board", _("Impact")), ("/board/approvals", _("Approvals")), ("/deals", _("Deals"))]
        places += [("/ledger", _("Ledger")), ("/authority", _("Authority"))]
        if role in MAY[Act.READ_AUDIT]:
            places += [("/audit", _("Audit")), ("/people", _("People"))]
    here = max(
        (place for place, _words in places if path == place or path.startswith(f"{place}/")), default="", key=len
    )
    return Frame(
        language=reader.language,
        style=address_of("missionbook.css"),
        icon=address_of("icon.svg"),
        home=home_of(role),
        links=tuple(Link(place, words, here=place == here) for place, words in places),
        person=known.user.name if known else "",
        role=_(ROLE_WORDS[role]) if role else "",
        csrf_token=known.csrf_token if known else "",
    )


def show(
    request: Request, template: str, page: Any, *, status: int = 200, reader: Reader | None = None
) -> HTMLResponse:
    """Answer with a page."""
    reader = reader or reader_of(request)
    made = environment(reader.language).get_template(template)
    return HTMLResponse(made.render(page=page, frame=frame(request, reader)), status)
