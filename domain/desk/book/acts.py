"""The acts of a book, each done through the desk's own function by the person who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast
from uuid import UUID

from sqlmodel import Session

from domain.authority import Actor
from domain.deals import ProposedInstrument, Stage
from domain.desk import covenants, deals, funds, instruments, reports
from domain.desk.book.lines import INSTRUMENT_FILES, Book, BookLine, plain
from domain.errors import NotFound
from domain.ledger import loaded_key
from domain.parties import Role
from domain.store import book as store


@dataclass(slots=True)
class BookLoad:
    """A load in progress: the book, and the ids of what is there by file and key."""

    session: Session
    book: Book
    by: Actor
    ids: dict[str, dict[str, object]]
    prints: Mapping[str, Mapping[str, Mapping[str, str]]]
    funds_new: tuple[str, ...] = ()
    funds: dict[str, UUID] = field(default_factory=dict)
    deals: dict[str, UUID] = field(default_factory=dict)
    instruments: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    came_now: dict[str, set[str]] = field(default_factory=dict)

    def came(self, line: BookLine, new_id: UUID) -> None:
        """Remember the id of what a row has become."""
        key = self.book.key_of(line)
        self.ids[line.file][key] = new_id
        self.came_now.setdefault(line.file, set()).add(key)

    def new_in(self, file: str) -> set[str]:
        """Return the keys of a file's rows that this load has brought in."""
        return self.came_now.get(file, set())

    def id_of(self, file: str, key: str) -> UUID:
        """Return the id of a shared thing by its key in the book."""
        found = self.ids[file][key]
        assert isinstance(found, UUID), f"{file} are known by a UUID"
        return found

    def meet_people(self) -> None:
        """Know the people of the book who are there already as actors."""
        for line in self.book.of("people"):
            if line.text("code") in self.ids["people"]:
                self.meet(line)

    def meet(self, line: BookLine) -> None:
        """Know a person as an actor: an investee's one acts for its party."""
        code, party = line.text("code"), line.text("party")
        self.people[code] = Actor(
            id=self.id_of("people", code),
            name=line.text("name"),
            role=Role(line.text("role")),
            party_id=self.id_of("parties", party) if party else None,
        )

    def person(self, line: BookLine) -> Actor:
        """Return who did the act of a row."""
        return replace(self.people[line.text("by")], tells_history=True)

    def key(self, line: BookLine) -> str:
        """Return the idempotency key of a row's entry."""
        return loaded_key(line.file, self.book.key_of(line))


@dataclass(frozen=True, slots=True)
class BookAct:
    """An act of a book: which column is its day, where in a day it has its place, and what does it."""

    day: str
    place: int
    bring: Callable[[BookLoad, BookLine], None]

    def rank(self, line: BookLine) -> int:
        """Return the place in the day: contracts are signed before money moves, and closed after it has."""
        return self.place + _STAGE_PLACES.get(line.text("stage"), 0) if line.file == "deal_stages" else self.place


def day_of(line: BookLine) -> date:
    """Return the day on which a row's act was done."""
    return line.day(ACTS[line.file].day)


def bring_act(here: BookLoad, line: BookLine) -> None:
    """Do the act of a row."""
    ACTS[line.file].bring(here, line)


def _contribution(here: BookLoad, line: BookLine) -> None:
    funds.contribute(
        here.session,
        fund_id=here.funds[line.text("fund")],
        code=line.text("code"),
        party_id=here.id_of("parties", line.text("party")),
        minor=line.whole("amount"),
        received_on=line.day("received_on"),
        booked_on=line.day("received_on"),
        by=here.person(line),
        key=here.key(line),
    )


def _running_cost(here: BookLoad, line: BookLine) -> None:
    funds.pay_running_cost(
        here.session,
        fund_id=here.funds[line.text("fund")],
        minor=line.whole("amount"),
        effective_on=line.day("paid_on"),
        booked_on=line.day("paid_on"),
        reason=line.text("reason"),
        by=here.person(line),
        key=here.key(line),
    )


def _deal(here: BookLoad, line: BookLine) -> None:
    code = line.text("code")
    here.deals[code] = deals.propose(
        here.session,
        fund_id=here.funds[line.text("fund")],
        code=code,
        project_id=here.id_of("projects", line.text("project")),
        investee_id=here.id_of("parties", line.text("investee")),
        title=line.text("title"),
        purpose=line.text("purpose"),
        instruments=[
            ProposedInstrument(
                code=own.text("code"),
                kind=INSTRUMENT_FILES[own.file],
                commitment_minor=own.whole("commitment"),
                terms=_terms(own),
                valid_from=line.day("proposed_on"),
            )
            for file in INSTRUMENT_FILES
            for own in here.book.under(file, "deal", code)
        ],
        proposed_on=line.day("proposed_on"),
        by=here.person(line),
    )
    here.instruments |= store.instrument_ids(here.session, here.deals[code])


