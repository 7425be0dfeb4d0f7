"""What a book's rows say of each other by their codes: a code that stands twice, and one that stands nowhere.

It is asked of every row that could be read in part, so that a bad cell hides neither a doubled nor an unknown code.
Where a file has rows whose codes could not be read, nobody can say what does not stand in it: that is not told then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from api.files.book_format import FILES, INSTRUMENTS, Reference
from domain.desk.book.lines import Book, BookLine, Cell, plain
from domain.errors import Problem


def doubled(book: Book) -> Iterator[Problem]:
    """Yield a problem for each row whose key stands in a row before it."""
    seen: dict[tuple[str, str], BookLine] = {}
    for file, lines in book.lines.items():
        series = "instrument" if file in INSTRUMENTS else file
        for line in lines:
            if not _has(line, FILES[file].key):
                continue
            key = book.key_of(line)
            first = seen.setdefault((series, key), line)
            if first is not line:
                column = FILES[file].key[0]
                words = f"“{key}” stands already in {first.file}.csv, row {first.row}; expected each once"
                yield line.problem(words, column)


def astray(book: Book, *, unsure: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each code that stands nowhere; in ``unsure`` files whole rows could not be read."""
    standing: dict[tuple[str, tuple[str, ...]], set[tuple[Cell, ...]] | None] = {}
    for file, lines in book.lines.items():
        for link in FILES[file].references:
            for target in link.files:
                known = (target, link.named)
                if known not in standing:
                    standing[known] = None if target in unsure else _codes_of(book.of(target), link.named)
            sets = [standing[target, link.named] for target in link.files]
            there = [found for found in sets if found is not None]
            if len(there) < len(sets):
                continue
            for line in lines:
                asked = _values(line, link.columns) if _has(line, link.columns) else (None,)
                if None not in asked and not any(asked in found for found in there):
                    where = " or ".join(f"{target}.csv" for target in link.files)
                    yield line.problem(_unknown(line, link, where), link.columns[-1])


def _codes_of(lines: Iterable[BookLine], columns: tuple[str, ...]) -> set[tuple[Cell, ...]] | None:
    """Return what stands in some columns; None where a row's could not be read."""
    codes: set[tuple[Cell, ...]] = set()
    for line in lines:
        if not _has(line, columns):
            return None
        codes.add(_values(line, columns))
    return codes


def _has(line: BookLine, columns: Iterable[str]) -> bool:
    return all(column in line.cells for column in columns)


def _values(line: BookLine, columns: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(line.cells[column] for column in columns)


def _unknown(line: BookLine, link: Reference, where: str) -> str:
    key = " · ".join(plain(line.cells[column]) for column in link.columns)
    return f"“{key}” is not known; expected what stands in {where}, column {' and '.join(link.named)}"
