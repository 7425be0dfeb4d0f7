"""The mission map at the desk: a tree, lists, and refusals in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import Session

from domain.authority import NIGHT, Actor, NotAllowed
from domain.desk import missions as desk
from domain.errors import NotFound
from domain.missions import Adding, IndicatorDirection, MissionMapRefused, TargetRefused, check_target
from domain.parties import Role

NOBODY = UUID(int=1)


@pytest.fixture
def mission_id(session: Session) -> UUID:
    challenge = desk.add_grand_challenge(session, code="homes", name="Homes for all", source="a council", by=NIGHT)
    return desk.add_mission(
        session,
        code="streets-2030",
        grand_challenge_id=challenge,
        name="Estates and streets are creative and sustainable",
        deadline=date(2030, 12, 31),
        source="a council",
        by=NIGHT,
    )


@pytest.fixture
def indicator_id(session: Session) -> UUID:
    return desk.add_indicator(
        session, code="homes-built", name="Homes built", unit="homes", direction="increase", adding="latest",
        definition="Homes handed over since the start", by=NIGHT,
    )  # fmt: skip


def target(session: Session, mission_id: UUID, indicator_id: UUID, *, value: int) -> int:
    return desk.add_target(
        session, code="homes-2030", mission_id=mission_id, indicator_id=indicator_id, baseline_value=Decimal(0),
        baseline_on=date(2020, 1, 1), value=Decimal(value), due_on=date(2030, 12, 31), source="a council", by=NIGHT,
    )  # fmt: skip


def test_the_map_is_a_tree_from_challenge_to_target(session: Session, mission_id: UUID, indicator_id: UUID) -> None:
    target(session, mission_id, indicator_id, value=1000)
    (challenge,) = desk.mission_map(session)
    (mission,) = challenge.missions
    (leaf,) = mission.targets
    assert (challenge.code, mission.code, leaf.code, leaf.unit) == ("homes", "streets-2030", "homes-2030", "homes")


def test_a_target_said_again_is_its_next_version_and_the_tree_shows_it(
    session: Session, mission_id: UUID, indicator_id: UUID
) -> None:
    target(session, mission_id, indicator_id, value=1000)
    target(session, mission_id, indicator_id, value=1200)
    (leaf,) = desk.mission_map(session)[0].missions[0].targets
    assert (leaf.version, leaf.value) == (2, Decimal(1200))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"due_on": date(2020, 1, 1)}, "due_on: the target is due on 1 Jan 2020, not after its baseline of 1 Jan 2020"),
        ({"value": Decimal(0)}, "value: the target equals its baseline of 0, so there is nothing to reach"),
        ({"value": Decimal(-5)}, "value: the indicator is to increase, and the target goes from 0 to -5"),
        ({"value": Decimal("NaN")}, "value: NaN is not a figure that a target can have"),
        ({"baseline": Decimal("1e400")}, "baseline: 1E+400 is not a figure that a target can have"),
        ({"source": " "}, "source: a target names its source"),
        (
            {"code": ""},
            "code: it is empty; expected letters, digits and . _ - (1 to 64), beginning with a letter or digit",
        ),
    ],
)
def test_a_target_that_cannot_be_measured_is_refused_with_the_reason(changed: dict[str, object], words: str) -> None:
    said: dict[str, object] = {
        "code": "homes-2030",
        "direction": IndicatorDirection.INCREASE,
        "baseline": Decimal(0),
        "baseline_on": date(2020, 1, 1),
        "value": Decimal(1000),
        "due_on": date(2030, 12, 31),
        "source": "a council",
    }
    with pytest.raises(TargetRefused) as refused:
        check_target(**{**said, **changed})  # type: ignore[arg-type]
    assert [str(problem) for problem in refused.value.problems] == [words]


def test_every_problem_of_a_target_is_told_at_once() -> None:
    with pytest.raises(TargetRefused) as refused:
        check_target(
            code="", direction=IndicatorDirection.DECREASE, baseline=Decimal(5), baseline_on=date(2025, 1, 1),
            value=Decimal(9), due_on=date(2024, 1, 1), source="",
        )  # fmt: skip
    assert [problem.where for problem in refused.value.problems] == ["code", "due_on", "value", "source"]


def test_what_holds_already_is_not_said_twice(session: Session, mission_id: UUID) -> None:
    project = desk.add_project(session, code="p1", name="Mill Lane", by=NIGHT)

    def say(helps: bool) -> bool:
        return desk.classify(
            session, project_id=project, mission_id=mission_id, helps=helps, fund_id=None, by=NIGHT
        ).changed

    assert [say(helps) for helps in (True, True, False, False, True)] == [True, False, True, False, True]
    assert desk.project_by_code(session, "p1").missions == ("streets-2030",)
    assert desk.project_by_code(session, "p1").said == 3


def test_projects_are_listed_by_mission_by_words_and_page_by_page(session: Session, mission_id: UUID) -> None:
    mill = desk.add_project(session, code="p1", name="Mill Lane", by=NIGHT)
    for number in (2, 3):
        desk.add_project(session, code=f"p{number}", name=f"Yard {number}", by=NIGHT)
    desk.classify(session, project_id=mill, mission_id=mission_id, helps=True, fund_id=None, by=NIGHT)
    assert [p.code for p in desk.projects(session, mission="streets-2030")] == ["p1"]
    assert [p.code for p in desk.projects(session, unclassified=True)] == ["p2", "p3"]
    assert [p.code for p in desk.projects(session, search="yard")] == ["p2", "p3"]
    assert [p.code for p in desk.projects(session, after="p1", limit=1)] == ["p2"]


def test_a_sector_and_a_taken_code_are_told_in_words(session: Session) -> None:
    sector = desk.add_sector(session, vocabulary="sic", code="41", name="Building", by=NIGHT)
    desk.add_project(session, code="p1", name="Mill Lane", sector_ids=[sector, sector], by=NIGHT)
    assert desk.project_by_code(session, "p1").sectors == ("sic:41",)
    with pytest.raises(MissionMapRefused, match="there is already a project p1"):
        desk.add_project(session, code="p1", name="Mill Lane again", by=NIGHT)
    with pytest.raises(MissionMapRefused, match="there is already a sector 41 in sic"):
        desk.add_sector(session, vocabulary="sic", code="41", name="Building", by=NIGHT)
    with pytest.raises(NotFound, match="there is no sector"):
        desk.add_project(session, code="p2", name="Yard", sector_ids=[NOBODY], by=NIGHT)


def test_an_indicator_that_cannot_be_added_up_is_refused(session: Session) -> None:
    with pytest.raises(MissionMapRefused) as refused:
        desk.add_indicator(
            session, code="i", name="", unit="%", direction="up", adding="mean", definition="A share", by=NIGHT
        )
    assert [problem.where for problem in refused.value.problems] == ["name", "direction", "adding"]
    assert list(Adding) == ["latest", "sum"]


def test_co_finance_is_kept_with_its_kind_and_refused_without_an_amount(session: Session) -> None:
    project = desk.add_project(session, code="p1", name="Mill Lane", by=NIGHT)

    def add(kind: str, minor: int) -> None:
        desk.add_co_finance(
            session, code=f"{kind}-{minor}", project_id=project, co_investor="A bank", kind=kind, amount_minor=minor,
            currency="GBP", committed_on=date(2024, 1, 1), by=NIGHT,
        )  # fmt: skip

    add("private", 1_000_00)
    assert [str(line.amount) for line in desk.co_finance(session, project_id=project)] == ["GBP 1,000.00"]
    with pytest.raises(MissionMapRefused, match="“hope” is none of private, public, philanthropic, own; amount: 0"):
        add("hope", 0)


def test_the_board_does_not_classify(session: Session, mission_id: UUID) -> None:
    board = Actor(id=UUID(int=7), name="B", role=Role.BOARD)
    with pytest.raises(NotAllowed):
        desk.classify(session, project_id=NOBODY, mission_id=mission_id, helps=True, fund_id=None, by=board)
