"""A book is loaded whole or not at all, once, by the rules that hold for everybody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from api.database.roles import Role
from api.files.book import read_book
from domain.authority import NIGHT, Act, Actor, NotAllowed
from domain.desk import authority, funds, instruments, night
from domain.desk.book import LoadDone, load
from domain.errors import InputRefused
from domain.money import Money
from domain.parties import Role as PersonRole
from domain.store import deal_queries
from tests.book.small import SMALL, broken_book, write_book
from tests.conftest import TestDatabase

ROOT = Path(__file__).resolve().parents[2]
MORE_THAN_OWED = "EUR 406,000.01 is more than the EUR 406,000.00 owed on 31 Dec 2024"
OVER_THE_TICKET = "ticket D-1: limit EUR 399,999.99, used EUR 0.00, asked EUR 400,000.00, over by EUR 0.01"


def bring(database: TestDatabase, folder: Path, files: Mapping[str, str | bytes] = SMALL) -> LoadDone:
    with database.sessions.begin(Role.NIGHT) as session:
        return load(session, book=read_book(write_book(folder, files)))


def refused(database: TestDatabase, folder: Path, files: Mapping[str, str | bytes]) -> list[str]:
    with pytest.raises(InputRefused) as told:
        bring(database, folder, files)
    return [str(problem) for problem in told.value.problems]


@pytest.fixture
def officer_of_the_book(database: TestDatabase, tmp_path: Path) -> Actor:
    """The officer who signed the small book's acts, now that it is loaded."""
    bring(database, tmp_path / "loaded")
    with database.sessions.begin(Role.NIGHT) as session:
        found = session.execute(text("SELECT id, name FROM app_user WHERE email = 'officer@bank.example'")).one()
    return Actor(id=found.id, name=found.name, role=PersonRole.OFFICER)


def test_what_a_book_told_counts_with_nothing_that_is_done_afterwards(
    database: TestDatabase, officer_of_the_book: Actor
) -> None:
    officer, day = officer_of_the_book, date(2025, 3, 31)  # the book told of receipts of EUR 56,000.00, this minute
    with database.sessions.begin(Role.MIGRATOR) as session:
        authority.set_amount(
            session, fund_code="hearth", act="record a receipt", role="officer", minor=60_000_00, valid_from=day,
            source="resolution 7", by=NIGHT,
        )  # fmt: skip
        loan = session.execute(text("SELECT id FROM instrument WHERE code = 'D-1-L'")).scalar_one()
        deal = deal_queries.deal_state(
            session, session.execute(text("SELECT id FROM deal WHERE code = 'D-1'")).scalar_one()
        )

        def may_receive(minor: int) -> bool:
            asked = Money(minor, "EUR")
            return authority.may_on_deal(
                session, Act.RECORD_RECEIPT, by=officer, deal=deal, amount=asked, key="today"
            ).allowed

        assert (may_receive(60_000_00), may_receive(60_000_01)) == (True, False)
        instruments.record_receipt(
            session, instrument_id=loan, minor=10_000_00, effective_on=date(2025, 1, 2), booked_on=date(2025, 1, 2),
            by=officer, key="POST /api/v1/instruments/{code}/receipts receipts:in-2",
        )  # fmt: skip
        assert (may_receive(50_000_00), may_receive(50_000_01)) == (True, False), "dated back, it counts all the same"


def rows(database: TestDatabase) -> dict[str, int]:
    """Count the rows of every table."""
    with database.sessions.begin(Role.MIGRATOR) as session:
        tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        counted = {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in sorted(tables)
            if not table.startswith(("procrastinate", "alembic", "seal_"))
        }
    return {table: count for table, count in counted.items() if count}


def figures(database: TestDatabase) -> dict[str, int]:
    """Return the balance of every account of the small book's fund, in minor units."""
    with database.sessions.begin(Role.NIGHT) as session:
        found = session.execute(
            text(
                "SELECT a.code, sum(p.amount) AS s FROM posting p JOIN account a ON a.id = p.account_id GROUP BY a.code"
            )
        )
        return {row.code: int(row.s) for row in found if row.s}


