"""The codes that a statement's loans, projects and parties get in the book."""

from __future__ import annotations

import hashlib
import re

from domain.codes import code_problem, code_problems
from domain.errors import InputRefused, Problem
from domain.positions import Statement

PROBLEMS_MAX = 200
"""So many codes that are none are told one by one; of the rest only the number."""


def check_codes(statement: Statement, *, fund_code: str) -> None:
    """Let a statement pass whose fund, projects and loans have codes, or refuse it with every one that is none."""
    problems = code_problems(fund=fund_code)
    fund_has_code = not problems
    for position in statement.positions:
        where = f"loan {position.loan_number}"
        if position.project_code and (wrong := code_problem(position.project_code)):
            problems.append(Problem(f"{where}, project", wrong))
        if fund_has_code and (wrong := code_problem(f"{fund_code}-{position.loan_number}")):
            problems.append(Problem(f"{where}, deal", wrong))
    if problems:
        raise InputRefused(problems[:PROBLEMS_MAX], subject=statement.file_name, count=len(problems))


def _slug(words: str, length: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.casefold())[:length].strip("-")


def party_code(*, source: str, country: str, investee: str) -> str:
    """Return the code of a stated party: the same for every spelling in capitals or small letters, and no other."""
    said = f"{country}\x1f{' '.join(investee.casefold().split())}"
    sign = hashlib.sha256(said.encode()).hexdigest()[:8]
    return f"{source}-{_slug(country, 8)}-{_slug(investee, 40)}-{sign}"
