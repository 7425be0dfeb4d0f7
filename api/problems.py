"""How a failure is told: RFC 9457 problem details under ``/api``, a page elsewhere.

``detail`` is the refusal's sentence, the other members are its facts. What the person did not cause is told without
anything from the inside: the trace id leads to the log.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.database.roles import Role
from api.pages.errors import error_page
from api.refusals import TOLD_TO_THE_AUDIT, RequestTooLarge, TooManyAttempts, status_and_word
from api.tracing import door_of, trace_id_of
from domain.authority import Actor
from domain.codes import CODE_PATTERN
from domain.desk import audit, people
from domain.desk.sign_ins import network_of
from domain.errors import Refusal
from domain.money import Money

BODY_BYTES_MAX = 1024 * 1024
_too_large = RequestTooLarge(BODY_BYTES_MAX)
TOO_LARGE = (*status_and_word(_too_large), str(_too_large))
_log = structlog.get_logger()
_MEMBERS = {"type", "title", "status", "detail", "instance", "trace_id"}
_DATABASE_STATES = {
    "40001": (HTTPStatus.CONFLICT, "changed-meanwhile", "somebody changed the same thing at the same time; try again"),
    "40P01": (HTTPStatus.CONFLICT, "changed-meanwhile", "somebody changed the same thing at the same time; try again"),
    "23505": (
        HTTPStatus.CONFLICT,
        "already-there",
        "the same thing was recorded already; read it before you try again",
    ),
    "55P03": (HTTPStatus.SERVICE_UNAVAILABLE, "busy", "somebody else is at work on this; try again in a moment"),
    "57014": (HTTPStatus.SERVICE_UNAVAILABLE, "too-slow", "this took too long and was given up; nothing was changed"),
    "53300": (HTTPStatus.SERVICE_UNAVAILABLE, "busy", "too many are at work at once; try again in a moment"),
    "42501": (HTTPStatus.FORBIDDEN, "not-allowed", "the book does not let you do this"),
    "22021": (HTTPStatus.UNPROCESSABLE_ENTITY, "input-refused", "a text holds characters that the book cannot keep"),
    "22003": (HTTPStatus.UNPROCESSABLE_ENTITY, "input-refused", "a number is larger than the book can keep"),
}
_GONE = (HTTPStatus.SERVICE_UNAVAILABLE, "database-away", "the database cannot be reached; try again in a moment")
_BROKEN = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "failure",
    "something went wrong on our side and nothing was changed; the trace id leads to it in the log",
)


TOLD_WORDS: dict[str, str] = {
    **{word: detail.capitalize() + "." for _, word, detail in (*_DATABASE_STATES.values(), _GONE, _BROKEN)},
    "input-refused": "What was sent cannot be taken; every problem is told at once and nothing was kept.",
    "not-allowed": "A person without the role for an act.",
    "body-unreadable": "The body of the request cannot be read.",
    "no-such-address": "There is nothing at this address.",
    "method-not-taken": "The address is there, and does not take this method.",
    "request-refused": "The request cannot be taken as it stands.",
    "migrations-pending": "The database waits for its migrations: an operator runs `missionbook database migrate`.",
    "headers-too-large": "The request has more or longer headers than this door takes.",
    "host-unknown": "The book is not called by the name in the address: an operator sets `MISSIONBOOK_HOSTS`.",
    "measures-inside": "The measures are told to the machine itself and to addresses in `MISSIONBOOK_METRICS_FROM`, "
    "and to nobody who comes through a proxy.",
    "refused": "A rule of the bank says no; the sentence in `detail` says which.",
}
"""What failures mean that no refusal of the table stands for, by the end of their type."""


def plain(value: object) -> Any:
    """Return a refusal's fact as JSON: money as amount and currency, days in ISO 8601, exact numbers as text."""
    match value:
        case Money():
            return {"amount": value.amount, "currency": value.currency}
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Decimal() | UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return str(value)


def is_for_programmes(request: Request) -> bool:
    """Return whether a failure is told as problem details: under ``/api``, at the meanings of problems and at the doors
    of the machine room."""
    return request.url.path.startswith(("/api", "/problems/", "/healthz", "/readyz", "/metrics"))


