"""What a route may ask for: who acts, the transaction, the version that an edit rests on, and being done only once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from api.database.roles import Role
from api.database.sessions import Sessions
from api.refusals import EditNeedsVersion, FormNotOurs, IdempotencyKeyMissing, StaleEdit
from api.security import SignInPlaces, same_secret
from api.tracing import door_of, trace_id_of
from domain.authority import Act, Actor, permit
from domain.desk import answers, ledger, people
from domain.desk.answers import ActAnswer
from domain.desk.people import SignInNeeded, UserKnown
from domain.errors import InputRefused, Problem, Refusal

COOKIE = "missionbook_session"
BROWSER_COOKIE = "missionbook_browser"
KEY_LENGTH_MAX = 200
_OURS = re.compile(r"[A-Za-z0-9_-]{43}")
_bearer = HTTPBearer(auto_error=False, description="A token from POST /api/v1/tokens")


class Database(Protocol):
    """A database that the application serves: its transactions, and its address by role."""

    @property
    def sessions(self) -> Sessions: ...

    def url(self, role: Role) -> str: ...


def database_of(request: Request) -> Database:
    """Return the database that this application serves."""
    database: Database = request.app.state.database
    return database


def address_of_caller(request: Request) -> str:
    """Return the address that a request comes from, as the server knows it."""
    return request.client.host if request.client else ""


def agent_of(request: Request) -> str:
    """Return what the caller's program calls itself: shown to who looks through their sign-ins, believed by nobody."""
    said = request.headers.get("user-agent", "")[:200]
    return said if said.isprintable() else ""


def known_parameters(request: Request) -> None:
    """Refuse (``InputRefused``) parameters that the door does not know, and those that are said twice.

    A typing error is no wish for all of a list, and of two answers to one question none is believed.
    """
    context = request.scope.get("fastapi", {}).get("effective_route_context") or request.scope.get("route")
    dependant: Dependant | None = getattr(context, "dependant", None)
    known = sorted(_parameters(dependant)) if dependant else []
    choice = f"known are {', '.join(known)}" if known else "nothing can be asked in the address"
    asked = Counter(name for name, _ in request.query_params.multi_items())
    problems = [Problem(name[:100], f"is not known here; {choice}") for name in asked if name not in known]
    problems += [Problem(name[:100], "say it once") for name, times in asked.items() if name in known and times > 1]
    if problems:
        raise InputRefused(problems[:50], subject="the request")


def _parameters(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(needed) for needed in dependant.dependencies))


async def place(request: Request) -> AsyncIterator[None]:
    """Wait for a place among those who may hold a connection.

    Without it more requests than connections would each hold a thread while they wait for one, and those who have a
    connection would find no thread to go on with.
    """
    places: asyncio.Semaphore = request.app.state.places
    async with places:
        yield


Place = Annotated[None, Depends(place, scope="function")]


async def sign_in_place(request: Request) -> AsyncIterator[None]:
    """Wait for a place among those who check a password. Refused: too many wait (``TooManySignIns``)."""
    places: SignInPlaces = request.app.state.sign_in_places
    async with places.place():
        yield


SignInPlace = Annotated[None, Depends(sign_in_place, scope="function")]


