"""Tables as files: what was written is read back, by another engine than the one that wrote it, to the last digit."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from api.files import sheets
from api.files.sheets import Column, Sheet, SheetTooLong, Value, csv_lines, harmless, write_csv, write_xlsx
from domain.money import Money

COLUMNS = (Column("Account", 30), Column("Booked on", 12), Column("Balance", 18, figure=True))


def as_csv(sheet: Sheet) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_csv(sheet, out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))


def as_xlsx(*them: Sheet) -> bytes:
    out = io.BytesIO()
    write_xlsx(them, out)
    return out.getvalue()


def read_back(workbook: bytes, name: str) -> list[list[object]]:
    return [
        list(row) for row in CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_name(name).to_python()
    ]


def one_cell(value: Value) -> tuple[str, object]:
    """Write one cell below a heading, in both forms, and read it back."""
    sheet = Sheet("One", (Column("It"),), [[value]])
    return as_csv(sheet)[1][0], read_back(as_xlsx(sheet), "One")[1][0]


@pytest.mark.parametrize(
    ("value", "in_csv", "in_xlsx"),
    [
        pytest.param("Cash", "Cash", "Cash", id="a text"),
        pytest.param(Money(125_000, "EUR"), "1250.00", 1250, id="an amount is a number"),
        pytest.param(Money(-5, "EUR"), "-0.05", -0.05, id="an amount below zero is no formula"),
        pytest.param(Money(1_250, "JPY"), "1250", 1250, id="yen have no decimals"),
        pytest.param(Money(1_250, "KWD"), "1.250", 1.25, id="dinars have three"),
        pytest.param(Money(999_999_999_999_999, "EUR"), "9999999999999.99", 9999999999999.99, id="fifteen digits"),
        pytest.param(Money(10**15 + 1, "EUR"), "10000000000000.01", "10000000000000.01", id="sixteen digits are text"),
        pytest.param(Money(-(10**17), "EUR"), "-1000000000000000.00", "-1000000000000000.00", id="the book's largest"),
        pytest.param(date(2026, 3, 31), "2026-03-31", date(2026, 3, 31), id="a day"),
        pytest.param(7, "7", 7, id="a count"),
        pytest.param(2**60, "1152921504606846976", "1152921504606846976", id="a long number of the book"),
    ],
)  # fmt: skip
def test_a_cell_is_read_back_as_it_was(value: Value, in_csv: str, in_xlsx: object) -> None:
    assert one_cell(value) == (in_csv, in_xlsx)


def test_nothing_is_an_empty_cell() -> None:
    sheet = Sheet("One", (Column("It"), Column("Next")), [[None, "here"]])
    assert as_csv(sheet)[1] == ["", "here"]
    assert read_back(as_xlsx(sheet), "One")[1] == ["", "here"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "' =1+1"),
        ("\r\n=1+1", "'  =1+1"),
        ("\tindented", " indented"),
        ('=HYPERLINK("http://evil.example","total")', '\'=HYPERLINK("http://evil.example","total")'),
        ("a = b", "a = b"),
        ("one\ntwo", "one two"),
        ("bell\x07 and half \ud800", "bell� and half �"),
        ("", ""),
        ("O'Neill, “Süd”", "O'Neill, “Süd”"),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(words: str, written: str) -> None:
    assert harmless(words) == written
    assert one_cell(words) == (written, written)


@given(st.text(max_size=40))
def test_no_text_begins_a_formula_and_none_breaks_a_line(words: str) -> None:
    sheet = Sheet("One", (Column("It"), Column("Next")), [[words, "next"]])
    told = as_csv(sheet)
    assert len(told) == 2 and told[1][1] == "next"
    assert not told[1][0].lstrip().startswith(tuple("=+-@"))
    assert "".join(csv_lines(sheet)).count("\r\n") == 2


def test_a_heading_is_made_harmless_too() -> None:
    sheet = Sheet("One", (Column("=cmd|' /C calc'!A0"),), [])
    assert as_csv(sheet)[0][0].startswith("'=")
    assert str(read_back(as_xlsx(sheet), "One")[0][0]).startswith("'=")


def test_a_workbook_holds_no_formula_and_no_link() -> None:
    workbook = as_xlsx(Sheet("One", (Column("It"),), [["=1+1"], ["http://evil.example"], ["mailto:a@b.example"]]))
    page = zipfile.ZipFile(io.BytesIO(workbook)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page and "hyperlink" not in page


def test_a_workbook_has_its_headings_in_view_widths_and_two_decimals() -> None:
    workbook = zipfile.ZipFile(
        io.BytesIO(as_xlsx(Sheet("One", COLUMNS, [["Cash", date(2026, 1, 1), Money(5, "EUR")]])))
    )
    page, styles = (workbook.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert '<pane ySplit="1"' in page and 'state="frozen"' in page
    assert page.count("<col ") == 3 and 'width="30.7' in page
    assert 'formatCode="#,##0.00"' in styles or 'numFmtId="4"' in styles


def test_the_same_rows_give_the_same_bytes() -> None:
    def made() -> bytes:
        return as_xlsx(Sheet("One", COLUMNS, [["Cash", date(2026, 1, 1), Money(5, "EUR")]], about=(("Fund", "X"),)))

    assert made() == made()


def test_what_a_reader_must_know_stands_on_a_sheet_of_its_own() -> None:
    sheet = Sheet("Balances", COLUMNS, [], about=(("As of", date(2026, 3, 31)), ("Known at seal", 12)))
    assert read_back(as_xlsx(sheet), "About") == [["As of", date(2026, 3, 31)], ["Known at seal", 12]]
    assert len(as_csv(sheet)) == 1


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        pytest.param(["a/b: [c]*?"], ["a-b- -c"], id="signs that a workbook does not allow"),
        pytest.param(["x" * 40], ["x" * 31], id="longer than a workbook allows"),
        pytest.param(["One", "one"], ["One", "one 2"], id="the same twice"),
        pytest.param(["''"], ["Sheet"], id="nothing left"),
    ],
)
def test_a_title_becomes_a_name_that_a_workbook_takes(titles: list[str], names: list[str]) -> None:
    workbook = as_xlsx(*(Sheet(title, COLUMNS, []) for title in titles))
    assert CalamineWorkbook.from_filelike(io.BytesIO(workbook)).sheet_names == names


def test_more_rows_than_a_sheet_holds_are_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    # A million rows would take a minute: the bound is set lower for this test.
    monkeypatch.setattr(sheets, "SHEET_ROWS_MAX", 3)
    assert len(read_back(as_xlsx(Sheet("One", (Column("It"),), [[1], [2]])), "One")) == 3
    with pytest.raises(SheetTooLong, match="a sheet holds 2 rows"):
        as_xlsx(Sheet("One", (Column("It"),), [[1], [2], [3]]))


def test_rows_are_written_while_they_come() -> None:
    taken: list[int] = []

    def rows() -> object:
        for number in range(3):
            taken.append(number)
            yield [number]

    lines = csv_lines(Sheet("One", (Column("It"),), rows()))  # type: ignore[arg-type]  # a generator, as a query is
    assert next(lines) == "It\r\n" and taken == [0]
