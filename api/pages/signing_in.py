"""Signing in and out in a browser."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.database.roles import Role
from api.deps import COOKIE, PageTransaction, Place, Visitor, attempts_of, database_of
from api.pages.forms import FORM_GUARDS, Typed, see, sentence
from api.pages.reader import Reader, reader_of
from api.pages.rendering import home_of, show
from api.pages.sign_in_page import is_ours, kept_again, kept_page, sign_in_page
from api.problems import note_refusal, trace_id_of
from api.refusals import FormNotOurs, TooManyAttempts
from api.security import sign_in
from domain.desk import people
from domain.desk.people import WEB_SESSION_HOURS, SignInRefused

router = APIRouter(include_in_schema=False)


@router.get("/")
def first(visitor: Visitor) -> Response:
    """Lead everybody to where they begin."""
    return see(home_of(visitor.actor.role))


@router.get("/sign-in")
def ask(request: Request, next_address: Annotated[str, Query(alias="next", max_length=2000)] = "") -> Response:
    """Ask who is there."""
    reader = reader_of(request)
    return show(request, "page.html", sign_in_page(reader, next_address=next_address), reader=reader)


@router.post("/sign-in")
def enter(request: Request, typed: Typed, _place: Place) -> Response:
    """Let somebody in whose email and password fit; else tell one and the same thing."""
    if request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise FormNotOurs
    reader = reader_of(request)
    email, kept, wanted = typed.get("email", "").strip(), kept_again(typed), typed.get("next", "")
    request.state.tried_email = email.lower()[:100]
    sessions = database_of(request).sessions
    address = request.client.host if request.client else ""
    try:
        known = sign_in(
            sessions, attempts_of(request), email=email, password=typed.get("password", ""), address=address
        )
    except (SignInRefused, TooManyAttempts) as refusal:
        note_refusal(request, refusal)
        status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(refusal, TooManyAttempts) else HTTPStatus.UNAUTHORIZED
        page = sign_in_page(reader, email=email, error=sentence(str(refusal)), next_address=wanted, kept=kept)
        return show(request, "page.html", page, status=status, reader=reader)
    with sessions.begin(Role.APP, known.actor, request=trace_id_of(request)) as session:
        opened = people.open_web_session(session, by=known.actor)
    if kept:
        request.state.known = people.UserKnown(known.user, known.actor, csrf_token=opened.csrf_token)
        again = Reader(request.state.known, reader.locale, reader.language)
        page = kept_page(again, kept, csrf_token=opened.csrf_token)
        answer: Response = show(request, "page.html", page, reader=again)
    else:
        answer = see(wanted if is_ours(wanted) else home_of(known.actor.role))
    answer.set_cookie(
        COOKIE,
        opened.secret,
        max_age=WEB_SESSION_HOURS * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out", dependencies=FORM_GUARDS)
def leave(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Sign this browser out."""
    people.end_web_session(session, secret=request.cookies.get(COOKIE, ""), by=visitor.actor)
    answer = see("/sign-in")
    answer.delete_cookie(COOKIE)
    return answer
