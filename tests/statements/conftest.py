"""A small fund whose every entry is told, so that each statement can be added up by hand.

day      what                                        cash      for what
10 Jan   contribution                            1,000.00      contributed 1,000.00
20 Jan   commitment of 500.00                               (memorandum 500.00)
 1 Feb   drawdown of the loan                     -400.00      loan 400.00 (memorandum -400.00)
31 Mar   interest of the first quarter                         interest 60.00
15 Apr   receipt                                   150.00      interest 50.00, principal 100.00
 2 May   running cost, of 30 April                 -30.00      running costs 30.00
 1 Jun   a stake is bought                        -200.00      stake 200.00
 1 Sep   half of it is sold at a loss               90.00      stake -100.00, loss 10.00
 1 Oct   a cost, booked wrongly                     -5.00      running costs 5.00
 2 Oct   ... and taken back                          5.00      running costs -5.00
 1 Dec   a distribution                            -40.00      distributions 40.00

At the end of 2025: cash 570.00, loan 300.00, interest receivable 10.00, stake 100.00: 980.00 of assets. Capital:
contributed 1,000.00, distributions -40.00, result 20.00 (interest 60.00, losses 10.00, running costs 30.00).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from uuid import UUID

import pytest

from api.database.embedded import Cluster
from api.database.roles import Role, clone_database, drop_database
from api.database.sessions import Sessions
from domain.authority import NIGHT
from domain.desk import funds
from domain.desk.ledger import seal_facts
from domain.ledger import Entry, Posting
from domain.store import ledger
from tests.conftest import TEMPLATE, TestDatabase

FUND = "GREEN"
YEAR_END = date(2025, 12, 31)


@dataclass
class Story:
    """The fund, and what is booked into it: amounts in whole euros, debit above zero."""

    database: TestDatabase
    fund_id: UUID
    numbers: dict[str, int] = field(default_factory=dict)
    keys: Iterator[int] = field(default_factory=count)

    def book(self, name: str, kind: str, day: str, value_day: str = "", reverses: str = "", **euros: int) -> int:
        """Book an entry in a transaction of its own; its number is kept under ``name``."""
        entry = Entry(
            kind=kind,
            reason=name,
            booked_on=date.fromisoformat(day),
            effective_on=date.fromisoformat(value_day or day),
            postings=tuple(Posting(code, 100 * euro, "EUR") for code, euro in euros.items()),
            reverses_id=self.numbers[reverses] if reverses else None,
        )
        with self.database.sessions.begin(Role.NIGHT) as session:
            number = ledger.post(session, entry, fund_id=self.fund_id, by=NIGHT, key=f"story {next(self.keys)}")
        self.numbers[name] = number
        return number

    def seal(self) -> None:
        """Seal what was booked."""
        with self.database.sessions.begin(Role.NIGHT) as session:
            seal_facts(session)


def open_story(database: TestDatabase) -> Story:
    """Open the fund and book nothing yet."""
    with database.sessions.begin(Role.NIGHT) as session:
        fund_id = funds.open_fund(
            session, code=FUND, name="Green Homes", currency="EUR", mandate="warm homes", recycling="full",
            opened_on=date(2025, 1, 1), business_day=YEAR_END, missions=(), by=NIGHT,
        )  # fmt: skip
    return Story(database, fund_id)


def tell(story: Story) -> None:
    """Book the year as the module tells it, and seal it."""
    book = story.book
    book("paid in", "contribution", "2025-01-10", cash=1000, contributed=-1000)
    book("signed", "commitment", "2025-01-20", commitments_undrawn=500, commitments_given=-500)
    book(
        "drawn", "drawdown", "2025-02-01",
        loan_principal=400, cash=-400, commitments_given=400, commitments_undrawn=-400,
    )  # fmt: skip
    book("earned", "interest", "2025-03-31", interest_receivable=60, interest_income=-60)
    book("received", "receipt", "2025-04-15", cash=150, interest_receivable=-50, loan_principal=-100)
    book("rent", "running_cost", "2025-05-02", "2025-04-30", running_costs=30, cash=-30)
    book("bought", "drawdown", "2025-06-01", equity_at_cost=200, cash=-200)
    book("sold", "receipt", "2025-09-01", cash=90, equity_at_cost=-100, losses=10)
    book("mistake", "running_cost", "2025-10-01", running_costs=5, cash=-5)
    book("taken back", "reversal", "2025-10-02", "2025-10-01", reverses="mistake", running_costs=-5, cash=5)
    book("given out", "distribution", "2025-12-01", distributions=40, cash=-40)
    story.seal()


@pytest.fixture(scope="session")
def told(cluster: Cluster) -> Iterator[Story]:
    """The story, booked and sealed; nobody writes to it."""
    name = "told_story"
    clone_database(cluster.superuser_url(), template=TEMPLATE, name=name)
    sessions = Sessions(lambda role: cluster.url(role, name))
    try:
        story = open_story(TestDatabase(cluster, name, sessions))
        tell(story)
        yield story
    finally:
        sessions.close()
        drop_database(cluster.superuser_url(), name=name)


@pytest.fixture
def story(database: TestDatabase) -> Story:
    """The story in a database of its own, to go on from."""
    made = open_story(database)
    tell(made)
    return made
