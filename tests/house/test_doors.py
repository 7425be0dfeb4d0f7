"""Strangers are turned away: every door asks who is there, but for a short list of public ones.

A door is guarded when something it depends on hands out an ``Actor`` or a ``UserKnown``, and not "one or nobody". A
form of a page is guarded when it also depends on ``own_form``: otherwise another site could send it.
"""

import collections.abc
from collections.abc import Iterator
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from api.deps import Database, own_form
from api.main import build_app
from domain.authority import Actor
from domain.desk.people import UserKnown
from tests.house.tree import expect_none

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/docs"),
    ("GET", "/problems/{word}"),
    ("POST", "/api/v1/tokens"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("*", "/static"),
}
_STREAMS = (collections.abc.Iterator, collections.abc.Generator, collections.abc.Iterable)


def _knows_who(call: Any) -> bool:
    given = get_type_hints(call).get("return") if callable(call) and hasattr(call, "__annotations__") else None
    if get_origin(given) in _STREAMS:
        given = get_args(given)[0]
    return given in (Actor, UserKnown)


def _needs(dependant: Dependant) -> Iterator[Any]:
    for needed in dependant.dependencies:
        yield needed.call
        yield from _needs(needed)


def doors(app: FastAPI) -> dict[tuple[str, str], list[Any]]:
    """Method and path of every door, included routers and mounts too, and all that it depends on."""
    found = {}
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        needs = list(_needs(dependant)) if dependant else []
        for method in sorted((context.methods or {"*"}) - {"HEAD"}):
            found[method, context.path or ""] = needs
    return found


def unguarded(app: FastAPI) -> list[str]:
    return [f"{method} {path}" for (method, path), needs in doors(app).items() if not any(map(_knows_who, needs))]


def forms_of_others(app: FastAPI) -> list[str]:
    """Doors that change something for a browser's session without asking for the secret of its forms."""
    return [
        f"{method} {path}"
        for (method, path), needs in doors(app).items()
        if method not in ("GET", "OPTIONS", "*") and not path.startswith("/api/") and own_form not in needs
    ]


def real_app() -> FastAPI:
    return build_app(cast(Database, None))  # nothing is connected before the first request


def test_strangers_are_turned_away_at_every_door_but_the_public_ones() -> None:
    app = real_app()
    assert len(doors(app)) >= 20, "the walk saw hardly any door"
    expect_none(sorted(set(unguarded(app)) - {f"{method} {path}" for method, path in PUBLIC}))


def test_every_form_is_our_own() -> None:
    expect_none(sorted(set(forms_of_others(real_app())) - {"POST /sign-in"}))


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

    @router.post("/guarded")
    def guarded_door(actor: Annotated[Actor, Depends(signed_in)]) -> None: ...

    inner = APIRouter()
    inner.include_router(router, prefix="/inner")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(inner, prefix="/api")
    app.include_router(router, prefix="/all", dependencies=[Depends(signed_in)])
    assert unguarded(app) == ["GET /api/inner/open", "GET /api/inner/half"]
    assert forms_of_others(app) == ["POST /all/guarded"]
    assert len(doors(app)) == 6
