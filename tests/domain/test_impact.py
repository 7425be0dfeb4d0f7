"""Targets against their actuals, money by kind, crowding-in and coverage: every figure by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.impact import Observation, TargetLine, TargetStatus, measure_target, plain
from domain.missions import Adding, IndicatorDirection, Target
from domain.money import Money, to_places
from domain.portfolio import CoFinance, InstrumentLine, MoneyLine, coverage_of, crowding_in, money_by_kind


def target(
    *,
    adding: Adding = Adding.LATEST,
    direction: IndicatorDirection = IndicatorDirection.INCREASE,
    baseline: int = 0,
    value: int = 1000,
    own: bool = True,
) -> Target:
    """From 1 January 2020 to 10 January 2030 are 3,662 days; 1 January 2025 is day 1,827 of them."""
    return Target(
        code="homes-2030", version=1, mission="streets", indicator="homes", indicator_name="Homes built", unit="homes",
        direction=direction, adding=adding, baseline=Decimal(baseline), baseline_on=date(2020, 1, 1),
        value=Decimal(value), due_on=date(2030, 1, 10), source="the council", own=own,
    )  # fmt: skip


def seen(
    project: str,
    start: date,
    end: date,
    value: str,
    *,
    number: int = 1,
    submitted_on: date | None = None,
    indicator: str = "homes",
) -> Observation:
    return Observation(
        project=project, indicator=indicator, period_start=start, period_end=end, value=Decimal(value),
        submitted_on=submitted_on or end, report=f"{project} {end}", report_version_id=number, version=1,
        observation_id=number, seal=number,
    )  # fmt: skip


def first_half(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 6, 30)


def second_half(year: int) -> tuple[date, date]:
    return date(year, 7, 1), date(year, 12, 31)


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


def measured(*observations: Observation, of: Target | None = None, as_of: date = date(2025, 1, 1)) -> TargetLine:
    return measure_target(of or target(), observations, as_of=as_of)


def test_a_stock_counts_the_last_value_of_each_project() -> None:
    line = measured(
        seen("p1", *year(2023), "100", number=1),
        seen("p1", *year(2024), "250", number=2),
        seen("p2", *year(2024), "40", number=3),
        seen("p3", *year(2024), "7", number=4, indicator="jobs"),
    )
    assert line.actual == Decimal(290)  # 250 + 40
    assert [(part.project, part.value, part.observation_id) for part in line.made_of] == [
        ("p1", Decimal(250), 2),
        ("p2", Decimal(40), 3),
    ]


def test_a_flow_adds_the_periods_of_each_project() -> None:
    line = measured(
        seen("p1", *first_half(2024), "10"), seen("p1", *second_half(2024), "15"), seen("p2", *year(2024), "4"),
        of=target(adding=Adding.SUM),
    )  # fmt: skip
    assert line.actual == Decimal(29)  # 10 + 15 + 4


def test_no_day_of_a_project_counts_twice_in_a_flow() -> None:
    # The year's report covers both halves; the halves were also reported, under another deal.
    line = measured(
        seen("p1", *first_half(2024), "10", number=1),
        seen("p1", *second_half(2024), "15", number=2),
        seen("p1", *year(2024), "26", number=3),
        seen("p1", *second_half(2023), "5", number=4),
        of=target(adding=Adding.SUM),
    )
    assert line.actual == Decimal(31)  # 5 + 26
    assert [part.observation_id for part in line.made_of] == [4, 3]


@pytest.mark.parametrize("adding", list(Adding))
def test_of_two_reports_for_one_period_the_one_submitted_last_counts(adding: Adding) -> None:
    line = measured(
        seen("p1", *year(2024), "30", number=1, submitted_on=date(2025, 3, 1)),
        seen("p1", *year(2024), "20", number=2, submitted_on=date(2025, 2, 1)),
        of=target(adding=adding),
    )
    assert line.actual == Decimal(30)


@pytest.mark.parametrize(
    ("direction", "baseline", "value", "actual", "achieved"),
    [
        (IndicatorDirection.INCREASE, 0, 1000, "300", "0.3"),
        (IndicatorDirection.INCREASE, 200, 1000, "500", "0.375"),  # 300 of the 800 to add
        (IndicatorDirection.DECREASE, 1000, 400, "700", "0.5"),  # 300 of the 600 to take away
    ],
)
def test_the_actual_starts_from_the_baseline(
    direction: IndicatorDirection, baseline: int, value: int, actual: str, achieved: str
) -> None:
    line = measured(seen("p1", *year(2024), "300"), of=target(direction=direction, baseline=baseline, value=value))
    assert (line.actual, line.share_achieved) == (Decimal(actual), Decimal(achieved))


SUMMED = target(adding=Adding.SUM)


def test_a_flow_counts_only_periods_that_begin_after_the_day_of_the_baseline() -> None:
    # The baseline of 1 January 2020 holds that day: 2019 is in it, and a period that begins on it runs over it.
    line = measured(
        seen("p1", *year(2019), "600", number=1),
        seen("p1", date(2020, 1, 2), date(2020, 12, 31), "7", number=2),
        seen("p2", *first_half(2020), "50", number=3),
        seen("p2", *second_half(2020), "5", number=4),
        seen("p3", date(2019, 7, 1), date(2020, 1, 1), "900", number=5),
        of=SUMMED,
    )
    assert (line.actual, [part.observation_id for part in line.made_of]) == (Decimal(12), [2, 4])  # 7 + 5
    # Only what runs over the day is told as left out; what ended with it is in the baseline.
    assert [part.observation_id for part in line.left_out] == [3]
    assert line.words.endswith(
        ": red; 1 report is left out, told for a period that runs over the day of the baseline or the due day"
    )


def test_a_year_over_the_baselines_day_gives_way_to_the_half_that_begins_after_it() -> None:
    of = replace(SUMMED, baseline_on=date(2024, 6, 30))
    line = measured(
        seen("p1", *year(2024), "26", number=1), seen("p1", *second_half(2024), "15", number=2), of=of,
        as_of=date(2025, 1, 31),
    )  # fmt: skip
    assert ([part.observation_id for part in line.made_of], line.actual) == ([2], Decimal(15))
    assert [part.observation_id for part in line.left_out] == [1]


def test_a_target_that_only_its_own_baseline_reached_has_no_data() -> None:
    # Before: 600 of 1,000 counted once more, which is green on 5 January 2025; nothing has happened since the baseline.
    for adding in Adding:
        line = measured(seen("p1", *year(2019), "600"), of=target(adding=adding), as_of=date(2025, 1, 5))
        assert (line.status, line.actual, line.made_of) == (TargetStatus.NO_DATA, None, ())


@pytest.mark.parametrize("direction", list(IndicatorDirection))
def test_a_stock_counts_what_was_added_since_the_baseline(direction: IndicatorDirection) -> None:
    # The field stood at 500 on 1 January 2020; p1 had told 100 of it by then and now tells 160, p2 had told nothing.
    up = direction is IndicatorDirection.INCREASE
    line = measured(
        seen("p1", *year(2018), "70", number=1),
        seen("p1", *year(2019), "100", number=2),
        seen("p1", *year(2023), "160", number=3),
        seen("p2", date(2019, 7, 1), date(2020, 6, 30), "40", number=4),
        of=target(direction=direction, baseline=500, value=1000 if up else 300),
    )
    assert line.actual == Decimal(600 if up else 400)  # 60 + 40 added or taken away
    assert line.share_achieved == Decimal("0.2" if up else "0.5")  # 100 of 500, 100 of 200
    assert [(p.value, p.in_baseline, p.counts, p.baseline_observation_id) for p in line.made_of] == [
        (Decimal(160), Decimal(100), Decimal(60), 2),
        (Decimal(40), Decimal(0), Decimal(40), None),
    ]
    assert line.left_out == ()


def test_a_stock_that_fell_below_its_baseline_counts_against_the_target() -> None:
    line = measured(
        seen("p1", *year(2019), "100", number=1), seen("p1", *year(2023), "80", number=2), of=target(baseline=500)
    )
    assert (line.actual, line.status) == (Decimal(480), TargetStatus.RED)  # 500 + 80 − 100


@pytest.mark.parametrize(("adding", "actual", "left_out"), [(Adding.LATEST, 30, []), (Adding.SUM, 70, [4])])
def test_what_ends_after_the_due_day_does_not_count(adding: Adding, actual: int, left_out: list[int]) -> None:
    line = measured(
        seen("p1", *year(2028), "40", number=1),
        seen("p1", *year(2029), "30", number=2),
        seen("p1", date(2031, 1, 1), date(2031, 12, 31), "500", number=3),
        seen("p1", *year(2030), "900", number=4),  # due on 10 January 2030
        of=target(adding=adding),
        as_of=date(2032, 1, 1),
    )
    assert line.actual == Decimal(actual)  # the last in time; 40 + 30
    assert [part.observation_id for part in line.left_out] == left_out


def test_what_is_expected_runs_straight_to_the_target() -> None:
    line = measured(seen("p1", *year(2024), "300"))
    assert line.share_expected == Decimal("0.4989")  # 1827 ÷ 3662 = 0.498907…
    assert line.expected == Decimal("498.907701")  # of 1,000


@pytest.mark.parametrize(
    ("value", "status"),
    [
        # On 5 January 2025 half of the days are gone, 1,831 of 3,662; of 1,000 then 500 are expected:
        # green from 450, amber from 350.
        ("450", TargetStatus.GREEN),
        ("449.999999", TargetStatus.AMBER),
        ("350", TargetStatus.AMBER),
        ("349.999999", TargetStatus.RED),
        ("0", TargetStatus.RED),
        ("-5", TargetStatus.RED),
        ("2000", TargetStatus.GREEN),
    ],
)
def test_green_amber_and_red_start_exactly_at_their_thresholds(value: str, status: TargetStatus) -> None:
    line = measured(seen("p1", *year(2024), value), as_of=date(2025, 1, 5))
    assert line.share_expected == Decimal("0.5")
    assert line.status is status


def test_after_the_due_day_the_whole_target_is_expected() -> None:
    line = measured(seen("p1", *year(2024), "899"), as_of=date(2031, 1, 1))
    assert (line.share_expected, line.status) == (Decimal(1), TargetStatus.AMBER)


def test_a_target_whose_time_has_not_begun_is_not_due() -> None:
    line = measured(as_of=date(2020, 1, 1))
    assert (line.status, line.share_expected, line.actual) == (TargetStatus.NOT_DUE, Decimal(0), None)


def test_a_target_that_nobody_reported_on_has_no_data() -> None:
    line = measured()
    assert (line.status, line.actual, line.share_achieved) == (TargetStatus.NO_DATA, None, None)
    assert line.words == "no report yet towards 1000 homes by 10 Jan 2030"


def test_the_missions_own_target_is_shown_and_not_judged() -> None:
    line = measured(seen("p1", *year(2024), "3"), of=target(own=False))
    assert (line.status, line.actual) == (TargetStatus.NOT_JUDGED, Decimal(3))


def test_the_words_say_actual_target_and_what_is_expected() -> None:
    line = measured(seen("p1", *year(2024), "412.50"), as_of=date(2025, 1, 5))
    assert line.words == "412.5 of 1000 homes by 10 Jan 2030; 500 expected by now: amber"


@pytest.mark.parametrize(("figure", "text"), [("412.00", "412"), ("1E+3", "1000"), ("0.50", "0.5"), ("-0.0", "0")])
def test_figures_are_written_in_plain_digits(figure: str, text: str) -> None:
    assert plain(Decimal(figure)) == text


def test_rounding_to_places_goes_to_the_even_neighbour() -> None:
    assert [to_places(Fraction(n, 1000), 2) for n in (5, 15, 25, -5)] == [
        Decimal("0.00"), Decimal("0.02"), Decimal("0.02"), Decimal("0.00"),
    ]  # fmt: skip


def held(project: str, kind: str, *missions: str, committed: int, drawn: int = 0) -> InstrumentLine:
    def eur(minor: int) -> Money:
        return Money(minor, "EUR")

    return InstrumentLine(
        f"d-{project}", project, f"{project}-{kind}", kind, missions, eur(committed), eur(drawn), eur(drawn), eur(0)
    )


BOOK = [
    held("p1", "loan", "m1", "m2", committed=700, drawn=400),
    held("p1", "equity", "m1", "m2", committed=200, drawn=200),
    held("p2", "loan", "m2", committed=50),
    held("p3", "loan", committed=50, drawn=50),
]


def test_money_stands_once_in_the_total_and_under_its_kind() -> None:
    def row(line: MoneyLine) -> tuple[object, ...]:
        return line.kind, line.committed.minor, line.drawn.minor, line.instruments, line.projects

    assert [row(line) for line in money_by_kind(BOOK, currency="EUR")] == [
        ("equity", 200, 200, 1, 1),
        ("loan", 800, 450, 3, 3),  # 700 + 50 + 50; 400 + 50
        ("all", 1000, 650, 4, 3),
    ]


def test_coverage_tells_the_money_that_helps_no_mission_yet() -> None:
    coverage = coverage_of(BOOK, currency="EUR")
    assert (coverage.unclassified.minor, coverage.share_classified) == (50, Decimal("0.95"))  # 950 ÷ 1,000
    assert coverage.unclassified_projects == ("p3",)
    assert coverage_of([], currency="EUR").share_classified is None


def test_crowding_in_is_others_money_over_the_banks() -> None:
    def beside(code: str, kind: str, minor: int, currency: str = "EUR") -> CoFinance:
        return CoFinance(code, "p1", "A bank", kind, Money(minor, currency), date(2024, 1, 1))

    told = crowding_in(
        [
            beside("1", "private", 900),
            beside("2", "public", 350),
            beside("3", "private", 25),
            beside("4", "own", 9, "USD"),
        ],
        committed_minor=1000,
        currency="EUR",
    )
    assert (told.others.minor, told.ratio) == (1275, Decimal("1.28"))  # 1.275, the tie to the even 1.28
    assert [(line.kind, line.amount.minor) for line in told.by_kind] == [("private", 925), ("public", 350)]
    assert [one.code for one in told.left_out] == ["4"]


def test_without_commitments_there_is_no_ratio() -> None:
    assert crowding_in([], committed_minor=0, currency="EUR").ratio is None
