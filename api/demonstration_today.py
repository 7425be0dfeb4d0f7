"""What the demonstration's people have in hand today: told by themselves, once, after their book has come in.

A book tells what was done and said in its years. What binds people now, or awaits them, is no history: ties to
parties, acts that are lent and requests are said by people only, and the role of the database that loads a book may
not write them. So each of these acts is done here at the desk, by the person whose act it is: both funds' years up to
2025 are closed, the Renewal Fund holds some dollars at a dated rate, a board member has a tie, another one has lent an
act for two weeks, and a request waits for a second person.

Nothing here changes what was contributed, committed, drawn or returned, or what a mission reached; of the Renewal
Fund's cash half a million stands in dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session

from api.database.roles import Role
from api.database.sessions import Sessions
from domain.authority import NIGHT, Act, Actor
from domain.delegations import Delegation
from domain.desk import authority, currencies, deals, ledger, parties, people, periods, requests
from domain.money import Money

CLOSED = (date(2024, 12, 31), date(2025, 12, 31))
DAY = date(2026, 3, 31)
RATE = Decimal("1.0850")
SOURCE = "invented for the demonstration"
CONVERTED = Money(500_000_00, "EUR")
LENT_DAYS = 14

OFFICER, OTHER_OFFICER = "officer.renewal@missionbook.example", "officer.communities@missionbook.example"
BOARD, OTHER_BOARD = "board.finance@missionbook.example", "board.communities@missionbook.example"


def tell_today(sessions: Sessions) -> None:
    """Do what the demonstration's people have done of late, each act in a transaction of its own, and seal it."""
    with sessions.begin(Role.NIGHT) as session:
        who = {
            user.email: Actor(id=user.id, name=user.name, role=user.role) for user in people.users(session, by=NIGHT)
        }
    for fund in ("commons", "renewal"):
        for period_end in CLOSED:
            with sessions.begin(Role.NIGHT, who[BOARD]) as session:
                periods.close(session, fund_code=fund, period_end=period_end, by=who[BOARD])
    with sessions.begin(Role.NIGHT) as session:
        currencies.open_currency(session, fund_code="renewal", currency="USD", by=NIGHT)
    _hold_dollars(sessions, who)
    with sessions.begin(Role.APP, who[OTHER_BOARD]) as session:
        _declare_tie(session, by=who[OTHER_BOARD])
    with sessions.begin(Role.APP, who[BOARD]) as session:
        _lend(session, by=who[BOARD])
    with sessions.begin(Role.APP, who[OFFICER]) as session:
        _ask(session, by=who[OFFICER])
    with sessions.begin(Role.NIGHT) as session:
        ledger.settle(session)


def _hold_dollars(sessions: Sessions, who: Mapping[str, Actor]) -> None:
    """One officer records the rate, another one converts by it."""
    with sessions.begin(Role.APP, who[OFFICER]) as session:
        currencies.state_rate(
            session, fund_code="renewal", currency="USD", units=RATE, on=DAY, source=SOURCE, by=who[OFFICER]
        )
    with sessions.begin(Role.APP, who[OTHER_OFFICER]) as session:
        currencies.convert(
            session, fund_code="renewal", sold=CONVERTED, into="USD", bought_minor=None, effective_on=DAY,
            by=who[OTHER_OFFICER], key="the demonstration's dollars",
        )  # fmt: skip


def _declare_tie(session: Session, *, by: Actor) -> None:
    party = parties.party_by_code(session, code="peat-meadows-trust")
    words = "sits on the trust's advisory council"
    authority.declare_conflict(session, party_id=party.id, since=date(2025, 9, 1), words=words, by=by)


def _lend(session: Session, *, by: Actor) -> None:
    today = authority.today(session)
    asked = Delegation([Act.APPROVE_REVERSAL], today, today + timedelta(days=LENT_DAYS - 1))
    authority.lend(session, to=OTHER_OFFICER, asked=asked, by=by, words="away for two weeks")


def _ask(session: Session, *, by: Actor) -> None:
    """Ask to take back a commitment of which nothing was drawn: somebody else decides."""
    deal_id = deals.deal_by_code(session, "R-16")
    (commitment,) = (one for one in ledger.entries(session, deal_id=deal_id) if one["kind"] == "commitment")
    reason = "the hospitals have put the roofs off; to be proposed anew"
    requests.ask_reversal(session, entry_id=commitment["id"], reason=reason, by=by)