def test_the_days_are_lived_through(database: TestDatabase, tmp_path: Path) -> None:
    done = bring(database, tmp_path)
    assert (done.funds, done.found["findings"], done.night_refusals) == (("hearth",), 1, ())
    assert figures(database) == {
        "cash": (1_000_000 - 1_000 - 400_000 + 56_000) * 100,
        "contributed": -1_000_000_00,
        "running_costs": 1_000_00,
        "loan_principal": 350_000_00,
        # the receipt paid the interest of 2024; the first quarter of 2025 is 350,000 × 3 % ÷ 4, booked at month ends
        "interest_receivable": 2_625_00,
        "interest_income": -(6_000_00 + 2_625_00),
    }


def test_every_act_is_recorded_by_the_person_who_did_it(database: TestDatabase, tmp_path: Path) -> None:
    bring(database, tmp_path)
    with database.sessions.begin(Role.NIGHT) as session:
        stages = session.execute(
            text("SELECT s.stage, u.email FROM deal_stage s JOIN app_user u ON u.id = s.recorded_by ORDER BY s.id")
        ).all()
    with database.sessions.begin(Role.MIGRATOR) as session:  # no other role reads a hash
        hashes = set(session.execute(text("SELECT password_hash FROM app_user")).scalars())
    assert [tuple(row) for row in stages] == [
        ("proposed", "officer@bank.example"),
        ("appraised", "officer@bank.example"),
        ("approved", "board@bank.example"),
        ("contracted", "officer@bank.example"),
        ("active", "officer@bank.example"),
    ]
    assert hashes == {"!"}, "no password fits this"


def test_loading_twice_changes_nothing(database: TestDatabase, tmp_path: Path) -> None:
    first = bring(database, tmp_path)
    before = rows(database)
    assert bring(database, tmp_path).nothing_new
    assert not first.nothing_new
    assert rows(database) == before


