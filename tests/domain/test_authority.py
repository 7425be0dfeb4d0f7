"""Who may do what: the table that people read is the table that the code asks, and every reason is told at once."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest

from domain.authority import (
    AMOUNT_APPROVED_BY,
    AUTHORITY,
    AWAITED,
    LENDABLE,
    MAY,
    NEVER_WHO_PREPARED,
    NIGHT,
    Act,
    Actor,
    AmountTakesTwo,
    ConflictOfInterest,
    Lender,
    Lent,
    NotAllowed,
    SamePersonPreparedAndDecides,
    Standing,
    may,
    permit,
)
from domain.measured import MEASURED, SUMMED
from domain.money import Money
from domain.parties import Role

PAPER = (Path(__file__).resolve().parents[2] / "docs/rules/authority.md").read_text(encoding="utf-8")
TABLE = PAPER.partition("## How an act is refused")[0]
OLGA, OTTO, BEA, BOB = (UUID(int=number) for number in (1, 2, 3, 4))
OFFICER = Actor(OLGA, "Olga", Role.OFFICER)
BOARD = Actor(BEA, "Bea", Role.BOARD)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def written() -> dict[str, dict[Role, int | None]]:
    """The table as the page for people has it, by act."""
    table = {}
    for line in re.findall(r"^\| (.+?) \|$", TABLE, re.MULTILINE)[1:]:
        act, *cells, _never = [cell.strip() for cell in f" {line} ".split("|")]
        bounds = {role: cell for role, cell in zip(Role, cells, strict=True) if cell}
        table[act.removesuffix(" (awaited)")] = {
            role: None if cell == "yes" else int(re.sub(r"\D", "", cell)) for role, cell in bounds.items()
        }
    return table


def test_the_table_that_people_read_is_the_one_the_code_asks() -> None:
    assert {str(act): dict(roles) for act, roles in AUTHORITY.items()} == written()
    assert set(AUTHORITY) == set(Act)


def test_the_page_marks_what_is_awaited_and_who_never_does_it() -> None:
    assert set(re.findall(r"^\| (.+?) \(awaited\) \|", TABLE, re.MULTILINE)) == {str(act) for act in AWAITED}
    never = {str(act): words for act, words in NEVER_WHO_PREPARED.items()}
    assert dict(re.findall(r"^\| ([^|]+?)(?: \(awaited\))? \|.*\| ([^|]+) \|$", TABLE, re.MULTILINE)[1:]) == never


@pytest.mark.parametrize(
    ("act", "who", "words"),
    [
        (Act.APPROVE, OFFICER, "only a board member may approve a deal; you are an officer"),
        (Act.APPRAISE, BOARD, "only an officer or a risk officer may appraise a deal; you are a board member"),
        (
            Act.READ_BOOK,
            Actor(OTTO, "Ina", Role.INVESTEE),
            "only an officer, a risk officer, a board member, an auditor or a steward may read the book",
        ),
    ],
)
def test_a_missing_role_is_told_in_words(act: Act, who: Actor, words: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        permit(act, by=who)
    assert str(refused.value).startswith(words)


def test_the_programme_passes_everywhere() -> None:
    assert all(may(act, by=NIGHT, prepared_by=[OLGA], amount=euro(10**15)).allowed for act in Act)


@pytest.mark.parametrize(
    ("minor", "amounts", "allowed"),
    [
        (25_000_000_00, {}, True),
        (25_000_000_01, {}, False),
        (1_000_00, {Role.OFFICER: 1_000_00}, True),
        (1_000_01, {Role.OFFICER: 1_000_00}, False),
        (99_000_000_00, {Role.OFFICER: None}, True),
    ],
    ids=["at the published amount", "a cent above", "at the fund's own", "a cent above it", "a fund without a bound"],
)
def test_a_role_acts_alone_up_to_an_amount(minor: int, amounts: dict[Role, int | None], allowed: bool) -> None:
    assert may(Act.PAY_OUT, by=OFFICER, amount=euro(minor), standing=Standing(amounts=amounts)).allowed is allowed


def test_what_is_above_the_amount_says_how_it_can_be_done() -> None:
    with pytest.raises(AmountTakesTwo) as refused:
        permit(Act.PAY_OUT, by=OFFICER, amount=euro(30_000_000_00))
    assert str(refused.value) == (
        "you may pay out a drawdown of up to EUR 25,000,000.00 alone, and this is EUR 30,000,000.00; "
        "ask for it, and somebody who may approve a payout decides"
    )


def test_only_what_carries_an_amount_is_bounded() -> None:
    bounded = {act for act, roles in AUTHORITY.items() if any(alone is not None for alone in roles.values())}
    assert bounded - AWAITED <= MEASURED
    assert set(SUMMED) <= MEASURED


@pytest.mark.parametrize(
    "act", sorted(act for act, roles in AUTHORITY.items() if any(roles.values()) and act not in AWAITED)
)
def test_above_a_published_amount_somebody_else_may(act: Act) -> None:
    other = AMOUNT_APPROVED_BY.get(act, act)
    assert None in AUTHORITY[other].values()


def test_nobody_decides_what_they_prepared() -> None:
    with pytest.raises(SamePersonPreparedAndDecides, match="Bea proposed the deal, so somebody else has to"):
        permit(Act.APPROVE, by=BOARD, prepared_by=[BEA, None])
    assert permit(Act.APPROVE, by=BOARD, prepared_by=[OLGA, None]) == BOARD


def test_a_conflict_of_interest_binds() -> None:
    with pytest.raises(ConflictOfInterest, match="Bea has a conflict of interest with Acme, so somebody else has to"):
        permit(Act.APPROVE, by=BOARD, standing=Standing(conflict="Acme"))


def test_every_reason_is_told_at_once() -> None:
    with pytest.raises(NotAllowed, match="you are an officer; and Olga proposed the deal") as refused:
        permit(Act.APPROVE, by=OFFICER, prepared_by=[OLGA], standing=Standing(conflict="Acme"))
    assert refused.value.reasons == (
        "only a board member may approve a deal; you are an officer",
        "Olga proposed the deal, so somebody else has to approve a deal",
        "Olga has a conflict of interest with Acme, so somebody else has to approve a deal",
    )


LENT = Lent(Lender(BEA, "Bea"), Role.BOARD)


@pytest.mark.parametrize(
    ("prepared", "standing", "allowed"),
    [
        ([BOB], Standing(lent=[LENT]), True),
        ([OLGA], Standing(lent=[LENT]), False),
        ([BEA], Standing(lent=[LENT]), False),
        ([BOB], Standing(lent=[LENT], conflict="Acme"), False),
        ([BOB], Standing(lent=[Lent(Lender(BEA, "Bea"), Role.BOARD, conflict="Acme")]), False),
        ([BOB], Standing(), False),
    ],
    ids=[
        "another prepared it",
        "who acts prepared it",
        "the lender prepared it",
        "a conflict of who acts",
        "a conflict of the lender",
        "nothing is lent",
    ],
)
def test_a_lent_act_counts_both_people(prepared: list[UUID], standing: Standing, allowed: bool) -> None:
    found = may(Act.APPROVE, by=OFFICER, prepared_by=prepared, standing=standing)
    assert found.allowed is allowed
    assert found.by.acting_for == (Lender(BEA, "Bea") if allowed else None)


@pytest.mark.parametrize(
    ("act", "lent", "prepared", "words"),
    [
        (
            Act.APPROVE,
            LENT,
            BEA,
            "this is lent to you by Bea, who proposed the deal, so somebody else has to approve a deal",
        ),
        (
            Act.APPROVE,
            Lent(Lender(BEA, "Bea"), Role.BOARD, conflict="Acme"),
            BOB,
            (
                "this is lent to you by Bea, who has a conflict of interest with Acme, "
                "so somebody else has to approve a deal"
            ),
        ),
        (
            Act.APPROVE,
            Lent(Lender(BEA, "Bea"), Role.BOARD, at_most=5_00),
            BOB,
            (
                "you may approve a deal of up to EUR 5.00 alone under what Bea lent to you, and this is EUR 5.01; "
                "somebody with a higher amount has to do it"
            ),
        ),
    ],
    ids=["the lender prepared it", "a tie of the lender", "more than was lent"],
)
def test_who_borrowed_an_act_is_told_what_bars_the_loan(act: Act, lent: Lent, prepared: UUID, words: str) -> None:
    found = may(act, by=OFFICER, prepared_by=[prepared], amount=euro(5_01), standing=Standing(lent=[lent]))
    assert [str(reason) for reason in found.reasons] == [
        "only a board member may approve a deal; you are an officer", words
    ]  # fmt: skip


def test_what_stands_against_the_person_and_the_loan_is_told_once() -> None:
    standing = Standing(conflict="Acme", lent=[LENT, Lent(Lender(BOB, "Bob"), Role.BOARD)])
    found = may(Act.APPROVE, by=OFFICER, prepared_by=[OLGA, BOB], standing=standing)
    assert [str(reason).partition(", so ")[0] for reason in found.reasons] == [
        "only a board member may approve a deal; you are an officer",
        "Olga proposed the deal",
        "Olga has a conflict of interest with Acme",
        "this is lent to you by Bob, who proposed the deal",
    ]


@pytest.mark.parametrize(("minor", "allowed"), [(5_00, True), (5_01, False)])
def test_a_lent_act_goes_up_to_what_was_lent(minor: int, allowed: bool) -> None:
    lent = Lent(Lender(OTTO, "Otto"), Role.OFFICER, at_most=5_00)
    assert may(Act.PAY_OUT, by=BOARD, amount=euro(minor), standing=Standing(lent=[lent])).allowed is allowed


def test_a_role_of_ones_own_comes_before_a_lent_one() -> None:
    lent = Lent(Lender(OTTO, "Otto"), Role.OFFICER)
    assert permit(Act.PAY_OUT, by=OFFICER, amount=euro(1), standing=Standing(lent=[lent])).acting_for is None


def test_what_only_one_office_answers_for_is_never_lent() -> None:
    never = {Act.ADMINISTER, Act.READ_AUDIT, Act.SUBMIT_REPORT, Act.LEND, Act.END_CONFLICT, Act.SET_AMOUNT}
    assert not LENDABLE & never
    assert all(MAY[act] for act in Act)
