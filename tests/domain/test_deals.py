"""Which stage follows which, and what a proposal must say."""

from datetime import date
from itertools import product

import pytest

from domain.deals import (
    ACT_FOR_STAGE,
    NEXT_STAGES,
    ProposedInstrument,
    Stage,
    StageNotReachable,
    advance_stage,
    check_instruments,
)
from domain.errors import InputRefused

WAYS = """
    proposed   > appraised declined withdrawn
    appraised  > approved declined withdrawn
    approved   > contracted withdrawn
    contracted > active closed
    active     > exiting closed
    exiting    > closed
    closed     >
    declined   >
    withdrawn  >
"""
ALLOWED = {
    (here.strip(), to) for line in WAYS.strip().splitlines() for here, tos in [line.split(">")] for to in tos.split()
}


def test_every_stage_has_its_ways_and_its_act() -> None:
    assert set(NEXT_STAGES) == set(ACT_FOR_STAGE) == set(Stage)


@pytest.mark.parametrize(("here", "to"), list(product(Stage, Stage)))
def test_the_square_of_stages(here: Stage, to: Stage) -> None:
    if (here.value, to.value) in ALLOWED:
        assert advance_stage(here, to=to) is to
    else:
        with pytest.raises(StageNotReachable, match=f"a deal that is {here} cannot become {to}"):
            advance_stage(here, to=to)


def test_every_problem_of_a_proposal_is_told_at_once() -> None:
    day = date(2024, 1, 1)
    royalty = {"share_of_revenue": "0.03", "cap_minor": 1, "until": "2023-12-31"}
    with pytest.raises(InputRefused) as refused:
        check_instruments(
            [
                ProposedInstrument("A", "loan", 0, {"rate": "x"}, day),
                ProposedInstrument("A", "bond", 1, {}, day),
                ProposedInstrument("B", "royalty", 1, royalty, day),
            ]
        )
    assert [problem.where for problem in refused.value.problems] == [
        "instrument A",
        "instrument A, commitment",
        "instrument A, rate",
        "instrument A, day_count",
        "instrument A, repayment",
        "instrument A, first_due_on",
        "instrument A, months_between",
        "instrument A, instalments",
        "instrument A",
        "instrument A, kind",
        "instrument B, until",
    ]


def test_a_deal_without_an_instrument_is_no_deal() -> None:
    with pytest.raises(InputRefused, match="a deal has at least one instrument"):
        check_instruments([])
