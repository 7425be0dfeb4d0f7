"""Random histories of one fund's ledger beside a small model that predicts every balance, every seal, every refusal.

The model is three lists in plain Python: what was posted, what was closed, and in which order facts took their place.
It knows nothing of SQL. A transaction that stays open takes its place when it begins, and what came after it waits.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from uuid import UUID

import psycopg
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import periods, verification
from domain.errors import InputRefused, Refusal
from domain.ledger import Entry, mirrored, transfer
from domain.store import balances, ledger, seals
from tests.conftest import TestDatabase
from tests.ledger.conftest import open_fund

ACCOUNTS = ("cash", "contributed", "running_costs", "suspense")
FIRST, MONTH_ENDS = date(2026, 1, 1), (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
DAYS = st.integers(0, 99).map(lambda n: FIRST + timedelta(days=n))  # to 10 April: the fund's book stands at 31 March
AMOUNTS = st.integers(1, 50_00)
PAIRS = st.sampled_from([(debit, credit) for debit in ACCOUNTS for credit in ACCOUNTS if debit != credit])
_numbers = count(1)


@dataclass(slots=True)
class Fact:
    """Something that takes a place in the fund's chain: an entry, or one of the two rows that a closing writes."""

    place: int
    entry: Entry | None = None
    number: int = 0
    key: str = ""


@dataclass(slots=True)
class Model:
    """What ought to be true."""

    facts: list[Fact] = field(default_factory=list)
    sealed: list[Fact] = field(default_factory=list)
    closed_to: date = date.min
    open_place: int | None = None

    def entries(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.entry]

    def refusal(self, entry: Entry, key: str) -> str:
        """Return in words why an entry is refused; nothing where it is taken, or was taken before."""
        for fact in self.entries():
            if fact.key == key:
                return "" if fact.entry == entry else (
                    f"the key “{key}” was used for another request; a new request takes a new key"
                )  # fmt: skip
        if entry.reverses_id and any(fact.entry and fact.entry.reverses_id == entry.reverses_id for fact in self.facts):
            return f"entry {entry.reverses_id} is already reversed or is itself a reversal"
        if entry.booked_on <= self.closed_to:
            day = f"{entry.booked_on.day} {entry.booked_on:%b} {entry.booked_on.year}"
            return f"{day} lies in a closed period; book it on an open day and give its value day"
        moved = sum(posting.amount_minor for posting in entry.postings if posting.code == "cash")
        days = {fact.entry.booked_on for fact in self.entries() if fact.entry} | {entry.booked_on}
        later = [day for day in days if day >= entry.booked_on]
        if moved < 0 and any(self.balance("cash", day, "booked_on", self.facts) + moved < 0 for day in later):
            return "the fund does not hold enough cash for this on the books"
        return ""

    def closing_refusal(self, period_end: date) -> str:
        """Return in words all that stands against a closing; nothing where there is nothing."""
        wrong = []
        if period_end == date(2026, 2, 27):
            wrong.append("a period ends with a month; the next such day is 28 Feb 2026")
        if period_end <= self.closed_to:
            closed_to = f"{self.closed_to.day} {self.closed_to:%b} {self.closed_to.year}"
            wrong.append(f"the book is closed up to {closed_to} already")
        if period_end == date(2026, 4, 30):
            wrong.append("the fund's book has reached 31 Mar 2026; a month is closed when it has passed")
        many = f"{len(wrong)} problem{'s' if len(wrong) > 1 else ''}"
        return f"the closing has {many}: " + "; ".join(f"period_end: {why}" for why in wrong) if wrong else ""

    def balance(self, account: str, as_of: date, by: str, known: list[Fact]) -> int:
        return sum(
            posting.amount_minor
            for fact in known
            if fact.entry and getattr(fact.entry, by) <= as_of
            for posting in fact.entry.postings
            if posting.code == account
        )

    def seal(self) -> None:
        """Seal every fact whose place is before that of the transaction that is still open."""
        waiting = [fact for fact in self.facts if fact not in self.sealed]
        self.sealed += sorted(
            (fact for fact in waiting if self.open_place is None or fact.place < self.open_place),
            key=lambda fact: fact.place,
        )


