"""Pages: HTML, one file per reader.

A page object (``parts.py``) holds only finished text, made by ``reader.py`` and ``words.py``; templates loop over it
and place it. Every page works without JavaScript.
"""

from __future__ import annotations

from fastapi import FastAPI


def add_pages(app: FastAPI) -> None:
    """Open every page."""
    from api.pages import (
        approvals,
        audit,
        authority,
        board,
        currencies,
        deal_page,
        deals,
        entries,
        investee,
        ledger,
        moving_money,
        nights,
        officer,
        own_account,
        people,
        periods,
        requests,
        signing_in,
    )
    from api.pages.rendering import STATIC, LastingFiles

    app.mount("/static", LastingFiles(directory=STATIC), name="static")
    for room in (
        signing_in,
        officer,
        nights,
        deals,
        deal_page,
        moving_money,
        entries,
        investee,
        board,
        approvals,
        authority,
        requests,
        ledger,
        periods,
        currencies,
        audit,
        people,
        own_account,
    ):
        app.include_router(room.router)
