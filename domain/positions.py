"""Positions that another institution states: twelve figures per loan, five identities, and the postings of both.

A statement of loans gives sums, not events. Each of its twelve figures is kept on an account of its own, so that every
total can be read back from the ledger; each of the five identities that tie them together is one group of postings that
sums to zero. What an identity lacks is not hidden in a figure but posted to the identity's own source-difference
account. A later statement is posted as the difference against the one before; the first as the difference against
nothing. ``docs/rules/ibrd.md`` works one loan through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from domain.calendar import in_words
from domain.errors import Refusal
from domain.ledger import AccountKind


@dataclass(frozen=True, slots=True)
class Figures:
    """What a statement says of one loan, in minor units of its currency; all are cumulative sums or balances."""

    original_principal: int = 0
    cancelled: int = 0
    undisbursed: int = 0
    disbursed: int = 0
    repaid: int = 0
    due: int = 0
    exchange_adjustment: int = 0
    obligation: int = 0
    sold: int = 0
    repaid_third_party: int = 0
    due_third_party: int = 0
    held: int = 0

    def __sub__(self, before: Figures) -> Figures:
        return Figures(*(getattr(self, name) - getattr(before, name) for name in FIGURE_NAMES))


FIGURE_NAMES = tuple(f.name for f in fields(Figures))

NOTHING = Figures()
"""The position before a loan was first stated."""

NEVER_FALLING = ("original_principal", "cancelled", "disbursed", "repaid", "sold", "repaid_third_party")
"""Figures that only grow in a loan's life: one that falls between two statements takes back what was said before."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A sum that must hold on every line of a statement, as a group of postings that sums to zero.

    ``lines`` are (account, figure, sign): the figure, times the sign, is posted to the account. ``gap_account`` takes
    what the group lacks, so it is zero for a loan exactly when the identity holds for it.
    """

    name: str
    says: str
    lines: tuple[tuple[str, str, int], ...]
    gap_account: str


IDENTITIES = (
    Identity(
        "obligation",
        "obligation = due + exchange adjustment",
        (
            ("statement_obligation", "obligation", 1),
            ("statement_due_in_obligation", "due", -1),
            ("statement_exchange_adjustment", "exchange_adjustment", -1),
        ),
        "source_difference_obligation",
    ),
    Identity(
        "held",
        "held = due + undisbursed",
        (
            ("statement_held", "held", 1),
            ("statement_due_in_held", "due", -1),
            ("commitments_given", "undisbursed", -1),
        ),
        "source_difference_held",
    ),
    Identity(
        "sold",
        "sold = repaid third party + due third party",
        (
            ("statement_repaid_third_party", "repaid_third_party", 1),
            ("statement_due_third_party", "due_third_party", 1),
            ("statement_sold_in_parts", "sold", -1),
        ),
        "source_difference_sold",
    ),
    Identity(
        "disbursed",
        "disbursed = repaid + due + sold",
        (
            ("loan_principal", "due", 1),
            ("statement_repaid", "repaid", 1),
            ("statement_sold", "sold", 1),
            ("statement_disbursed", "disbursed", -1),
        ),
        "source_difference",
    ),
    Identity(
        "original",
        "original − cancelled = undisbursed + disbursed",
        (
            ("commitments_undrawn", "undisbursed", 1),
            ("statement_disbursed_of_original", "disbursed", 1),
            ("statement_cancelled", "cancelled", 1),
            ("statement_original", "original_principal", -1),
        ),
        "source_difference_original",
    ),
)

STATEMENT_ACCOUNTS: dict[str, AccountKind] = {
    "statement_disbursed": AccountKind.CAPITAL,
    "statement_repaid": AccountKind.CAPITAL,
    "statement_sold": AccountKind.CAPITAL,
    "statement_obligation": AccountKind.MEMORANDUM,
    "statement_due_in_obligation": AccountKind.MEMORANDUM,
    "statement_exchange_adjustment": AccountKind.MEMORANDUM,
    "statement_held": AccountKind.MEMORANDUM,
    "statement_due_in_held": AccountKind.MEMORANDUM,
    "statement_repaid_third_party": AccountKind.MEMORANDUM,
    "statement_due_third_party": AccountKind.MEMORANDUM,
    "statement_sold_in_parts": AccountKind.MEMORANDUM,
    "statement_disbursed_of_original": AccountKind.MEMORANDUM,
    "statement_cancelled": AccountKind.MEMORANDUM,
    "statement_original": AccountKind.MEMORANDUM,
    "approved_unsigned": AccountKind.MEMORANDUM,
    "approvals_given": AccountKind.MEMORANDUM,
    "source_difference_obligation": AccountKind.MEMORANDUM,
    "source_difference_held": AccountKind.MEMORANDUM,
    "source_difference_sold": AccountKind.MEMORANDUM,
    "source_difference_original": AccountKind.MEMORANDUM,
}
"""What a fund's chart gains when a statement is imported.

