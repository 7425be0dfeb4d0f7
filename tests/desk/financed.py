"""A fund with money, an investee and a project: what the tests of deals and instruments start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import NIGHT, Actor
from domain.deals import ProposedInstrument, Stage
from domain.desk import deals, funds, instruments
from domain.desk.missions import add_grand_challenge, add_mission, add_project, classify
from domain.desk.parties import add_party
from domain.parties import Role
from domain.store.balances import balances, instrument_balances
from domain.store.people import UserRow

OPENED, TODAY = date(2024, 1, 1), date(2025, 12, 31)
LOAN: dict[str, object] = {
    "rate": "0.036",
    "day_count": "30E/360",
    "repayment": "linear",
    "first_due_on": "2024-07-01",
    "months_between": 6,
    "instalments": 4,
}
"""36,000.00 at 3.6 % by 30E/360 earns 3.60 a day, 108.00 a month, 648.00 a half-year."""
STAKE: dict[str, object] = {"share_class": "A", "stake": "0.12"}
ROYALTY: dict[str, object] = {"share_of_revenue": "0.03", "cap_minor": 5_000_00, "until": "2027-12-31"}


def person(session: Session, name: str, role: Role) -> Actor:
    """Add a person who can act and be told apart."""
    user = UserRow(email=f"{name.lower()}@example.org", name=name, role=role.value, password_hash="!")
    session.add(user)
    session.flush()
    return Actor(id=user.id, name=name, role=role)


@dataclass(frozen=True, slots=True)
class Financed:
    """The fund's ids, its people, and what they do."""

    session: Session
    fund_id: UUID
    party_id: UUID
    project_id: UUID
    officer: Actor
    second: Actor
    board: Actor

    def propose(
        self,
        code: str = "D-1",
        *,
        kind: str = "loan",
        minor: int = 36_000_00,
        party_id: UUID | None = None,
        project_id: UUID | None = None,
        by: Actor | None = None,
    ) -> UUID:
        """Propose a deal with one instrument."""
        terms = {"loan": LOAN, "equity": STAKE, "royalty": ROYALTY}[kind]
        return deals.propose(
            self.session,
            fund_id=self.fund_id,
            code=code,
            project_id=project_id or self.project_id,
            investee_id=party_id or self.party_id,
            title=f"Deal {code}",
            purpose="insulation",
            instruments=[ProposedInstrument(f"{code}-I", kind, minor, terms, OPENED)],
            proposed_on=OPENED,
            by=by or self.officer,
        )

    def advance(self, deal_id: UUID, *stages: str, on: date = OPENED) -> None:
        """Bring a deal through stages, each by who may."""
        for stage in stages:
            by = self.board if stage in ("approved", "declined", "exiting") else self.officer
            deals.advance(self.session, deal_id=deal_id, to=Stage(stage), happened_on=on, reason="as decided", by=by)

    def signed(self, code: str = "D-1", *, kind: str = "loan", minor: int = 36_000_00) -> UUID:
        """Return the instrument of a deal that is signed on the fund's first day."""
        deal_id = self.propose(code, kind=kind, minor=minor)
        self.advance(deal_id, "appraised", "approved", "contracted")
        return deals.deal_detail(self.session, deal_id=deal_id).instruments[0].id

    def draw(self, instrument_id: UUID, minor: int, on: str = "2024-01-01", key: str = "") -> int:
        """Pay out on a day."""
        return instruments.draw_down(
            self.session,
            instrument_id=instrument_id,
            minor=minor,
            effective_on=date.fromisoformat(on),
            by=self.officer,
            key=key or str(uuid4()),
        )

    def receive(
        self, instrument_id: UUID, minor: int, on: str, key: str = "", **said: object
    ) -> instruments.ReceiptBooked:
        """Book a receipt of a day."""
        return instruments.record_receipt(
            self.session,
            instrument_id=instrument_id,
            minor=minor,
            effective_on=date.fromisoformat(on),
            by=self.officer,
            key=key or str(uuid4()),
            **said,  # type: ignore[arg-type]
        )

    def books(self) -> dict[str, int]:
        """Return the fund's balances in minor units by account; those of nothing are left out."""
        found = balances(self.session, fund_id=self.fund_id, as_of=date.max)
        return {code: minor for (code, _), minor in sorted(found.items()) if minor}

    def holds(self, instrument_id: UUID) -> dict[str, int]:
        """Return an instrument's balances in minor units by account."""
        found = instrument_balances(self.session, instrument_ids=[instrument_id], as_of=date.max)
        return {code: minor for (_, code), minor in sorted(found.items())}

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def finance(session: Session, *, cash_minor: int = 100_000_00) -> Financed:
    """Open a fund in EUR with cash, people, an investee of the group “acme” and a project of the mission “green”."""
    officer, second = person(session, "Olga", Role.OFFICER), person(session, "Otto", Role.OFFICER)
    board = person(session, "Bea", Role.BOARD)
    fund_id = funds.open_fund(
        session,
        code="fund",
        name="The fund",
        currency="EUR",
        mandate="green places",
        recycling="full",
        opened_on=OPENED,
        business_day=TODAY,
        missions=[],
        by=NIGHT,
    )
    party_id = add_party(session, code="acme", name="Acme", kind="business", group_code="acme", by=officer)
    project_id = add_project(session, code="roofs", name="Roofs", by=officer)
    challenge = add_grand_challenge(session, code="gc", name="Climate", source="test", by=NIGHT)
    mission_id = add_mission(
        session,
        code="green",
        grand_challenge_id=challenge,
        name="Green",
        deadline=date(2040, 1, 1),
        source="test",
        by=NIGHT,
    )
    classify(session, project_id=project_id, mission_id=mission_id, helps=True, fund_id=fund_id, by=NIGHT)
    if cash_minor:
        funds.contribute(
            session,
            fund_id=fund_id,
            code="C-1",
            party_id=party_id,
            minor=cash_minor,
            received_on=OPENED,
            booked_on=OPENED,
            by=NIGHT,
            key="contribution",
        )
    return Financed(session, fund_id, party_id, project_id, officer, second, board)
