"""The demonstration's four corrections, read at every seal around them: a figure is the old one or the new one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from api.database.roles import Role
from domain.desk.impact import impact_report
from tests.book.test_demonstration_report import AS_OF
from tests.conftest import TestDatabase


@pytest.mark.parametrize(
    ("fund", "deal", "period", "target", "project", "values"),
    [
        # From examples/commons/report_values.csv; later periods of the project are not in by these seals, except the
        # kitchens' 2024, which their second correction mends.
        ("commons", "C-02", "2023-12-31", "commons-food", "parkway-kitchens", (980, 1090)),
        ("commons", "C-02", "2024-12-31", "commons-food", "parkway-kitchens", (1100, 1150)),
        ("commons", "C-10", "2024-12-31", "commons-young-people", "northway-hubs", (40, 50)),
        ("renewal", "R-05", "2024-12-31", "renewal-soil", "heide", (6100, 6000)),
    ],
)
def test_no_seal_around_a_correction_shows_a_figure_that_nobody_knew(
    loaded_demonstration: TestDatabase,
    fund: str,
    deal: str,
    period: str,
    target: str,
    project: str,
    values: tuple[int, int],
) -> None:
    with loaded_demonstration.sessions.begin(Role.NIGHT) as session:
        first, last = session.execute(
            text(
                """SELECT vs.number, max(os.number) FROM report_version v JOIN report r ON r.id = v.report_id
                   JOIN deal d ON d.id = r.deal_id JOIN seal vs ON vs.fact_id = v.id
                   JOIN observation o ON o.report_version_id = v.id JOIN seal os ON os.fact_id = o.id
                   WHERE d.code = :deal AND r.period_end = :period AND v.version = 2 GROUP BY vs.number"""
            ),
            {"deal": deal, "period": period},
        ).one()
        assert first < last, "the version and its values are facts of their own"
        seen: dict[int, list[Decimal]] = {}
        for seal in range(first - 3, last + 4):
            report = impact_report(session, fund_code=fund, as_of=AS_OF, seal=seal)
            (line,) = (t for mission in report.missions for t in mission.targets if t.code == target)
            seen[seal] = [
                part.value
                for part in line.made_of
                if part.report == f"{deal} {period}" and part.project.startswith(project)
            ]
    old, new = map(Decimal, values)
    assert seen == {seal: [new if seal >= last else old] for seal in seen}
