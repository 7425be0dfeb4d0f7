"""How commands read a book that is to be told as known at a seal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlmodel import Session


@contextmanager
def sealed_book(seal: int | None) -> Iterator[Session]:
    """Open the book to read; without a seal number, seal first what can be sealed, so that the report knows it."""
    from api.database.book import open_book
    from api.database.roles import Role
    from domain.desk.ledger import seal_facts

    with open_book() as book:
        if seal is None:
            with book.sessions.begin(Role.NIGHT) as session:
                seal_facts(session)
        with book.sessions.begin(Role.NIGHT) as session:
            yield session


def reach_words(*, fund: str, as_of: date, opened_on: date, reached: date) -> str:
    """Say that a day lies before the fund's first or after the one its book has reached; nothing where it does not."""
    if as_of < opened_on:
        return f"The fund {fund} opened on {opened_on:%d %b %Y}; before that day its book holds nothing."
    if reached < as_of:
        return f"The book of {fund} has reached {reached:%d %b %Y}; what follows is what was known then."
    return ""