Only the group *disbursed* touches the balance sheet: what is due is an asset, and what was paid out, came back and was
sold before the book began stands against it as capital. The other groups are memorandum and balance by themselves.
"""

UNSIGNED_ACCOUNTS = {"commitments_undrawn": "approved_unsigned", "commitments_given": "approvals_given"}
"""Where what is undisbursed stands while the loan is approved and not signed: a commitment is what is signed."""

SIGNED_STAGES = frozenset({"contracted", "active", "closed"})
"""Stages that only a signed loan reaches. A source that later leaves the day of signing blank unsigns nothing."""

READ_FROM: dict[str, tuple[tuple[str, ...], int]] = {
    "original_principal": (("statement_original",), -1),
    "cancelled": (("statement_cancelled",), 1),
    "undisbursed": (("commitments_undrawn", "approved_unsigned"), 1),
    "disbursed": (("statement_disbursed",), -1),
    "repaid": (("statement_repaid",), 1),
    "due": (("loan_principal",), 1),
    "exchange_adjustment": (("statement_exchange_adjustment",), -1),
    "obligation": (("statement_obligation",), 1),
    "sold": (("statement_sold",), 1),
    "repaid_third_party": (("statement_repaid_third_party",), 1),
    "due_third_party": (("statement_due_third_party",), 1),
    "held": (("statement_held",), 1),
}
"""The accounts whose sum each figure is read back from, and the sign with which it stands there."""


@dataclass(frozen=True, slots=True)
class Position:
    """One loan as its source states it: who, what for, how much, since when. ``columns`` is the line word by word.

    ``rate`` is a yearly share (0.0425 for 4.25 %); None where the source gives 0 or nothing, which there means that
    the rate is unknown or that several apply.
    """

    loan_number: str
    country_code: str
    country: str
    investee: str
    project_code: str
    project_name: str
    status: str
    rate: Decimal | None
    figures: Figures
    approved_on: date | None = None
    signed_on: date | None = None
    effective_on: date | None = None
    closed_on: date | None = None
    first_due_on: date | None = None
    last_due_on: date | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """One release: every loan's position at the end of a period. ``content_hash`` is over what the lines say."""

    source: str
    currency: str
    period_end: date
    file_name: str
    content_hash: str
    positions: tuple[Position, ...]


class StatementIsOlder(Refusal):
    """A release for a period that ended before the last one imported."""

    def __init__(self, period_end: date, last: date) -> None:
        super().__init__(
            f"the statement of {in_words(period_end)} is older than that of {in_words(last)}, which the fund already "
            "stands at; import releases in the order of their periods"
        )
        self.period_end, self.last = period_end, last


class StatementLiesAhead(Refusal):
    """A release for a period that has not ended: a mistyped day would keep every later release out."""

    def __init__(self, period_end: date, today: date) -> None:
        super().__init__(
            f"the statement's period ends on {in_words(period_end)}, which is after today ({in_words(today)})"
        )
        self.period_end, self.today = period_end, today


class StatementBeforeFund(Refusal):
    """A release for a period that ended before the fund was opened."""

    def __init__(self, fund: str, period_end: date, opened_on: date) -> None:
        super().__init__(
            f"the statement is of {in_words(period_end)}, and the fund {fund} was opened on {in_words(opened_on)}"
        )
        self.fund, self.period_end, self.opened_on = fund, period_end, opened_on


class FundHasDealsOfItsOwn(Refusal):
    """A statement moves a fund's business day; where deals of the fund's own wait for their nights, it takes none."""

    def __init__(self, fund: str, deal: str, deals: int) -> None:
        and_more = f" and {deals - 1} more" if deals > 1 else ""
        super().__init__(
            f"the fund {fund} has deals of its own ({deal}{and_more}), and a statement would move its business day "
            "over their nights; import it into a fund that holds nothing but positions of statements"
        )
        self.fund, self.deal, self.deals = fund, deal, deals


class StatementSkipsNights(Refusal):
    """A statement would move a fund's business day over a night that has work and has not run."""

    def __init__(self, fund: str, period_end: date, night: date) -> None:
        super().__init__(
            f"the statement of {in_words(period_end)} would move the fund {fund} over the night of "
            f"{in_words(night)}, which has work to do; run its nights up to {in_words(period_end)} first"
        )
        self.fund, self.period_end, self.night = fund, period_end, night


class FundInAnotherCurrency(Refusal):
    """A statement's figures cannot stand in a fund of another currency."""

    def __init__(self, fund: str, currency: str, stated: str) -> None:
        super().__init__(f"the fund {fund} is kept in {currency}, and this statement is in {stated}")
        self.fund, self.currency, self.stated = fund, currency, stated


