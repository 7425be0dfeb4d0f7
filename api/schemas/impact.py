"""The impact report and the evergreen report as JSON; API and commands give the same.

Figures are exact and written as plain decimal texts, money as amount and currency, days as ISO 8601.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from api.schemas.common import Answer, MoneyAnswer
from domain.impact import TargetStatus, plain


def _plain(figure: Any) -> Any:
    return plain(figure) if isinstance(figure, Decimal) else figure


Figure = Annotated[str, BeforeValidator(_plain), Field(examples=["412", "0.35"])]


class TargetPartAnswer(Answer):
    """One observation that an actual figure counts, with the report version and the seal that prove it."""

    project: str
    value: Figure
    period_start: date
    period_end: date
    report: str
    report_version_id: int
    version: int
    observation_id: int
    seal: int | None


class TargetImpactAnswer(Answer):
    """A target against its actual. ``own`` is false for the mission's own target, which is shown and not judged."""

    code: str
    version: int
    own: bool
    indicator: str
    indicator_name: str
    unit: str
    baseline: Figure
    baseline_on: date
    target: Figure
    due_on: date
    source: str
    actual: Figure | None
    expected: Figure
    share_expected: Figure
    share_achieved: Figure | None
    status: TargetStatus
    words: str
    made_of: list[TargetPartAnswer]
    target_id: int
    target_seal: int | None


class MoneyLineAnswer(Answer):
    """Money by kind of instrument; ``all`` is the total, in which every instrument stands once."""

    kind: str
    committed: MoneyAnswer
    drawn: MoneyAnswer
    outstanding: MoneyAnswer
    returned: MoneyAnswer
    instruments: int
    projects: int


class InstrumentLineAnswer(Answer):
    """One instrument's money: what every amount of the report is made of."""

    deal: str
    project: str
    instrument: str
    kind: str
    missions: list[str]
    committed: MoneyAnswer
    drawn: MoneyAnswer
    outstanding: MoneyAnswer
    returned: MoneyAnswer


class MissionImpactAnswer(Answer):
    """A mission with its targets and its money; money is never added up over missions."""

    code: str
    name: str
    deadline: date
    projects: list[str]
    targets: list[TargetImpactAnswer]
    money: list[MoneyLineAnswer]


class CoverageAnswer(Answer):
    """How much committed money is classified by mission."""

    committed: MoneyAnswer
    unclassified: MoneyAnswer
    share_classified: Figure | None
    unclassified_projects: list[str]


class CoFinanceAnswer(Answer):
    """What somebody else committed to a project."""

    code: str
    project: str
    co_investor: str
    kind: str
    amount: MoneyAnswer
    committed_on: date
    fact_id: int
    seal: int | None


class CoFinanceKindAnswer(Answer):
    """Others' money of one kind."""

    kind: str
    amount: MoneyAnswer


class CrowdingInAnswer(Answer):
    """Others' money against the fund's, on commitments; other currencies are left out and listed."""

    others: MoneyAnswer
    bank: MoneyAnswer
    ratio: Figure | None
    by_kind: list[CoFinanceKindAnswer]
    made_of: list[CoFinanceAnswer]
    left_out: list[CoFinanceAnswer]


class CovenantTestAnswer(Answer):
    """A covenant's test with its last finding."""

    deal: str
    covenant: str
    clause: str
    period_end: date
    outcome: str
    sentence: str
    found_on: date
    measured: Figure | None
    limit: Figure
    finding_id: int
    report_version_id: int | None
    seal: int | None


class CovenantsAnswer(Answer):
    """Covenant tests by the outcome of their last finding."""

    met: int
    missed: int
    not_reported: int
    unknown: int
    waived: int
    lines: list[CovenantTestAnswer]


class OpenBreachAnswer(Answer):
    """A breach without an outcome yet."""

    breach_id: int
    deal: str
    investee: str
    covenant: str
    clause: str
    period_end: date
    opened_on: date
    remedy_until: date
    sentence: str


class ExitTriggerAnswer(Answer):
    """A fact that gives the bank the right to consider leaving: what raised it, the evidence, the ways out."""

    trigger_id: int
    rule: str
    raised_on: date
    deal: str
    title: str
    investee: str
    covenant: str
    evidence: list[dict[str, str]]
    mechanisms: list[str]
    status: str


class PoolAnswer(Answer):
    """What there is of one contribution's one generation."""

    contribution: str
    generation: int
    amount: MoneyAnswer


class EvergreenAnswer(Answer):
    """A fund's money on a day: paid in, deployed, come back, there, and by generation."""

    fund: str
    as_of: date
    seal: int
    sealed_at: datetime | None
    rule: str
    cash: MoneyAnswer
    undrawn: MoneyAnswer
    available: MoneyAnswer
    pool: list[PoolAnswer]
    outstanding: list[PoolAnswer]
    contributed: MoneyAnswer
    deployed: MoneyAnswer
    returned: MoneyAnswer
    returned_principal: MoneyAnswer
    returned_income: MoneyAnswer
    costs: MoneyAnswer
    written_off: MoneyAnswer
    unmatched: MoneyAnswer
    recycling_ratio: Figure | None
    difference: MoneyAnswer


class ImpactAnswer(Answer):
    """A fund's impact report on a day, as known at a seal; the same three give the same report for ever."""

    fund: str
    fund_name: str
    currency: str
    as_of: date
    seal: int
    sealed_at: datetime | None
    green_from: Figure
    amber_from: Figure
    missions: list[MissionImpactAnswer]
    money: list[MoneyLineAnswer]
    instruments: list[InstrumentLineAnswer]
    coverage: CoverageAnswer
    crowding_in: CrowdingInAnswer
    covenants: CovenantsAnswer
    open_breaches: list[OpenBreachAnswer]
    exit_triggers: list[ExitTriggerAnswer]
    evergreen: EvergreenAnswer
