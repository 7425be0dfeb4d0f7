"""Everything that is wrong in a book is told at once, and what only follows from it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from api.database.roles import Role
from api.files.book import read_book
from domain.desk.book import load, refused
from domain.errors import InputRefused
from tests.book.small import SMALL, write_book
from tests.conftest import TestDatabase

Book = dict[str, str]


def problems(folder: Path, files: Book) -> list[str]:
    """Return what the reading tells."""
    with pytest.raises(InputRefused) as told:
        read_book(write_book(folder, files))
    return [str(problem) for problem in told.value.problems]


def refusals(database: TestDatabase, folder: Path, files: Book) -> list[str]:
    """Return what the rules tell of a book that is read without a problem; nothing of it may be there afterwards."""
    book = read_book(write_book(folder, files))
    with pytest.raises(InputRefused) as told, database.sessions.begin(Role.NIGHT) as session:
        load(session, book=book)
    with database.sessions.begin(Role.NIGHT) as session:
        left = session.execute(text("SELECT (SELECT count(*) FROM fund) + (SELECT count(*) FROM entry)")).scalar_one()
    assert left == 0
    return [str(problem) for problem in told.value.problems]


def with_deal(files: Book, code: str, commitment: str, *, days: tuple[str, str] = ("2024-01-08", "2024-06-30")) -> Book:
    """Add a deal with a loan at 3 %, proposed, approved and signed on one day and wholly drawn on another."""
    signed, drawn = days
    stages = "".join(
        f"{code},{stage},{signed},,{by}\n"
        for stage, by in (("appraised", "officer"), ("approved", "board"), ("contracted", "officer"))
    )
    rows = {
        "deals": f"{code},hearth,street,housing,A street,renovation,{signed},officer\n",
        "loans": f"{code}-L,{code},{commitment},0.03,30E/360,linear,2025-12-31,6,8\n",
        "deal_stages": stages,
        "drawdowns": f"out-{code},{code}-L,{commitment},{drawn},officer\n",
    }
    return {file: content + rows.get(file, "") for file, content in files.items()}


def with_receipt(files: Book, code: str, amount: str, day: str) -> Book:
    """Add a receipt on a deal's loan."""
    row = f"in-{code}-{day},{code}-L,debt_service,{amount},,{day},officer\n"
    return {**files, "receipts": files["receipts"] + row}


def test_a_bad_cell_hides_neither_a_doubled_nor_an_unknown_code_nor_a_bad_amount(tmp_path: Path) -> None:
    files = {
        **SMALL,
        "loans": SMALL["loans"].replace("0.03", "much"),
        "parties": SMALL["parties"] + "housing,Housing again,business,DE,\n",
        "deals": SMALL["deals"].replace("street,housing", "streat,housing"),
        "receipts": SMALL["receipts"].replace("56000.00", "56000.005"),
    }
    told = problems(tmp_path, files)
    assert [problem.split(":")[0] for problem in told] == [
        "loans.csv, row 2, column rate",
        "parties.csv, row 4, column code",
        "deals.csv, row 2, column project",
        "receipts.csv, row 2, column amount",
    ]
    assert "“housing” stands already in parties.csv, row 3" in told[1]
    assert "“streat” is not known" in told[2]


def test_two_bad_rows_of_one_code_are_told_as_bad_and_as_doubled(tmp_path: Path) -> None:
    bad = "housing,Housing again,busyness,DE,\n"
    told = problems(tmp_path, {**SMALL, "parties": SMALL["parties"] + bad})
    assert [problem.split(":")[0] for problem in told] == [
        "parties.csv, row 4, column kind", "parties.csv, row 4, column code",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("housing,Housing Co-operative", "hou sing,Housing Co-operative"),  # the code itself cannot be read
        ("Housing Co-operative,business,DE,", "Housing Co-operative,business,DE"),  # the row cannot
        ("code,name", "code,named"),  # no row can
    ],
)
def test_a_code_that_cannot_be_read_is_not_told_as_unknown_where_it_is_used(tmp_path: Path, old: str, new: str) -> None:
    told = problems(tmp_path, {**SMALL, "parties": SMALL["parties"].replace(old, new)})
    assert {problem.split(",")[0] for problem in told} == {"parties.csv"}