def gap_minor(identity: Identity, figures: Figures) -> int:
    """Return what an identity lacks for a loan, as it is posted to its gap account; 0 where it holds."""
    return -sum(sign * int(getattr(figures, name)) for _, name, sign in identity.lines)


def failing(figures: Figures) -> tuple[str, ...]:
    """Return the names of the identities that do not hold, to the cent."""
    return tuple(identity.name for identity in IDENTITIES if gap_minor(identity, figures) != 0)


def restated(*, before: Figures, now: Figures, same_period: bool) -> tuple[str, ...]:
    """Return the figures by which a later statement takes back an earlier one.

    Between two periods that is a figure of ``NEVER_FALLING`` that fell; within one period, every figure that changed.
    """
    if same_period:
        return tuple(name for name in FIGURE_NAMES if getattr(now, name) != getattr(before, name))
    return tuple(name for name in NEVER_FALLING if getattr(now, name) < getattr(before, name))


def movements(
    *, before: Figures, now: Figures, was_signed: bool = True, is_signed: bool = True
) -> Iterator[tuple[str, int]]:
    """Yield what to post, as (account, minor units): identity by identity, each group summing to zero.

    A loan that is approved and not signed has its undisbursed sum on ``UNSIGNED_ACCOUNTS``; once it is signed, the
    whole of it moves to the commitments, although no figure need have changed.
    """
    moved = now - before
    for identity in IDENTITIES:
        off_by_minor = 0
        for account, name, sign in identity.lines:
            unsigned = UNSIGNED_ACCOUNTS.get(account)
            if unsigned is None or was_signed == is_signed:
                standing = account if unsigned is None or is_signed else unsigned
                amounts = [(standing, sign * getattr(moved, name))]
            else:
                left, reached = (account, unsigned) if was_signed else (unsigned, account)
                amounts = [(left, -sign * getattr(before, name)), (reached, sign * getattr(now, name))]
            for standing, amount_minor in amounts:
                if amount_minor:
                    off_by_minor += amount_minor
                    yield standing, amount_minor
        if off_by_minor:
            yield identity.gap_account, -off_by_minor


STAGES = ("approved", "contracted", "active", "closed", "withdrawn")
"""The stages that a statement can tell, in the order a deal passes them."""

_SETTLED = frozenset({"fully repaid", "fully transferred"})
_GIVEN_UP = frozenset({"fully cancelled", "terminated"})


def stages(position: Position, *, period_end: date) -> tuple[tuple[str, date, str], ...]:
    """Return the stages that a position shows by the end of a period, as (stage, day, reason), in order.

    Approved, contracted and active are the days of board approval, signing and effectiveness, each if it has come.
    A loan that is repaid or transferred is closed on its last repayment day; one that is cancelled or terminated is
    closed on its closing day, or withdrawn if it was never signed. A day that is missing or lies ahead gives way to
    the end of the period, the first day on which the source says so.
    """
    told = [
        (stage, day, reason)
        for stage, day, reason in (
            ("approved", position.approved_on, "board approval"),
            ("contracted", position.signed_on, "agreement signed"),
            ("active", position.effective_on, "agreement effective"),
        )
        if day is not None and day <= period_end
    ]
    status = position.status.casefold()
    if status in _SETTLED | _GIVEN_UP:
        end = "withdrawn" if status in _GIVEN_UP and position.signed_on is None else "closed"
        day = position.last_due_on if status in _SETTLED else position.closed_on
        told.append((end, day if day is not None and day <= period_end else period_end, position.status))
    return tuple(told) or (("approved", period_end, position.status),)


def stages_to_add(position: Position, *, period_end: date, reached: str | None) -> tuple[tuple[str, date, str], ...]:
    """Return the stages that a later statement adds to a deal that has reached ``reached``; None is a new deal.

    A deal never goes back a stage because a source moved a day; but one that was closed and is stated as open again is
    opened again, on the end of the period.
    """
    told = stages(position, period_end=period_end)
    if reached is None:
        return told
    here = STAGES.index(reached)
    last = told[-1][0]
    if here >= STAGES.index("closed") > STAGES.index(last):
        return ((last, period_end, f"stated as {position.status} again"),)
    return tuple(step for step in told if STAGES.index(step[0]) > here)


def terms(position: Position) -> dict[str, str | None]:
    """Return what a statement says of a loan's contract. It has no schedule, so nothing accrues on it."""
    return {
        "source": "statement",
        "rate": f"{position.rate:f}" if position.rate is not None else None,
        "rate_note": "" if position.rate is not None else "unknown, or several rates",
        "first_due_on": position.first_due_on.isoformat() if position.first_due_on else None,
        "last_due_on": position.last_due_on.isoformat() if position.last_due_on else None,
    }
