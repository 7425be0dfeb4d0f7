"""What the log and the audit say of a request: its number, and the door it came by."""

from __future__ import annotations

from fastapi import Request
from starlette.types import Scope


def trace_id_of(request: Request) -> str:
    """Return the number of this request, as it stands in the log and in the audit."""
    return str(getattr(request.state, "trace_id", ""))


def door_of(scope: Scope) -> str:
    """Return the pattern of the address, such as ``/api/v1/deals/{deal_id}``: never an address that somebody typed."""
    route = scope.get("route")
    context = (
        scope.get("fastapi", {}).get("effective_route_context") if isinstance(scope.get("fastapi"), dict) else None
    )
    return str(getattr(context, "path", None) or getattr(route, "path", None) or "unknown")
