"""The page that asks who is there, and what it keeps of a form that came when the session was over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from api.pages.form_words import field_words, form_words
from api.pages.parts import Button, Facts, Field, Figure, Form, Page, Said, Text
from api.pages.reader import Reader

KEPT_PREFIX = "kept."
KEPT_ACTION = "kept-action"
NEVER_KEPT = frozenset({"csrf_token", "password", "old", "fresh", "again", "step"})
"""Secrets, and the step of a form: without it every form lands on what comes before the booking."""

NOT_TYPED = frozenset({"key", "version", "from"})
"""What a form carries along that nobody typed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that could not be taken because nobody was signed in: where it goes and what it says."""

    action: str
    values: tuple[tuple[str, str], ...]


def kept_of(request: Request) -> Kept | None:
    """Return the form that a request brought, without its secrets; nothing of what another site sent."""
    if not sent_from_here(request):
        return None
    typed: Mapping[str, str] = getattr(request.state, "typed", {})
    values = tuple((name, value) for name, value in typed.items() if name not in NEVER_KEPT)
    return Kept(request.url.path, values) if values else None


def kept_again(request: Request, typed: Mapping[str, str]) -> Kept | None:
    """Return the form that the sign-in page carried along; what goes to or comes from another place is not ours."""
    action = typed.get(KEPT_ACTION, "")
    named = ((name.removeprefix(KEPT_PREFIX), value) for name, value in typed.items() if name.startswith(KEPT_PREFIX))
    values = tuple((name, value) for name, value in named if name not in NEVER_KEPT)
    return Kept(action, values) if is_ours(action) and values and sent_from_here(request) else None


def sent_from_here(request: Request) -> bool:
    """Tell whether a page of this house sent a form, as the browser says; one that says nothing is not believed."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    host = request.headers.get("origin", "").partition("://")[2]
    return bool(host) and host == request.headers.get("host")


def sent_from_elsewhere(request: Request) -> bool:
    """Tell whether the browser says that another site sent a form; a program that says nothing is no browser."""
    if request.headers.get("sec-fetch-site") == "none":
        return False
    says = "sec-fetch-site" in request.headers or "origin" in request.headers
    return says and not sent_from_here(request)


def is_ours(address: str) -> bool:
    """Tell whether an address stays in this house."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


def sign_in_page(
    reader: Reader,
    *,
    email: str = "",
    error: str = "",
    next_address: str = "",
    kept: Kept | None = None,
) -> Page:
    """Return the sign-in page; ``error`` never tells whether the email or the password was wrong."""
    _ = reader.gettext
    hidden = [("next", next_address)] if next_address else []
    if kept:
        hidden += [(KEPT_ACTION, kept.action), *((f"{KEPT_PREFIX}{name}", value) for name, value in kept.values)]
    form = Form(
        action="/sign-in",
        csrf_token="",
        fields=(
            Field("email", _("Email"), value=email, kind="email", autocomplete="username"),
            Field("password", _("Password"), kind="password", autocomplete="current-password"),
        ),
        hidden=tuple(hidden),
        buttons=(Button(_("Sign in")),),
        problems=(Said(error, "#field-email"),) if error else (),
    )
    again = Text(_("Your session is over. Sign in again: what you typed is kept."), "warn")
    return Page(
        title=_("Sign in"),
        lead=_("The book of a public bank with missions: what the money was for, and whether it worked."),
        parts=((again, form) if kept else (form,)),
        narrow=True,
    )


def kept_page(reader: Reader, kept: Kept, *, csrf_token: str) -> Page:
    """Return the page that shows what was typed before the session was over, and lets its writer go on with it."""
    _ = reader.gettext
    called = form_words(kept.action)
    shown = (
        Figure(_("It goes to"), _(called) if called else kept.action, kept.action if called else ""),
        *(
            Figure(_(field_words(kept.action, name)), value)
            for name, value in kept.values
            if value.strip() and name not in NOT_TYPED
        ),
    )
    form = Form(
        action=kept.action, csrf_token=csrf_token, hidden=kept.values, buttons=(Button(_("Go on with what I typed")),)
    )
    return Page(
        title=_("You are signed in again"),
        lead=_("Nothing was sent yet. This is what you had typed."),
        parts=(Facts(shown), form),
        narrow=True,
    )
