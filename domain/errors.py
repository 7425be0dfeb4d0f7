"""Refusals: what the bank's rules do not allow, told in business words.

A rule, the store or the desk raises a ``Refusal``; nothing below ``api`` knows HTTP. Each refusal is a class beside
the rule that raises it, its message is a sentence for a person, and its public attributes are the facts that a caller
may show or log. ``api/refusals.py`` holds the one table from these classes to HTTP answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Refusal(Exception):
    """An act that the bank's rules do not allow; ``str(refusal)`` is the sentence a person reads."""

    @property
    def facts(self) -> dict[str, object]:
        """The refusal's public attributes, by name."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in what a person gave us, and where they find it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class InputRefused(Refusal):
    """What was given cannot be taken; every problem is told at once and nothing was kept.

    ``count`` is how many problems there are, where only the first of very many are told in words.
    """

    def __init__(self, problems: Sequence[Problem], *, subject: str = "the input", count: int | None = None) -> None:
        assert problems, "a refusal of input names at least one problem"
        count = len(problems) if count is None else count
        super().__init__(
            f"{subject} has {count} problem{'s' if count > 1 else ''}: " + "; ".join(map(str, problems[:5]))
        )
        self.problems = tuple(problems)
        self.count = count


class NotFound(Refusal):
    """Nothing of that name exists, or this person may not know that it does."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"there is no {kind} {name}")
        self.kind, self.name = kind, str(name)
