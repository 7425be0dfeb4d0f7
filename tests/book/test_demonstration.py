"""The demonstration's two stories, as the nights of its load told them. Expected: examples/commons/README.md."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role
from api.demonstration import PEOPLE, SignIn, ensure_sign_ins, tell_sign_ins
from api.files.book import read_book
from domain.deals import Stage
from domain.desk import covenants, deals, exits, people, verification
from domain.desk.book import load
from domain.desk.people import SignInRefused
from tests.conftest import TestDatabase

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "examples/commons"
END = date(2026, 3, 31)


@pytest.fixture
def reading(loaded_demonstration: TestDatabase) -> Iterator[Session]:
    with loaded_demonstration.sessions.begin(Role.NIGHT) as session:
        yield session


def count(session: Session, statement: str, **values: object) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text(statement), values)]


@pytest.mark.parametrize(
    ("fund", "stages"),
    [
        # C-17 · C-18 · C-19 · C-12 · C-01 C-02 C-05 C-07 C-09 C-10 C-11 C-13 C-14 C-15 C-16 · C-04 · C-03 C-06 C-08 · …
        (
            "commons",
            {"proposed": 1, "appraised": 1, "approved": 1, "contracted": 1, "active": 11, "exiting": 1, "closed": 3}
            | {"declined": 1, "withdrawn": 1},
        ),
        # R-15 · R-17 · R-16 · R-01 … · R-12 · R-18 · R-19
        (
            "renewal",
            {"proposed": 1, "appraised": 1, "contracted": 1, "active": 13, "closed": 1, "declined": 1, "withdrawn": 1},
        ),
    ],
)
def test_deals_stand_in_every_stage(reading: Session, fund: str, stages: dict[str, int]) -> None:
    lines = deals.deal_list(reading, fund_code=fund, limit=100)
    assert Counter(str(line.stage) for line in lines) == stages
    assert set(stages) <= set(Stage)


@pytest.mark.parametrize(
    ("fund", "last_findings"),
    [
        ("commons", {"met": 56, "missed": 1, "unknown": 1}),
        ("renewal", {"met": 48, "missed": 2, "not_reported": 1}),
    ],
)
def test_the_nights_found_what_the_reports_mean(reading: Session, fund: str, last_findings: dict[str, int]) -> None:
    rows = count(
        reading,
        """SELECT DISTINCT ON (x.covenant_test_id) x.outcome FROM finding x JOIN fund f ON f.id = x.fund_id
           WHERE f.code = :fund ORDER BY x.covenant_test_id, x.id DESC""",
        fund=fund,
    )
    assert Counter(outcome for (outcome,) in rows) == last_findings


def test_breaches_were_opened_and_ended_on_their_days(reading: Session) -> None:
    rows = count(
        reading,
        """SELECT c.code, t.period_end, b.opened_on, b.remedy_until, e.outcome, e.happened_on
           FROM breach b JOIN covenant_test t ON t.id = b.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
           LEFT JOIN breach_event e ON e.breach_id = b.id ORDER BY c.code, t.period_end""",
    )
    told = [(code, *(str(day) if day else None for day in rest)) for code, *rest in rows]
    assert told == [
        # reported 20 Mar 2024, 180 days; corrected 14 Jun 2024
        ("C-02-people", "2023-12-31", "2024-03-20", "2024-09-16", "remedied", "2024-06-14"),
        # reported 24 Feb 2025, 180 days: 4 left of February, 31 + 30 + 31 + 30 + 31 = 157, 23 August
        ("C-02-people", "2024-12-31", "2025-02-24", "2025-08-23", "unremedied", "2025-08-24"),
        # due 31 Mar 2023, 30 days of grace end on 30 Apr; the report came on 22 May
        ("C-03-placed", "2022-12-31", "2023-05-01", "2023-10-28", "remedied", "2023-05-22"),
        ("C-10-placed", "2024-12-31", "2025-03-10", "2025-09-06", "remedied", "2025-04-18"),
        # 200 days; the next test's report came on 22 Jan 2024
        ("R-03-homes", "2023-06-30", "2023-07-24", "2024-02-09", "remedied", "2024-01-22"),
        ("R-07-homes", "2023-12-31", "2024-05-01", "2024-10-28", "remedied", "2024-05-17"),
        # 16 Feb 2026 + 180 days: 12 left of February, 31 + 30 + 31 + 30 + 31 = 165, 15 August
        ("R-10-emissions", "2025-12-31", "2026-02-16", "2026-08-15", None, None),
        # due 31 Mar 2025, grace to 30 Apr; 90 days from 1 May
        ("R-11-waste", "2024-12-31", "2025-05-01", "2025-07-30", "unremedied", "2025-07-31"),
    ]


@pytest.mark.parametrize(
    ("fund", "deal", "raised_on", "links"),
    [
        ("commons", "C-02", date(2025, 8, 24), {"clause", "test", "finding", "report", "breach", "remedy_end"}),
        ("renewal", "R-11", date(2025, 7, 31), {"clause", "test", "finding", "absence", "breach", "remedy_end"}),
    ],
)
def test_each_fund_has_one_exit_trigger(
    reading: Session, fund: str, deal: str, raised_on: date, links: set[str]
) -> None:
    (trigger,) = exits.triggers(reading, fund_code=fund, as_of=END)
    assert (trigger.deal, trigger.raised_on) == (deal, raised_on)
    assert {str(link["kind"]) for link in trigger.evidence} == links


def test_one_breach_is_open(reading: Session) -> None:
    (deal,) = [line for line in deals.deal_list(reading, fund_code="renewal", limit=100) if line.code == "R-10"]
    assert len(covenants.open_breaches(reading, deal_id=deal.id)) == 1


@pytest.mark.parametrize(
    ("instrument", "account", "minor"),
    [
        ("C-05-R", "royalty_income", -900_000_00),  # the cap
        ("R-08-R", "royalty_income", -2_800_000_00),  # 5 % of 8 + 12 + 16 + 20 million
        ("C-04-E", "realised_gains", -300_000_00),  # 800,000 for what cost 500,000
        ("C-04-E", "equity_at_cost", 1_000_000_00),
        ("C-08-L", "loan_principal", 0),  # prepaid
        ("C-08-L", "interest_income", -27_600_00),  # 12,000 + 10,800 + 4,800
        ("C-10-L", "interest_income", -(30_000 + 27_000 + 24_000 + 26_250 + 13_500 + 15_000 + 12_000 + 4_500) * 100),
        # … the last: the first quarter of 2026 on 750,000 at 2.4 %
        ("R-12-L", "interest_income", -720_000_00),  # 8 × 90,000
    ],
)
def test_money_is_what_the_contracts_say(reading: Session, instrument: str, account: str, minor: int) -> None:
    ((balance,),) = count(
        reading,
        """SELECT coalesce(sum(p.amount), 0) FROM posting p JOIN account a ON a.id = p.account_id
           JOIN instrument i ON i.id = p.instrument_id WHERE i.code = :instrument AND a.code = :account""",
        instrument=instrument,
        account=account,
    )
    assert balance == Decimal(minor)


def test_the_ledger_is_sound_and_both_funds_stand_at_their_business_day(reading: Session) -> None:
    assert verification.verify(reading).sound
    assert count(reading, "SELECT business_day FROM fund") == [(END,), (END,)]
    assert count(reading, "SELECT count(*) FROM night_refusal") == [(0,)]


def test_money_comes_round_in_both_funds(reading: Session) -> None:
    """A drawdown after money came back is made of it in part: more was drawn than the first generation held."""
    rows = count(
        reading,
        """SELECT f.code, sum(p.amount) FILTER (WHERE e.kind = 'contribution') > 0,
                  min(e.id) FILTER (WHERE e.kind = 'receipt') < max(e.id) FILTER (WHERE e.kind = 'drawdown')
           FROM entry e JOIN fund f ON f.id = e.fund_id JOIN posting p ON p.entry_id = e.id
           JOIN account a ON a.id = p.account_id AND a.code = 'cash' GROUP BY f.code ORDER BY f.code""",
    )
    assert rows == [("commons", True, True), ("renewal", True, True)]


def test_nobody_in_the_book_approved_what_they_proposed(reading: Session) -> None:
    assert count(
        reading,
        """SELECT count(*) FROM deal_stage p JOIN deal_stage a ON a.deal_id = p.deal_id AND a.stage = 'approved'
           WHERE p.stage = 'proposed' AND p.recorded_by = a.recorded_by""",
    ) == [(0,)]
    assert count(reading, "SELECT count(*) FROM deal_stage WHERE recorded_by IS NULL") == [(0,)]


@pytest.fixture
def people_of_the_book(database: TestDatabase, tmp_path: Path) -> TestDatabase:
    """A database that knows the demonstration's parties and people, and nothing else."""
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("parties.csv", "people.csv"):
        (folder / name).write_bytes((BOOK / name).read_bytes())
    with database.sessions.begin(Role.NIGHT) as session:
        load(session, book=read_book(folder))
    return database


