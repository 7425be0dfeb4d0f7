"""A period is closed while eight clients post into it: each is in before or refused, none slips in."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from api.database.roles import Role
from tests.faults.running import Bank, Counted, Program, Tally, clients_posting, count, sealed_and_sound, wishes

IN_FEBRUARY = "SELECT count(*) FROM entry WHERE kind = 'drawdown' AND booked_on = '2026-02-15'"


def close_february(bank: Bank) -> int:
    """Close the fund's books up to the end of February; return how many payments had been booked in it by then."""
    with psycopg.connect(bank.cluster.url(Role.NIGHT)) as night:
        night.execute("SELECT pg_advisory_xact_lock(hashtextextended('period ' || id, 0)) FROM fund")
        night.execute("INSERT INTO period (fund_id, period_end) SELECT id, '2026-02-28' FROM fund")
        found = night.execute(IN_FEBRUARY.encode()).fetchone()
    assert found
    return int(found[0])


def test_a_period_closes_while_eight_clients_post(
    bank: Bank, program: Program, tell: Callable[[Counted], None]
) -> None:
    asked = wishes(bank, 64, booked_on="2026-02-15")
    with clients_posting(bank, lambda: program.address, asked) as tally:
        tally.wait_for(16)
        booked = close_february(bank)
    assert bank.ask(IN_FEBRUARY) == [(booked,)]
    assert len(tally.acknowledged) == booked
    assert len(tally.refused) == 64 - booked
    assert {told["type"] for told in tally.refused.values()} <= {"/problems/period-closed"}
    tell(count(bank, asked, tally))

    # What came late is booked on an open day: with a key of its own, because it is another request.
    late = [wish for wish in wishes(bank, 64) if wish.key in tally.refused]
    assert late, "the period closed only after everybody was done"
    again = [type(wish)(f"late {wish.key}", wish.instrument, wish.minor) for wish in late]
    with clients_posting(bank, lambda: program.address, again) as tally_again:
        pass
    everything = Tally(tally.acknowledged | tally_again.acknowledged)
    in_the_book = [wish for wish in asked if wish.key in tally.acknowledged] + again
    tell(count(bank, in_the_book, everything))
    assert len(everything.acknowledged) == 64
    sealed_and_sound(bank, program)
