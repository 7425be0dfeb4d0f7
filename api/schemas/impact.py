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
    """One observation that an actual figure counts, with the report version and the seal that prove it.

    ``counts`` is ``value`` less ``in_baseline``, what the project had reached by the baseline's day.
    """

    project: str
    value: Figure
    in_baseline: Figure
    counts: Figure
    baseline_observation_id: int | None
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
    left_out: list[TargetPartAnswer]
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
    entry_ids: list[int]


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


class FlowAnswer(Answer):
    """What one entry of the ledger puts into a figure; below zero where it takes an earlier entry back."""

    entry_id: int
    kind: str
    booked_on: date
    amount: MoneyAnswer
    deal: str | None
    seal: int | None


class FlowLinesAnswer(Answer):
    """The entries that each figure of the same name adds up, in the order of their seals."""

    contributed: list[FlowAnswer]
    deployed: list[FlowAnswer]
    returned: list[FlowAnswer]
    costs: list[FlowAnswer]
    written_off: list[FlowAnswer]
    unmatched: list[FlowAnswer]
    currency_result: list[FlowAnswer]


class EvergreenAnswer(Answer):
    """A fund's money on a day: paid in, deployed, come back, there, and by generation.

    ``available`` is null where the fund keeps no cash here. ``reached`` is how far the fund's book has come towards
    the day: before ``as_of``, the rest is to come.
    """

    fund: str
    as_of: date
    opened_on: date
    reached: date
    seal: int
    sealed_at: datetime | None
    rule: str
    cash: MoneyAnswer
    converted: MoneyAnswer
    undrawn: MoneyAnswer
    available: MoneyAnswer | None
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
    currency_result: MoneyAnswer
    recycling_ratio: Figure | None
    difference: MoneyAnswer
    made_of: FlowLinesAnswer


class ImpactAnswer(Answer):
    """A fund's impact report on a day, as known at a seal; the same three give the same report for ever.

    Only ``reached`` is of the moment: how far the fund's book has come towards the day.
    """

    fund: str
    fund_name: str
    currency: str
    as_of: date
    opened_on: date
    reached: date
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
