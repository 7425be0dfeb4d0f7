"""A fund with one deal that made one promise: what the tests of promises and of the night start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, select

from domain.authority import NIGHT, Actor
from domain.desk import covenants, night, reports
from domain.parties import Role
from domain.store.covenants import ReportRow
from domain.store.deals import DealRow, DealStageRow, InstrumentRow, PartyRow
from domain.store.funds import FundRow
from domain.store.missions import IndicatorRow, ProjectRow
from domain.store.people import UserRow

D = Decimal
PERIODS = (
    (date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 31)),
    (date(2024, 7, 1), date(2024, 12, 31), date(2025, 1, 31)),
)
"""Two half-years; with 14 days of grace the first report may come until 14 August 2024, the next 14 February."""
STORY = {
    "findings": """SELECT t.period_end, f.found_on, f.outcome, f.measured, f.limit_value, f.headroom, v.version,
               f.sentence
        FROM finding f JOIN covenant_test t ON t.id = f.covenant_test_id
        LEFT JOIN report_version v ON v.id = f.report_version_id WHERE f.fund_id = :fund ORDER BY f.id""",
    "breaches": """SELECT t.period_end, f.found_on, b.opened_on, b.remedy_until
        FROM breach b JOIN covenant_test t ON t.id = b.covenant_test_id JOIN finding f ON f.id = b.finding_id
        WHERE b.fund_id = :fund ORDER BY b.id""",
    "events": """SELECT b.opened_on, e.outcome, e.happened_on, e.reason
        FROM breach_event e JOIN breach b ON b.id = e.breach_id WHERE e.fund_id = :fund ORDER BY e.id""",
    "triggers": """SELECT rule, raised_on, jsonb_array_length(evidence), mechanisms
        FROM exit_trigger WHERE fund_id = :fund ORDER BY id""",
}
LINE = ((date(2024, 6, 30), D(100)), (date(2024, 12, 31), D(200)))


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Promised:
    """The deal's ids, and what people and nights do with it."""

    fund_id: UUID
    deal_id: UUID
    indicator_id: UUID
    investee: Actor
    code: str

    def report_id(self, session: Session, number: int = 0) -> UUID:
        """The report of the deal's period of that number, counted from 0."""
        rows = session.exec(select(ReportRow).where(ReportRow.deal_id == self.deal_id).order_by(ReportRow.period_end))  # type: ignore[arg-type]
        report_id = list(rows)[number].id
        assert report_id is not None
        return report_id

    def submit(
        self, session: Session, value: str | None, on: date, *, number: int = 0, statement: str = "so it is"
    ) -> int:
        return reports.submit(
            session,
            report_id=self.report_id(session, number),
            values={f"homes-{self.code}": D(value) if value is not None else None},
            statement=statement,
            signed_by="Ada Quay",
            submitted_on=on,
            by=self.investee,
        )

    def nights(self, session: Session, to: date, *, after: date = date(2023, 12, 31)) -> list[date]:
        """Run the nights with work up to a day, and return their days."""
        seen = []
        day = night.next_day_with_work(session, fund_id=self.fund_id, after=after, to=to)
        while day is not None:
            night.run_day(session, fund_id=self.fund_id, day=day)
            seen.append(day)
            day = night.next_day_with_work(session, fund_id=self.fund_id, after=day, to=to)
        return seen

    def story(self, session: Session) -> dict[str, list[tuple[object, ...]]]:
        """All that nights wrote, without the numbers that differ from run to run."""
        said = {"fund": self.fund_id}
        return {
            name: [tuple(row) for row in session.execute(text(statement), said)] for name, statement in STORY.items()
        }


def promise(
    session: Session,
    code: str,
    *,
    periods: tuple[tuple[date, date, date], ...] = PERIODS,
    line: tuple[tuple[date, Decimal], ...] = LINE,
    grace_days: int = 14,
    remedy_days: int = 90,
    kind: str = "mission",
    instrument: str = "loan",
) -> Promised:
    """Open a fund with one deal under contract and one promise: 100 homes by June 2024, 200 by December."""
    fund = FundRow(code=code, name=code, currency="EUR", opened_on=date(2023, 1, 1), business_day=date(2023, 12, 31))
    party = PartyRow(code=f"P-{code}", name="Mill Lane Homes", kind="business")
    project = ProjectRow(code=f"J-{code}", name="Mill Lane")
    indicator = IndicatorRow(
        code=f"homes-{code}",
        name="Homes renovated",
        unit="homes",
        direction="increase",
        adding="latest",
        definition="d",
    )
    session.add_all([fund, party, project, indicator])
    session.flush()
    assert fund.id and party.id and project.id and indicator.id
    deal = DealRow(code=f"D-{code}", fund_id=fund.id, project_id=project.id, investee_id=party.id, title="Mill Lane")
    user = UserRow(email=f"{code}@x.example", name="Ada Quay", role="investee", party_id=party.id, password_hash="!")
    session.add_all([deal, user])
    session.flush()
    assert deal.id and user.id
    session.add(DealStageRow(fund_id=fund.id, deal_id=deal.id, stage="contracted", happened_on=date(2023, 6, 1)))
    session.add(InstrumentRow(code=f"I-{code}", deal_id=deal.id, kind=instrument, currency="EUR", accrues=False))
    session.flush()
    covenants.agree(
        session,
        deal_id=deal.id,
        code=f"C-{code}",
        clause="At least 100 homes by June and 200 by December 2024",
        kind=kind,
        condition_family="directionality",
        indicator_id=indicator.id,
        direction="at_least",
        tolerance=D(0),
        grace_days=grace_days,
        remedy_days=remedy_days,
        agreed_on=date(2023, 6, 1),
        public=True,
        trajectory=line,
        tests=periods,
        by=NIGHT,
    )
    investee = Actor(user.id, user.name, Role.INVESTEE, party.id)
    return Promised(fund.id, deal.id, indicator.id, investee, code)
