"""The mark of a text that stands in a table and is translated where it is shown."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802 - the name by which the catalogue's tools know it
    """Mark a text for the catalogue."""
    return message
