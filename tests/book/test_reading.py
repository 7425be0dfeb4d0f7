"""Bad input is refused in words, with file, row, column, value and what was expected; every problem at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from api.files import book as reader
from api.files.book import read_book
from api.files.book_format import CHAPTERS, FILES
from api.files.book_format.__main__ import columns_in_words
from domain.errors import InputRefused
from tests.book.small import SMALL, broken_book, write_book

ROOT = Path(__file__).resolve().parents[2]


def problems(folder: Path) -> list[str]:
    with pytest.raises(InputRefused) as refused:
        read_book(folder)
    return [str(problem) for problem in refused.value.problems]


def test_the_small_book_is_sound(tmp_path: Path) -> None:
    book = read_book(write_book(tmp_path / "book"))
    assert {file: len(lines) for file, lines in book.lines.items()} == {
        file: content.count("\n") - 1 for file, content in SMALL.items()
    }
    assert book.coded("loans", "D-1-L").whole("commitment") == 400_000_00


def cases() -> list[dict[str, str]]:
    """Read the table of wrong things; ``<day>`` and the like are what such a cell may hold."""
    table = yaml.safe_load((Path(__file__).parent / "bad_input.yaml").read_text(encoding="utf-8"))
    for case in table["cases"]:
        for name, expected in table["expects"].items():
            case["told"] = case["told"].replace(f"<{name}>", expected)
    return list(table["cases"])


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['file']}: {str(case['new'])[:20]}")
def test_one_wrong_thing_is_told_in_words(tmp_path: Path, case: dict[str, str]) -> None:
    assert case["told"] in problems(broken_book(tmp_path / "book", case["file"], case["old"], case["new"]))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    files = {
        **SMALL,
        "loans": SMALL["loans"].replace("400000.00", "-1").replace("2024-12-31", "soon"),
        "deals": SMALL["deals"].replace("code,fund", "code,found"),
    }
    assert len(problems(write_book(tmp_path / "book", files))) == 4  # two cells, a strange column, a missing one


def test_a_report_for_a_period_that_nobody_owes_is_told(tmp_path: Path) -> None:
    files = {
        **SMALL,
        "reports": SMALL["reports"].replace("2024-12-31", "2024-09-30"),
        "report_values": SMALL["report_values"].replace("2024-12-31", "2024-09-30"),
    }
    words = "D-1 owes no report for a period that ends on 2024-09-30; expected one of its covenant_tests"
    assert problems(write_book(tmp_path / "book", files)) == [f"reports.csv, row 2, column period_end: {words}"]


def test_a_first_report_is_version_1(tmp_path: Path) -> None:
    files = {
        **SMALL,
        "reports": SMALL["reports"].replace(",1,2025", ",2,2025"),
        "report_values": SMALL["report_values"].replace(",1,homes", ",2,homes"),
    }
    assert problems(write_book(tmp_path / "book", files)) == [
        "reports.csv, row 2, column version: “2”: expected version 1"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: "\ufeff" + text,  # a byte order mark
        lambda text: text.replace("\n", "\r\n"),  # CRLF
        lambda text: text + "\n \n",  # blank lines
        lambda text: text.rstrip("\n"),  # no last line end
    ],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(tmp_path: Path, changed: object) -> None:
    assert callable(changed)
    plain = read_book(write_book(tmp_path / "book"))
    other = read_book(write_book(tmp_path / "other", {name: changed(content) for name, content in SMALL.items()}))
    assert plain.lines == other.lines


def test_columns_stand_in_any_order(tmp_path: Path) -> None:
    swapped = {**SMALL, "fund_missions": "mission,fund\nwarm,hearth\n"}
    assert read_book(write_book(tmp_path / "book", swapped)).of("fund_missions")[0].text("fund") == "hearth"


def test_html_in_a_name_is_text_like_any_other(tmp_path: Path) -> None:
    name = "<script>alert(1)</script> & Sons"
    book = read_book(broken_book(tmp_path / "book", "parties", "Housing Co-operative", name))
    assert book.coded("parties", "housing").text("name") == name


def test_nonsense_of_300_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    folder = write_book(tmp_path / "book")
    with (folder / "receipts.csv").open("wb") as file:
        file.truncate(300 * 1024 * 1024)  # a hole in the file: it takes no room on the disk
    assert problems(folder) == ["receipts.csv: the file has 300 MB; expected 64 MB at most"]


def test_a_file_of_nonsense_that_is_small_enough_is_told_in_few_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A smaller bound, not another behaviour.
    monkeypatch.setattr(reader, "PROBLEMS_MAX", 3)
    rows = "\n".join("x" for _ in range(1_000_000))
    told = problems(write_book(tmp_path / "book", {**SMALL, "parties": f"code,name,kind,country,group\n{rows}\n"}))
    assert told[:1] == ["parties.csv, row 2: 1 cells; expected 5, as in the header"]
    assert told[3:] == ["and more: there are more problems; they are told when these are mended"]


def test_a_cell_that_never_ends_is_refused_in_words(tmp_path: Path) -> None:
    (told,) = problems(broken_book(tmp_path / "book", "parties", "Ministry", "M" * 200_000))
    assert told.startswith("parties.csv, line 2: not a row of a CSV file: field larger than field limit")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no file of a book is in it"),
        ({"invoices": "a,b\n"}, "a book has no file of this name; expected one of grand_challenges.csv"),
        ({"funds": ""}, "the file is empty; expected the columns code, name, currency"),
    ],
)
def test_a_folder_that_is_no_book_is_told(tmp_path: Path, files: dict[str, str], words: str) -> None:
    assert any(words in problem for problem in problems(write_book(tmp_path / "book", files)))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: there is no such folder"]


def test_the_documented_format_is_the_one_that_is_read() -> None:
    document = (ROOT / "docs/book-format.md").read_text(encoding="utf-8")
    assert document.endswith(columns_in_words()), "make docs/book-format.md anew: python -m api.files.book_format"
    written = subprocess.run([sys.executable, "-m", "api.files.book_format"], cwd=ROOT, capture_output=True, text=True)
    assert written.stdout == columns_in_words()


def test_every_file_of_the_format_has_its_chapter_and_is_in_the_examples() -> None:
    assert {file.name for _, files in CHAPTERS for file in files} == set(FILES)
    assert (
        {path.stem for path in (ROOT / "examples/commons").glob("*.csv")}
        == set(FILES)
        == set(SMALL)
        | {
            "equity_stakes",
            "royalties",
            "revenues",
        }
    )