def _terms(line: BookLine) -> dict[str, object]:
    match line.file:
        case "loans":
            return {
                "rate": plain(line.number("rate")),
                "day_count": line.text("day_count"),
                "repayment": line.text("repayment"),
                "first_due_on": plain(line.day("first_due_on")),
                "months_between": line.whole("months_between"),
                "instalments": line.whole("instalments"),
            }
        case "equity_stakes":
            return {"share_class": line.text("share_class"), "stake": plain(line.number("stake"))}
        case _:
            return {
                "share_of_revenue": plain(line.number("share_of_revenue")),
                "cap_minor": line.whole("cap"),
                "until": plain(line.day("until")),
            }


def _stage(here: BookLoad, line: BookLine) -> None:
    deals.advance(
        here.session,
        deal_id=here.deals[line.text("deal")],
        to=Stage(line.text("stage")),
        happened_on=line.day("happened_on"),
        reason=line.text("reason"),
        by=here.person(line),
    )


def _covenant(here: BookLoad, line: BookLine) -> None:
    code = line.text("code")
    covenants.agree(
        here.session,
        deal_id=here.deals[line.text("deal")],
        code=code,
        clause=line.text("clause"),
        kind=line.text("kind"),
        condition_family=line.text("condition_family"),
        indicator_id=here.id_of("indicators", line.text("indicator")),
        direction=line.text("direction"),
        tolerance=line.number("tolerance"),
        grace_days=line.whole("grace_days"),
        remedy_days=line.whole("remedy_days"),
        agreed_on=line.day("agreed_on"),
        public=line.yes("public"),
        trajectory=sorted(
            (own.day("expected_on"), own.number("value")) for own in here.book.under("trajectories", "covenant", code)
        ),
        tests=sorted(
            (own.day("period_start"), own.day("period_end"), own.day("due_on"))
            for own in here.book.under("covenant_tests", "covenant", code)
        ),
        by=here.person(line),
    )


def _drawdown(here: BookLoad, line: BookLine) -> None:
    instruments.draw_down(
        here.session,
        instrument_id=here.instruments[line.text("instrument")],
        minor=line.whole("amount"),
        effective_on=line.day("effective_on"),
        booked_on=line.day("effective_on"),
        by=here.person(line),
        key=here.key(line),
    )


def _revenue(here: BookLoad, line: BookLine) -> None:
    instruments.state_revenue(
        here.session,
        instrument_id=here.instruments[line.text("instrument")],
        period_start=line.day("period_start"),
        period_end=line.day("period_end"),
        revenue_minor=line.whole("revenue"),
        booked_on=line.day("stated_on"),
        by=here.person(line),
        key=here.key(line),
    )


def _receipt(here: BookLoad, line: BookLine) -> None:
    instruments.record_receipt(
        here.session,
        instrument_id=here.instruments[line.text("instrument")],
        minor=line.whole("amount"),
        effective_on=line.day("effective_on"),
        booked_on=line.day("effective_on"),
        by=here.person(line),
        key=here.key(line),
        part=cast(instruments.ReceiptPart, line.text("part")),
        cost_minor=line.whole_or_none("cost"),
    )


def _report(here: BookLoad, line: BookLine) -> None:
    deal, period_end = line.text("deal"), line.day("period_end")
    report_id = store.report_id(here.session, deal_id=here.deals[deal], period_end=period_end)
    if report_id is None:
        raise NotFound("report", f"of {deal} for {period_end}")
    reports.submit(
        here.session,
        report_id=report_id,
        values={
            own.text("indicator"): own.number_or_none("value")
            for own in here.book.under("report_values", "deal", deal)
            if own.day("period_end") == period_end and own.whole("version") == line.whole("version")
        },
        statement=line.text("statement"),
        signed_by=line.text("signed_by"),
        submitted_on=line.day("submitted_on"),
        by=here.person(line),
        evidence=line.text("evidence"),
    )


ACTS: dict[str, BookAct] = {
    "contributions": BookAct("received_on", 0, _contribution),
    "running_costs": BookAct("paid_on", 1, _running_cost),
    "deals": BookAct("proposed_on", 2, _deal),
    "deal_stages": BookAct("happened_on", 3, _stage),
    "covenants": BookAct("agreed_on", 20, _covenant),
    "revenues": BookAct("stated_on", 21, _revenue),
    "receipts": BookAct("effective_on", 22, _receipt),
    "drawdowns": BookAct("effective_on", 23, _drawdown),
    "reports": BookAct("submitted_on", 25, _report),
}
"""The files of acts, in the order in which a day's acts are done."""

_STAGE_PLACES = {"appraised": 1, "approved": 2, "contracted": 3, "active": 21, "exiting": 30, "closed": 31}
"""Stages follow one another also on one day; a deal is active once money went out, and closed once it came back."""
