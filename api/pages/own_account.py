"""One's own account: where one is signed in, signing out there or everywhere, and another password."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.database.roles import Role
from api.deps import PageTransaction, Place, Visitor, address_of_caller, browser_of, database_of
from api.marked import N_
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, see, sentence, wrong_by
from api.pages.parts import Button, Cell, Field, Form, Mark, Page, Part, Section, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.signing_in import forget_cookie
from api.pages.words import say
from api.problems import note_refusal
from api.refusals import TooManyAttempts
from api.security import check_password
from api.tracing import trace_id_of
from domain.desk import people, sign_ins
from domain.desk.people import SignInRefused, UserKnown
from domain.desk.sign_ins import SignInStanding
from domain.errors import InputRefused, Problem
from domain.passwords import PASSWORD_LENGTH_MIN

router = APIRouter(include_in_schema=False)
AGENT_SHOWN = 40
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""A sign of each browser in what it says of itself, the more particular first: most also call themselves others."""
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip
DOOR_WORDS = {"token": N_("a program, with a token"), "browser": N_("a browser")}


@router.get("/account")
def account(request: Request, visitor: Visitor, session: PageTransaction, changed: bool = False) -> Response:
    """Show where one is signed in, and the form for another password."""
    return _shown(request, visitor, session, changed=changed)


@router.post("/account/sign-ins/{sign_in_id}", dependencies=FORM_GUARDS)
def end_one(visitor: Visitor, session: PageTransaction, sign_in_id: UUID) -> Response:
    """Sign out one of one's own browsers or programs."""
    sign_ins.end_one(session, sign_in_id=sign_in_id, by=visitor.actor)
    return see("/account")


@router.post("/account/sign-ins", dependencies=FORM_GUARDS)
def end_everywhere(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Sign out everywhere, here too."""
    sign_ins.end_everywhere(session, by=visitor.actor)
    answer = see("/sign-in")
    forget_cookie(request, answer)
    return answer


@router.post("/account/password", dependencies=FORM_GUARDS)
def change_password(request: Request, visitor: Visitor, typed: Typed, _place: Place) -> Response:
    """Replace one's own password: the old one is asked, all other sign-ins end, and this browser gets a new secret."""
    from api.pages.signing_in import give_cookie, reopen

    old, fresh = typed.get("old", ""), typed.get("fresh", "")
    sessions, user = database_of(request).sessions, visitor.user
    try:
        sign_ins.refuse_password(fresh, email=user.email, name=user.name, old=old)
        if fresh != typed.get("again", ""):
            raise InputRefused([_differ()], subject="the password")
        kept = check_password(
            sessions, email=user.email, password=old, address=address_of_caller(request), browser=browser_of(request)
        )
        fresh_hash = people.hash_password(fresh)
        with sessions.begin(Role.APP, visitor.actor, request=trace_id_of(request)) as session:
            sign_ins.change_own_password(
                session, checked=kept.password_hash, fresh=fresh, fresh_hash=fresh_hash, email=user.email,
                by=visitor.actor, but=visitor.sign_in_id,
            )  # fmt: skip
    except (InputRefused, SignInRefused, TooManyAttempts) as refusal:
        return _refused(request, visitor, refusal)
    answer = see("/account?changed=true")
    give_cookie(request, answer, reopen(request, visitor, password_hash=fresh_hash))
    return answer


def _refused(request: Request, visitor: UserKnown, refusal: InputRefused | SignInRefused | TooManyAttempts) -> Response:
    """Show the account again, with what was wrong beside its field."""
    wrong = wrong_by(refusal, fields={"password": "fresh", "again": "again"})
    status, headers = HTTPStatus.UNPROCESSABLE_ENTITY, {}
    if isinstance(refusal, SignInRefused):
        note_refusal(request, refusal)
        words = reader_of(request).gettext("This is not your present password")
        wrong = Wrong((), {"old": words})
    if isinstance(refusal, TooManyAttempts):
        note_refusal(request, refusal)
        status, headers = HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(refusal.wait_seconds)}
        wrong = Wrong((), {"old": sentence(str(refusal))})
    with database_of(request).sessions.begin(Role.APP, visitor.actor) as session:
        answer = _shown(request, visitor, session, wrong=wrong, status=status)
    answer.headers.update(headers)
    return answer


