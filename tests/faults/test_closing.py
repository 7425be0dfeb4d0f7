"""A period is closed while eight clients post into it: each is in before or refused, none slips in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from uuid import UUID

from api.database.roles import DATABASE, Role
from api.database.sessions import Sessions
from domain.authority import NIGHT
from domain.desk import funds
from tests.api.world import FUND
from tests.faults.running import (
    Bank,
    Counted,
    Program,
    Tally,
    Wish,
    clients_posting,
    count,
    sealed_and_sound,
    wishes,
)

IN_FEBRUARY = "SELECT count(*) FROM entry WHERE kind = 'drawdown' AND booked_on = '2026-02-15'"


KEPT = """SELECT coalesce(sum(-p.amount), 0) FROM entry e JOIN posting p ON p.entry_id = e.id
    JOIN account a ON a.id = p.account_id AND a.code = 'cash'
    WHERE e.kind = 'drawdown' AND e.booked_on = '2026-02-15'"""
CASH_KEPT = """SELECT k.balance_minor FROM balance_snapshot k JOIN account a ON a.id = k.account_id
    WHERE a.code = 'cash' AND k.period_end = '2026-02-28'"""


IN_JANUARY = 10_000_00
"""What is there to be paid out in February: the money that the other tests live on is booked in March."""


def paid_in_in_january(bank: Bank) -> None:
    """Book a tranche on the last day of January."""
    ((contributor,),) = bank.ask("SELECT id FROM party WHERE code = 'TREASURY'")
    day, sessions = date(2026, 1, 31), Sessions(lambda role: bank.cluster.url(role, DATABASE))
    with sessions.begin(Role.NIGHT) as session:
        funds.contribute(
            session, fund_id=bank.world.fund, code="C2", party_id=UUID(str(contributor)), minor=IN_JANUARY,
            received_on=day, booked_on=day, by=NIGHT, key="C2",
        )  # fmt: skip
    sessions.close()


def close_february(program: Program) -> None:
    """Close the fund's books up to the end of February, at the door."""
    body = {"period_end": "2026-02-28"}
    told = program.call("steward", "POST", f"/funds/{FUND}/periods", key="close", json=body)
    assert told.status_code == 201, told.text


def test_a_period_closes_while_eight_clients_post(
    bank: Bank, program: Program, tell: Callable[[Counted], None]
) -> None:
    paid_in_in_january(bank)
    asked, closed = wishes(bank, 64, booked_on="2026-02-15"), threading.Event()
    comes_late = {wish.key for wish in asked[-8:]}  # each client's last payment waits until the closing is in

    def wait_for_the_closing(wish: Wish) -> None:
        assert wish.key not in comes_late or closed.wait(120)

    with clients_posting(bank, lambda: program.address, asked, before=wait_for_the_closing) as tally:
        try:
            tally.wait_for(16)
            close_february(program)
        finally:
            closed.set()
    ((booked,),) = bank.ask(IN_FEBRUARY)
    # The balance that the closing kept is what is booked now: nothing slipped in.
    assert bank.ask(CASH_KEPT) == [(IN_JANUARY - int(bank.ask(KEPT)[0][0]),)]
    assert len(tally.acknowledged) == booked
    assert len(tally.refused) == 64 - booked
    assert comes_late <= set(tally.refused)
    assert {told["type"] for told in tally.refused.values()} <= {"/problems/period-closed"}
    tell(count(bank, asked, tally))

    # What came late is booked on an open day: with a key of its own, because it is another request.
    late = [wish for wish in wishes(bank, 64) if wish.key in tally.refused]
    again = [type(wish)(f"late {wish.key}", wish.instrument, wish.minor) for wish in late]
    with clients_posting(bank, lambda: program.address, again) as tally_again:
        pass
    everything = Tally(tally.acknowledged | tally_again.acknowledged)
    in_the_book = [wish for wish in asked if wish.key in tally.acknowledged] + again
    tell(count(bank, in_the_book, everything))
    assert len(everything.acknowledged) == 64
    sealed_and_sound(bank, program)
