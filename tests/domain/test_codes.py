"""One rule says what a code is, and every door asks it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from api.files.book_format import Column, Kind
from api.files.cells import NotReadable, read_cell
from api.schemas.common import Code
from domain.codes import code_problem, code_problems, is_code

CODES = ["A", "7", "commons", "IBRD-IBRD00010", "v1.2_b", "x" * 64]
NO_CODES = [
    "", " ", "a b", "a/b", "<b>x", "=cmd", "+1", "-a", ".a", "_a", "x" * 65, "x" * 300, "a\nb", "a\n", "a\x1b[2J",
    "Fünf", "\u0663",
]  # fmt: skip


@pytest.mark.parametrize("said", CODES)
def test_a_code_passes_every_door(said: str) -> None:
    assert is_code(said)
    assert code_problem(said) == ""
    assert TypeAdapter(Code).validate_python(said) == said
    assert read_cell(Column("code", Kind.CODE, ""), said) == said


@pytest.mark.parametrize("said", NO_CODES)
def test_anything_else_is_refused_in_words_that_no_terminal_obeys(said: str) -> None:
    assert not is_code(said)
    (problem,) = code_problems(code=said)
    assert problem.where == "code"
    assert problem.what.endswith("expected letters, digits and . _ - (1 to 64), beginning with a letter or digit")
    assert problem.what.isprintable()
    assert len(problem.what) < 160
    if said.strip() == said:  # the doors take a blank before and after a code away
        with pytest.raises(ValidationError):
            TypeAdapter(Code).validate_python(said)
        with pytest.raises(NotReadable):
            read_cell(Column("code", Kind.CODE, ""), said)
