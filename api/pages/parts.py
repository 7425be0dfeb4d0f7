"""What pages are put together from: finished text in frozen classes. Templates loop over them and place them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Tone = str
"""How a mark looks: ``good``, ``warn``, ``bad``, ``quiet``. The words beside it say the same."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go."""

    href: str
    words: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A state in words, with a tone."""

    words: str
    tone: Tone = "quiet"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, perhaps a link, a mark, a smaller second line, a link onward, a button.

    ``in_one_line`` keeps a short text, such as a day, from being broken where the table is narrow.
    """

    words: str = ""
    href: str = ""
    note: str = ""
    mark: Mark | None = None
    onward: Link | None = None
    form: Form | None = None
    in_one_line: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; figures are right-aligned with digits of one width."""

    heading: str
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``anchor`` is a place that an address can point to, ``total`` stands out."""

    cells: tuple[Cell, ...]
    anchor: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; where it is empty, the words that say what to do next.

    ``side_by_side`` keeps the columns beside one another on a phone too: for two narrow ones. ``even`` gives all tables
    of a page the same columns, so that figures of one stand under those of another.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str
    quiet_caption: bool = False
    side_by_side: bool = False
    even: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its label, what it means, and where what it is made of can be seen."""

    label: str
    value: str
    note: str = ""
    tone: Tone = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field can have."""

    value: str
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: ``kind`` is text, day, figure, email, password, area or choice."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    hint: str = ""
    error: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = True
    autocomplete: str = "off"
    facts: tuple[Figure, ...] = ()
    place: str = ""

    @property
    def id(self) -> str:
        """The field's id in the page; ``place`` tells it from the same field of another form there."""
        return "field-" + "".join(sign if sign.isalnum() else "-" for sign in self.place + self.name)


@dataclass(frozen=True, slots=True)
class Said:
    """A problem on top of a form, and the field that it belongs to."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button; ``name`` and ``value`` tell the door which was pressed, ``label`` says more than its words."""

    words: str
    name: str = ""
    value: str = ""
    quiet: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form, its hidden values, its problems, and the secret that shows it is ours."""

    action: str
    csrf_token: str
    buttons: tuple[Button, ...]
    fields: tuple[Field, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    problems: tuple[Said, ...] = ()
    legend: str = ""
    method: str = "post"


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Row | Sequence[Cell | str]],
    *,
    empty: str,
    figures: Iterable[int] = (),
    quiet_caption: bool = False,
    side_by_side: bool = False,
    even: bool = False,
) -> Table:
    """Make a table; ``figures`` are the numbers of the columns that hold figures."""
    right = set(figures)
    return Table(
        caption,
        tuple(Column(heading, number in right) for number, heading in enumerate(columns)),
        tuple(row if isinstance(row, Row) else line(*row) for row in rows),
        empty,
        quiet_caption,
        side_by_side,
        even,
    )


def line(*cells: Cell | str, anchor: str = "", total: bool = False) -> Row:
    """Make a row."""
    made = tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells)
    return Row(made, anchor=anchor, total=total)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; with a tone it is a notice."""

    words: str
    tone: Tone = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values."""

    facts: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Tabs:
    """Places beside one another, one of them this."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a figure has come: shares of the target in per mille of the width, and the same in words."""

    title: str
    description: str
    actual: int
    expected: int | None
    tone: Tone


@dataclass(frozen=True, slots=True)
class TargetPanel:
    """A target: what it is, whether it is on track, its figures, and what the actual figure is made of."""

    name: str
    mark: Mark
    words: str
    facts: tuple[Figure, ...]
    bar: Bar | None
    made_of: Table
    source: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A measured value in a chart: where it is, its tone and its words."""

    x: int
    y: int
    tone: Tone
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A trajectory and what was measured, drawn 640 by 200; ``table`` holds the same figures."""

    number: str
    title: str
    description: str
    line: str
    dots: tuple[Dot, ...]
    top: str
    bottom: str
    start: str
    end: str
    table: Table


@dataclass(frozen=True, slots=True)
class More:
    """What opens when somebody asks for it."""

    words: str
    parts: tuple[Part, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A thing with its heading, its state and its parts, inside a section."""

    heading: str
    parts: tuple[Part, ...]
    mark: Mark | None = None
    note: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures that answer a page's question at a glance; each may open to what it is made of."""

    figures: tuple[Figure, ...]
    made_of: tuple[More, ...] = ()


Part = Table | Form | Text | Facts | Tabs | TargetPanel | Chart | More | Panel | Summary


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under its own heading."""

    heading: str
    parts: tuple[Part, ...]
    anchor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, where it belongs, what it says."""

    title: str
    sections: tuple[Section, ...] = ()
    parts: tuple[Part, ...] = ()
    trail: tuple[Link, ...] = ()
    lead: str = ""
    mark: Mark | None = None
    narrow: bool = False
    facts: tuple[Figure, ...] = ()
