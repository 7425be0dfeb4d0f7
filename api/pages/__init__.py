"""Pages: HTML, one file per reader."""

from __future__ import annotations

from fastapi import FastAPI


def add_pages(app: FastAPI) -> None:
    """Open every page."""
