"""What two people do: one asks, another approves and so carries it out; nothing happens before that."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.authority import NIGHT, AmountTakesTwo, NotAllowed, SamePersonPreparedAndDecides
from domain.deals import CommitmentExceeded, NothingCommitted, Stage
from domain.desk import authority, deals, evergreen, funds, ledger, requests
from domain.desk.ledger import reverse
from domain.errors import InputRefused
from domain.ledger import EntryAlreadyReversed
from domain.limits import LimitExceeded
from domain.parties import Role
from domain.requests import (
    Decision,
    RequestDecided,
    RequestNotNeeded,
    RequestOfAnother,
    RequestStandsOpen,
)
from domain.reversals import LaterEntriesRestOnEntry
from domain.store.ledger import CashNotEnough
from tests.desk.financed import OPENED, TODAY, Financed, finance, person


@pytest.fixture
def here(owners_session: Session) -> Financed:
    return finance(owners_session)


def entry_of(here: Financed, kind: str) -> int:
    found = here.session.execute(text("SELECT min(id) FROM entry WHERE kind = :kind"), {"kind": kind})
    return int(found.scalar_one())


def ask(here: Financed, kind: str) -> int:
    return requests.ask_reversal(here.session, entry_id=entry_of(here, kind), reason="wrong", by=here.officer)


def approve(here: Financed, number: int) -> int:
    return requests.approve(here.session, request_id=number, by=here.board, key=f"request {number}")


def state(here: Financed, number: int) -> Decision | None:
    return requests.request_line(here.session, request_id=number, by=here.board).decision


def lower(here: Financed, minor: int) -> None:
    authority.set_amount(
        here.session, fund_code="fund", act="pay out a drawdown", role="officer", minor=minor, valid_from=OPENED,
        source="resolution 7", by=person(here.session, "Stella", Role.STEWARD),
    )  # fmt: skip


def ask_payout(here: Financed, loan: UUID, minor: int) -> int:
    return requests.ask_payout(
        here.session, instrument_id=loan, minor=minor, effective_on=OPENED, reason="the roof is on", by=here.officer
    )


def test_a_commitment_is_taken_back_by_two_and_frees_its_limits(here: Financed) -> None:
    loan = here.signed()
    funds.set_limit(
        here.session, fund_id=here.fund_id, basis="group", subject="acme", amount_minor=40_000_00, valid_from=OPENED,
        source="mandate", by=NIGHT,
    )  # fmt: skip
    other = here.propose("D-2")
    here.advance(other, "appraised")
    with pytest.raises(LimitExceeded):
        here.advance(other, "approved")
    number = ask(here, "commitment")
    assert here.holds(loan)["commitments_undrawn"] == 36_000_00
    approve(here, number)
    assert here.holds(loan) == {}
    here.advance(other, "approved")
    with pytest.raises(CommitmentExceeded):
        here.draw(loan, 1_00)
    deal_id = deals.deal_by_code(here.session, "D-1")
    line = requests.request_line(here.session, request_id=number, by=here.board)
    assert (line.asker, line.decider, line.decision, line.deal) == ("Olga", "Bea", Decision.APPROVED, "D-1")
    with pytest.raises(NothingCommitted, match=f"entry {line.made_entry_id} took its commitment back.*close it"):
        here.advance(deal_id, "active")
    deals.advance(
        here.session, deal_id=deal_id, to=Stage.CLOSED, happened_on=TODAY, reason="signed in error", by=here.officer
    )


@pytest.mark.parametrize("what", ["drawn", "cancelled"])
def test_a_commitment_that_was_used_stays_and_the_request_stands_open(here: Financed, what: str) -> None:
    loan = here.signed()
    number = ask(here, "commitment")
    if what == "drawn":
        here.draw(loan, 1_00)
    else:
        from domain.desk.instruments import cancel_undrawn

        cancel_undrawn(
            here.session, instrument_id=loan, minor=1_00, effective_on=OPENED, reason="", by=here.officer, key="c"
        )
    before = here.books()
    with pytest.raises(LaterEntriesRestOnEntry, match="commitments undrawn of D-1-I"):
        approve(here, number)
    assert (here.books(), state(here, number)) == (before, None)


def test_a_contribution_is_taken_back_by_two_and_leaves_the_evergreen_report_right(here: Financed) -> None:
    number = ask(here, "contribution")
    approve(here, number)
    assert here.books() == {}
    assert funds.contributions(here.session, fund_id=here.fund_id) == ()
    here.session.commit()
    ledger.seal_facts(here.session)
    told = evergreen.evergreen_report(here.session, fund_code="fund", as_of=TODAY)
    assert (told.contributed.minor, told.cash.minor, told.difference.minor, told.pool) == (0, 0, 0, ())


def test_a_contribution_whose_money_is_out_stays(here: Financed) -> None:
    number = ask(here, "contribution")
    here.draw(here.signed(), 1_00)
    with pytest.raises(CashNotEnough):
        approve(here, number)


def test_a_contribution_that_paid_something_on_a_value_day_stays(here: Financed) -> None:
    here.draw(here.signed(), 1_00, on="2024-06-01")
    funds.contribute(
        here.session, fund_id=here.fund_id, code="C-2", party_id=here.party_id, minor=200_000_00,
        received_on=date(2025, 1, 2), by=NIGHT, key="second",
    )  # fmt: skip
    with pytest.raises(LaterEntriesRestOnEntry, match=r"cash of fund fund on 1 Jun 2024 would be EUR -1\.00"):
        approve(here, ask(here, "contribution"))


def test_a_payout_above_the_amount_is_asked_for_and_paid_by_who_approves(here: Financed) -> None:
    loan = here.signed()
    lower(here, 5_000_00)
    with pytest.raises(AmountTakesTwo, match="ask for it, and somebody who may approve a payout decides"):
        here.draw(loan, 6_000_00)
    with pytest.raises(RequestNotNeeded, match="one person does that alone"):
        ask_payout(here, loan, 5_000_00)
    number = ask_payout(here, loan, 6_000_00)
    assert here.holds(loan)["commitments_undrawn"] == 36_000_00
    entry = approve(here, number)
    assert here.holds(loan)["loan_principal"] == 6_000_00
    line = requests.request_line(here.session, request_id=number, by=here.officer)
    assert (line.made_entry_id, line.decision) == (entry, Decision.APPROVED)


def test_nobody_approves_what_they_asked_for(here: Financed) -> None:
    loan = here.signed()
    lower(here, 0)
    number = ask_payout(here, loan, 1_00)
    with pytest.raises(SamePersonPreparedAndDecides):
        requests.approve(here.session, request_id=number, by=here.officer, key="k")
    requests.approve(here.session, request_id=number, by=here.second, key="k")


def test_the_database_lets_nobody_decide_their_own_request(here: Financed) -> None:
    here.signed()
    number = ask(here, "commitment")
    with pytest.raises(IntegrityError, match="who prepared a thing does not decide it"), here.session.begin_nested():
        here.session.execute(
            text(
                "INSERT INTO request_decision (fund_id, recorded_by, request_id, decision, reason) "
                "VALUES (:fund, :who, :request, 'refused', 'no')"
            ),
            {"fund": here.fund_id, "who": here.officer.id, "request": number},
        )


def test_a_request_is_decided_once(here: Financed) -> None:
    here.signed()
    number = ask(here, "commitment")
    requests.refuse(here.session, request_id=number, reason="it stands", by=here.board)
    for act in (lambda: approve(here, number), lambda: withdraw(here, number)):
        with pytest.raises(RequestDecided, match=f"request {number} was refused before"):
            act()
    assert requests.requests(here.session, by=here.board, only_open=True) == ()


def withdraw(here: Financed, number: int) -> None:
    requests.withdraw(here.session, request_id=number, by=here.officer)


def test_a_request_is_withdrawn_by_who_made_it(here: Financed) -> None:
    here.signed()
    number = ask(here, "commitment")
    with pytest.raises(RequestOfAnother):
        requests.withdraw(here.session, request_id=number, by=here.second)
    withdraw(here, number)
    assert state(here, number) is Decision.WITHDRAWN
    assert ask(here, "commitment") != number


def test_the_same_is_asked_for_once_at_a_time(here: Financed) -> None:
    loan = here.signed()
    lower(here, 0)
    number = ask(here, "commitment")
    with pytest.raises(RequestStandsOpen, match=f"request {number} asks for the same"):
        ask(here, "commitment")
    number = ask_payout(here, loan, 1_00)
    with pytest.raises(RequestStandsOpen, match=f"request {number} asks for the same"):
        ask_payout(here, loan, 1_00)
    ask_payout(here, loan, 2_00)


def test_what_one_person_reverses_alone_is_not_asked_for(here: Financed) -> None:
    here.draw(here.signed(), 1_00)
    with pytest.raises(RequestNotNeeded, match=r"entry \d+ is a drawdown: one person does that alone"):
        ask(here, "drawdown")
    back = reverse(
        here.session, entry_id=entry_of(here, "drawdown"), booked_on=None, reason="wrong", by=here.officer, key="b"
    )
    with pytest.raises(EntryAlreadyReversed):
        requests.ask_reversal(here.session, entry_id=back, reason="wrong", by=here.officer)


def test_who_may_ask_and_who_may_decide(here: Financed) -> None:
    here.signed()
    with pytest.raises(NotAllowed, match="only an officer may reverse an entry; you are a board member"):
        requests.ask_reversal(here.session, entry_id=entry_of(here, "commitment"), reason="x", by=here.board)
    with pytest.raises(InputRefused, match="reason: say why"):
        requests.ask_reversal(here.session, entry_id=entry_of(here, "commitment"), reason=" ", by=here.officer)
    with pytest.raises(NotAllowed, match="only a board member may approve a reversal; you are an officer"):
        requests.refuse(here.session, request_id=ask(here, "commitment"), reason="no", by=here.second)
