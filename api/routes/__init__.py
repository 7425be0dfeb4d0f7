"""JSON under ``/api/v1``: one file per capability."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api.routes import tokens

ROOMS: tuple[APIRouter, ...] = (tokens.router,)


def add_routes(app: FastAPI) -> None:
    """Open every door of the API."""
    for router in ROOMS:
        app.include_router(router, prefix="/api/v1")
