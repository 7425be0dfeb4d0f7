"""The two reports of a small fund, every figure by hand, as of a day and as known at a seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from api.database.roles import Role
from api.schemas.impact import EvergreenAnswer, ImpactAnswer
from domain.authority import NIGHT
from domain.desk import missions
from domain.desk.evergreen import evergreen_report
from domain.desk.impact import ImpactReport, impact_report
from domain.desk.ledger import reverse, seal_facts
from domain.errors import NotFound
from domain.impact import TargetStatus
from domain.store.seals import SealBeyondHead
from tests.conftest import TestDatabase
from tests.desk.reported import Small, first_year, small_fund

AS_OF = date(2024, 1, 31)


def sealed(database: TestDatabase) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        seal_facts(session)


def told(database: TestDatabase, *, as_of: date = AS_OF, seal: int | None = None) -> ImpactReport:
    sealed(database)
    with database.sessions.begin(Role.NIGHT) as session:
        return impact_report(session, fund_code="small", as_of=as_of, seal=seal)


@pytest.fixture
def small(database: TestDatabase) -> Small:
    with database.sessions.begin(Role.NIGHT) as session:
        made = small_fund(session)
    with database.sessions.begin(Role.NIGHT) as session:
        first_year(session, made)
    return made


def test_a_project_financed_twice_counts_once_in_its_target(database: TestDatabase, small: Small) -> None:
    homes, jobs = (mission.targets[0] for mission in told(database).missions)
    # Mill 100 (told by D1 and by D2), Yard 40. From 31 December 2022, 396 of 1,462 days: 1,000 × 396 ÷ 1,462 = 270.86.
    assert (homes.actual, homes.expected.quantize(Decimal("0.01"))) == (Decimal(140), Decimal("270.86"))
    assert [(part.project, part.value) for part in homes.made_of] == [("mill", Decimal(100)), ("yard", Decimal(40))]
    assert homes.status is TargetStatus.RED  # 140 is under 70 % of 270.86, 189.60
    # 200 × 396 ÷ 1,462 = 54.17; 30 is under 37.92.
    assert (jobs.actual, jobs.status) == (Decimal(30), TargetStatus.RED)


def test_money_stands_under_each_mission_it_helps_and_once_in_the_total(database: TestDatabase, small: Small) -> None:
    report = told(database)

    def pounds(lines: Any) -> list[tuple[str, str, str, str, str]]:
        return [(x.kind, x.committed.amount, x.drawn.amount, x.outstanding.amount, x.returned.amount) for x in lines]

    homes, jobs = report.missions
    assert pounds(homes.money) == [
        (
            "equity",
            "100000.00",
            "100000.00",
            "50000.00",
            "65000.00",
        ),  # half of the cost sold for 60,000, dividend 5,000
        ("loan", "600000.00", "500000.00", "500000.00", "0.00"),
        ("royalty", "50000.00", "0.00", "0.00", "0.00"),
        ("all", "750000.00", "600000.00", "550000.00", "65000.00"),
    ]
    assert pounds(jobs.money)[-1] == ("all", "550000.00", "400000.00", "350000.00", "65000.00")  # Mill alone
    assert pounds(report.money)[-1] == ("all", "800000.00", "650000.00", "600000.00", "65000.00")


def test_what_helps_no_mission_is_told_as_coverage(database: TestDatabase, small: Small) -> None:
    coverage = told(database).coverage
    assert (coverage.unclassified.amount, coverage.unclassified_projects) == ("50000.00", ("shed",))
    assert coverage.share_classified == Decimal("0.9375")  # 750,000 ÷ 800,000


def test_crowding_in_counts_what_others_committed_to_these_projects_by_then(
    database: TestDatabase, small: Small
) -> None:
    beside = told(database).crowding_in
    # 600,000 + 300,000 beside 800,000: 1.125, the tie to the even 1.12; co3 comes in 2025, co4 is not our project.
    assert (beside.others.amount, beside.bank.amount, beside.ratio) == ("900000.00", "800000.00", Decimal("1.12"))
    assert [one.code for one in beside.made_of] == ["co1", "co2"]


def test_covenant_tests_are_counted_by_their_last_finding(database: TestDatabase, small: Small) -> None:
    report = told(database)
    counts = report.covenants
    # Homes of D1 and D2: 100 of 100, met. Jobs of D1: 30 of 100, homes of D3: 40 of 100, missed.
    assert (counts.met, counts.missed, counts.not_reported, counts.unknown, counts.waived) == (2, 2, 0, 0, 0)
    assert [breach.covenant for breach in report.open_breaches] == ["D1-jobs-made", "D3-homes-built"]
    assert report.exit_triggers == ()


def test_before_a_day_nothing_of_it_is_told(database: TestDatabase, small: Small) -> None:
    report = told(database, as_of=date(2023, 6, 30))
    assert report.missions[0].targets[0].status is TargetStatus.NO_DATA
    assert report.covenants.lines == ()
    assert report.money[-1].returned.amount == "0.00"
    assert report.evergreen.cash.amount == "350000.00"  # 1,000,000 - 650,000
    assert told(database, as_of=date(2023, 1, 2)).instruments == ()  # nothing was signed yet


def test_the_evergreen_report_by_hand(database: TestDatabase, small: Small) -> None:
    fund = told(database).evergreen
    # All money is c1's. 1,000,000 in, 650,000 out, 65,000 back one generation up: of it 50,000 cost, 15,000 income.
    assert [(p.contribution, p.generation, p.amount.amount) for p in fund.pool] == [
        ("c1", 0, "350000.00"),
        ("c1", 1, "65000.00"),
    ]
    assert (fund.cash.amount, fund.difference.minor) == ("415000.00", 0)
    assert (fund.contributed.amount, fund.deployed.amount) == ("1000000.00", "650000.00")
    assert (fund.returned_principal.amount, fund.returned_income.amount) == ("50000.00", "15000.00")
    assert fund.recycling_ratio == Decimal("0.65")
    # Signed and not drawn: 100,000 of D1's loan and D2's 50,000.
    assert fund.available is not None
    assert (fund.undrawn.amount, fund.available.amount) == ("150000.00", "265000.00")


def test_each_evergreen_figure_opens_to_the_entries_that_it_adds_up(database: TestDatabase, small: Small) -> None:
    fund = told(database).evergreen
    made = fund.made_of

    def rows(lines: Any) -> list[tuple[Any, ...]]:
        return [(line.kind.value, line.booked_on, line.deal, line.amount.amount) for line in lines]

    assert rows(made.contributed) == [("contribution", date(2023, 1, 2), None, "1000000.00")]
    assert rows(made.deployed) == [
        ("drawdown", date(2023, 3, 1), "D1", "300000.00"),
        ("drawdown", date(2023, 3, 1), "D1", "100000.00"),
        ("drawdown", date(2023, 3, 1), "D3", "200000.00"),
        ("drawdown", date(2023, 3, 1), "D4", "50000.00"),
    ]
    # A dividend of 5,000; the sale at 60,000 of a stake that cost 50,000.
    assert rows(made.returned) == [
        ("income", date(2023, 12, 1), "D1", "5000.00"),
        ("principal", date(2023, 12, 1), "D1", "50000.00"),
        ("income", date(2023, 12, 1), "D1", "10000.00"),
    ]
    assert (made.costs, made.written_off, made.unmatched) == ((), (), ())
    booked = {line["id"]: line["kind"] for line in entries(database)}
    assert [booked[line.entry_id] for line in made.returned] == ["receipt"] * 3
    seals = [line.seal for line in (*made.contributed, *made.deployed, *made.returned)]
    assert all(seals) and seals == sorted(seals, key=lambda seal: seal or 0)


def test_what_was_taken_back_stands_in_the_rows_below_zero(database: TestDatabase, small: Small) -> None:
    drawn = next(line for line in entries(database) if line["idem_key"].startswith("D4-equity"))
    with database.sessions.begin(Role.NIGHT) as session:
        reverse(session, entry_id=drawn["id"], booked_on=AS_OF, reason="it was never paid", by=NIGHT, key="back")
    fund = told(database).evergreen
    assert [line.amount.minor for line in fund.made_of.deployed][-1] == -50_000_00
    assert sum(line.amount.minor for line in fund.made_of.deployed) == fund.deployed.minor == 600_000_00


def test_each_instrument_names_the_entries_that_its_money_is_made_of(database: TestDatabase, small: Small) -> None:
    of = {line.instrument: line.entry_ids for line in told(database).instruments}
    booked = {line["id"]: line["kind"] for line in entries(database)}
    assert [booked[number] for number in of["D1-equity"]] == ["commitment", "drawdown", "receipt", "receipt"]
    assert [booked[number] for number in of["D2-royalty"]] == ["commitment"]


def test_a_day_that_the_book_has_not_reached_is_told(database: TestDatabase, small: Small) -> None:
    days = [date(2022, 12, 31), date(2023, 6, 30), AS_OF, date(2030, 1, 1)]
    reports = [told(database, as_of=day) for day in days]
    assert [report.reached for report in reports] == [*days[:3], AS_OF]
    assert [report.evergreen.reached for report in reports] == [*days[:3], AS_OF]
    assert {report.opened_on for report in reports} == {date(2023, 1, 1)}


def test_every_seal_of_a_submission_shows_a_figure_that_somebody_knew(database: TestDatabase, small: Small) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        small.day(session, date(2024, 3, 1))
    old = told(database, as_of=date(2024, 3, 31))
    with database.sessions.begin(Role.NIGHT) as session:
        small.submit(session, "D1", date(2024, 3, 1), **{"homes-built": "130", "jobs-made": "50"})
    new = told(database, as_of=date(2024, 3, 31))
    # The version, its two values, the audit's line: until the second value is sealed, the version before counts.
    assert new.seal == old.seal + 4
    seen = [told(database, as_of=date(2024, 3, 31), seal=old.seal + step) for step in range(5)]
    jobs = [report.missions[1].targets[0].actual for report in seen]
    homes = [report.missions[0].targets[0].actual for report in seen]
    # Of Mill's homes D2 told on 25 January, D1 again on 1 March, which then counts: 130 + Yard's 40.
    assert jobs == [Decimal(30), Decimal(30), Decimal(30), Decimal(50), Decimal(50)]
    assert homes == [Decimal(140), Decimal(140), Decimal(140), Decimal(170), Decimal(170)]


def test_a_reversed_receipt_leaves_the_report_as_if_it_had_never_come(database: TestDatabase, small: Small) -> None:
    before = told(database)
    sale = next(line for line in entries(database) if line["kind"] == "receipt" and "sale" in line["idem_key"])
    with database.sessions.begin(Role.NIGHT) as session:
        reverse(session, entry_id=sale["id"], booked_on=AS_OF, reason="it was another's", by=NIGHT, key="back")
    after = told(database)
    assert before.money[-1].returned.amount == "65000.00"
    assert (after.money[-1].returned.amount, after.money[-1].outstanding.amount) == ("5000.00", "650000.00")
    assert [p.amount.amount for p in after.evergreen.pool] == ["350000.00", "5000.00"]


def test_a_reversed_drawdown_counts_as_never_drawn(database: TestDatabase, small: Small) -> None:
    drawn = next(line for line in entries(database) if line["idem_key"].startswith("D4-equity"))
    with database.sessions.begin(Role.NIGHT) as session:
        reverse(session, entry_id=drawn["id"], booked_on=AS_OF, reason="it was never paid", by=NIGHT, key="back")
    total = told(database).money[-1]
    assert (total.committed.amount, total.drawn.amount, total.returned.amount) == ("800000.00", "600000.00", "65000.00")


def test_what_came_after_a_seal_is_not_in_its_report_whatever_its_day(database: TestDatabase, small: Small) -> None:
    old = told(database)
    with database.sessions.begin(Role.NIGHT) as session:
        small.contribute(session, "c2", 200_000_00, date(2024, 1, 31))
        small.help(session, "shed", "homes")
    new, again = told(database), told(database, seal=old.seal)
    assert again == old
    assert [r.evergreen.contributed.amount for r in (old, new)] == ["1000000.00", "1200000.00"]
    assert [r.coverage.unclassified.amount for r in (old, new)] == ["50000.00", "0.00"]


def test_a_report_that_came_after_the_day_is_not_in_it(database: TestDatabase, small: Small) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        small.day(session, date(2024, 3, 1))
        small.submit(session, "D3", date(2024, 3, 1), **{"homes-built": "45"})
    days = (date(2024, 2, 29), date(2024, 3, 1))
    assert [told(database, as_of=day).missions[0].targets[0].actual for day in days] == [Decimal(140), Decimal(145)]


def entries(database: TestDatabase) -> list[dict[str, Any]]:
    from sqlalchemy import text

    with database.sessions.begin(Role.NIGHT) as session:
        return [dict(row) for row in session.execute(text("SELECT * FROM entry ORDER BY id")).mappings()]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of a JSON document with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def test_after_a_correction_the_old_seal_shows_the_old_figure_and_only_corrected_figures_differ(
    database: TestDatabase, small: Small
) -> None:
    old = told(database, as_of=date(2024, 3, 31))
    with database.sessions.begin(Role.NIGHT) as session:
        small.day(session, date(2024, 3, 1))
        small.submit(session, "D3", date(2024, 3, 1), **{"homes-built": "45"})
    new = told(database, as_of=date(2024, 3, 31))
    again = told(database, as_of=date(2024, 3, 31), seal=old.seal)

    def document(report: ImpactReport) -> dict[str, Any]:
        told = dict(leaves(ImpactAnswer.model_validate(report).model_dump(mode="json")))
        # How far the book has come is of the moment of asking: 31 January, then 1 March.
        assert told.pop(".reached") == told.pop(".evergreen.reached")
        return told

    assert document(again) == document(old)
    was, now = document(old), document(new)
    differing = {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
    first = ".missions[0].targets[0]"
    # Yard 45 instead of 40; D3's test waits for the night of the correction, so no finding moves yet.
    assert differing == {
        ".seal", ".sealed_at", ".evergreen.seal", ".evergreen.sealed_at", f"{first}.actual", f"{first}.share_achieved",
        f"{first}.words", *(f"{first}.made_of[1].{name}" for name in (
            "value", "counts", "report_version_id", "version", "observation_id", "seal")),
    }  # fmt: skip
    assert (was[f"{first}.actual"], now[f"{first}.actual"]) == ("140", "145")


def test_a_corrected_report_is_tested_anew_and_the_old_seal_keeps_the_old_finding(
    database: TestDatabase, small: Small
) -> None:
    old = told(database, as_of=date(2024, 3, 31))
    with database.sessions.begin(Role.NIGHT) as session:
        small.day(session, date(2024, 3, 1))
        small.submit(session, "D3", date(2024, 3, 1), **{"homes-built": "104"})
        small.day(session, date(2024, 3, 2))
    new = told(database, as_of=date(2024, 3, 31))
    again = told(database, as_of=date(2024, 3, 31), seal=old.seal)
    assert [(r.covenants.met, r.covenants.missed) for r in (old, new, again)] == [(2, 2), (3, 1), (2, 2)]
    assert [len(r.open_breaches) for r in (old, new, again)] == [2, 1, 2]
    assert new.missions[0].targets[0].actual == Decimal(204)  # Mill 100, Yard 104


def test_a_target_set_anew_shows_from_its_seal_on(database: TestDatabase, small: Small) -> None:
    old = told(database)
    with database.sessions.begin(Role.NIGHT) as session:
        mission = missions.mission_map(session)[0].missions[0]
        missions.add_target(
            session, code="T1", mission_id=mission.id, indicator_id=small.indicators["homes-built"],
            fund_id=small.fund_id, baseline_value=Decimal(0), baseline_on=date(2023, 1, 1), value=Decimal(500),
            due_on=date(2027, 1, 1), source="a test", by=NIGHT,
        )  # fmt: skip
    new, again = told(database), told(database, seal=old.seal)
    assert [(r.missions[0].targets[0].target, r.missions[0].targets[0].version) for r in (old, new, again)] == [
        (Decimal(1000), 1), (Decimal(500), 2), (Decimal(1000), 1),
    ]  # fmt: skip


def test_what_is_not_sealed_is_not_known(database: TestDatabase, small: Small) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        report = impact_report(session, fund_code="small", as_of=AS_OF)
    assert (report.seal, report.instruments, report.evergreen.cash.minor) == (0, (), 0)


def test_an_unknown_fund_and_a_seal_to_come_are_refused_in_words(database: TestDatabase, small: Small) -> None:
    with pytest.raises(SealBeyondHead, match=r"seal 99999 does not exist yet; the last one is \d+"):
        told(database, seal=99999)
    with database.sessions.begin(Role.NIGHT) as session, pytest.raises(NotFound, match="there is no fund nowhere"):
        evergreen_report(session, fund_code="nowhere", as_of=AS_OF)


def test_the_evergreen_report_alone_is_the_one_inside_the_impact_report(session: Session) -> None:
    small = small_fund(session)
    first_year(session, small)
    inside = impact_report(session, fund_code="small", as_of=AS_OF).evergreen
    alone = evergreen_report(session, fund_code="small", as_of=AS_OF)
    assert EvergreenAnswer.model_validate(alone) == EvergreenAnswer.model_validate(inside)