def test_every_act_that_the_rules_refuse_is_told_in_one_run(database: TestDatabase, tmp_path: Path) -> None:
    files = SMALL
    for code, commitment in (("D-2", "500000.01"), ("D-3", "600000.00"), ("D-4", "700000.00")):
        files = with_deal(files, code, commitment)  # a ticket is EUR 500,000.00 at most
    for code, amount in (("D-5", "101500.01"), ("D-6", "200000.00")):
        files = with_deal(files, code, "100000.00")
        # half a year on 100,000.00 at 3 % is 1,500.00: 101,500.00 are owed on 31 December
        files = with_receipt(files, code, amount, "2024-12-31")
    files = with_receipt(files, "D-5", "999999.00", "2025-01-31")  # nobody knows what is owed after a refused receipt
    files["deal_stages"] += "D-5,closed,2025-02-03,repaid,officer\n"
    limit = "column stage: “approved”: 1 limit of the fund would be exceeded: ticket"
    room = "limit EUR 500,000.00, used EUR 0.00"
    owed = "is more than the EUR 101,500.00 owed on 31 Dec 2024"
    assert refusals(database, tmp_path, files) == [
        f"deal_stages.csv, row 7, {limit} D-2: {room}, asked EUR 500,000.01, over by EUR 0.01",
        f"deal_stages.csv, row 10, {limit} D-3: {room}, asked EUR 600,000.00, over by EUR 100,000.00",
        f"deal_stages.csv, row 13, {limit} D-4: {room}, asked EUR 700,000.00, over by EUR 200,000.00",
        f"receipts.csv, row 3, column amount: “101500.01”: EUR 101,500.01 {owed}",
        f"receipts.csv, row 4, column amount: “200000.00”: EUR 200,000.00 {owed}",
    ]


@pytest.mark.parametrize(
    ("receipt", "places"),
    [
        # 800,000 − 400,000 − 1,000 = 399,000 in cash; with 10,000 received it is 409,000: too little for 420,000
        ("10000.00", ["drawdowns.csv, row 3, column amount"]),
        # a receipt that is refused may be a mistyped one: whether cash is short is known when it is mended
        ("406000.01", ["receipts.csv, row 2, column amount"]),
    ],
)
def test_money_that_a_refused_receipt_would_have_brought_is_not_told_as_missing(
    database: TestDatabase, tmp_path: Path, receipt: str, places: list[str]
) -> None:
    files = with_deal(SMALL, "D-2", "420000.00", days=("2025-02-03", "2025-02-10"))
    files["contributions"] = files["contributions"].replace("1000000.00", "800000.00")
    files["receipts"] = files["receipts"].replace("56000.00", receipt)
    assert [told.split(":")[0] for told in refusals(database, tmp_path, files)] == places


@pytest.mark.parametrize(
    ("closed_on", "receipt", "places"),
    [
        ("2025-01-10", "406000.01", ["receipts.csv, row 2, column amount"]),
        # 406,000.00 pays all; closed only after the second deal's approval it still takes its part of the limit
        ("2025-03-10", "406000.00", ["deal_stages.csv, row 8, column stage"]),
    ],
)
def test_room_that_a_deal_would_have_left_is_not_told_as_missing(
    database: TestDatabase, tmp_path: Path, closed_on: str, receipt: str, places: list[str]
) -> None:
    files = {**SMALL, "deal_stages": SMALL["deal_stages"] + f"D-1,closed,{closed_on},repaid,officer\n"}
    files = with_deal(files, "D-2", "400000.00", days=("2025-02-03", "2025-02-10"))
    files["fund_limits"] += "hearth,instrument,loan,700000.00,2024-01-01,mandate\n"
    files["receipts"] = files["receipts"].replace("56000.00", receipt)
    assert [told.split(":")[0] for told in refusals(database, tmp_path, files)] == places


def test_a_load_with_very_many_refusals_stops_and_says_so(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A smaller bound, not another behaviour: a book with a thousand refusals would take long to write.
    monkeypatch.setattr(refused, "PROBLEMS_MAX", 2)
    files = SMALL
    for number in range(2, 6):
        files = with_deal(files, f"D-{number}", "600000.00")
    told = refusals(database, tmp_path, files)
    assert [problem.split(":")[0] for problem in told] == [
        "deal_stages.csv, row 7, column stage", "deal_stages.csv, row 10, column stage", "and more",
    ]  # fmt: skip
