"""Load a book in one transaction: all of it or nothing.

The mission map comes first. Then the days are lived through as they were: before anybody acts on a day, the fund's
nights up to its eve are run; then every act of the day is done through the same functions that pages call, by the
person who did it; at the end the nights run up to the fund's business day. So findings, breaches and triggers are the
nights' own, and what the rules refuse is refused here too, all of it in one run, with the rows it came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sqlmodel import Session

from domain.authority import NIGHT, Act, Actor, permit
from domain.desk import night
from domain.desk.book.acts import ACTS, BookLoad, bring_act, day_of
from domain.desk.book.differences import LOAD_ACT, compare_fund, compare_shared, fund_rows
from domain.desk.book.lines import Book, BookLine
from domain.desk.book.map import FUND_ACTS, SHARED_ACTS, open_fund
from domain.desk.book.refused import Trials
from domain.desk.night import NightRefusal
from domain.errors import InputRefused, Problem
from domain.store import audit
from domain.store import book as store

Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


@dataclass(frozen=True, slots=True)
class LoadDone:
    """What a load did: the funds that are new, rows by file, and what the nights found in them.

    ``nights`` counts the days whose night had work; ``night_refusals`` are what those nights could not do.
    """

    book: str
    funds: tuple[str, ...]
    rows: Mapping[str, int]
    nights: int
    found: Mapping[str, int]
    night_refusals: tuple[NightRefusal, ...] = ()

    @property
    def nothing_new(self) -> bool:
        """Whether all of the book was there already."""
        return not self.rows


def load(session: Session, *, book: Book, by: Actor = NIGHT, progress: Progress | None = None) -> LoadDone:
    """Load a book that ``api.files.book`` has read and checked; what is there already with the same content is passed.

    Takes the night's database role: a load sees and writes every fund. Refused, in this order: the role; what is there
    and says something else, every difference (``InputRefused``); every act that a rule refuses, with its row: what
    funds share and the funds themselves first, then, where all of that stands, the acts of the days.
    """
    permit(Act.ADMINISTER, by=by)
    store.lock_loading(session)
    here, new = _what_is_new(session, book, by)
    acts = [line for fund in here.funds_new for line in _acts_of(book, fund)]
    acts.sort(key=lambda line: (day_of(line), ACTS[line.file].rank(line)))
    told = _Told(len(new) + len(acts), progress)
    trials = Trials(session, book)
    for line in new:
        trials.attempt(line, partial(SHARED_ACTS[line.file], here, line))
        told.one_more()
    for fund in here.funds_new:
        _open(here, fund, trials)
    trials.stop()
    nights = _Nights(here)
    for line in acts:
        if not trials.builds_on_refused(line):
            nights.live_to(book.fund_of(line), day_of(line) - timedelta(days=1))
        trials.attempt(line, partial(bring_act, here, line))
        told.one_more()
    trials.stop()
    for fund in here.funds_new:
        nights.live_to(fund, book.coded("funds", fund).day("business_day"))
    _remember(here)
    return _done(here, new, nights.run)


def _what_is_new(session: Session, book: Book, by: Actor) -> tuple[BookLoad, list[BookLine]]:
    """Compare the book with what is there; return its new shared rows, those before that others refer to."""
    problems: list[Problem] = []
    new: list[BookLine] = []
    ids: dict[str, dict[str, object]] = {}
    for file in SHARED_ACTS:
        ids[file], lines, differing = compare_shared(session, book, file)
        new += lines
        problems += differing
    there, prints = store.fund_ids(session), fund_rows(book)
    for fund, now in prints.items():
        if fund in there:
            problems += compare_fund(session, book, fund, now)
    if problems:
        raise InputRefused(problems, subject=f"the book {book.name}, compared with what is loaded,")
    here = BookLoad(session=session, book=book, by=by, ids=ids, prints=prints)
    here.funds_new = tuple(fund for fund in prints if fund not in there)
    here.meet_people()
    return here, new


def _acts_of(book: Book, fund: str) -> Iterator[BookLine]:
    for file in ACTS:
        yield from (line for line in book.of(file) if book.fund_of(line) == fund)


def _open(here: BookLoad, fund: str, trials: Trials) -> None:
    """Open a fund with its missions, limits and targets."""
    line = here.book.coded("funds", fund)
    trials.attempt(line, partial(open_fund, here, line))
    for file, act in FUND_ACTS.items():
        for own in here.book.under(file, "fund", fund):
            trials.attempt(own, partial(act, here, own))


class _Nights:
    """Each fund's nights, run in the order of days and only where there is work."""

    def __init__(self, here: BookLoad) -> None:
        self._here = here
        self._closed = {
            fund: here.book.coded("funds", fund).day("opened_on") - timedelta(days=1) for fund in here.funds_new
        }
        self.run = 0

    def live_to(self, fund: str, day: date) -> None:
        """Run the nights after the last one up to ``day``, and let the fund's book stand there."""
        session, fund_id = self._here.session, self._here.funds[fund]
        after = self._closed[fund]
        if day <= after:
            return
        while work := night.next_day_with_work(session, fund_id=fund_id, after=after, to=day):
            night.run_day(session, fund_id=fund_id, day=work)
            after = work
            self.run += 1
        store.open_day(session, fund_id=fund_id, day=day)
        self._closed[fund] = day


class _Told:
    """How far a load has come, for whoever watches it."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def one_more(self) -> None:
        self._done += 1
        if self._progress:
            self._progress(self._done, self._total)


def _remember(here: BookLoad) -> None:
    """Leave a fingerprint of every row in the audit: what the next load of the same book is compared with."""
    for fund in here.funds_new:
        audit.record(
            here.session,
            by=here.by,
            act=LOAD_ACT,
            subject_kind="book",
            subject=here.book.name,
            fund_id=here.funds[fund],
            detail={"rows": here.prints[fund]},
            after={"rows": len(here.prints[fund])},
        )


def _done(here: BookLoad, lines: list[BookLine], nights: int) -> LoadDone:
    rows = Counter(line.file for line in lines)
    for fund in here.funds_new:
        rows.update({file: len(prints) for file, prints in here.prints[fund].items()})
    new = {fund: here.funds[fund] for fund in here.funds_new}
    refusals = tuple(
        refusal
        for fund, fund_id in new.items()
        for refusal in night.refusals(
            here.session, fund_id=fund_id, after=date.min, to=here.book.coded("funds", fund).day("business_day")
        )
    )
    found = store.amounts_of_book(here.session, fund_ids=new) if new else {}
    return LoadDone(here.book.name, tuple(new), dict(rows), nights, found, refusals)
