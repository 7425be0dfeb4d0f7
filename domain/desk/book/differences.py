"""What a book has that is not there yet, and what is there but says something else.

Funds share the mission map, parties, people and projects: these are compared cell by cell with what stands in the
database, whoever brought it in. What belongs to a fund is compared with what was loaded into it, row by row: each load
leaves an audit row with a fingerprint of every row it brought. What came into the fund afterwards by other doors does
not count as a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session

from domain.desk.book.lines import Book, BookLine, Cell, fingerprint, plain
from domain.errors import Problem
from domain.store import book as store

LOAD_ACT = "load a book"
NOT_COMPARED = {"people": {"code"}, "project_missions": {"by"}, "co_finance": {"by"}}
"""Columns that only the book knows: who recorded a thing stands in the audit."""
KNOWN_BY = {"people": ("email",)}
"""What is looked up by something else than the key in the book's file."""


def shared_lines(book: Book, file: str) -> list[BookLine]:
    """Return a file's rows that belong to no single fund."""
    return [line for line in book.of(file) if file != "targets" or not line.text("fund")]


def compare_shared(session: Session, book: Book, file: str) -> tuple[dict[str, Any], list[BookLine], list[Problem]]:
    """Compare a shared file: the ids of what is there by key, the rows that are new, and what says something else."""
    known_by = KNOWN_BY.get(file, tuple(book.keys[file]))
    there = {_key(row, known_by): row for row in store.there(session, file)}
    ids: dict[str, Any] = {}
    new: list[BookLine] = []
    problems: list[Problem] = []
    for line in shared_lines(book, file):
        row = there.get(_key(line.cells, known_by))
        if row is None:
            new.append(line)
            continue
        ids[book.key_of(line)] = row["id"]
        for column, said in line.content().items():
            if column in row and plain(row[column]) != said and column not in NOT_COMPARED.get(file, set()):
                words = f"“{said[:60]}”, but what is loaded says “{plain(row[column])[:60]}”"
                problems.append(line.problem(words, column))
    return ids, new, problems


def _key(cells: Mapping[str, Cell], columns: tuple[str, ...]) -> str:
    return " · ".join(plain(cells[column]) for column in columns)


def fund_rows(book: Book) -> dict[str, dict[str, dict[str, str]]]:
    """Return, for each fund and file, key → fingerprint of the rows that belong to the fund."""
    rows: dict[str, dict[str, dict[str, str]]] = {line.text("code"): {} for line in book.of("funds")}
    for file, lines in book.lines.items():
        of_fund: dict[str, dict[str, str]] = defaultdict(dict)
        for line in lines:
            if file not in store.SHARED or file == "targets":
                of_fund[book.fund_of(line)][book.key_of(line)] = fingerprint(line)
        for fund, prints in of_fund.items():
            if fund:
                rows[fund][file] = prints
    return rows


def compare_fund(session: Session, book: Book, fund: str, now: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Yield how a book's rows of a fund that is there differ from those that were loaded into it."""
    before = store.loaded(session, act=LOAD_ACT, fund_code=fund)
    if before is None:
        line = book.coded("funds", fund)
        yield line.problem(f"there is a fund “{fund}” already, and it was not loaded from a book", "code")
        return
    by_key = {(line.file, book.key_of(line)): line for lines in book.lines.values() for line in lines}
    for file in sorted({*before, *now}):
        old, new = before.get(file, {}), now.get(file, {})
        for key, print_ in new.items():
            if old.get(key) != print_:
                what = "differs from what was loaded" if key in old else "was not loaded before"
                yield by_key[file, key].problem(f"“{key}” {what}")
        for key in old.keys() - new.keys():
            yield Problem(f"{file}.csv", f"“{key}” was loaded before and is missing here")