def told(
    request: Request,
    status: int,
    word: str,
    detail: str,
    *,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a failure: problem details under ``/api`` and for programmes, a page for people."""
    if is_for_programmes(request):
        answer = plainly_told(request, status, word, detail, facts=facts)
    else:
        answer = error_page(
            request,
            status=int(status),
            word=word,
            title=title_of(word),
            detail=detail,
            trace_id=trace_id_of(request),
            facts=facts,
        )
    answer.headers.update(headers or {})
    return answer


def title_of(word: str) -> str:
    """Return the title of a kind of problem."""
    return word.replace("-", " ").capitalize()


def plainly_told(
    request: Request, status: int, word: str, detail: str, *, facts: Mapping[str, object] | None = None
) -> Response:
    """Answer with problem details, whoever asks."""
    body = {
        **{key: plain(fact) for key, fact in (facts or {}).items() if key not in _MEMBERS},
        "type": f"/problems/{word}",
        "title": title_of(word),
        "status": int(status),
        "detail": detail,
        "trace_id": trace_id_of(request),
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def tell_refusal(request: Request, refusal: Refusal) -> Response:
    """Answer with a refusal, and leave an audit row where it matters."""
    status, word = status_and_word(refusal)
    if isinstance(refusal, TOLD_TO_THE_AUDIT):
        note_refusal(request, refusal)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if hasattr(refusal, "wait_seconds"):
        headers["Retry-After"] = str(refusal.wait_seconds)
    _log.info("refused", problem=word, trace_id=trace_id_of(request), door=door_of(request.scope))
    return told(request, status, word, str(refusal), facts=refusal.facts, headers=headers)


def note_refusal(request: Request, refusal: Refusal) -> None:
    """Write the refusal into the audit in its own transaction: the request's is rolled back by now."""
    if isinstance(refusal, TooManyAttempts) and not refusal.is_news:
        return
    _status, word = status_and_word(refusal)
    actor: Actor | None = getattr(request.state, "actor", None)
    whose = actor.id if actor else network_of(request.client.host if request.client else "")
    times = request.app.state.repeats.times(f"{whose} {word}")
    if not is_told(times):
        return
    tried = getattr(request.state, "tried_email", "")
    facts = {key: plain(fact) for key, fact in refusal.facts.items()} | ({"times": times} if times > 1 else {})
    act = str(refusal.act) if hasattr(refusal, "act") else word.replace("-", " ")
    try:
        with request.app.state.database.sessions.begin(Role.APP, actor, request=trace_id_of(request)) as session:
            name = people.name_of_tried(session, email=tried) if tried else "nobody"
            audit.note_refusal(
                session,
                by=actor or Actor(id=None, name=name, role=None),
                act=act,
                subject=f"{request.method} {request.url.path}"[:400],
                detail={"problem": word, **facts},
            )
    except SQLAlchemyError:
        _log.exception("a refusal could not be written to the audit", trace_id=trace_id_of(request))


TOLD_ONE_BY_ONE = 30
COUNTED_SECONDS = 3600
CALLERS_COUNTED_MAX = 10_000


class Repeats:
    """How often somebody was refused the same within an hour, in this process."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def times(self, what: str) -> int:
        """Count once more and return how often it was."""
        now = time.monotonic()
        with self._lock:
            begun, before = self._seen.pop(what, (now, 0))
            if now - begun > COUNTED_SECONDS:
                begun, before = now, 0
            if len(self._seen) >= CALLERS_COUNTED_MAX:
                del self._seen[next(iter(self._seen))]
            self._seen[what] = (begun, before + 1)
            return before + 1


def is_told(times: int) -> bool:
    """Tell whether a refusal gets a row: the first thirty of an hour, then the 32nd, the 64th, the 128th …"""
    return times <= TOLD_ONE_BY_ONE or times & (times - 1) == 0


def tell_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer with every problem of a request in words."""
    problems = [
        {"where": "the body" if one["type"] == "json_invalid" else _where(one["loc"]), "what": _what(one)}
        for one in error.errors()
    ]
    if not is_for_programmes(request) and any(one["loc"][:1] == ("path",) for one in error.errors()):
        return told(request, HTTPStatus.NOT_FOUND, "no-such-address", f"there is nothing at {request.url.path[:200]}")
    detail = f"the request has {len(problems)} problem{'s' if len(problems) > 1 else ''}: " + "; ".join(
        f"{one['where']}: {one['what']}" for one in problems[:5]
    )
    return told(request, HTTPStatus.UNPROCESSABLE_ENTITY, "input-refused", detail, facts={"problems": problems[:200]})


def _where(loc: Sequence[object]) -> str:
    words = [str(part) for part in loc if part not in ("body", "query", "path", "header")]
    return ".".join(words) or "the body"


_PATTERNS = {
    CODE_PATTERN: "write letters, digits and . _ - (1 to 64), a letter or digit first",
    r"^[A-Z]{3}$": "write three capital letters, such as EUR",
}
_WHAT = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "json_invalid": "is not JSON",
    "string_type": "write a text",
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "has fewer than {min_length} characters",
    "too_long": "takes at most {max_length}",
    "too_short": "takes at least {min_length}",
    "greater_than_equal": "write {ge} or more",
    "greater_than": "write more than {gt}",
    "less_than_equal": "write {le} or less",
    "less_than": "write less than {lt}",
    "enum": "choose one of {expected}",
    "literal_error": "choose one of {expected}",
    "int_parsing_size": "is too large",
    "list_type": "give a list",
    "finite_number": "write a number",
}
_WHAT_BY_BEGINNING = {
    "int_": "write a whole number",
    "float_": "write a number",
    "decimal_": "write a number",
    "bool_": "write true or false",
    "datetime_": "write a moment such as 2026-03-31T12:00:00Z",
    "date_": "write a day such as 2026-03-31",
    "uuid_": "write an identifier as an answer gave it, such as 01890a5d-ac96-774b-bcce-b302099a8057",
    "dict_": "give named members",
    "model_": "give named members",
    "string_": "holds what is no text",
}


