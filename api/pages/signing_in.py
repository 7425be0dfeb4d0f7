"""Signing in and out in a browser."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.database.roles import Role
from api.deps import (
    BROWSER_COOKIE,
    PageTransaction,
    SignInPlace,
    Visitor,
    address_of_caller,
    agent_of,
    browser_of,
    cookie_name,
    cookie_of,
    database_of,
)
from api.pages.forms import FORM_GUARDS, Typed, see, sentence
from api.pages.reader import Reader, reader_of
from api.pages.rendering import home_of, show
from api.pages.sign_in_page import is_ours, kept_again, kept_page, sent_from_elsewhere, sign_in_page
from api.problems import note_refusal
from api.refusals import FormNotOurs, TooManyAttempts
from api.security import check_password
from api.tracing import trace_id_of
from domain.desk import people, sign_ins
from domain.desk.people import WEB_SESSION_HOURS, PasswordKept, SignInRefused, UserKnown, WebSessionOpened

router = APIRouter(include_in_schema=False)
EMAIL_LENGTH_MAX = 300
"""As at the API's door: what is longer is the email of nobody."""


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
def enter(request: Request, typed: Typed, _place: SignInPlace) -> Response:
    """Let somebody in whose email and password fit; else tell one and the same thing."""
    if sent_from_elsewhere(request):
        raise FormNotOurs
    reader = reader_of(request)
    email = typed.get("email", "").strip()[: EMAIL_LENGTH_MAX + 1]  # nobody's, and not sent back without end
    kept, wanted = kept_again(request, typed), typed.get("next", "")
    request.state.tried_email = email.lower()[:100]
    sessions, browser = database_of(request).sessions, browser_of(request) or secrets.token_urlsafe(32)
    try:
        checked = check_password(
            sessions, email=email, password=typed.get("password", ""), address=address_of_caller(request),
            browser=browser_of(request),
        )  # fmt: skip
        known, opened = _open(request, checked, browser=browser)
    except (SignInRefused, TooManyAttempts) as refusal:
        note_refusal(request, refusal)
        status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(refusal, TooManyAttempts) else HTTPStatus.UNAUTHORIZED
        page = sign_in_page(reader, email=email, error=sentence(str(refusal)), next_address=wanted, kept=kept)
        answer: Response = show(request, "page.html", page, status=status, reader=reader)
        if isinstance(refusal, TooManyAttempts):
            answer.headers["Retry-After"] = str(refusal.wait_seconds)
        return answer
    if kept:
        request.state.known = people.UserKnown(known.user, known.actor, csrf_token=opened.csrf_token)
        again = Reader(request.state.known, reader.locale, reader.language)
        page = kept_page(again, kept, csrf_token=opened.csrf_token)
        answer = show(request, "page.html", page, reader=again)
    else:
        answer = see(wanted if is_ours(wanted) else home_of(known.actor.role))
    give_cookie(request, answer, opened)
    _keep_browser(request, answer, browser)
    return answer


def _open(request: Request, checked: PasswordKept, *, browser: str = "") -> tuple[UserKnown, WebSessionOpened]:
    """Sign the browser in with a new secret; what it was signed in with before ends, and the browser is known.

    Refused: a password that was changed since it was checked (``SignInRefused``).
    """
    known = checked.known
    assert known is not None, "a password that was checked is somebody's"
    sessions, old = database_of(request).sessions, cookie_of(request)
    if old:
        with sessions.begin(Role.APP) as session:
            before = people.user_of_web_session(session, secret=old)
        if before:
            with sessions.begin(Role.APP, before.actor, request=trace_id_of(request)) as session:
                sign_ins.end_one(session, sign_in_id=before.sign_in_id, by=before.actor)
    with sessions.begin(Role.APP, known.actor, request=trace_id_of(request)) as session:
        by = people.still_fits(session, checked)
        if browser:
            sign_ins.know_browser(session, browser=browser, by=by)
        return known, people.open_web_session(session, by=by, agent=agent_of(request))


def reopen(request: Request, visitor: UserKnown, *, password_hash: str) -> WebSessionOpened:
    """Give a browser that is signed in a new secret; the old one is worthless from now on.

    Refused: ``password_hash`` is the person's no more (``SignInRefused``).
    """
    return _open(request, PasswordKept(visitor, password_hash))[1]


def give_cookie(request: Request, answer: Response, opened: WebSessionOpened) -> None:
    """Let the browser keep the secret of its session, where no script and no other site can use it."""
    answer.set_cookie(
        cookie_name(request),
        opened.secret,
        max_age=WEB_SESSION_HOURS * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _keep_browser(request: Request, answer: Response, browser: str) -> None:
    """Let the browser keep by what it is known again. It opens nothing: it only says where to count attempts."""
    answer.set_cookie(
        cookie_name(request, BROWSER_COOKIE),
        browser,
        max_age=sign_ins.KEPT_DAYS * 24 * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.post("/sign-out", dependencies=FORM_GUARDS)
def leave(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Sign this browser out."""
    sign_ins.end_one(session, sign_in_id=visitor.sign_in_id, by=visitor.actor)
    answer = see("/sign-in")
    forget_cookie(request, answer)
    return answer


def forget_cookie(request: Request, answer: Response) -> None:
    """Take the secret from the browser, and whatever else it keeps of this house."""
    answer.delete_cookie(cookie_name(request), httponly=True, samesite="lax", secure=request.url.scheme == "https")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
