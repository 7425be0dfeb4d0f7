"""The schedule of a fixed-rate loan, exact to the minor unit.

What the contract says (``LoanTerms``) and what was paid out, and when, give the instalments. Every flow is rounded
once, ties to the even unit; what rounding leaves over goes into the last instalment, so a schedule always ends at zero.

The level instalment of an annuity is the amount that, paid on every due day that remains, clears the balance with the
interest of the *actual* periods (whatever their day counts and however long the first one is). It is computed from
whole numbers: with M = rate denominator x days of the year, period k multiplies a debt by c_k / M, and the instalment
is balance x c_1...c_n / (sum over k of M^k x c_(k+1)...c_n), rounded once. A further drawdown sets it anew over the
due days that remain; the same holds for the equal parts of a linear loan. Where a long first period earns more interest
than the level instalment, that interest is paid in full, no principal with it, and the level is set anew: unpaid
interest never becomes principal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.calendar import DayCount, due_days, running_days, year_days
from domain.money import round_half_even


class Repayment(StrEnum):
    """How principal comes back."""

    ANNUITY = "annuity"
    LINEAR = "linear"
    BULLET = "bullet"


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What the contract of a fixed-rate loan says.

    ``rate`` is a share per year (``Decimal("0.0325")`` is 3.25 %); the due days are ``instalments`` steps of
    ``months_between`` months from ``first_due_on``.
    """

    rate: Decimal
    day_count: DayCount
    repayment: Repayment
    first_due_on: date
    months_between: int
    instalments: int

    @property
    def due_days(self) -> tuple[date, ...]:
        """Every day on which something falls due, in order."""
        return due_days(
            first_due_on=self.first_due_on, months_between=self.months_between, instalments=self.instalments
        )


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is due on one day, in minor units, and the principal that remains after it."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    balance_minor: int

    @property
    def total_minor(self) -> int:
        """Principal and interest together."""
        return self.principal_minor + self.interest_minor


def interest_exactly(*, terms: LoanTerms, movements: Sequence[tuple[date, int]], to: date) -> Fraction:
    """Return the interest, in minor units and unrounded, that principal ``movements`` earn up to ``to``.

    A movement is a day and the change of principal: a drawdown is positive, a repayment negative. Interest runs from
    the movement's day to the day before ``to``. It is one sum over the movements because every day count is additive.
    """
    end = running_days(to, day_count=terms.day_count)
    unit_days = sum(
        minor * (end - running_days(day, day_count=terms.day_count)) for day, minor in movements if day < to
    )
    return Fraction(terms.rate) * unit_days / year_days(terms.day_count)


def schedule(*, terms: LoanTerms, drawdowns: Sequence[tuple[date, int]]) -> tuple[Instalment, ...]:
    """Return the instalments that ``drawdowns`` (day, minor units) lead to: a row per due day after the first of them.

    A drawdown on a due day counts from that day on: it changes the next instalment. The caller makes sure that every
    drawdown lies before the last due day.
    """
    if not drawdowns:
        return ()
    first_draw = min(day for day, _ in drawdowns)
    days = [day for day in terms.due_days if day > first_draw]
    assert days and max(day for day, _ in drawdowns) < days[-1], "drawdowns lie before the last due day"
    rows: list[Instalment] = []
    balance = part = 0
    since, anew = first_draw, True
    for here, due_on in enumerate(days):
        drawn = [(day, minor) for day, minor in drawdowns if since <= day < due_on]
        exact = interest_exactly(terms=terms, movements=[(since, balance), *drawn], to=due_on)
        interest, balance, since = round_half_even(exact), balance + sum(minor for _, minor in drawn), due_on
        if drawn or anew:
            part = level_part(terms=terms, balance=balance, interest=exact, due_on=due_on, later=days[here + 1 :])
        principal = balance if due_on == days[-1] else _principal(terms, balance=balance, part=part, interest=interest)
        anew = terms.repayment is Repayment.ANNUITY and part < interest
        balance -= principal
        rows.append(Instalment(here + 1, due_on, principal, interest, balance))
    return tuple(rows)


def level_part(*, terms: LoanTerms, balance: int, interest: Fraction, due_on: date, later: Sequence[date]) -> int:
    """Return what is level from ``due_on`` on: the instalment of an annuity, the principal of a linear loan; bullet 0.

    ``interest`` is what this first period has earned, unrounded; ``later`` are the due days after it.
    """
    if terms.repayment is Repayment.BULLET:
        return 0
    if terms.repayment is Repayment.LINEAR:
        return round_half_even(Fraction(balance, 1 + len(later)))
    rate = Fraction(terms.rate)
    whole = rate.denominator * year_days(terms.day_count)
    factors = []
    start = due_on
    for end in later:
        days = running_days(end, day_count=terms.day_count) - running_days(start, day_count=terms.day_count)
        factors.append(whole + rate.numerator * days)
        start = end
    # The first payment is made now and counts in full; each later one is discounted by the periods up to it.
    grown, paid = 1, 0
    for factor in reversed(factors):
        paid = paid * whole + grown * whole
        grown *= factor
    return round_half_even((balance + interest) * grown / Fraction(grown + paid))


def _principal(terms: LoanTerms, *, balance: int, part: int, interest: int) -> int:
    wanted = part - interest if terms.repayment is Repayment.ANNUITY else part
    return max(0, min(wanted, balance))
