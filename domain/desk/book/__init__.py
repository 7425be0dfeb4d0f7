"""A book brought in from outside: what people did and said, told in the order of days. See ``docs/book-format.md``."""

from domain.desk.book.lines import Book, BookLine
from domain.desk.book.loading import LoadDone, load

__all__ = ["Book", "BookLine", "LoadDone", "load"]
