"""A covenant of deal D-1 whose breach is open: what stops a drawdown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.authority import NIGHT
from domain.desk.deals import deal_by_code
from domain.desk.missions import add_indicator
from domain.store.covenants import BreachEventRow, BreachRow, CovenantRow, CovenantTestRow, FindingRow
from tests.desk.financed import Financed

FOUND_ON = date(2025, 1, 31)


def open_breach(here: Financed) -> int:
    """Open a breach of the covenant “roofs-kept” on 31 January 2025; return its number."""
    session = here.session
    covenant = CovenantRow(
        code="roofs-kept",
        deal_id=deal_by_code(session, "D-1"),
        clause="clause 7",
        kind="mission",
        condition_family="directionality",
        indicator_id=add_indicator(
            session,
            code="roofs",
            name="Roofs",
            unit="roofs",
            direction="increase",
            adding="latest",
            definition="roofs that hold",
            by=NIGHT,
        ),
        direction="at_least",
        grace_days=0,
        remedy_days=30,
        agreed_on=date(2024, 1, 1),
    )
    session.add(covenant)
    session.flush()
    assert covenant.id is not None
    test = CovenantTestRow(
        covenant_id=covenant.id, period_start=date(2024, 1, 1), period_end=date(2024, 12, 31), due_on=FOUND_ON
    )
    session.add(test)
    session.flush()
    assert test.id is not None
    finding = FindingRow(
        fund_id=here.fund_id,
        covenant_test_id=test.id,
        found_on=FOUND_ON,
        outcome="not_reported",
        limit_value=Decimal(10),
        sentence="not reported",
    )
    session.add(finding)
    session.flush()
    assert finding.id is not None
    breach = BreachRow(
        fund_id=here.fund_id,
        covenant_test_id=test.id,
        finding_id=finding.id,
        opened_on=FOUND_ON,
        remedy_until=date(2025, 3, 2),
    )
    session.add(breach)
    session.flush()
    assert breach.id is not None
    return breach.id


def resolve_breach(here: Financed, breach_id: int, outcome: str) -> None:
    """Bring a breach to an outcome."""
    here.session.add(
        BreachEventRow(
            fund_id=here.fund_id, breach_id=breach_id, outcome=outcome, happened_on=date(2025, 3, 3), reason="test"
        )
    )
    here.session.flush()
