"""Several people at one thing at the same moment, through the doors of the running program."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.api.world import FUND, TERMS
from tests.faults.conftest import as_it_was
from tests.faults.running import (
    Bank,
    Counted,
    Program,
    Tally,
    Wish,
    count,
    sealed_and_sound,
    serving,
    wishes,
)

Call = Callable[[], httpx.Response]


@dataclass(slots=True)
class Running:
    """A running bank, every payment that was asked for in it, and what was answered."""

    bank: Bank
    program: Program
    asked: list[Wish] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def note(self, wish: Wish, answer: httpx.Response) -> None:
        """Note a payment that was acknowledged: from here on it must be in the book, once."""
        assert answer.status_code == 201, answer.text
        if wish.key in self.tally.acknowledged:
            assert self.tally.acknowledged[wish.key] == answer.json()["entry_id"], "one key, two payments"
            return
        self.asked.append(wish)
        self.tally.note(wish.key, answer)

    def counted(self) -> Counted:
        """Count what was acknowledged so far, and look for it in the book."""
        return count(self.bank, self.asked, self.tally)


@pytest.fixture(scope="module")
def running(house: Bank, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running bank for all that happens at once."""
    log: Path = tmp_path_factory.mktemp("at-once") / "log"
    with as_it_was(house, log) as bank, serving(bank) as program:
        yield Running(bank, program)
        sealed_and_sound(bank, program)


def at_once(*calls: Call) -> list[httpx.Response]:
    """Make calls at the same moment, each from a thread of its own."""
    start, answers = threading.Barrier(len(calls)), list[httpx.Response | None]([None] * len(calls))

    def run(number: int) -> None:
        start.wait(60)
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    given = [answer for answer in answers if answer is not None]
    assert len(given) == len(calls), "somebody got no answer"
    return given


def drawing(program: Program, who: str, wish: Wish) -> Call:
    return lambda: program.call(who, "POST", f"/instruments/{wish.instrument}/drawdowns", key=wish.key, json=wish.body)


def test_one_key_from_eight_threads(running: Running, tell: Callable[[Counted], None]) -> None:
    bank, program = running.bank, running.program
    (wish,) = wishes(bank, 1)
    answers = at_once(*[drawing(program, "officer", wish)] * 8)
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    for answer in answers:
        running.note(wish, answer)
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
    tell(running.counted())


def test_one_key_with_eight_bodies_is_one_payment_and_seven_refusals(
    running: Running, tell: Callable[[Counted], None]
) -> None:
    bank, program = running.bank, running.program
    asked = [Wish("the same key", wish.instrument, wish.minor) for wish in wishes(bank, 16, first=100)[::2]]
    answers = at_once(*[drawing(program, "officer", wish) for wish in asked])  # eight amounts under one deal
    told = Counter(answer.json().get("type", answer.status_code) for answer in answers)
    assert told == {201: 1, "/problems/key-used-for-another-request": 7}
    booked = bank.ask("SELECT count(*) FROM posting WHERE amount BETWEEN 10100 AND 10115")
    assert booked == [(2,)]  # the loan and what was given of the commitment, once
    for wish, answer in zip(asked, answers, strict=True):
        if answer.status_code == 201:
            running.note(wish, answer)
    tell(running.counted())


def propose(program: Program, code: str, amount: str) -> tuple[str, str]:
    """Propose a deal of one loan and appraise it; return both identifiers."""
    body = {
        "code": code, "fund": FUND, "project": "P-ANN", "investee": "HARBOUR", "title": code,
        "instruments": [
            {
                "code": f"L-{code}", "kind": "loan", "valid_from": "2026-03-31", "terms": TERMS,
                "commitment": {"amount": amount, "currency": "EUR"},
            }
        ],
    }  # fmt: skip
    told = program.call("officer", "POST", "/deals", key=f"propose {code}", json=body)
    assert told.status_code == 201, told.text
    deal = told.json()["id"]
    appraised = to_stage(program, "officer2", deal, "appraised", version=1)()
    assert appraised.is_success, appraised.text
    return deal, program.call("officer", "GET", f"/deals/{deal}").json()["instruments"][0]["id"]


def to_stage(program: Program, who: str, deal: str, stage: str, *, version: int) -> Call:
    """Return a call that brings a deal to a stage, by somebody who has read its ``version``."""
    return lambda: program.call(
        who, "POST", f"/deals/{deal}/stages", key=f"{who} {stage} {deal}", json={"stage": stage, "reason": "x"},
        headers={"If-Match": f'"{version}"'},
    )  # fmt: skip


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_deal_that_is_approved_and_withdrawn_at_once_is_one_of_both(
    running: Running, tell: Callable[[Counted], None], turn: int
) -> None:
    bank, program = running.bank, running.program
    deal, _ = propose(program, f"TWICE-{turn}", "1000.00")
    asked = ("approved", "withdrawn", "declined")
    answers = at_once(
        *[
            to_stage(program, who, deal, stage, version=2)
            for who, stage in zip(("board", "officer2", "board2"), asked, strict=True)
        ]
    )
    stages = [stage for (stage,) in bank.ask("SELECT stage FROM deal_stage WHERE deal_id = %s ORDER BY id", deal)]
    assert stages[:2] == ["proposed", "appraised"]
    assert len(stages) == 3, stages
    assert [answer.is_success for answer in answers].count(True) == 1, [answer.text for answer in answers]
    refused = {answer.json()["type"] for answer in answers if not answer.is_success}
    assert refused <= {"/problems/stale-edit", "/problems/stage-not-reachable"}
    told = [stage for stage, answer in zip(asked, answers, strict=True) if answer.is_success]
    ((noted,),) = bank.ask(
        "SELECT count(*) FROM audit WHERE subject = %s AND outcome = 'done' AND detail ->> 'from' = 'appraised'",
        f"TWICE-{turn}",
    )
    tell(
        Counted(
            acknowledged=len(told),
            found=len(stages[2:]),
            doubled=sum(times - 1 for times in Counter(stages).values()),
            lost=len(set(told) - set(stages)),
            half_done=abs(len(stages[2:]) - noted),
            retries=0,
        )
    )


def test_two_drawdowns_that_together_exceed_the_commitment(running: Running, tell: Callable[[Counted], None]) -> None:
    program = running.program
    paid = refused = 0
    for turn in range(4):
        deal, loan = propose(program, f"BOTH-{turn}", "1000.00")
        for who, stage, version in (("board", "approved", 2), ("officer", "contracted", 3)):
            told = to_stage(program, who, deal, stage, version=version)()
            assert told.is_success, told.text
        half = Wish(f"draw {turn}", UUID(loan), 500_01 + turn)  # twice that is more than the commitment, by cents
        answers = at_once(drawing(program, "officer", half), drawing(program, "officer2", half))
        for answer in answers:
            if answer.status_code == 201:
                paid += 1
                running.note(half, answer)
        refused += sum(answer.json().get("type") == "/problems/commitment-exceeded" for answer in answers)
    assert (paid, refused) == (4, 4)
    tell(running.counted())
