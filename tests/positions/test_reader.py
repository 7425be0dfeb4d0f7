"""A statement is read whole in every way in which releases write it, or refused with everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.cli import say
from api.files.ibrd import read_statement
from api.files.lines import PROBLEMS_MAX
from domain.errors import InputRefused
from domain.positions import Statement
from tests.positions.statements import AMOUNTS, DAYS, HEADER, JULY, A, B, Line, line, on, written


def refused(path: Path) -> list[str]:
    with pytest.raises(InputRefused) as told:
        read_statement(path)
    return [str(problem) for problem in told.value.problems]


def told_of(tmp_path: Path, *lines: Line) -> list[str]:
    path = tmp_path / "release.csv"
    path.write_text(written(lines), encoding="utf-8")
    return refused(path)


def as_in_2020(cell: str) -> str:
    """``2018-10-31T00:00:00`` as ``10/31/2018 12:00:00 AM``."""
    year, month, day = cell[:10].split("-") if cell else ("", "", "")
    return f"{month}/{day}/{year} 12:00:00 AM" if cell else ""


NEWER_NAMES = {
    "Country": "Country / Economy",
    "Country Code": "Country / Economy Code",
    "Guarantor Country Code": "Guarantor Country / Economy Code",
    "Borrower's Obligation": "Borrower’s Obligation (US$)",
    **{name: f"{name} (US$)" for name in AMOUNTS if name != "Borrower's Obligation"},
}


def first(tmp_path: Path) -> bytes:
    return written([A, B]).encode()


def later(tmp_path: Path) -> bytes:
    return written([said | {name: as_in_2020(said[name]) for name in DAYS} for said in (A, B)]).encode()


def latest(tmp_path: Path) -> bytes:
    return b"\xef\xbb\xbf" + written([A, B], [NEWER_NAMES.get(name, name) for name in HEADER]).encode()


def with_windows_line_ends(tmp_path: Path) -> bytes:
    return first(tmp_path).replace(b"\n", b"\r\n")


def with_columns_in_another_order(tmp_path: Path) -> bytes:
    rows = [text.split(",") for text in written([A, B]).splitlines()]
    return "\n".join(",".join(reversed(row)) for row in rows).encode()


@pytest.mark.parametrize(
    "release", [first, later, latest, with_windows_line_ends, with_columns_in_another_order], ids=lambda f: f.__name__
)
def test_every_way_of_writing_says_the_same(release: Callable[[Path], bytes], tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_bytes(release(tmp_path))
    stated = read_statement(path)
    assert (stated.source, stated.currency, stated.period_end) == ("ibrd", "USD", date(2018, 6, 30))
    a, b = stated.positions
    assert (a.loan_number, a.country_code, a.country, a.investee) == ("IBRDA", "XA", "Atlantis", "Ministry of Finance")
    assert (a.approved_on, a.signed_on, a.effective_on) == (date(1999, 3, 30), date(1999, 5, 9), date(1999, 8, 1))
    assert (a.first_due_on, a.last_due_on, a.closed_on) == (date(2001, 4, 15), date(2031, 4, 15), None)
    assert a.rate == Decimal("0.0425")
    assert (a.figures.original_principal, a.figures.exchange_adjustment, a.figures.held) == (100000, -1500, 60000)
    assert (b.figures.undisbursed, b.figures.due, b.figures.sold) == (9999, 29000, 0)


def test_line_ends_and_a_mark_do_not_make_another_statement(tmp_path: Path) -> None:
    def content(text: bytes) -> Statement:
        path = tmp_path / "release.csv"
        path.write_bytes(text)
        return read_statement(path)

    assert content(first(tmp_path)).content_hash == content(with_windows_line_ends(tmp_path)).content_hash
    assert content(first(tmp_path)).content_hash == content(latest(tmp_path)).content_hash
    assert content(first(tmp_path)).content_hash != content(written([A]).encode()).content_hash


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("-0.000000000466", 0),  # the noise of somebody's floating point
        ("-0.01999994", -2),
        ("0.01000006", 1),
        ("-1.79E-7", 0),
        ("250000000", 25_000_000_000),
        ("-0.01", -1),
    ],
)
def test_float_noise_is_the_cent_it_stands_for(cell: str, minor: int, tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_text(written([A | {"Exchange Adjustment": cell}]), encoding="utf-8")
    assert read_statement(path).positions[0].figures.exchange_adjustment == minor


@pytest.mark.parametrize("cell", ["", "0", "0.00", "0.0000"])
def test_a_rate_of_nothing_is_no_rate(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_text(written([A | {"Interest Rate": cell}]), encoding="utf-8")
    assert read_statement(path).positions[0].rate is None


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("Due to IBRD", "1e400", "larger than any amount"),
        ("Due to IBRD", "NaN", "expected a number in plain digits"),
        ("Due to IBRD", "-inf", "expected a number in plain digits"),
        ("Due to IBRD", "1,000", "expected a number in plain digits"),
        ("Due to IBRD", "=1+1", "expected a number in plain digits"),
        ("Due to IBRD", "", "expected a number in plain digits"),
        ("Due to IBRD", "٣", "expected a number in plain digits"),
        ("Due to IBRD", "0.001", "expected whole cents"),
        ("Original Principal Amount", "-1.00", "expected 0 or more"),
        ("Interest Rate", "-1", "from 0 to 100"),
        ("Interest Rate", "four", "expected a number in plain digits"),
        ("Board Approval Date", "2018-02-30", "no such day in the calendar"),
        ("Board Approval Date", "30.03.1999", "expected a day as"),
        ("Last Disbursement Date", "13/31/2018", "no such day in the calendar"),
        ("End of Period", "", "expected a day"),
        ("Loan Number", "", "expected letters and digits"),
        ("Loan Number", "A-1", "expected letters and digits"),
        ("Currency of Commitment", "Dollar", "expected an ISO 4217 code or nothing"),
        ("Region", "a\0b", "expected text without NUL bytes"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(column: str, cell: str, words: str, tmp_path: Path) -> None:
    told = told_of(tmp_path, B, A | {column: cell})
    assert len(told) == 1
    assert told[0].startswith("line 3, loan “")
    assert f"column “{column}”: “{cell.replace(chr(0), '�')}”" in told[0]
    assert words in told[0]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = told_of(
        tmp_path,
        A | {"Due to IBRD": "NaN", "Loans Held": "lots"},
        *on(JULY, B),
        A | {"Board Approval Date": "soon"},
    )
    assert [words.split(": ")[0] for words in told] == [
        "line 2, loan “IBRDA”, column “Due to IBRD”",
        "line 2, loan “IBRDA”, column “Loans Held”",
        "line 3, loan “IBRDB”, column “End of Period”",  # another period than line 2
        "line 4, loan “IBRDA”, column “Loan Number”",  # already on line 2
        "line 4, loan “IBRDA”, column “Board Approval Date”",
    ]


def test_of_very_many_problems_the_rest_is_counted(tmp_path: Path) -> None:
    lines = [line(f"L{number}", "x " * 12) for number in range(100)]  # 12 problems on each of 100 lines
    told = told_of(tmp_path, *lines)
    assert len(told) == PROBLEMS_MAX


def test_what_is_told_and_what_is_counted_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "statement.csv"
    path.write_text(written([line(f"L{number}", "x " * 12) for number in range(100)]), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_statement(path)
    say(refused.value)
    told = capsys.readouterr().err.splitlines()
    # 12 problems on each of 100 lines: 200 of 1,200 in words
    assert len(told) == PROBLEMS_MAX + 2
    assert told[-2:] == ["… and 1,000 more", "refused: 1,200 problems; nothing was done"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: the column “End of Period” is missing"),
        (written([]).replace("Region", "Guarantor"), "line 1, column 8: the column “Guarantor” is there twice"),
        (written([]).replace("Region", "Colour"), "line 1, column 3: “Colour” is no column of a statement of loans"),
        (written([]).replace("Region", "Colour"), "line 1: the column “Region” is missing"),
        (written([]), "line 2: there is no loan in the file"),
        (written([A]) + "a,b,c\n", "line 3: 3 cells; expected 33, one under each column of line 1"),
        (written([A]) + 'a,"b\n', "line 3: this is not CSV: unexpected end of data"),
        (written([A]) + "x" * 200_000, "line 3: this is not CSV: field larger than field limit (131072)"),
    ],
)
def test_a_file_that_is_no_statement_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_text(text, encoding="utf-8")
    assert told in refused(path)


def test_latin_1_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_bytes(written([B, A | {"Country": "Côte d'Ivoire"}]).encode("latin-1"))
    (told,) = refused(path)
    assert told.startswith("line 3: byte 0xf4 at position ")


def test_300_mb_of_nonsense_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    with path.open("wb") as nonsense:
        nonsense.truncate(300 * 1024 * 1024)
    assert refused(path) == ["the whole file: 300 MB is not a statement of loans; expected at most 32 MB"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == [f"{tmp_path}: this is not a file"]
    assert refused(tmp_path / "none.csv") == [f"{tmp_path / 'none.csv'}: there is no such file"]


def test_text_is_kept_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    said = A | {
        "Borrower": '<b onclick="x()">Ministry</b>',
        "Project Name": "=HYPERLINK(1)",
        "Guarantor": "São Tomé, \nx",
    }
    path.write_text(written([said]), encoding="utf-8")
    (stated,) = read_statement(path).positions
    assert stated.investee == '<b onclick="x()">Ministry</b>'
    assert stated.project_name == "=HYPERLINK(1)"
    assert stated.columns["Guarantor"] == "São Tomé, \nx"


def test_a_message_obeys_no_terminal(tmp_path: Path) -> None:
    (told,) = told_of(tmp_path, A | {"Due to IBRD": "\x1b[2J\x07"})
    assert "“�[2J�”" in told


def test_without_a_borrower_the_country_is_the_investee(tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    path.write_text(written([A | {"Borrower": ""}]), encoding="utf-8")
    (stated,) = read_statement(path).positions
    assert stated.investee == "Atlantis"
    assert len(told_of(tmp_path, A | {"Borrower": "", "Country": ""})) == 1
