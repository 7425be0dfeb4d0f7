"""Acts that are lent: which, to whom, for how long. What a lent act then may do is in ``authority.may``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.authority import AUTHORITY, AWAITED, IN_WORDS, LENDABLE, Act, Alone
from domain.calendar import in_words
from domain.errors import InputRefused, Problem, Refusal
from domain.measured import MEASURED
from domain.parties import Role

DAYS_MAX = 90
"""A delegation lasts at most so many days, its first and its last included."""

NEVER_BORROW = frozenset({Role.INVESTEE, Role.AUDITOR})
"""Investees stand outside the bank, and auditors judge what others do."""


class DelegationEnded(Refusal):
    """A delegation that was ended before."""

    def __init__(self, *, delegation_id: int) -> None:
        super().__init__(f"delegation {delegation_id} was ended before")
        self.delegation_id = delegation_id


@dataclass(frozen=True, slots=True)
class Delegation:
    """What one person lends to another: acts, both days included, and up to how much (None: as much as their own)."""

    acts: Sequence[str]
    from_day: date
    to_day: date
    at_most_minor: Alone = None


def check_delegation(asked: Delegation, *, lender: Role, borrower: Role, same_person: bool, today: date) -> None:
    """Let a delegation pass, or refuse (``InputRefused``) everything that is wrong with it at once.

    A person lends acts of their own role from the closed list (so nothing that was lent to them), up to their own
    amount where the act carries one, for at most 90 days, to somebody else inside the bank who is no auditor.
    """
    problems = [] if asked.acts else [Problem("acts", "name at least one act")]
    if same_person:
        problems.append(Problem("to", "acts are lent to somebody else"))
    if borrower in NEVER_BORROW:
        problems.append(Problem("to", f"{IN_WORDS[borrower]} borrows no acts"))
    problems += _act_problems(asked, lender=lender)
    if asked.to_day < asked.from_day:
        problems.append(Problem("to_day", f"it lies before the first day, {in_words(asked.from_day)}"))
    elif (asked.to_day - asked.from_day).days >= DAYS_MAX:
        problems.append(Problem("to_day", f"a delegation lasts at most {DAYS_MAX} days"))
    elif asked.to_day < today:
        problems.append(Problem("to_day", f"it is over: today is {in_words(today)}"))
    if asked.at_most_minor is not None and asked.at_most_minor <= 0:
        problems.append(Problem("amount", "an amount above zero is expected"))
    if problems:
        raise InputRefused(problems, subject="the delegation")


def _act_problems(asked: Delegation, *, lender: Role) -> list[Problem]:
    problems = []
    for said in dict.fromkeys(asked.acts):
        if said not in set(LENDABLE):
            problems.append(Problem("acts", f"“{said[:80]}” is no act that is lent"))
        elif lender not in AUTHORITY[Act(said)]:
            problems.append(Problem("acts", f"{IN_WORDS[lender]} may not {said}, so cannot lend it"))
        elif Act(said) in AWAITED:
            problems.append(Problem("acts", f"nobody can {said} in this version, so nobody lends it"))
        elif asked.at_most_minor is not None and Act(said) not in MEASURED:
            problems.append(Problem("amount", f"to {said} carries no amount: lend it by itself, without one"))
        elif _more_than_own(asked.at_most_minor, AUTHORITY[Act(said)][lender]):
            problems.append(Problem("amount", f"it is more than {IN_WORDS[lender]} may {said} of alone"))
    return problems


def _more_than_own(lent: Alone, own: Alone) -> bool:
    return lent is not None and own is not None and lent > own
