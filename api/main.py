"""The application: doors around one database."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.database.roles import Role
from api.deps import Database
from api.logs import set_up_logs
from api.measures import Measures, may_read
from api.middleware import Threshold
from api.pages import add_pages
from api.problems import Repeats, add_failures, told
from api.readiness import Readiness, ReadinessKept, asked_of_database
from api.routes import add_routes
from api.security import SIGN_INS_AT_WORK_MAX, SignInPlaces

CONNECTIONS_MAX = 10
"""So many connections has the pool of ``Sessions``: no more requests than that may hold one at a time."""
REQUESTS_AT_WORK_MAX = CONNECTIONS_MAX - SIGN_INS_AT_WORK_MAX
_NOT_READY = {
    Readiness.DATABASE_AWAY: "the database cannot be reached",
    Readiness.MIGRATIONS_PENDING: "the database waits for its migrations",
}


def build_app(
    database: Database,
    *,
    hosts: frozenset[str] = frozenset(),
    measure_readers: frozenset[IPv4Network | IPv6Network] = frozenset(),
) -> FastAPI:
    """Return the application on a database whose migrations have run.

    ``hosts`` are the names by which it may be called; none: by every name. ``measure_readers`` may read ``/metrics``
    besides the machine itself.
    Nothing is read from the environment and nothing is connected before the first request.
    """
    set_up_logs()
    measures = Measures()

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database.sessions.close()

    app = FastAPI(
        title="Missionbook",
        summary="The book of a mission-oriented public development bank",
        version=importlib.metadata.version("missionbook"),
        openapi_url="/api/openapi.json",
        docs_url=None,  # the ready-made pages load their scripts from other hosts
        redoc_url=None,
        lifespan=life,
        redirect_slashes=False,
    )
    app.state.database = database
    app.state.places = asyncio.Semaphore(REQUESTS_AT_WORK_MAX)
    app.state.sign_in_places = SignInPlaces()
    app.state.repeats = Repeats()
    app.state.readiness = ReadinessKept(lambda: asked_of_database(database.url(Role.APP)))
    app.state.measures = measures
    app.state.measure_readers = measure_readers
    app.add_middleware(Threshold, measures=measures, hosts=hosts)
    add_failures(app)
    add_probes(app)
    add_routes(app)
    add_pages(app)
    return app


def add_probes(app: FastAPI) -> None:
    """Add the addresses that a machine asks whether we live, whether we are ready, and how we do."""

    @app.get("/healthz", include_in_schema=False)
    def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(request: Request) -> Response:
        kept: ReadinessKept = request.app.state.readiness
        readiness = await kept.now()
        if readiness is not Readiness.READY:
            return told(request, HTTPStatus.SERVICE_UNAVAILABLE, readiness, _NOT_READY[readiness])
        return JSONResponse({"status": readiness})

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        if not may_read(request, request.app.state.measure_readers):
            return told(request, HTTPStatus.FORBIDDEN, "measures-inside", "who is not named reads no measures")
        return Response(generate_latest(request.app.state.measures.registry), media_type=CONTENT_TYPE_LATEST)
