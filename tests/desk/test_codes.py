"""Nothing gets a name that is no code, whatever opens it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import Session

from domain.authority import NIGHT
from domain.deals import ProposedInstrument
from domain.desk import deals, funds, missions
from domain.desk.parties import add_party
from domain.errors import InputRefused
from tests.desk.financed import LOAN, OPENED, Financed, finance

BAD = "a/b"


def _open_fund(here: Financed) -> object:
    return funds.open_fund(
        here.session, code=BAD, name="n", currency="GBP", mandate="", recycling="full", opened_on=OPENED,
        business_day=OPENED, missions=(), by=NIGHT,
    )  # fmt: skip


def _contribute(here: Financed) -> object:
    return funds.contribute(
        here.session, fund_id=here.fund_id, code=BAD, party_id=here.party_id, minor=1, received_on=OPENED, by=NIGHT,
        key="k",
    )  # fmt: skip


def _propose(here: Financed) -> object:
    return here.propose(BAD)


def _instrument(here: Financed) -> object:
    return deals.propose(
        here.session, fund_id=here.fund_id, code="D-9", project_id=here.project_id, investee_id=here.party_id,
        title="t", purpose="", instruments=[ProposedInstrument(BAD, "loan", 1_00, LOAN, OPENED)], proposed_on=OPENED,
        by=here.officer,
    )  # fmt: skip


def _party(here: Financed) -> object:
    return add_party(here.session, code=BAD, name="n", kind="business", by=here.officer)


def _group(here: Financed) -> object:
    return add_party(here.session, code="p-9", name="n", kind="business", group_code=BAD, by=here.officer)


def _challenge(here: Financed) -> object:
    return missions.add_grand_challenge(here.session, code=BAD, name="n", source="s", by=NIGHT)


def _indicator(here: Financed) -> object:
    return missions.add_indicator(
        here.session, code=BAD, name="n", unit="u", direction="increase", adding="sum", definition="d", by=NIGHT
    )


def _sector(here: Financed) -> object:
    return missions.add_sector(here.session, vocabulary="NACE", code=BAD, name="n", by=NIGHT)


def _project(here: Financed) -> object:
    return missions.add_project(here.session, code=BAD, name="n", by=NIGHT)


def _co_finance(here: Financed) -> object:
    return missions.add_co_finance(
        here.session, code=BAD, project_id=here.project_id, co_investor="c", kind="private", amount_minor=1,
        currency="GBP", committed_on=date(2024, 1, 1), by=NIGHT,
    )  # fmt: skip


@pytest.mark.parametrize(
    "act",
    [_open_fund, _contribute, _propose, _instrument, _party, _group, _challenge, _indicator, _sector, _project,
     _co_finance],
)  # fmt: skip
def test_what_is_no_code_is_refused(session: Session, act: Callable[[Financed], object]) -> None:
    here = finance(session)
    with pytest.raises(InputRefused, match=r"code: “a/b” is not a code; expected letters, digits and \. _ -"):
        act(here)