def _what(error: Mapping[str, Any]) -> str:
    """Return what is wrong in our words; the value itself is not repeated (it may be a secret)."""
    kind, facts = str(error["type"]), error.get("ctx") or {}
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(facts.get("pattern")), "holds characters that are not taken here")
    if kind in _WHAT:
        return _WHAT[kind].format_map(facts)
    return next((said for start, said in _WHAT_BY_BEGINNING.items() if kind.startswith(start)), "cannot be read")


def tell_http(request: Request, error: HTTPException) -> Response:
    """Answer what the framework itself refuses: an unknown address, a method that a door does not take."""
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return told(request, *TOO_LARGE, facts={"bytes_max": BODY_BYTES_MAX})
    word, detail = {
        400: ("body-unreadable", "the body cannot be read"),
        404: ("no-such-address", f"there is nothing at {request.url.path[:200]}"),
        405: ("method-not-taken", f"{request.method} is not taken at {request.url.path[:200]}"),
    }.get(error.status_code, ("request-refused", str(error.detail)))
    return told(request, error.status_code, word, detail, headers=error.headers)


def tell_database(request: Request, error: Exception) -> Response:
    """Answer what the database could not do, without its words."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    lost = isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False)
    if state in _DATABASE_STATES:
        status, word, detail = _DATABASE_STATES[state]
    elif lost or state[:2] in ("08", "57") or (not state and type(error).__name__ == "OperationalError"):
        status, word, detail = _GONE
    elif isinstance(error, DataError):
        status, word, detail = _DATABASE_STATES["22021"]
    else:
        status, word, detail = _BROKEN
    _log.error("the database refused", exc_info=error, sqlstate=state, trace_id=trace_id_of(request))
    headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return told(request, status, word, detail, headers=headers)


def tell_failure(request: Request, error: Exception) -> Response:
    """Answer what nobody expected: a trace id and nothing from the inside."""
    _log.error("unexpected failure", exc_info=error, trace_id=trace_id_of(request), door=door_of(request.scope))
    return told(request, *_BROKEN)


def add_failures(app: FastAPI) -> None:
    """Register every way of telling a failure. What nobody expected is caught by ``api/middleware.py``."""
    # Starlette types every handler as one of any Exception; each of these is only ever given its own kind.
    app.add_exception_handler(Refusal, tell_refusal)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, tell_invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, tell_http)  # type: ignore[arg-type]
    app.add_exception_handler(DBAPIError, tell_database)
    app.add_exception_handler(PoolTimeout, tell_database)
