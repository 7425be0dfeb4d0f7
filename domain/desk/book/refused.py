"""What the rules refuse while a book is loaded: every refusal is told, and what only follows from one is not.

Each act runs under a savepoint. One that is refused leaves nothing, the load goes on after it, and in the end all of it
is rolled back. Acts that build on what was refused are passed over without a word: they can only be tried when it is
mended. So one run tells everything that can be known in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlmodel import Session

from domain.authority import NotAllowed, SamePersonPreparedAndDecides
from domain.deals import DayRefused, Stage, StageBeforeItsTime
from domain.desk.book.checks import ACT_DAYS
from domain.desk.book.lines import INSTRUMENT_FILES, Book, BookLine, plain
from domain.desk.funds import CodeTaken
from domain.desk.refusals import CashNotEnough
from domain.errors import InputRefused, Problem, Refusal
from domain.limits import LimitExceeded
from domain.loans import DrawnAfterLastInstalment
from domain.money import minor_to_text
from domain.royalties import RevenuePeriodRefused

PROBLEMS_MAX = 1_000
"""So many refusals are told at most; a load that has so many goes no further."""

_LEADS_TO = {
    "grand_challenge": "grand_challenges",
    "mission": "missions",
    "indicator": "indicators",
    "party": "parties",
    "investee": "parties",
    "by": "people",
    "project": "projects",
    "fund": "funds",
    "deal": "deals",
    "covenant": "covenants",
    "instrument": "instrument",
}
"""The columns by which rows build on one another, and what they name."""

_TELLING = {
    "contributions": "amount",
    "running_costs": "amount",
    "drawdowns": "amount",
    "receipts": "amount",
    "revenues": "revenue",
    "fund_limits": "amount",
    "co_finance": "amount",
    "deal_stages": "stage",
    "reports": "version",
}
"""The column whose value a refusal of the file's act is about, where it is not the row's own code."""

_ABOUT_A_DAY = (DayRefused, StageBeforeItsTime, DrawnAfterLastInstalment)
_ABOUT_A_PERSON = (NotAllowed, SamePersonPreparedAndDecides)
_ENDS = frozenset({Stage.CLOSED, Stage.DECLINED, Stage.WITHDRAWN})
_AMOUNTS = frozenset({"amount", "revenue"})


class Trials:
    """The acts of a load, tried one after the other; ``problems`` are the refusals until now."""

    def __init__(self, session: Session, book: Book) -> None:
        self._session, self._book = session, book
        self._spoilt: set[tuple[str, str]] = set()
        self._unsure: set[tuple[str, type[Refusal]]] = set()
        self.problems: list[Problem] = []

    def attempt(self, line: BookLine, act: Callable[[], None]) -> bool:
        """Do the act of a row, or remember why not; return whether it was done."""
        if self.builds_on_refused(line):
            self._spoil(line)
            return False
        try:
            with self._session.begin_nested():
                act()
        except Refusal as refused:
            if (self._book.fund_of(line), type(refused)) not in self._unsure:
                self.problems += _problems(self._book, line, refused)
            self._spoil(line)
            if len(self.problems) >= PROBLEMS_MAX:
                self.stop()
            return False
        return True

    def builds_on_refused(self, line: BookLine) -> bool:
        """Return whether a row's act needs what was refused, or what was passed over for that reason."""
        return bool(self._spoilt) and any(needed in self._spoilt for needed in self._needs(line))

    def stop(self) -> None:
        """Refuse the book where anything in it was refused (``InputRefused``)."""
        if not self.problems:
            return
        told = self.problems[:PROBLEMS_MAX]
        if len(self.problems) >= PROBLEMS_MAX:
            told.append(Problem("and more", "there may be more problems; they are told when these are mended"))
        raise InputRefused(told, subject="the book")

    def _needs(self, line: BookLine) -> Iterator[tuple[str, str]]:
        for column, named in _LEADS_TO.items():
            if column in line.cells and (code := line.text(column)):
                yield named, code
        if "instrument" in line.cells:
            yield "deals", self._book.instrument(line.text("instrument")).text("deal")
        if line.file == "project_sectors":
            yield "sectors", f"{line.text('vocabulary')} · {line.text('sector')}"
        if line.file == "projects":
            for own in self._book.under("project_sectors", "project", line.text("code")):
                yield "sectors", f"{own.text('vocabulary')} · {own.text('sector')}"
        if line.file == "deal_stages":  # a deal goes on when all of its instruments do
            for file in INSTRUMENT_FILES:
                for own in self._book.under(file, "deal", line.text("deal")):
                    yield "instrument", own.text("code")
        if line.file == "funds":
            for own in self._book.under("fund_missions", "fund", line.text("code")):
                yield "missions", own.text("mission")

    def _spoil(self, line: BookLine) -> None:
        """Remember what later acts cannot build on: the instrument, the deal, or the row's own thing."""
        if line.file in ("contributions", "receipts"):  # the money it would have brought in is no lack of money
            self._unsure.add((self._book.fund_of(line), CashNotEnough))
        if line.file == "deal_stages" and line.text("stage") in _ENDS:  # nor the room it would have left, lack of room
            self._unsure.add((self._book.fund_of(line), LimitExceeded))
        if "instrument" in line.cells:
            self._spoilt.add(("instrument", line.text("instrument")))
        elif "deal" in line.cells:
            self._spoilt.add(("deals", line.text("deal")))
        else:
            self._spoilt.add((line.file, self._book.key_of(line)))


def _problems(book: Book, line: BookLine, refused: Refusal) -> list[Problem]:
    """Say a refusal with its row, and with the column and value that it is about."""
    if isinstance(refused, InputRefused):
        here = line.problem("").where
        return [
            problem if problem.where.startswith(here) else line.problem(str(problem)) for problem in refused.problems
        ]
    column = _column(line, refused)
    value = _value(book, line, column) if column else ""
    return [line.problem(f"“{value}”: {refused}" if value else str(refused), column if value else "")]


def _column(line: BookLine, refused: Refusal) -> str:
    if isinstance(refused, _ABOUT_A_DAY):
        return ACT_DAYS.get(line.file, "")
    if isinstance(refused, RevenuePeriodRefused):
        return "period_end"
    if isinstance(refused, _ABOUT_A_PERSON):
        return "by" if "by" in line.cells else ""
    if isinstance(refused, CodeTaken):
        return "code"
    return _TELLING.get(line.file, "code")


def _value(book: Book, line: BookLine, column: str) -> str:
    """Return a cell as the file writes it: amounts in the row's currency."""
    cell = line.cells.get(column)
    if column in _AMOUNTS and isinstance(cell, int):
        fund = book.fund_of(line)
        return minor_to_text(cell, line.text("currency") or book.coded("funds", fund).text("currency"))
    return plain(cell)
