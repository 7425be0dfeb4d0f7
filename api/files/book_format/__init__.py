"""How a book is written down: which files, which columns, what may stand in each cell. One table says it all.

``api/files/book.py`` reads by this table, ``docs/book-format.md`` is made from it (by ``python -m
api.files.book_format``), and a test keeps the two in step. A column that a later edition needs is added here, at the
end of its file.
"""

from api.files.book_format.columns import BookFile, Column, Kind, Reference
from api.files.book_format.deals import DEALS, INSTRUMENTS, PROMISES
from api.files.book_format.ground import FUNDS, MISSION_MAP, PROJECTS, WHO

__all__ = ["CHAPTERS", "FILES", "INSTRUMENTS", "BookFile", "Column", "Kind", "Reference"]

FILES: dict[str, BookFile] = {file.name: file for file in (*MISSION_MAP, *WHO, *FUNDS, *PROJECTS, *DEALS, *PROMISES)}
"""Every file of a book by name, without ``.csv``."""

CHAPTERS = (
    ("The mission map", MISSION_MAP),
    ("Who", WHO),
    ("Funds", FUNDS),
    ("Projects", PROJECTS),
    ("Deals and money", DEALS),
    ("Promises", PROMISES),
)
