"""A small fund with four deals on three projects, made through the desk: what the tests of reports start from.

Committed 800,000: D1 a loan of 400,000 and a stake of 100,000, D2 a royalty of 50,000, both on Mill; D3 a loan of
200,000 on Yard; D4 a stake of 50,000 on Shed, which helps no mission. D5 on Yard is only proposed. Mill helps both
missions, Yard the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, select

from domain.authority import NIGHT
from domain.deals import ProposedInstrument, Stage
from domain.desk import covenants, deals, funds, instruments, missions, night, parties, receipts, reports
from domain.store.covenants import ReportRow
from domain.store.deals import InstrumentRow
from domain.store.funds import FundRow

LOAN: Mapping[str, object] = {
    "rate": "0.03", "day_count": "30E/360", "repayment": "bullet", "first_due_on": "2033-01-01", "months_between": 12,
    "instalments": 1,
}  # fmt: skip
STAKE: Mapping[str, object] = {"share_class": "ordinary", "stake": "0.10"}
ROYALTY: Mapping[str, object] = {"share_of_revenue": "0.03", "cap_minor": 75_000_00, "until": "2033-12-31"}
YEAR = (date(2023, 1, 1), date(2023, 12, 31), date(2024, 1, 31))
HUNDRED = ((date(2023, 12, 31), Decimal(100)),)


@dataclass(slots=True)
class Small:
    """The fund, and the ids that its tests ask for by code."""

    fund_id: UUID
    deals: dict[str, UUID] = field(default_factory=dict)
    indicators: dict[str, UUID] = field(default_factory=dict)
    projects: dict[str, UUID] = field(default_factory=dict)
    missions: dict[str, UUID] = field(default_factory=dict)

    def day(self, session: Session, to: date) -> None:
        """Run the nights with work before a day and open it."""
        fund = session.get_one(FundRow, self.fund_id, populate_existing=True)
        at = night.next_day_with_work(session, fund_id=self.fund_id, after=fund.business_day, to=to)
        while at is not None:
            night.run_day(session, fund_id=self.fund_id, day=at)
            at = night.next_day_with_work(session, fund_id=self.fund_id, after=at, to=to)
        night.move_business_day(session, fund_id=self.fund_id, to=to)

    def instrument(self, session: Session, code: str) -> UUID:
        found = session.exec(select(InstrumentRow.id).where(InstrumentRow.code == code)).one()
        assert found is not None
        return found

    def draw(self, session: Session, code: str, minor: int, on: date) -> None:
        instruments.draw_down(
            session, instrument_id=self.instrument(session, code), minor=minor, effective_on=on, by=NIGHT,
            key=f"{code} {on}",
        )  # fmt: skip

    def contribute(self, session: Session, code: str, minor: int, on: date) -> None:
        funds.contribute(
            session, fund_id=self.fund_id, code=code, party_id=self.projects["council"], minor=minor, received_on=on,
            by=NIGHT, key=code,
        )  # fmt: skip

    def help(self, session: Session, project: str, mission: str) -> None:
        missions.classify(
            session, project_id=self.projects[project], mission_id=self.missions[mission], helps=True,
            fund_id=self.fund_id, by=NIGHT,
        )  # fmt: skip

    def submit(self, session: Session, deal: str, on: date, **values: str) -> int:
        report = session.exec(select(ReportRow.id).where(ReportRow.deal_id == self.deals[deal])).one()
        assert report is not None
        return reports.submit(
            session, report_id=report, values={code: Decimal(value) for code, value in values.items()}, statement="",
            signed_by="Ada Quay", submitted_on=on, by=NIGHT,
        )  # fmt: skip

    def promise(self, session: Session, deal: str, indicator: str) -> None:
        covenants.agree(
            session, deal_id=self.deals[deal], code=f"{deal}-{indicator}", clause="A hundred by the end of 2023",
            kind="mission", condition_family="directionality", indicator_id=self.indicators[indicator],
            direction="at_least", tolerance=Decimal(0), grace_days=14, remedy_days=90, agreed_on=date(2023, 1, 3),
            public=True, trajectory=HUNDRED, tests=[YEAR], by=NIGHT,
        )  # fmt: skip

    def deal(
        self,
        session: Session,
        code: str,
        project: str,
        *given: tuple[str, int, Mapping[str, object]],
        sign: bool = True,
    ) -> None:
        on = date(2023, 1, 3)
        self.deals[code] = deals.propose(
            session, fund_id=self.fund_id, code=code, project_id=self.projects[project],
            investee_id=self.projects["party"], title=code, purpose="", proposed_on=on, by=NIGHT,
            instruments=[ProposedInstrument(f"{code}-{kind}", kind, minor, terms, on) for kind, minor, terms in given],
        )  # fmt: skip
        for stage in (Stage.APPRAISED, Stage.APPROVED, Stage.CONTRACTED) if sign else ():
            deals.advance(session, deal_id=self.deals[code], to=stage, happened_on=on, reason="", by=NIGHT)


def small_fund(session: Session) -> Small:
    """Open the fund, draw its mission map and sign its deals on 3 January 2023; 1,000,000 came in on the 2nd."""
    challenge = missions.add_grand_challenge(session, code="live", name="Living well", source="a test", by=NIGHT)
    made = {
        code: missions.add_mission(
            session, code=code, grand_challenge_id=challenge, name=code.title(), deadline=date(2030, 12, 31),
            source="a test", by=NIGHT,
        )
        for code in ("homes", "jobs")
    }  # fmt: skip
    fund_id = funds.open_fund(
        session, code="small", name="The small fund", currency="GBP", mandate="", recycling="full",
        opened_on=date(2023, 1, 1), business_day=date(2023, 1, 2), missions=["homes", "jobs"], by=NIGHT,
    )  # fmt: skip
    small = Small(fund_id, missions=made)
    for code, adding in (("homes-built", "latest"), ("jobs-made", "sum")):
        small.indicators[code] = missions.add_indicator(
            session, code=code, name=code, unit=code.split("-")[0], direction="increase", adding=adding,
            definition="a test", by=NIGHT,
        )  # fmt: skip
    for code, mission, indicator, value in (("T1", "homes", "homes-built", 1000), ("T2", "jobs", "jobs-made", 200)):
        missions.add_target(
            session, code=code, mission_id=made[mission], indicator_id=small.indicators[indicator], fund_id=fund_id,
            baseline_value=Decimal(0), baseline_on=date(2022, 12, 31), value=Decimal(value), due_on=date(2027, 1, 1),
            source="a test", by=NIGHT,
        )  # fmt: skip
    for code, helps in (("mill", ("homes", "jobs")), ("yard", ("homes",)), ("shed", ()), ("other", ("homes",))):
        small.projects[code] = missions.add_project(session, code=code, name=code.title(), by=NIGHT)
        for mission in helps:
            small.help(session, code, mission)
    small.projects["party"] = parties.add_party(session, code="P", name="Mill Homes", kind="charity", by=NIGHT)
    small.projects["council"] = parties.add_party(
        session, code="council", name="A council", kind="contributor", by=NIGHT
    )
    small.contribute(session, "c1", 1_000_000_00, date(2023, 1, 2))
    _sign_deals(session, small)
    return small


def _sign_deals(session: Session, small: Small) -> None:
    small.day(session, date(2023, 1, 3))
    small.deal(session, "D1", "mill", ("loan", 400_000_00, LOAN), ("equity", 100_000_00, STAKE))
    small.deal(session, "D2", "mill", ("royalty", 50_000_00, ROYALTY))
    small.deal(session, "D3", "yard", ("loan", 200_000_00, LOAN))
    small.deal(session, "D4", "shed", ("equity", 50_000_00, STAKE))
    small.deal(session, "D5", "yard", ("loan", 77_000_00, LOAN), sign=False)
    for deal, indicator in (("D1", "homes-built"), ("D1", "jobs-made"), ("D2", "homes-built"), ("D3", "homes-built")):
        small.promise(session, deal, indicator)
    for code, project, kind, minor, on in (
        ("co1", "mill", "private", 600_000_00, date(2023, 1, 3)),
        ("co2", "yard", "public", 300_000_00, date(2023, 6, 1)),
        ("co3", "yard", "public", 111_00, date(2025, 1, 1)),
        ("co4", "other", "private", 999_00, date(2023, 1, 3)),
    ):
        missions.add_co_finance(
            session, code=code, project_id=small.projects[project], co_investor="A bank", kind=kind, amount_minor=minor,
            currency="GBP", committed_on=on, fund_id=small.fund_id, by=NIGHT,
        )  # fmt: skip


def first_year(session: Session, small: Small) -> None:
    """Pay out 650,000 on 1 March 2023, take in 65,000 on 1 December, and hear from three deals in January 2024."""
    small.day(session, date(2023, 3, 1))
    for code, minor in (
        ("D1-loan", 300_000_00), ("D1-equity", 100_000_00), ("D3-loan", 200_000_00), ("D4-equity", 50_000_00),
    ):  # fmt: skip
        small.draw(session, code, minor, date(2023, 3, 1))
    small.day(session, date(2023, 12, 1))
    stake = small.instrument(session, "D1-equity")
    receipts.record_receipt(
        session, instrument_id=stake, minor=5_000_00, effective_on=date(2023, 12, 1), by=NIGHT, key="dividend",
        part="dividend",
    )  # fmt: skip
    receipts.record_receipt(
        session, instrument_id=stake, minor=60_000_00, effective_on=date(2023, 12, 1), by=NIGHT, key="sale",
        part="sale", cost_minor=50_000_00,
    )  # fmt: skip
    small.day(session, date(2024, 1, 20))
    small.submit(session, "D1", date(2024, 1, 20), **{"homes-built": "100", "jobs-made": "30"})
    small.day(session, date(2024, 1, 25))
    small.submit(session, "D2", date(2024, 1, 25), **{"homes-built": "100"})
    small.submit(session, "D3", date(2024, 1, 25), **{"homes-built": "40"})
    small.day(session, date(2024, 1, 31))
