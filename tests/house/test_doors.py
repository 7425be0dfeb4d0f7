"""Strangers are turned away: every door asks for an actor, but for a short list of public ones.

A door is guarded when something it depends on hands out a ``domain.authority.Actor``, and not "an actor or nobody".
"""

import collections.abc
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from domain.authority import Actor
from tests.house.tree import expect_none

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/docs"),
    ("POST", "/api/v1/tokens"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("*", "/static"),
}
_STREAMS = (collections.abc.Iterator, collections.abc.Generator, collections.abc.Iterable)


def _hands_out_an_actor(call: Any) -> bool:
    given = get_type_hints(call).get("return") if callable(call) and hasattr(call, "__annotations__") else None
    if get_origin(given) in _STREAMS:
        given = get_args(given)[0]
    return given is Actor


def _needs(dependant: Dependant) -> Iterator[Any]:
    for needed in dependant.dependencies:
        yield needed.call
        yield from _needs(needed)


def doors(app: FastAPI) -> dict[tuple[str, str], bool]:
    """Method and path of every door, included routers and mounts too, and whether it is guarded."""
    found = {}
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        guarded = dependant is not None and any(map(_hands_out_an_actor, _needs(dependant)))
        for method in sorted((context.methods or {"*"}) - {"HEAD"}):
            found[method, context.path or ""] = guarded
    return found


def unguarded(app: FastAPI) -> list[str]:
    return [f"{method} {path}" for (method, path), guarded in doors(app).items() if not guarded]


def test_strangers_are_turned_away_at_every_door_but_the_public_ones() -> None:
    from api.main import build_app

    app = build_app()
    assert len(doors(app)) >= 20, "the walk saw hardly any door"
    expect_none(sorted(set(unguarded(app)) - {f"{method} {path}" for method, path in PUBLIC}))


def test_an_open_door_is_seen_and_a_guarded_one_is_not() -> None:
    def signed_in() -> Actor:
        return Actor(id=None, name="", role=None)

    def perhaps() -> Actor | None:
        return None

    router = APIRouter()

    @router.get("/open")
    def open_door() -> None: ...

    @router.get("/half")
    def half_open_door(actor: Annotated[Actor | None, Depends(perhaps)]) -> None: ...

    @router.get("/guarded")
    def guarded_door(actor: Annotated[Actor, Depends(signed_in)]) -> None: ...

    inner = APIRouter()
    inner.include_router(router, prefix="/inner")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(inner, prefix="/api")
    app.include_router(router, prefix="/all", dependencies=[Depends(signed_in)])
    assert unguarded(app) == ["GET /api/inner/open", "GET /api/inner/half"]
    assert len(doors(app)) == 6