def test_the_five_people_sign_in_with_passwords_kept_for_their_owner_only(
    people_of_the_book: TestDatabase, tmp_path: Path
) -> None:
    given = ensure_sign_ins(people_of_the_book.sessions, tmp_path / "data")
    path = tmp_path / "data/sign-ins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == [
        {"role": one.role, "email": one.email, "password": one.password} for one in given
    ]
    assert [one.role for one in given] == ["officer", "officer", "board", "board", "investee"]
    assert ensure_sign_ins(people_of_the_book.sessions, tmp_path / "data") == given, "the file is not written again"
    with people_of_the_book.sessions.begin(Role.APP) as session:
        for one in given:
            kept = people.password_kept(session, email=one.email)
            assert people.recognise(kept, password=one.password).user.email == one.email
        others = "reports.elbaue@missionbook.example"
        with pytest.raises(SignInRefused):
            people.recognise(people.password_kept(session, email=others), password="!")


def test_passwords_are_told_to_a_terminal_and_to_nothing_that_is_kept() -> None:
    sign_ins = [SignIn("officer", "one@bank.example", "first-secret"), SignIn("board", "two@bank.example", "the-other")]
    kept = io.StringIO()
    tell_sign_ins(sign_ins, kept)
    assert [line.split() for line in kept.getvalue().splitlines()] == [
        ["officer", "one@bank.example"],
        ["board", "two@bank.example"],
    ]
    screen, inside = os.openpty()
    with os.fdopen(inside, "w") as terminal, os.fdopen(screen, "rb") as shown:
        tell_sign_ins(sign_ins, terminal)
        terminal.flush()
        assert [shown.readline().split() for _ in sign_ins] == [
            [b"officer", b"one@bank.example", b"first-secret"],
            [b"board", b"two@bank.example", b"the-other"],
        ]


