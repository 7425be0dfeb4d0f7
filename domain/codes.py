"""Codes: the short names by which the bank calls funds, parties, deals and everything else. One rule for every door.

A code stands in addresses, file names, spreadsheets and letters, so it holds nothing that one of them would obey: no
slash, no space, no sign with which a formula begins.
"""

from __future__ import annotations

import re

from domain.errors import Problem

CODE_LENGTH_MAX = 64
CODE_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{CODE_LENGTH_MAX - 1}}}$"
"""What a code looks like, for a door that checks by a pattern of its own."""

_CODE = re.compile(CODE_PATTERN, re.ASCII)
_SHOWN_LENGTH_MAX = 40


def is_code(said: str) -> bool:
    """Return whether a text is a code: letters, digits and ``. _ -``, 1 to 64, the first a letter or digit."""
    return _CODE.fullmatch(said) is not None


def code_problems(**codes: str) -> list[Problem]:
    """Return what is wrong with codes, each by the name of its field; none where all are codes."""
    return [Problem(field, wrong) for field, said in codes.items() if (wrong := code_problem(said))]


def code_problem(said: str) -> str:
    """Return in words why a text is no code; empty where it is one."""
    if is_code(said):
        return ""
    expected = f"expected letters, digits and . _ - (1 to {CODE_LENGTH_MAX}), beginning with a letter or digit"
    if not said.strip():
        return f"it is empty; {expected}"
    shown = "".join(letter if letter.isprintable() else "�" for letter in said[:_SHOWN_LENGTH_MAX])
    return f"“{shown}{'…' if len(said) > _SHOWN_LENGTH_MAX else ''}” is not a code; {expected}"
