"""The board's page: figures open to the ledger's entries, and a day that the book has not reached is said."""

from __future__ import annotations

import pytest

from tests.api.world import World
from tests.pages.conftest import Browser, words


def report(people_in: dict[str, Browser], day: str) -> str:
    board = people_in["board"]
    led = board.get(f"/board/harbours/report?as_of={day}")
    page = board.get(led.headers["Location"])
    assert page.status_code == 200
    return words(page)


def test_evergreen_figures_open_to_the_entries_that_they_add_up(people_in: dict[str, Browser], world: World) -> None:
    page = report(people_in, "2026-03-31")
    # 1,000,000.00 came in at once, 60,000.00 of one loan was drawn, nothing came back.
    for said in ("Contributed: made of 1 row", "Deployed: made of 1 row", "Deployed, by entry of the ledger (EUR)"):
        assert said in page, said
    rows = page.split("Deployed, by entry of the ledger (EUR)", 1)[1]
    assert rows.index("Drawdown") < rows.index("D-ANN") < rows.index("60,000.00")
    assert "Returned: made of" not in page


@pytest.mark.parametrize(("day", "said"), [
    ("2031-01-01", "The book of harbours has reached 31 Mar 2026; what follows is what was known then."),
    ("1999-01-01", "before that day its book holds nothing."),
    ("2026-03-31", ""),
])  # fmt: skip
def test_a_day_before_the_fund_or_beyond_its_book_is_said(
    people_in: dict[str, Browser], world: World, day: str, said: str
) -> None:
    page = report(people_in, day)
    assert said in page
    assert ("what follows is what was known then" in page, "holds nothing" in page) == (
        "reached" in said, "holds" in said,
    )  # fmt: skip


def test_names_stand_where_names_are_known_and_one_is_singular(people_in: dict[str, Browser], world: World) -> None:
    page = report(people_in, "2026-03-31")
    # two loans of 100,000.00 each in two projects; nobody else's money is recorded, which is not the same as none
    for said in (
        "Project of ANN", "in 2 projects", "Made of 2 instruments", "Others committed not known",
        "Ratio not known", "missionbook classify FILE --fund harbours",
    ):  # fmt: skip
        assert said in page, said
    assert "0.00 to 1" not in page
