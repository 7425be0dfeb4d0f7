"""What every request passes on its way in and out: its number, a limit to its size, headers that keep browsers safe.

One class around the whole application, so that a failure of any part is still told with a trace id and with the same
headers as everything else.
"""

from __future__ import annotations

import time
from http import HTTPStatus

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.database.sessions import WHENCE, Whence
from api.measures import Measures
from api.problems import BODY_BYTES_MAX, TOO_LARGE, is_for_programmes, plainly_told, tell_failure, told
from api.tracing import door_of

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HEADERS_MAX = 100
HEADER_BYTES_MAX = 32 * 1024
_HEADERS_TOO_LARGE = (
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers-too-large",
    f"the request has too many headers; this door takes {HEADERS_MAX} of {HEADER_BYTES_MAX} bytes in all",
)
_HOST_UNKNOWN = (HTTPStatus.MISDIRECTED_REQUEST, "host-unknown", "this book is not called by the name in the address")
_log = structlog.get_logger()


class Threshold:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, measures: Measures, hosts: frozenset[str] = frozenset()) -> None:
        self._app, self._measures, self._hosts = app, measures, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        trace_id = uuid7().hex
        scope.setdefault("state", {})["trace_id"] = trace_id
        request = Request(scope, receive)
        door = "api" if is_for_programmes(request) else "page"
        WHENCE.set(Whence(door, request.client.host if request.client else ""))
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), trace_id=trace_id, scope=scope)
            await send(message)

        try:
            if refused := self._refused(request):
                await refused(scope, receive, send_with_headers)
            else:
                await self._app(scope, _limited(receive), send_with_headers)
        except Exception as error:
            if status:  # half an answer is out: the connection must break, or it would pass for a whole one
                raise
            await tell_failure(request, error)(scope, receive, send_with_headers)
        finally:
            self._note(scope, status=status, seconds=time.perf_counter() - started, trace_id=trace_id)

    def _refused(self, request: Request) -> Response | None:
        """Return the answer to what no door takes; None for a request that may go in."""
        headers = request.scope["headers"]
        if len(headers) > HEADERS_MAX or sum(len(name) + len(said) for name, said in headers) > HEADER_BYTES_MAX:
            return plainly_told(request, *_HEADERS_TOO_LARGE)
        called = request.headers.get("host", "").lower()
        if self._hosts and called not in self._hosts and request.url.path not in PROBES:
            return plainly_told(request, *_HOST_UNKNOWN)
        if _declared_bytes(request) > BODY_BYTES_MAX:
            return told(request, *TOO_LARGE, facts={"bytes_max": BODY_BYTES_MAX})
        return None

    def _note(self, scope: Scope, *, status: int, seconds: float, trace_id: str) -> None:
        door = door_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._measures.requests.labels(method, door, str(status)).inc()
        self._measures.seconds.labels(door).observe(seconds)
        actor = scope["state"].get("actor")
        _log.info(
            "request", method=method, door=door, status=status, ms=round(seconds * 1000, 1), trace_id=trace_id,
            actor=str(actor.id) if actor else None,
        )  # fmt: skip


PROBES = {"/healthz", "/readyz", "/metrics"}
"""Asked by machines that know an address and no name."""
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _add_headers(headers: MutableHeaders, *, trace_id: str, scope: Scope) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    headers["X-Request-ID"] = trace_id
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if not scope["path"].startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")


def _declared_bytes(request: Request) -> int:
    declared = request.headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _limited(receive: Receive) -> Receive:
    """Count what arrives, whatever the request declared."""
    arrived = 0

    async def receive_limited() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > BODY_BYTES_MAX:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE[2])
        return message

    return receive_limited