def _differ() -> Problem:
    return Problem("again", "the two are not the same; write the new password twice")


def _shown(
    request: Request,
    visitor: UserKnown,
    session: Session,
    *,
    changed: bool = False,
    wrong: Wrong = RIGHT,
    status: int = HTTPStatus.OK,
) -> Response:
    reader = reader_of(request)
    _ = reader.gettext
    done = (Text(_("Your password is changed. Everywhere else you are signed out."), "good"),) if changed else ()
    parts: tuple[Part, ...] = (*done, *_standing(reader, visitor, sign_ins.own(session, by=visitor.actor)))
    another = Section(_("Another password"), (password_form(reader, wrong),), anchor="password")
    page = Page(_("Your account"), lead=visitor.user.email, parts=parts, sections=(another,))
    return show(request, "page.html", page, status=int(status), reader=reader)


def _standing(reader: Reader, visitor: UserKnown, found: tuple[SignInStanding, ...]) -> tuple[Part, ...]:
    """Return where somebody is signed in, with a button for each other place and one for all."""
    _ = reader.gettext
    token = visitor.csrf_token
    rows = []
    for one in found:
        here = one.id == visitor.sign_in_id
        rows.append(
            line(
                Cell(say(reader, DOOR_WORDS, one.door), note=short_agent(one.agent)),
                one.came_from or "–",
                reader.moment(one.created_at),
                reader.moment(one.last_used_at),
                reader.moment(one.expires_at),
                Cell(mark=Mark(_("this one"), "good")) if here else Cell(form=_sign_out(reader, one, token)),
            )
        )
    columns = (_("By"), _("From"), _("Since"), _("Last used"), _("Until"), "")
    listed = table(_("Where you are signed in"), columns, rows, empty=_("Nowhere."))
    everywhere = Form(action="/account/sign-ins", csrf_token=token, buttons=(Button(_("Sign out everywhere")),))
    return listed, everywhere


def _sign_out(reader: Reader, one: SignInStanding, token: str) -> Form:
    """Return the button that ends one sign-in; what a screen reader says of it tells it from the others."""
    told = reader.gettext("Sign out {door} of {moment}").format(
        door=say(reader, DOOR_WORDS, one.door), moment=reader.moment(one.created_at)
    )
    button = Button(reader.gettext("Sign out"), quiet=True, label=told)
    return Form(action=f"/account/sign-ins/{one.id}", csrf_token=token, buttons=(button,))


def short_agent(agent: str) -> str:
    """Return what a browser says of itself in three words, such as ``Firefox on Linux``; a program's own name as is."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if not browser:
        return agent[:AGENT_SHOWN] + ("…" if len(agent) > AGENT_SHOWN else "")
    return f"{browser} on {system}" if system else browser


def password_form(reader: Reader, wrong: Wrong) -> Form:
    """Return the form for another password."""
    _ = reader.gettext
    hint = _("At least {count} characters: three or four words that do not go together.").format(
        count=PASSWORD_LENGTH_MIN
    )
    return Form(
        action="/account/password",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Another password"),
        fields=(
            Field("old", _("Your present password"), kind="password", autocomplete="current-password",
                  error=wrong.at("old")),
            Field("fresh", _("New password"), kind="password", autocomplete="new-password", hint=hint,
                  error=wrong.at("fresh")),
            Field("again", _("New password, again"), kind="password", autocomplete="new-password",
                  error=wrong.at("again")),
        ),
        buttons=(Button(_("Change the password")),),
        problems=wrong.top,
    )  # fmt: skip