def signed_in(
    request: Request,
    _place: Place,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Actor:
    """Return whose bearer token came with the request. Refused: none, or a worthless one (``SignInNeeded``)."""
    if bearer is None:
        raise SignInNeeded
    with database_of(request).sessions.begin(Role.APP, request=trace_id_of(request)) as session:
        known = people.user_of_token(session, token=bearer.credentials)
    if known is None:
        raise SignInNeeded
    request.state.actor, request.state.known = known.actor, known
    return known.actor


SignedIn = Annotated[Actor, Depends(signed_in)]


def open_session(request: Request, actor: SignedIn) -> Iterator[Session]:
    """Open the request's transaction; it is committed before the answer leaves, and rolled back by any refusal."""
    with database_of(request).sessions.begin(Role.APP, actor, request=trace_id_of(request)) as session:
        yield session


Transaction = Annotated[Session, Depends(open_session, scope="function")]


def open_night_session(request: Request, actor: SignedIn) -> Iterator[Session]:
    """Open a transaction of the database role night, for sealing and for closing a day."""
    with database_of(request).sessions.begin(Role.NIGHT, actor, request=trace_id_of(request)) as session:
        yield session


NightTransaction = Annotated[Session, Depends(open_night_session, scope="function")]


def seal_now(request: Request) -> None:
    """Seal what was said until now, in a transaction of its own, so that a report without a seal knows all of it.

    Where somebody else is sealing for longer than a second, it knows what was sealed before. Ask for it before the
    request's transaction: a request then never holds two connections.
    """
    with database_of(request).sessions.begin(Role.NIGHT) as session:
        ledger.seal_for_reader(session)


Sealed = Annotated[None, Depends(seal_now, scope="function")]


def reading_inside(actor: SignedIn) -> Actor:
    """Return the actor, who reads the whole book. Refused: everybody outside the bank (``NotAllowed``)."""
    permit(Act.READ_BOOK, by=actor)
    return actor


Inside = Annotated[Actor, Depends(reading_inside)]


def cookie_name(request: Request, name: str = COOKIE) -> str:
    """Return what a cookie is called: over https with the prefix that no neighbouring host can set."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def cookie_of(request: Request) -> str:
    """Return the secret that a browser sends back; nothing for a browser that is not signed in."""
    return request.cookies.get(cookie_name(request), "")


def browser_of(request: Request) -> str:
    """Return what this browser was given at a sign-in, signed in or not; nothing where it is none of ours."""
    said = request.cookies.get(cookie_name(request, BROWSER_COOKIE), "")
    return said if _OURS.fullmatch(said) else ""


def visiting(request: Request, _place: Place) -> UserKnown:
    """Return who is signed in in this browser. Refused: nobody (``SignInNeeded``)."""
    secret = cookie_of(request)
    if not secret:
        raise SignInNeeded
    with database_of(request).sessions.begin(Role.APP) as session:
        known = people.user_of_web_session(session, secret=secret)
    if known is None:
        raise SignInNeeded
    request.state.actor, request.state.known = known.actor, known
    return known


Visitor = Annotated[UserKnown, Depends(visiting)]


def visitor_of(request: Request) -> UserKnown | None:
    """Return who is signed in in this browser where no page asked for it, so that its frame stays; None for nobody."""
    known: UserKnown | None = getattr(request.state, "known", None)
    secret = cookie_of(request)
    if known is not None or not secret:
        return known
    try:
        with database_of(request).sessions.begin(Role.APP) as session:
            return people.user_of_web_session(session, secret=secret)
    except (Refusal, SQLAlchemyError):
        return None


def open_page_session(request: Request, visitor: Visitor) -> Iterator[Session]:
    """Open a page's transaction, like ``open_session``."""
    with database_of(request).sessions.begin(Role.APP, visitor.actor, request=trace_id_of(request)) as session:
        yield session


PageTransaction = Annotated[Session, Depends(open_page_session, scope="function")]


async def own_form(request: Request, visitor: Visitor) -> None:
    """Let a form pass that sends back the secret of its browser's session (field ``csrf_token``), or refuse it."""
    form = await request.form()
    sent = form.get("csrf_token")
    if not isinstance(sent, str) or not visitor.csrf_token or not same_secret(sent, visitor.csrf_token):
        raise FormNotOurs


OwnForm = Depends(own_form)
"""Goes into ``dependencies=[OwnForm]`` of every page's POST."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list: what comes after the cursor, at most ``limit`` rows."""

    after: str | None
    limit: int

    @property
    def number(self) -> int | None:
        """The cursor of a list that goes by number. Refused: one that is none (``InputRefused``)."""
        if self.after is None:
            return None
        if not self.after.isascii() or not self.after.isdigit() or len(self.after) > 18:
            raise InputRefused([Problem("after", "give what `next` said in the page before")], subject="the request")
        return int(self.after)


def paging(
    after: Annotated[
        str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f]*$", description="`next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Paging:
    """Return the part of a list that was asked for."""
    return Paging(after, limit)


Page = Annotated[Paging, Depends(paging)]

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of what you read", max_length=100)]


def etag(version: int | str) -> str:
    """Return a version as a strong ETag."""
    return f'"{version}"'


def fits_version(if_match: str | None, version: int | str) -> None:
    """Let an edit pass that rests on the present version, or refuse it (``EditNeedsVersion``, ``StaleEdit``)."""
    if if_match is None:
        raise EditNeedsVersion(str(version))
    if etag(version) not in [one.strip() for one in if_match.split(",")]:
        raise StaleEdit(str(version))


@dataclass(frozen=True, slots=True)
class Once:
    """An act that is done once per key: a repeated request gets the first one's answer.

    At doors that do without a key ``header`` is empty where none was sent, and the act is done as often as it is asked.
    """

    session: Session
    actor: Actor
    route: str
    header: str
    body_hash: bytes

    @property
    def key(self) -> str:
        """The key under which the ledger knows the entry: the same header at another door is another key."""
        return f"{self.route} {self.header}"

    def answer(self, act: Callable[[], BaseModel], *, status: int = 201) -> JSONResponse:
        """Do the act and keep its answer, or give the kept one. Refused: the same key with another body."""
        if not self.header:
            return JSONResponse(act().model_dump(mode="json"), status)
        given = answers.claim(self.session, by=self.actor, route=self.route, key=self.header, body_hash=self.body_hash)
        if given is not None:
            return JSONResponse(given.body, given.status, headers={"Idempotency-Replayed": "true"})
        body = act().model_dump(mode="json")
        answers.keep(self.session, by=self.actor, route=self.route, key=self.header, answer=ActAnswer(status, body))
        return JSONResponse(body, status)


async def hash_of_request(request: Request) -> bytes:
    """Return a hash of what is asked: the address and the body, whatever the order of its members."""
    raw = await request.body()
    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is refused elsewhere
        raw = json.dumps(json.loads(raw), sort_keys=True).encode()
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return hashlib.sha256(asked.encode() + b"\n" + raw).digest()


_Key = Annotated[str | None, Header(alias="Idempotency-Key", description="A key of your own making, such as a UUID")]
_BodyHash = Annotated[bytes, Depends(hash_of_request)]


def once(
    request: Request, session: Transaction, actor: SignedIn, body_hash: _BodyHash, idempotency_key: _Key = None
) -> Once:
    """Return the means to do an act once. Refused: no key, or one that is too long (``IdempotencyKeyMissing``)."""
    return _once(request, session, actor, body_hash, idempotency_key)


def once_if_keyed(
    request: Request, session: Transaction, actor: SignedIn, body_hash: _BodyHash, idempotency_key: _Key = None
) -> Once:
    """Return the means to do an act once where a key was sent. Refused: a key that is too long."""
    if not (idempotency_key or "").strip():
        return Once(session, actor, f"{request.method} {pattern_of(request)}", "", body_hash)
    return _once(request, session, actor, body_hash, idempotency_key)


def once_at_night(
    request: Request, session: NightTransaction, actor: SignedIn, body_hash: _BodyHash, idempotency_key: _Key = None
) -> Once:
    """Return the same for an act that takes the database role night."""
    return _once(request, session, actor, body_hash, idempotency_key)


def _once(request: Request, session: Session, actor: Actor, body_hash: bytes, given: str | None) -> Once:
    key = (given or "").strip()
    if not key:
        raise IdempotencyKeyMissing
    if len(key) > KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing(f"it has at most {KEY_LENGTH_MAX} printable ASCII characters")
    return Once(session, actor, f"{request.method} {pattern_of(request)}", key, body_hash)


def pattern_of(request: Request) -> str:
    """Return the pattern of the request's address."""
    return door_of(request.scope)


DoneOnce = Annotated[Once, Depends(once)]
DoneOnceIfKeyed = Annotated[Once, Depends(once_if_keyed)]
DoneOnceAtNight = Annotated[Once, Depends(once_at_night)]
