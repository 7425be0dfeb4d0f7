"""Periods: months that a fund has closed for good.

What is booked in a closed period stays as it is. A fact that comes late is booked on an open day and keeps its own
value day: so a figure by booking day never changes after the closing, and one by value day tells what is known now.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.calendar import in_words, month_end, month_ends
from domain.errors import Problem


def closing_problems(
    period_end: date, *, opened_on: date, closed_to: date | None, business_day: date
) -> tuple[Problem, ...]:
    """Return all that stands against closing a period that ends on a day; nothing where it may be closed."""
    wrong = []
    if period_end != month_end(period_end):
        wrong.append(f"a period ends with a month; the next such day is {in_words(month_end(period_end))}")
    if period_end < opened_on:
        wrong.append(f"the fund was opened on {in_words(opened_on)}")
    if closed_to is not None and period_end <= closed_to:
        wrong.append(f"the book is closed up to {in_words(closed_to)} already")
    if period_end > business_day:
        wrong.append(f"the fund's book has reached {in_words(business_day)}; a month is closed when it has passed")
    return tuple(Problem("period_end", why) for why in wrong)


def days_that_may_close(*, opened_on: date, closed_to: date | None, business_day: date) -> tuple[date, ...]:
    """Return the month ends up to which the book may be closed now, in order."""
    after = opened_on - timedelta(days=1) if closed_to is None else closed_to
    return month_ends(after=after, to=business_day)


def open_day(*, business_day: date, closed_to: date | None) -> date:
    """Return the day on which the book takes entries now: the business day, or the day after a period just closed."""
    return business_day if closed_to is None else max(business_day, closed_to + timedelta(days=1))
