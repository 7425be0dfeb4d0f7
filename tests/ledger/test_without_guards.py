"""What came in while triggers, keys and constraints were off, and was sealed like any other entry, is named.

Who owns the server can take every guard away, write, put the guards back and let the sealer run: chain and heads then
agree with what is false. So each guarantee of the ledger is recomputed from the rows.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.database.roles import Role
from tests.conftest import TestDatabase
from tests.ledger.conftest import Noted, open_fund
from tests.ledger.sealing import limit_cash, owner_asks, pay_in, seal, tamper, verify

NOBODY = "00000000-0000-0000-0000-00000000dead"
KEPT_IN_LINE = """UPDATE account_limit l SET balance_minor =
    (SELECT coalesce(sum(amount), 0) FROM posting p WHERE p.account_id = l.account_id)"""
Line = tuple[str, str, int]
"""The fund and code of an account, or a number; the currency; the amount."""
PLAIN: tuple[Line, ...] = (("commons cash", "GBP", 500), ("commons contributed", "GBP", -500))


def slip_in(database: TestDatabase, *lines: Line, instrument: str | None = None, **said: Any) -> int:
    """Write an entry as a superuser could, past every trigger, and put the running balances in line with it."""
    header = {"booked_on": "2026-03-01", "idem_key": "slipped", "posting_count": len(lines)} | said
    header["kind"] = said.get("kind", "reversal" if "reverses_id" in said else "slipped in")
    names = ", ".join(header)
    with closing(psycopg.connect(database.cluster.superuser_url(database.name))) as superuser:
        superuser.execute("SET session_replication_role = replica")
        (number,) = superuser.execute(
            f"""INSERT INTO entry (fund_id, actor_scope, body_hash, reason, effective_on, {names})
                SELECT id, 'night', '', '', %(booked_on)s, {", ".join(f"%({name})s" for name in header)}
                FROM fund WHERE code = 'commons' RETURNING id""".encode(),
            header,
        ).fetchone() or (0,)
        for line, (account, currency, amount) in enumerate(lines, start=1):
            superuser.execute(
                """INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount,
                                        instrument_id)
                   VALUES (%(entry)s, %(line)s, coalesce((
                       SELECT a.id FROM account a JOIN fund f ON f.id = a.fund_id
                       WHERE f.code || ' ' || a.code = %(account)s), 999999), %(currency)s, %(day)s, %(day)s,
                       %(amount)s, %(instrument)s)""",
                {
                    "entry": number, "line": line, "account": account, "currency": currency, "amount": amount,
                    "day": header["booked_on"], "instrument": instrument,
                },
            )  # fmt: skip
        superuser.execute(KEPT_IN_LINE.encode())
        superuser.commit()
    return int(number)


def close(database: TestDatabase, day: str) -> None:
    """Close a period as the night may: the triggers keep its balances."""
    with database.sessions.begin(Role.NIGHT) as session:
        session.execute(text("INSERT INTO period (fund_id, period_end) SELECT id, :day FROM fund"), {"day": day})


@pytest.mark.parametrize(
    ("lines", "said", "why"),
    [
        (
            (("commons cash", "USD", 500), ("commons contributed", "USD", -500)),
            {},
            "its posting on cash GBP is in another currency than the account",
        ),
        (
            (("commons cash", "GBP", 500), ("commons none", "GBP", -500)),
            {},
            "it is posted on account 999999, which there is not",
        ),
        (
            (("commons cash", "GBP", 500), ("other contributed", "GBP", -500)),
            {},
            "it is posted on an account of another fund",
        ),
        (PLAIN, {"deal_id": NOBODY}, "its deal is not one of its fund"),
        (PLAIN, {"instrument": NOBODY}, "it is posted on an instrument that there is not"),
        (PLAIN, {"reverses_id": 999_999_999}, "it takes back entry 999999999, which there is not"),
        (PLAIN, {"id": -5}, "it has a number that the book gives to nothing"),
    ],
)
def test_what_a_trigger_would_have_refused_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, lines: tuple[Line, ...], said: dict[str, Any], why: str
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        open_fund(session, "other")
    pay_in(database, fund_id, "1")
    number = slip_in(database, *lines, **said)
    seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == number)
    assert told.first is not None
    assert (told.first.entry, told.first.why) == (number, why)


@pytest.mark.parametrize(
    ("gone", "lines", "said", "why"),
    [
        (
            "entry DROP CONSTRAINT entry_days_are_in_the_book, DROP CONSTRAINT entry_has_two_postings_or_more",
            PLAIN,
            {"booked_on": "2200-01-01"},
            "its days are not in the book",
        ),
        (
            "posting DROP CONSTRAINT posting_amount_is_not_zero",
            (*PLAIN, ("commons cash", "GBP", 0)),
            {},
            "it has fewer than two postings, or one of nothing",
        ),
        (
            "posting DROP CONSTRAINT posting_amount_is_of_the_book",
            (("commons cash", "GBP", 9 * 10**18), ("commons contributed", "GBP", -9 * 10**18)),
            {},
            "an amount of it is larger than any in the book",
        ),
        (
            "entry DROP CONSTRAINT entry_that_reverses_is_a_reversal",
            PLAIN,
            {"kind": "reversal"},
            "it says that it is a reversal and takes nothing back, or the other way round",
        ),
        (
            "account_limit DROP CONSTRAINT account_stays_within_its_limit",
            (("commons cash", "GBP", -100_01), ("commons contributed", "GBP", 100_01)),
            {},
            "since it cash of commons stands at -1, below its floor of 0",
        ),
        (
            "entry DROP CONSTRAINT entry_key_is_used_once",
            PLAIN,
            {"idem_key": "1"},
            "its key was used before, by entry {}",
        ),
    ],
)
def test_what_a_constraint_would_have_refused_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, gone: str, lines: tuple[Line, ...], said: dict[str, Any],
    why: str,
) -> None:  # fmt: skip
    limit_cash(database)
    first = pay_in(database, fund_id, "1", 100_00)
    tamper(database, f"ALTER TABLE {gone}")
    if "days" in gone:
        tamper(database, "ALTER TABLE posting DROP CONSTRAINT posting_days_are_in_the_book")
    number = slip_in(database, *lines, **said)
    seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == number)
    assert told.first is not None
    assert (told.first.entry, told.first.why) == (number, why.format(first))


MIRROR: tuple[Line, ...] = (("commons contributed", "GBP", 100_00), ("commons cash", "GBP", -100_00))


@pytest.mark.parametrize(
    ("before", "lines", "why"),
    [
        ((MIRROR,), MIRROR, "it takes back entry {0}, which entry {1} took back before"),
        ((), (("commons cash", "GBP", -100_00), ("commons running_costs", "GBP", 100_00)), "it is not the mirror of"),
        ((), (("commons contributed", "GBP", 1), ("commons cash", "GBP", -1)), "it is not the mirror of entry {0}"),
        ((), (*MIRROR, *PLAIN), "it is not the mirror of entry {0}, which it takes back"),
    ],
)
def test_a_reversal_that_is_none_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, before: tuple[tuple[Line, ...], ...],
    lines: tuple[Line, ...], why: str,
) -> None:  # fmt: skip
    taken_back = pay_in(database, fund_id, "1", 100_00)
    pay_in(database, fund_id, "2", 900_00)
    tamper(database, "DROP INDEX entry_is_reversed_once")
    earlier = [slip_in(database, *mirror, reverses_id=taken_back, idem_key="mirror") for mirror in before]
    number = slip_in(database, *lines, reverses_id=taken_back)
    seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == number)
    assert told.first is not None and told.first.entry == number
    assert why.format(taken_back, *earlier) in told.first.why


def test_a_reversal_of_another_day_is_named(database: TestDatabase, fund_id: UUID, tampered: Noted) -> None:
    """Its money would be there again on days on which it was not."""
    taken_back = pay_in(database, fund_id, "1", 100_00)
    number = slip_in(database, *MIRROR, reverses_id=taken_back, booked_on="2026-03-02")
    seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == number)
    assert told.first is not None and told.first.entry == number
    assert told.first.why == f"it does not take effect on the day of entry {taken_back}, which it takes back"


def test_a_contribution_that_is_not_what_its_entry_booked_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted
) -> None:
    number = pay_in(database, fund_id, "1", 100_00)
    for code, amount in (("C1", 100_00), ("C2", 100_01)):
        tamper(
            database,
            f"""INSERT INTO contribution (fund_id, code, party_id, amount_minor, currency, received_on, entry_id)
                VALUES ('{fund_id}', '{code}', '{NOBODY}', {amount}, 'GBP', '2026-03-01', {number})""",
        )
    seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == "contribution")
    assert told.first is not None
    assert told.first.why == f"contribution C2 is not what entry {number} booked"


def test_a_reversal_that_is_taken_back_or_of_another_fund_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted
) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        other = open_fund(session, "other")
    theirs = pay_in(database, other, "theirs", 500)
    ours = pay_in(database, fund_id, "ours", 500)
    back = (("commons contributed", "GBP", 500), ("commons cash", "GBP", -500))
    reversal = slip_in(database, *back, reverses_id=ours)
    assert verify(database).sound
    again = slip_in(database, *PLAIN, reverses_id=reversal, idem_key="again")
    told = verify(database)
    assert told.first is not None and told.first.entry == again
    assert told.first.why == f"it takes back entry {reversal}, which is itself a reversal"
    tamper(
        database, f"DELETE FROM posting WHERE entry_id = {again}", f"DELETE FROM entry WHERE id = {again}", KEPT_IN_LINE
    )
    stranger = slip_in(database, *PLAIN, reverses_id=theirs, idem_key="stranger")
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == stranger)
    assert told.first is not None and told.first.entry == stranger
    assert told.first.why == f"it takes back entry {theirs} of another fund"


IN_JANUARY = (("commons cash", "GBP", 5), ("commons cash", "GBP", -5))
COSTS_IN_JANUARY = (("commons running_costs", "GBP", 50_00), ("commons cash", "GBP", -50_00))
MOVED = """UPDATE balance_snapshot b
    SET balance_minor = b.balance_minor + CASE a.code WHEN 'cash' THEN -5000 ELSE 5000 END
    FROM account a WHERE a.id = b.account_id AND a.code IN ('cash', 'running_costs') AND a.fund_id = '{}'"""


@pytest.mark.parametrize("lines", [IN_JANUARY, COSTS_IN_JANUARY])
@pytest.mark.parametrize("closing_sealed", [True, False])
@pytest.mark.parametrize("entry_sealed", [True, False])
def test_an_entry_that_came_into_a_closed_period_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, lines: tuple[Line, ...], closing_sealed: bool,
    entry_sealed: bool,
) -> None:  # fmt: skip
    """Also where the balances that the closing kept were moved with it: then an old report says another figure."""
    pay_in(database, fund_id, "1", 100_00)
    close(database, "2026-01-31")
    close(database, "2026-02-28")
    if closing_sealed:
        seal(database)
    assert verify(database).sound
    number = slip_in(database, *lines, booked_on="2026-01-15")
    if lines == COSTS_IN_JANUARY:
        tamper(database, MOVED.format(fund_id))
    if entry_sealed:
        seal(database)
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.entry == number)
    assert told.first is not None and told.first.entry == number
    assert told.first.why == "it is booked on 2026-01-15 and came in after that period was closed"


def test_what_was_booked_before_a_closing_and_sealed_with_it_is_sound(database: TestDatabase, fund_id: UUID) -> None:
    for n, day in enumerate(("2026-01-31", "2026-03-31")):
        pay_in(database, fund_id, str(n))  # booked on 1 March
        close(database, day) if n else None
        assert verify(database).sound
        seal(database)
        assert verify(database).sound
    ((late,),) = owner_asks(database, "SELECT count(*) FROM entry WHERE booked_on <= '2026-03-31'")
    assert late == 2


@pytest.mark.parametrize("horizon", ["99999999", "18446744073709551615", "the end of time"])
def test_a_horizon_beyond_every_transaction_is_named(
    database: TestDatabase, fund_id: UUID, tampered: Noted, horizon: str
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    tamper(database, f"UPDATE seal_horizon SET horizon = '{horizon}'")
    told = verify(database)
    tampered(told, named=told.first is not None and told.first.kind == "seal")
    assert told.first is not None
    assert told.first.why == "everything is said to be sealed up to a transaction that has not happened yet"


def test_where_the_horizon_lies_ahead_the_next_sealing_seals_from_the_beginning(
    database: TestDatabase, fund_id: UUID
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    old_heads = verify(database).heads
    tamper(database, "UPDATE seal_horizon SET horizon = '99999999'")
    pay_in(database, fund_id, "2")
    seal(database)
    told = verify(database)
    assert told.sound and told.first is None
    assert owner_asks(
        database, "SELECT count(*) FROM entry e WHERE NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id)"
    ) == [(0,)]
    ((act, named),) = owner_asks(database, "SELECT act, detail FROM audit WHERE actor_name = 'sealer'")
    assert act == "notice a horizon ahead" and set(named.values()) == set(old_heads.values())
    seal(database)
    assert verify(database).sound
    assert owner_asks(database, "SELECT count(*) FROM audit WHERE actor_name = 'sealer'") == [(1,)]
