"""Write every file and column of a book as Markdown: what ``docs/book-format.md`` holds below its introduction."""

from __future__ import annotations

import sys

from api.files.book_format import CHAPTERS, BookFile, Column


def _row(column: Column, file: BookFile) -> str:
    links = [
        f"{' or '.join(f'`{name}.csv`' for name in link.files)}"
        for link in file.references
        if column.name in link.columns
    ]
    points = f"; stands in {' and '.join(links)}" if links else ""
    mark = " **key**" if column.name in file.key else ""
    return f"| `{column.name}`{mark} | {column.says} | {column.expected}{points} |"


def columns_in_words() -> str:
    """Write every file and column as Markdown: what ``docs/book-format.md`` holds below its introduction."""
    lines: list[str] = []
    for chapter, files in CHAPTERS:
        lines += [f"## {chapter}", ""]
        for file in files:
            lines += [f"### {file.file_name}", "", file.says, "", "| column | what it is | what may stand there |"]
            lines += ["|---|---|---|", *(_row(column, file) for column in file.columns), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(columns_in_words())
