"""JSON under ``/api/v1``: one file per capability."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI

from api.deps import known_parameters
from api.routes import (
    audit,
    authority,
    currencies,
    deals,
    funds,
    instruments,
    ledger,
    missions,
    parties,
    people,
    periods,
    problems,
    promises,
    reports,
    requests,
    statements,
    tokens,
)

ROOMS: tuple[APIRouter, ...] = (
    tokens.router,
    people.router,
    authority.router,
    requests.router,
    funds.router,
    missions.router,
    parties.router,
    deals.router,
    instruments.router,
    ledger.router,
    periods.router,
    currencies.router,
    audit.router,
    promises.router,
    reports.router,
    statements.router,
)


def add_routes(app: FastAPI) -> None:
    """Open every door of the API."""
    for router in ROOMS:
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(known_parameters)])
    app.include_router(problems.router)