def test_a_start_that_was_killed_before_the_database_knew_a_password_goes_on_from_the_file(
    people_of_the_book: TestDatabase, tmp_path: Path
) -> None:
    kept = [
        {"role": "officer", "email": email, "password": f"kept-from-before-{number}"}
        for number, email in enumerate(PEOPLE)
    ]
    (tmp_path / "sign-ins.json").write_text(json.dumps(kept))
    ensure_sign_ins(people_of_the_book.sessions, tmp_path)
    with people_of_the_book.sessions.begin(Role.APP) as session:
        known = people.recognise(people.password_kept(session, email=PEOPLE[4]), password="kept-from-before-4")
    assert known.user.email == PEOPLE[4]


def test_nobody_gets_a_password_where_the_demonstration_is_not(database: TestDatabase, tmp_path: Path) -> None:
    assert ensure_sign_ins(database.sessions, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_people_who_sign_in_are_in_the_book() -> None:
    with (BOOK / "people.csv").open() as file:
        assert set(PEOPLE) <= {row["email"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("programme", ["snib", "camden", "eu"])
def test_published_missions_load_by_themselves_and_say_what_the_demonstration_says(
    loaded_demonstration: TestDatabase, programme: str
) -> None:
    with loaded_demonstration.sessions.begin(Role.NIGHT) as session:
        done = load(session, book=read_book(ROOT / "examples/missions" / programme))
        assert done.funds == ()
        session.rollback()