def test_a_book_that_is_loaded_stays_the_same_book_when_its_fund_lives_on(
    database: TestDatabase, tmp_path: Path
) -> None:
    bring(database, tmp_path)
    with database.sessions.begin(Role.NIGHT) as session:
        fund_id = session.execute(text("SELECT id FROM fund")).scalar_one()
        night.run_day(session, fund_id=fund_id, day=date(2025, 4, 30))
    assert bring(database, tmp_path).nothing_new


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("parties", "Housing Co-operative", "Housing Ltd",
         "parties.csv, row 3, column name: “Housing Ltd”, but what is loaded says “Housing Co-operative”"),
        ("missions", "2030-12-31", "2031-12-31",
         "missions.csv, row 2, column deadline: “2031-12-31”, but what is loaded says “2030-12-31”"),
        ("receipts", "56000.00", "56000.01", "receipts.csv, row 2: “in-1” differs from what was loaded"),
        ("running_costs", "costs-1", "costs-2", "running_costs.csv, row 2: “costs-2” was not loaded before"),
        ("running_costs", "costs-1", "costs-2", "running_costs.csv: “costs-1” was loaded before and is missing here"),
    ],
)  # fmt: skip
def test_a_book_that_says_something_else_than_what_is_loaded_is_refused(
    database: TestDatabase, tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    bring(database, tmp_path)
    before = rows(database)
    assert words in refused(database, tmp_path, {**SMALL, file: SMALL[file].replace(old, new)})
    assert rows(database) == before


def test_amounts_written_in_another_way_are_the_same(database: TestDatabase, tmp_path: Path) -> None:
    bring(database, tmp_path)
    again = {
        **SMALL,
        "receipts": SMALL["receipts"].replace("56000.00", "56000"),
        "loans": SMALL["loans"].replace("0.03", "0.030"),
    }
    assert bring(database, tmp_path, again).nothing_new


def test_a_second_book_brings_its_own_fund_beside_the_first(database: TestDatabase, tmp_path: Path) -> None:
    bring(database, tmp_path / "one")
    other = {name: SMALL[name] for name in ("grand_challenges", "missions", "indicators", "parties", "people")} | {
        "funds": SMALL["funds"].replace("hearth", "second"),
        "contributions": SMALL["contributions"].replace("hearth", "second").replace("capital-1", "capital-2"),
    }
    assert bring(database, tmp_path / "two", other).rows == {"funds": 1, "contributions": 1}


def test_a_fund_that_came_in_by_another_door_is_not_loaded_into(database: TestDatabase, tmp_path: Path) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        funds.open_fund(
            session, code="hearth", name="Hearth", currency="EUR", mandate="", recycling="full",
            opened_on=date(2024, 1, 1), business_day=date(2024, 1, 1), missions=(), by=NIGHT,
        )  # fmt: skip
    assert refused(database, tmp_path, SMALL) == [
        "funds.csv, row 2, column code: there is a fund “hearth” already, and it was not loaded from a book"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("fund_limits", "500000.00", "399999.99",
         "deal_stages.csv, row 3, column stage: “approved”: 1 limit of the fund would be exceeded: " + OVER_THE_TICKET),
        ("receipts", "56000.00", "406000.01",
         "receipts.csv, row 2, column amount: “406000.01”: " + MORE_THAN_OWED),
    ],
)  # fmt: skip
def test_what_only_a_rule_sees_is_told_with_its_row_and_nothing_is_kept(
    database: TestDatabase, tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    before = rows(database)
    assert refused(database, tmp_path, {**SMALL, file: SMALL[file].replace(old, new)}) == [words]
    assert rows(database) == before


def test_more_than_the_cash_there_is_cannot_be_drawn(database: TestDatabase, tmp_path: Path) -> None:
    poor = {**SMALL, "contributions": SMALL["contributions"].replace("1000000.00", "399999.99")}
    (told,) = refused(database, tmp_path, poor)
    assert told.startswith("drawdowns.csv, row 2, column amount: “400000.00”: ")
    assert rows(database) == {}


def test_loading_takes_a_steward_or_the_night(database: TestDatabase, tmp_path: Path) -> None:
    officer = Actor(None, "officer", PersonRole.OFFICER)
    with pytest.raises(NotAllowed), database.sessions.begin(Role.NIGHT) as session:
        load(session, book=read_book(write_book(tmp_path)), by=officer)


def environment(database: TestDatabase) -> dict[str, str]:
    return {**os.environ, "BOOK_TEST_NIGHT": database.url(Role.NIGHT), "PYTHONPATH": str(ROOT)}


def test_a_dry_run_tells_what_would_be_and_leaves_nothing(database: TestDatabase, tmp_path: Path) -> None:
    with database.sessions.begin(Role.NIGHT) as session:
        done = load(session, book=read_book(write_book(tmp_path)))
        session.rollback()
    assert done.rows["deals"] == 1
    assert rows(database) == {}


def test_a_load_that_is_killed_leaves_nothing_and_can_be_run_again(database: TestDatabase, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from sqlalchemy import create_engine\n"
        "from sqlmodel import Session\n"
        "from api.files.book import read_book\n"
        "from domain.desk.book import load\n"
        "url = os.environ['BOOK_TEST_NIGHT'].replace('postgresql://', 'postgresql+psycopg://', 1)\n"
        "def tell(done, total):\n"
        "    if done == total - 1:\n"
        "        print('nearly', flush=True); sys.stdin.read()\n"
        "with Session(create_engine(url)) as session, session.begin():\n"
        "    load(session, book=read_book(Path(sys.argv[1])), progress=tell)\n"
    )
    folder = write_book(tmp_path / "book")
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, env=environment(database), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "nearly\n", "all but the last act is done"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    for _ in range(100):  # the server notices that its client is gone
        if database_is_idle(database):
            break
        time.sleep(0.1)
    assert rows(database) == {}
    assert not bring(database, folder).nothing_new


def database_is_idle(database: TestDatabase) -> bool:
    with database.sessions.begin(Role.NIGHT) as session:
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(session.execute(others).scalar_one()) <= 1


def test_two_loads_at_once_bring_the_book_in_once(database: TestDatabase, tmp_path: Path) -> None:
    book = read_book(write_book(tmp_path / "book"))

    def bring_it(_number: int) -> LoadDone:
        with database.sessions.begin(Role.NIGHT) as session:
            return load(session, book=book)

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(bring_it, range(2)))
    assert sorted(one.nothing_new for one in done) == [False, True]


def test_the_command_refuses_a_bad_book_in_words(tmp_path: Path) -> None:
    folder = broken_book(tmp_path / "book", "loans", "400000.00", "1e400")
    done = subprocess.run(
        [Path(sys.executable).with_name("missionbook"), "load", folder],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "MISSIONBOOK_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert done.returncode == 1
    assert "loans.csv, row 2, column commitment: “1e400”: not a number in plain digits" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists(), "a bad book starts no database"
