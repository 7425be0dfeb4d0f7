"""Read which missions projects help: a CSV file with the columns ``project`` and ``mission``, both codes."""

from __future__ import annotations

from pathlib import Path

from api.files.lines import Problems, lines_of
from domain.desk.classification import ClassificationLine
from domain.errors import Problem

COLUMNS = ["project", "mission"]


def read_classifications(path: Path) -> tuple[tuple[ClassificationLine, ...], tuple[Problem, ...]]:
    """Read the file whole: its lines, and which of them are of another form; the desk tells those with its own.

    A project that helps several missions has a line for each. A line of another form comes with the codes it has.
    Refused at once (``InputRefused``): a file without the two columns, or without any line.
    """
    problems = Problems()
    lines = lines_of(path, problems, what="a list of projects and missions")
    _, header = next(lines, (1, []))
    names = [cell.strip().casefold() for cell in header]
    if sorted(names) != sorted(COLUMNS):
        problems.add("line 1", f"expected the columns {' and '.join(COLUMNS)}")
    problems.refuse(path.name)
    said, strange = [], []
    for number, cells in lines:
        row = dict.fromkeys(COLUMNS, "") | dict(zip(names, map(str.strip, cells), strict=False))
        if len(cells) != len(COLUMNS) or not all(row.values()):
            strange.append(Problem(f"line {number}", "expected two cells, the codes of a project and of a mission"))
        said.append(ClassificationLine(number, row["project"], row["mission"]))
    if not said:
        problems.add("line 2", "there is no project in the file")
        problems.refuse(path.name)
    return tuple(said), (*strange, *problems.told)
