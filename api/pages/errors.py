"""A failure as a page: what went wrong in words, and where to go from here."""

from __future__ import annotations

from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse, Response


def error_page(request: Request, *, status: int, word: str, title: str, detail: str, trace_id: str) -> Response:  # noqa: ARG001 - templates use them
    """Return the page for a failure; ``word`` is the end of the problem's type."""
    return HTMLResponse(
        f"<!doctype html><html lang=en><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(detail)}</p>"
        f"<p><small>{escape(trace_id)}</small></p></html>",
        status,
    )
