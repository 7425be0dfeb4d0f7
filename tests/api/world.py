"""A small bank to knock at: one fund, two investees, a signed loan and a promise of each, made at the desk.

The fund's book stands at 31 March 2026. Each loan is EUR 100,000.00 at 3 % (30E/360), bullet, due on 31 March 2027,
signed on 2 March 2025. Each covenant asks for at least 400 homes by 31 December 2025, due on 31 January 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from api.database.roles import Role
from domain.authority import NIGHT
from domain.deals import ProposedInstrument, Stage
from domain.desk import covenants, deals, funds, missions, reports
from domain.desk.parties import add_party
from tests.conftest import TestDatabase

FUND = "harbours"
DAY = date(2026, 3, 31)
TERMS: dict[str, object] = {
    "rate": "0.03",
    "day_count": "30E/360",
    "repayment": "bullet",
    "first_due_on": "2027-03-31",
    "months_between": 12,
    "instalments": 1,
}


@dataclass(frozen=True, slots=True)
class Side:
    """What belongs to one investee."""

    party: UUID
    deal: UUID
    instrument: UUID
    covenant: UUID
    report: UUID


@dataclass(frozen=True, slots=True)
class World:
    """The fund, and what belongs to whom."""

    fund: UUID
    ann: Side
    ben: Side


def make_world(database: TestDatabase, parties: dict[str, UUID]) -> World:
    """Make the bank: mission map, fund with EUR 1,000,000.00 paid in, two signed deals with a covenant each."""
    with database.sessions.begin(Role.NIGHT) as session:
        challenge = missions.add_grand_challenge(session, code="homes", name="Homes", source="test", by=NIGHT)
        mission = challenge
        for code in ("clean-growth", "warm-homes"):
            mission = missions.add_mission(
                session, code=code, grand_challenge_id=challenge, name=code, deadline=date(2030, 12, 31),
                source="test", by=NIGHT,
            )  # fmt: skip
        indicator = missions.add_indicator(
            session, code="homes", name="Homes renovated", unit="homes", direction="increase", adding="latest",
            definition="Homes renovated since the start", by=NIGHT,
        )  # fmt: skip
        missions.add_target(
            session, code="T1", mission_id=mission, indicator_id=indicator, baseline_value=Decimal(0),
            baseline_on=date(2025, 1, 1), value=Decimal(1000), due_on=date(2030, 12, 31), source="test", by=NIGHT,
        )  # fmt: skip
        contributor = add_party(session, code="TREASURY", name="Treasury", kind="contributor", by=NIGHT)
        fund = funds.open_fund(
            session, code=FUND, name="Harbours", currency="EUR", mandate="", recycling="full",
            opened_on=date(2025, 1, 1), business_day=DAY, missions=["warm-homes"], by=NIGHT,
        )  # fmt: skip
        funds.contribute(
            session, fund_id=fund, code="C1", party_id=contributor, minor=100_000_000, received_on=date(2025, 1, 2),
            by=NIGHT, key="C1",
        )  # fmt: skip
        ann = _side(session, "ANN", fund=fund, investee=parties["HARBOUR"], indicator=indicator)
        ben = _side(session, "BEN", fund=fund, investee=parties["MILL"], indicator=indicator)
    return World(fund, ann, ben)


def _side(session: Session, name: str, *, fund: UUID, investee: UUID, indicator: UUID) -> Side:
    project = missions.add_project(session, code=f"P-{name}", name=f"Project of {name}", by=NIGHT)
    deal = deals.propose(
        session, fund_id=fund, code=f"D-{name}", project_id=project, investee_id=investee, title=f"Loan to {name}",
        purpose="", proposed_on=date(2025, 2, 1), by=NIGHT,
        instruments=[ProposedInstrument(f"L-{name}", "loan", 10_000_000, TERMS, date(2025, 2, 1))],
    )  # fmt: skip
    for stage in (Stage.APPRAISED, Stage.APPROVED, Stage.CONTRACTED):
        deals.advance(session, deal_id=deal, to=stage, happened_on=date(2025, 3, 2), reason="", by=NIGHT)
    covenant = covenants.agree(
        session, deal_id=deal, code=f"V-{name}", clause="7.1", kind="mission", condition_family="directionality",
        indicator_id=indicator, direction="at_least", tolerance=Decimal(0), grace_days=10, remedy_days=90,
        agreed_on=date(2025, 3, 2), public=False,
        trajectory=[(date(2025, 3, 2), Decimal(0)), (date(2025, 12, 31), Decimal(400))],
        tests=[(date(2025, 3, 2), date(2025, 12, 31), date(2026, 1, 31))], by=NIGHT,
    )  # fmt: skip
    instrument = deals.deal_detail(session, deal_id=deal).instruments[0].id
    report = reports.owed(session, as_of=DAY, deal_id=deal)[0].report_id
    return Side(investee, deal, instrument, covenant, report)
