"""A loan between its instalments: what its contract says, what it owes on a day, and what a receipt pays.

Interest is never carried as a running remainder. What has been earned up to a day is computed from all movements of
principal, rounded once per period, and what is booked is the difference to what was booked before. So interest does not
depend on how often it was booked, and a back-dated receipt is put right by the next booking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.calendar import DayCount, in_words, running_days, year_days
from domain.errors import InputRefused, Problem, Refusal
from domain.money import Money, round_half_even
from domain.schedule import Instalment, LoanTerms, Repayment
from domain.terms import LAST_YEAR, read_count, read_day, read_share, read_word, unknown_terms

RATE_MAX = Decimal(1)
"""No loan costs more than 100 % a year: what is more is a per cent sign forgotten."""

INSTALMENTS_MAX = 1200
"""A hundred years of months."""


class MoreThanOwed(Refusal):
    """A receipt of more than is owed on its value day."""

    def __init__(self, *, owed: Money, received: Money, on: date) -> None:
        super().__init__(f"{received} is more than the {owed} owed on {in_words(on)}")
        self.owed, self.received, self.on = owed, received, on


class DrawnAfterLastInstalment(Refusal):
    """A drawdown on or after the last day on which the loan can be repaid by its schedule."""

    def __init__(self, *, last_due_on: date, on: date) -> None:
        super().__init__(
            f"a drawdown on {in_words(on)} comes too late: the last instalment is due on {in_words(last_due_on)}"
        )
        self.last_due_on, self.on = last_due_on, on


@dataclass(frozen=True, slots=True)
class Owed:
    """What a loan owes on a day, in minor units: interest earned and not yet received, and principal."""

    interest_minor: int
    principal_minor: int

    @property
    def total_minor(self) -> int:
        """Interest and principal together."""
        return self.interest_minor + self.principal_minor


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a receipt pays, in minor units: interest first, then principal."""

    interest_minor: int
    principal_minor: int


@dataclass(frozen=True, slots=True)
class DuePart:
    """What is still to be paid of one instalment, in minor units."""

    due_on: date
    principal_minor: int
    interest_minor: int


def parse_loan_terms(terms: Mapping[str, object]) -> LoanTerms:
    """Read a loan's terms as they are stored or sent; every problem is told at once (``InputRefused``).

    ``rate`` is a decimal text between 0 and 1, days are ISO 8601, ``months_between`` and ``instalments`` whole numbers.
    """
    problems: list[Problem] = []
    rate = read_share(terms, "rate", problems, least=Decimal(0), most=RATE_MAX)
    day_count = read_word(terms, "day_count", DayCount, problems)
    repayment = read_word(terms, "repayment", Repayment, problems)
    first_due_on = read_day(terms, "first_due_on", problems)
    months_between = read_count(terms, "months_between", problems, most=120)
    instalments = read_count(terms, "instalments", problems, most=INSTALMENTS_MAX)
    problems += unknown_terms(
        terms, known=("rate", "day_count", "repayment", "first_due_on", "months_between", "instalments")
    )
    if first_due_on and first_due_on.year + months_between * instalments // 12 > LAST_YEAR:
        problems.append(Problem("instalments", f"the last instalment would be due after {LAST_YEAR}"))
    if problems or rate is None or day_count is None or repayment is None or first_due_on is None:
        raise InputRefused(problems, subject="the loan's terms")
    return LoanTerms(rate, day_count, repayment, first_due_on, months_between, instalments)


def interest_to(*, terms: LoanTerms, movements: Sequence[tuple[date, int]], to: date) -> int:
    """Return all interest earned from the first movement up to a day, in minor units.

    It is rounded once per period between two due days, the one that is still running included, as the schedule rounds
    it: so who pays every instalment on its day owes nothing in the end, not even a cent.
    """
    ends = [day for day in terms.due_days if day < to]
    return sum(interest_by_period(terms=terms, movements=movements, ends=[*ends, to]))


def interest_by_period(
    *, terms: LoanTerms, movements: Sequence[tuple[date, int]], ends: Sequence[date]
) -> tuple[int, ...]:
    """Return the interest of each period that ends on one of ``ends`` (in order), in minor units, rounded once each.

    The first period begins with the first movement. A movement (day, minor units) counts from its day on.
    """
    waiting = sorted(movements, reverse=True)
    balance = since = 0
    earned = []
    for end in ends:
        unit_days = 0
        while waiting and waiting[-1][0] < end:
            day, minor = waiting.pop()
            here = running_days(day, day_count=terms.day_count)
            unit_days += balance * (here - since)
            balance, since = balance + minor, here
        here = running_days(end, day_count=terms.day_count)
        unit_days += balance * (here - since)
        since = here
        earned.append(round_half_even(Fraction(terms.rate) * unit_days / year_days(terms.day_count)))
    return tuple(earned)


def owed_on(
    *, terms: LoanTerms, movements: Sequence[tuple[date, int]], interest_received_minor: int, day: date
) -> Owed:
    """Return what a loan owes on a day: interest earned by then less all that was received, and principal.

    Principal is what was outstanding on the day and on every later one: a receipt that is dated back cannot pay what a
    later one has paid already, nor what was drawn only later.
    """
    earned = interest_to(terms=terms, movements=movements, to=day)
    principal = balance = sum(minor for on, minor in movements if on <= day)
    for _, minor in sorted(movement for movement in movements if movement[0] > day):
        balance += minor
        principal = min(principal, balance)
    return Owed(max(0, earned - interest_received_minor), max(0, principal))


def allocate_receipt(*, received: Money, owed: Owed, on: date) -> Allocation:
    """Split a receipt: interest first, then principal. More than is owed is refused (``MoreThanOwed``)."""
    if received.minor > owed.total_minor:
        raise MoreThanOwed(owed=Money(owed.total_minor, received.currency), received=received, on=on)
    interest = min(received.minor, owed.interest_minor)
    return Allocation(interest, received.minor - interest)


def open_parts(
    *,
    terms: LoanTerms,
    instalments: Sequence[Instalment],
    movements: Sequence[tuple[date, int]],
    interest_received_minor: int,
    as_of: date,
) -> tuple[DuePart, ...]:
    """Return what is unpaid of each instalment due by a day, oldest first, and of the one that comes next.

    Principal that came back covers the oldest instalments first, then those to come; interest is what the principal
    actually outstanding has earned between two due days, less what was received, the oldest first. Without further
    movements, the next instalment's interest is what it will be.
    """
    returned = -sum(minor for _, minor in movements if minor < 0)
    by_period = interest_by_period(terms=terms, movements=movements, ends=[row.due_on for row in instalments])
    parts: list[DuePart] = []
    principal_due = earned = 0
    for row, in_period in zip(instalments, by_period, strict=True):
        principal_due += row.principal_minor
        earned += in_period
        principal = max(0, min(row.principal_minor, principal_due - returned))
        interest = max(0, min(in_period, earned - interest_received_minor))
        if principal or interest:
            parts.append(DuePart(row.due_on, principal, interest))
            if row.due_on > as_of:
                break
    return tuple(parts)
