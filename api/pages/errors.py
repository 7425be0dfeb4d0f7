"""A failure as a page: what went wrong in words, what is wrong in what was given, and where to go from here.

A stranger is led to the sign-in; what a person had typed into a form goes along, so an expired session loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.marked import N_
from api.pages.parts import Facts, Figure, Link, Page, Said, Text, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import home_of, show
from api.pages.sign_in_page import kept_of, sign_in_page
from api.pages.words import ROLE_WORDS, WHO_WORDS
from domain.authority import INSIDE
from domain.parties import Role

TITLES = {
    "no-such-address": N_("There is no such page"),
    "no-such-thing": N_("This is not here"),
    "not-allowed": N_("This is for somebody else to do"),
    "second-person-needed": N_("This takes a second person"),
    "amount-takes-two": N_("This is more than you may do alone"),
    "conflict-of-interest": N_("A conflict of interest stands against it"),
    "form-not-ours": N_("The form could not be taken"),
    "too-many-attempts": N_("Too many tries"),
    "too-many-sign-ins": N_("Too many are signing in"),
    "input-refused": N_("This could not be taken"),
    "database-away": N_("The book cannot be reached"),
    "failure": N_("Something went wrong on our side"),
    "stale-edit": N_("Somebody was quicker"),
    "seal-beyond-head": N_("This seal does not exist yet"),
}

PARAMETER_WORDS = {
    "as_of": N_("The day"),
    "seal": N_("The seal"),
    "from": N_("The first day"),
    "by": N_("Booking day or value day"),
    "format": N_("The kind of file"),
    "currency": N_("The currency"),
    "flow": N_("The line of the cash flow"),
    "limit": N_("How many at once"),
    "fund": N_("The fund"),
    "stage": N_("The stage"),
    "search": N_("What is searched for"),
    "after": N_("The place in the list"),
    "the form": N_("The form"),
    "the report": N_("The report"),
}
"""What a page calls the parts of its address and its forms."""


def error_page(
    request: Request,
    *,
    status: int,
    word: str,
    title: str,
    detail: str,
    trace_id: str,
    facts: Mapping[str, object] | None = None,
) -> Response:
    """Return the page for a failure; ``word`` is the end of the problem's type."""
    if status == HTTPStatus.UNAUTHORIZED and word == "sign-in-needed":
        return _to_sign_in(request)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        from api.deps import visitor_of  # it tells its failures here, so it cannot come first

        request.state.known = visitor_of(request)
    reader = reader_of(request)
    if status == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
        return RedirectResponse(_way_back(reader).href, HTTPStatus.SEE_OTHER)
    _ = reader.gettext
    facts = facts or {}
    rows = [
        (_(PARAMETER_WORDS.get(one.href, one.href)), _sentence(one.words)) for one in _problems(facts.get("problems"))
    ]
    detail = _for_whom(reader, facts.get("needed"), facts.get("role")) if word == "not-allowed" else detail
    told = table(_("What is wrong"), (_("Where"), _("What")), rows, empty="") if rows else None
    quiet = _("It cannot be shown like this.") if request.method == "GET" else _("Nothing was changed.")
    said = Text(_sentence(detail) if told is None else quiet)
    page = Page(
        title=_(TITLES[word]) if word in TITLES else title,
        parts=(
            said,
            *((told,) if told else ()),
            Text("", link=_way_back(reader)),
            Facts((Figure(_("Number of this request"), trace_id),)),
        ),
        narrow=True,
    )
    return show(request, "page.html", page, status=status, reader=reader)


def _to_sign_in(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        ask = "" if where == "/" else f"?next={quote(where, safe='/')}"
        return RedirectResponse(f"/sign-in{ask}", HTTPStatus.SEE_OTHER)
    reader = reader_of(request)
    page = sign_in_page(reader, kept=kept_of(request))
    return show(request, "page.html", page, status=HTTPStatus.UNAUTHORIZED, reader=reader)


def _problems(said: object) -> tuple[Said, ...]:
    if not isinstance(said, Sequence) or isinstance(said, str):
        return ()
    found = []
    for one in said[:50]:
        where = one.get("where", "") if isinstance(one, Mapping) else getattr(one, "where", "")
        what = one.get("what", "") if isinstance(one, Mapping) else getattr(one, "what", str(one))
        found.append(Said(str(what), str(where)))
    return tuple(found)


def _sentence(detail: str) -> str:
    text = detail[:1].upper() + detail[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _for_whom(reader: Reader, needed: object, role: object) -> str:
    """Return for whom a page is, in words."""
    _ = reader.gettext
    roles = [Role(one) for one in needed if one in WHO_WORDS] if isinstance(needed, Sequence) else []
    if not roles:
        return _("The book does not let you do this.")
    if set(roles) == INSIDE:
        return _("Only the bank's own people may read this.")
    who = _(" or ").join(_(WHO_WORDS[one]) for one in roles)
    if not isinstance(role, Role):
        return _("Only {who} may do this.").format(who=who)
    return _("Only {who} may do this; you are signed in as {role}.").format(who=who, role=_(ROLE_WORDS[role]).lower())


def _way_back(reader: Reader) -> Link:
    _ = reader.gettext
    if reader.known is None:
        return Link("/sign-in", _("Go to the sign-in"))
    return Link(home_of(reader.known.actor.role), _("Go back to your first page"))
