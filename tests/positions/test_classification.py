"""A list of projects and missions says what imported positions are for, or is refused as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from api.database.roles import Role
from api.files.classification import read_classifications
from domain.authority import NIGHT
from domain.desk.classification import ClassificationSummary, classify_projects
from domain.desk.missions import add_grand_challenge, add_mission
from domain.errors import InputRefused, NotFound
from tests.positions.statements import A, B, Bank


@pytest.fixture
def missions(bank: Bank) -> Bank:
    """Projects PIBRDA and PIBRDB in the fund IBRD, and the missions m1 and m2."""
    bank.take(A, B)
    with bank.sessions.begin(Role.NIGHT) as session:
        challenge = add_grand_challenge(session, code="g", name="Climate", source="test", by=NIGHT)
        for code in ("m1", "m2"):
            add_mission(
                session,
                code=code,
                grand_challenge_id=challenge,
                name=code,
                deadline=date(2030, 1, 1),
                source="test",
                by=NIGHT,
            )
    return bank


def classify(bank: Bank, text: str, fund: str = "IBRD") -> ClassificationSummary:
    path = bank.folder / "missions.csv"
    path.write_text(text, encoding="utf-8")
    said, strange = read_classifications(path)
    with bank.sessions.begin(Role.NIGHT) as session:
        return classify_projects(session, fund_code=fund, said=said, subject=path.name, by=NIGHT, strange=strange)


def test_a_list_is_taken_once(missions: Bank) -> None:
    text = "mission,project\nm1,PIBRDA\nm2,PIBRDA\n"
    assert classify(missions, text) == ClassificationSummary(rows=2, changes=2, projects=2, classified=1)
    assert classify(missions, text + "m1,PIBRDB\n") == ClassificationSummary(3, changes=1, projects=2, classified=2)


def test_every_unknown_code_and_every_doubled_line_is_told(missions: Bank) -> None:
    with pytest.raises(InputRefused) as told:
        classify(missions, "project,mission\nPIBRDA,m1\nP9,m1\nPIBRDA,m9\nPIBRDA,m1\n")
    assert [str(problem) for problem in told.value.problems] == [
        "line 3, column “project”: “P9”: expected a project that IBRD finances",
        "line 4, column “mission”: “m9”: expected the code of a mission in the book",
        "line 5: PIBRDA and m1 are already on line 2",
    ]
    assert classify(missions, "project,mission\nPIBRDB,m2\n").classified == 1  # nothing of the refused list was kept


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("project,goal\nP1,m1\n", "line 1: expected the columns project and mission"),
        ("project,mission\n", "line 2: there is no project in the file"),
    ],
)
def test_a_list_of_another_form_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "missions.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_classifications(path)
    assert [str(problem) for problem in refused.value.problems] == [told]


def test_a_line_of_another_form_hides_no_other_problem(missions: Bank) -> None:
    with pytest.raises(InputRefused) as told:
        classify(missions, "project,mission\nPIBRDA,m9,m1\nPIBRDA\n,m8\nP9,m1\n")
    expected = "expected two cells, the codes of a project and of a mission"
    assert [str(problem) for problem in told.value.problems] == [
        f"line 2: {expected}",
        f"line 3: {expected}",
        f"line 4: {expected}",
        "line 2, column “mission”: “m9”: expected the code of a mission in the book",
        "line 4, column “mission”: “m8”: expected the code of a mission in the book",
        "line 5, column “project”: “P9”: expected a project that IBRD finances",
    ]


def test_an_unknown_fund_is_refused(missions: Bank) -> None:
    with pytest.raises(NotFound, match="there is no fund OTHER"):
        classify(missions, "project,mission\nPIBRDA,m1\n", fund="OTHER")