class Histories(RuleBasedStateMachine):
    """A fund of its own in a real database, and the model."""

    def __init__(self, database: TestDatabase) -> None:
        super().__init__()
        self.database, self.model, self.places, self.keys = database, Model(), count(1), count(1)
        self.slow: tuple[Session, Fact] | None = None

    @initialize()
    def open(self) -> None:
        self.code = f"fund-{next(_numbers)}"
        with self.database.sessions.begin(Role.NIGHT) as session:
            self.fund: UUID = open_fund(session, self.code)
            ledger.limit_account(session, fund_id=self.fund, code="cash", currency="GBP", floor_minor=0)

    def post(self, entry: Entry, key: str) -> None:
        """Post, and compare what happens with what the model says."""
        expected = self.model.refusal(entry, key)
        before = [fact.number for fact in self.model.entries() if fact.key == key]
        place, told, number = next(self.places), "", 0
        try:
            with self.database.sessions.begin(Role.NIGHT) as session:
                number = ledger.post(session, entry, fund_id=self.fund, by=NIGHT, key=f"{self.code} {key}")
        except Refusal as refused:
            told = str(refused).replace(f"{self.code} ", "")
        assert told == expected
        event(told.split(" ", 1)[-1][-40:] if told else "it was posted before" if before else "posted")
        if before:
            assert told or number == before[0], "the same key with the same body is the first one's number"
        elif not told:
            self.model.facts.append(Fact(place, entry, number, key))

    @rule(pair=PAIRS, minor=AMOUNTS, booked=DAYS, days_late=st.sampled_from([0, 0, 0, 1, 30, 70]))
    def post_new(self, pair: tuple[str, str], minor: int, booked: date, days_late: int) -> None:
        self.post(self.made(pair, minor, booked, days_late), f"key-{next(self.keys)}")

    @rule(minor=st.integers(1, 20_00), booked=DAYS)
    def pay_in(self, minor: int, booked: date) -> None:
        self.post(self.made(("cash", "contributed"), minor, booked, 0), f"key-{next(self.keys)}")

    def made(self, pair: tuple[str, str], minor: int, booked: date, days_late: int) -> Entry:
        return Entry(
            kind="test", reason="a history", booked_on=booked, effective_on=booked - timedelta(days=days_late),
            postings=transfer(debit=pair[0], credit=pair[1], minor=minor, currency="GBP"),
        )  # fmt: skip

    @precondition(lambda self: self.model.entries())
    @rule(data=st.data(), other=st.booleans())
    def ask_again(self, data: st.DataObject, other: bool) -> None:
        """The same key again, with the same body or with another."""
        fact = data.draw(st.sampled_from(self.model.entries()))
        assert fact.entry
        longer = Entry(
            fact.entry.kind, "another", fact.entry.booked_on, fact.entry.effective_on, fact.entry.postings,
            reverses_id=fact.entry.reverses_id,
        )  # fmt: skip
        self.post(longer if other else fact.entry, fact.key)

    @precondition(lambda self: any(not fact.entry.reverses_id for fact in self.model.entries() if fact.entry))
    @rule(data=st.data(), booked=DAYS)
    def reverse(self, data: st.DataObject, booked: date) -> None:
        """Reverse an entry, also one that was reversed before."""
        fact = data.draw(st.sampled_from([f for f in self.model.entries() if f.entry and not f.entry.reverses_id]))
        assert fact.entry
        mirror = Entry(
            "reversal", "taken back", booked, fact.entry.effective_on, mirrored(fact.entry.postings),
            reverses_id=fact.number,
        )  # fmt: skip
        self.post(mirror, f"key-{next(self.keys)}")

    @precondition(lambda self: self.slow is None)
    @rule(period_end=st.sampled_from([*MONTH_ENDS, date(2026, 2, 27), date(2026, 4, 30)]))
    def close(self, period_end: date) -> None:
        model = self.model
        again = any(fact.key == f"closing {period_end}" for fact in model.facts)
        expected, said = "" if again else model.closing_refusal(period_end), ""
        try:
            with self.database.sessions.begin(Role.NIGHT) as session:
                told = periods.close(session, fund_code=self.code, period_end=period_end, by=NIGHT)
                assert told.closed_now is not again
        except InputRefused as refused:
            said = str(refused)
        assert said == expected
        if not again and not expected:
            model.seal()
            place = next(self.places)
            model.facts += [Fact(place, key=f"closing {period_end}"), Fact(place, key=f"closing {period_end}, audit")]
            model.closed_to = period_end

    @rule()
    def seal(self) -> None:
        self.model.seal()
        with self.database.sessions.begin(Role.NIGHT) as session:
            seals.seal_facts(session)

    @rule(pair=PAIRS, minor=AMOUNTS)
    def a_connection_dies_in_mid_transaction(self, pair: tuple[str, str], minor: int) -> None:
        """Everything is written and nothing committed when the connection is cut: nothing remains."""
        entry = self.made(pair, minor, date(2026, 4, 9), 0)
        with suppress(OperationalError, Refusal), self.database.sessions.begin(Role.NIGHT) as session:
            ledger.post(session, entry, fund_id=self.fund, by=NIGHT, key=f"{self.code} lost {next(self.keys)}")
            self.cut(session)
        next(self.places)

    def cut(self, session: Session) -> None:
        process = session.connection().connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # the driver is psycopg, whose connections have it
        with psycopg.connect(self.database.cluster.superuser_url(), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))

    @precondition(lambda self: self.slow is None)
    @rule(minor=AMOUNTS)
    def a_transaction_stays_open(self, minor: int) -> None:
        entry, key = self.made(("running_costs", "suspense"), minor, date(2026, 4, 9), 0), f"slow-{next(self.keys)}"
        session = Session(self.database.sessions.engine(Role.NIGHT))
        number = ledger.post(session, entry, fund_id=self.fund, by=NIGHT, key=f"{self.code} {key}")
        self.model.open_place = next(self.places)
        self.slow = session, Fact(self.model.open_place, entry, number, key)

    @precondition(lambda self: self.slow is not None)
    @rule(how=st.sampled_from(["commit", "roll back", "cut"]))
    def the_open_transaction_ends(self, how: str) -> None:
        assert self.slow
        session, fact = self.slow
        with suppress(OperationalError), session:
            if how == "cut":
                self.cut(session)
            if how == "roll back":
                session.rollback()
            else:
                session.commit()
                self.model.facts.append(fact)
        self.slow = self.model.open_place = None

    @precondition(lambda self: bool(self.model.facts))
    @rule(data=st.data(), as_of=DAYS, by=st.sampled_from(["booked_on", "effective_on"]))
    def look(self, data: st.DataObject, as_of: date, by: str) -> None:
        """Balances on any day, by booking or value day, of all that there is and as known at some seal."""
        number = data.draw(st.integers(0, len(self.model.sealed)))
        self.compare(as_of, by, None)
        self.compare(as_of, by, number)

    def compare(self, as_of: date, by: str, number: int | None) -> None:
        known = self.model.facts if number is None else self.model.sealed[:number]
        with self.database.sessions.begin(Role.NIGHT) as session:
            position = None if number is None else seals.known_at(session, self.fund, number).position
            found = balances.balances(session, fund_id=self.fund, as_of=as_of, position=position, by=by)
        for account in ACCOUNTS:
            assert found[account, "GBP"] == self.model.balance(account, as_of, by, known), (account, as_of, by, number)

    @invariant()
    def the_last_seal_is_the_one_that_the_model_says(self) -> None:
        if hasattr(self, "fund"):
            with self.database.sessions.begin(Role.NIGHT) as session:
                assert seals.known_at(session, self.fund).number == len(self.model.sealed)

    def teardown(self) -> None:
        """At the end everything that was committed is sealed, and known at every seal as the model says."""
        if not hasattr(self, "fund"):
            return
        if self.slow:
            self.the_open_transaction_ends("commit")
        self.seal()
        self.the_last_seal_is_the_one_that_the_model_says()
        assert len(self.model.sealed) == len(self.model.facts)
        for number in {0, len(self.model.sealed) // 2, len(self.model.sealed)}:
            for by in ("booked_on", "effective_on"):
                self.compare(date(2026, 3, 15), by, number)


def machine_on(database: TestDatabase) -> type[Histories]:
    """Return the machine that makes histories in a database; every one has a fund of its own."""

    class OnDatabase(Histories):
        def __init__(self) -> None:
            super().__init__(database)

    return OnDatabase


def is_sound(database: TestDatabase) -> bool:
    """Tell whether the whole book verifies."""
    with database.sessions.begin(Role.NIGHT) as session:
        return verification.verify(session).sound
