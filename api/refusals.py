"""The one table from refusals to HTTP answers. ``api/problems.py`` tells them.

The second word of a line ends the problem's stable ``type`` (``/problems/no-such-thing``): it stays when a class is
renamed.
"""

from __future__ import annotations

from http import HTTPStatus

from api.database.problems import DatabaseProblem
from api.files import sheets
from domain import (
    authority,
    covenants,
    currencies,
    deals,
    delegations,
    equity,
    errors,
    ledger,
    limits,
    loans,
    money,
    positions,
    requests,
    reversals,
    royalties,
)
from domain.desk import answers, audit, funds, night, people, periods, refusals, verification
from domain.errors import Refusal


class FormNotOurs(Refusal):
    """A form that came without the secret of the browser's session: another site may have sent it."""

    def __init__(self) -> None:
        super().__init__("the form did not come from a page of this session; open the page again and send it once more")


class IdempotencyKeyMissing(Refusal):
    """A request that moves money or submits a report and names no key by which a retry would be known."""

    def __init__(self, why: str = "send one of your own making, such as a UUID") -> None:
        super().__init__(f"this request takes an Idempotency-Key header: {why}")


class EditNeedsVersion(Refusal):
    """An edit that does not say which version of the thing it is an edit of."""

    def __init__(self, version: str) -> None:
        super().__init__("this edit takes an If-Match header with the ETag of what you read")
        self.version = version


class StaleEdit(Refusal):
    """An edit of a thing that somebody else has changed since it was read."""

    def __init__(self, version: str) -> None:
        super().__init__("somebody has changed this since you read it; read it again, then decide")
        self.version = version


class TooManyAttempts(Refusal):
    """Too many sign-ins failed for this person, from this address, or both; known and unknown people are told alike."""

    def __init__(self, wait_seconds: int, *, is_news: bool = True) -> None:
        super().__init__(f"too many sign-ins failed; wait {wait_seconds} second{'s' if wait_seconds != 1 else ''}")
        self.wait_seconds = wait_seconds
        self._is_news = is_news

    @property
    def is_news(self) -> bool:
        """Whether it is the first such answer after an attempt: one row of the audit for each wait is enough."""
        return self._is_news


class TooManySignIns(Refusal):
    """Too many passwords are being checked at once; who is signed in goes on undisturbed."""

    def __init__(self) -> None:
        super().__init__("too many people are signing in at this moment; try again in a few seconds")
        self.wait_seconds = 3


class RequestTooLarge(Refusal):
    """A body larger than any this door takes."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"the request is too large; this door takes {bytes_max} bytes")
        self.bytes_max = bytes_max


TABLE: dict[type[Refusal], tuple[HTTPStatus, str]] = {
    # who
    people.SignInNeeded: (HTTPStatus.UNAUTHORIZED, "sign-in-needed"),
    people.SignInRefused: (HTTPStatus.UNAUTHORIZED, "sign-in-refused"),
    people.UserEmailTaken: (HTTPStatus.CONFLICT, "email-taken"),
    TooManyAttempts: (HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts"),
    TooManySignIns: (HTTPStatus.SERVICE_UNAVAILABLE, "too-many-sign-ins"),
    FormNotOurs: (HTTPStatus.FORBIDDEN, "form-not-ours"),
    authority.NotAllowed: (HTTPStatus.FORBIDDEN, "not-allowed"),
    authority.SamePersonPreparedAndDecides: (HTTPStatus.FORBIDDEN, "second-person-needed"),
    authority.AmountTakesTwo: (HTTPStatus.FORBIDDEN, "amount-takes-two"),
    authority.ConflictOfInterest: (HTTPStatus.FORBIDDEN, "conflict-of-interest"),
    authority.NotPermitted: (HTTPStatus.FORBIDDEN, "not-permitted"),
    delegations.DelegationEnded: (HTTPStatus.CONFLICT, "delegation-ended"),
    requests.RequestDecided: (HTTPStatus.CONFLICT, "request-decided"),
    requests.RequestOfAnother: (HTTPStatus.FORBIDDEN, "request-of-another"),
    requests.RequestNotNeeded: (HTTPStatus.CONFLICT, "request-not-needed"),
    requests.RequestStandsOpen: (HTTPStatus.CONFLICT, "request-stands-open"),
    # what was asked
    errors.NotFound: (HTTPStatus.NOT_FOUND, "no-such-thing"),
    errors.InputRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "input-refused"),
    money.AmountUnreadable: (HTTPStatus.UNPROCESSABLE_ENTITY, "amount-unreadable"),
    money.CurrenciesDiffer: (HTTPStatus.UNPROCESSABLE_ENTITY, "currencies-differ"),
    RequestTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request-too-large"),
    # twice, and at the same time
    IdempotencyKeyMissing: (HTTPStatus.BAD_REQUEST, "idempotency-key-missing"),
    ledger.KeyUsedForAnotherRequest: (HTTPStatus.UNPROCESSABLE_ENTITY, "key-used-for-another-request"),
    answers.ActStillRuns: (HTTPStatus.CONFLICT, "act-still-runs"),
    EditNeedsVersion: (HTTPStatus.PRECONDITION_REQUIRED, "edit-needs-version"),
    StaleEdit: (HTTPStatus.PRECONDITION_FAILED, "stale-edit"),
    # the ledger
    ledger.EntryDoesNotBalance: (HTTPStatus.UNPROCESSABLE_ENTITY, "entry-does-not-balance"),
    ledger.EntryTooSmall: (HTTPStatus.UNPROCESSABLE_ENTITY, "entry-too-small"),
    ledger.EntryAlreadyReversed: (HTTPStatus.CONFLICT, "entry-already-reversed"),
    reversals.ReversalTakesTwo: (HTTPStatus.CONFLICT, "reversal-takes-two"),
    reversals.LaterEntriesRestOnEntry: (HTTPStatus.CONFLICT, "later-entries-rest-on-entry"),
    ledger.DayNotInTheBook: (HTTPStatus.UNPROCESSABLE_ENTITY, "day-not-in-the-book"),
    ledger.PeriodClosed: (HTTPStatus.CONFLICT, "period-closed"),
    periods.ClosingCameBetween: (HTTPStatus.CONFLICT, "closing-came-between"),
    refusals.CashNotEnough: (HTTPStatus.CONFLICT, "cash-not-enough"),
    refusals.AccountUnknown: (HTTPStatus.UNPROCESSABLE_ENTITY, "account-unknown"),
    refusals.SealBeyondHead: (HTTPStatus.NOT_FOUND, "seal-beyond-head"),
    verification.HeadNotLegible: (HTTPStatus.UNPROCESSABLE_ENTITY, "head-not-legible"),
    # deals and their money
    funds.CodeTaken: (HTTPStatus.CONFLICT, "code-taken"),
    deals.StageNotReachable: (HTTPStatus.CONFLICT, "stage-not-reachable"),
    deals.StageBeforeItsTime: (HTTPStatus.UNPROCESSABLE_ENTITY, "stage-before-its-time"),
    deals.DealNotInForce: (HTTPStatus.CONFLICT, "deal-not-in-force"),
    deals.DealStillHolds: (HTTPStatus.CONFLICT, "deal-still-holds"),
    deals.NothingCommitted: (HTTPStatus.CONFLICT, "nothing-committed"),
    deals.CommitmentExceeded: (HTTPStatus.CONFLICT, "commitment-exceeded"),
    deals.MovedByStatement: (HTTPStatus.CONFLICT, "moved-by-statement"),
    deals.DrawStop: (HTTPStatus.CONFLICT, "draw-stop"),
    deals.DayRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "day-refused"),
    limits.LimitExceeded: (HTTPStatus.CONFLICT, "limit-exceeded"),
    loans.MoreThanOwed: (HTTPStatus.CONFLICT, "more-than-owed"),
    loans.DrawnAfterLastInstalment: (HTTPStatus.UNPROCESSABLE_ENTITY, "drawn-after-last-instalment"),
    equity.MoreThanHeld: (HTTPStatus.CONFLICT, "more-than-held"),
    royalties.RevenueNegative: (HTTPStatus.UNPROCESSABLE_ENTITY, "revenue-negative"),
    royalties.RoyaltyRunsOn: (HTTPStatus.CONFLICT, "royalty-runs-on"),
    royalties.RevenuePeriodRefused: (HTTPStatus.CONFLICT, "revenue-period-refused"),
    # promises and nights
    covenants.BreachStateNotReachable: (HTTPStatus.CONFLICT, "breach-state-not-reachable"),
    night.FundFollowsItsStatement: (HTTPStatus.CONFLICT, "fund-follows-its-statement"),
    night.NightRunsForwards: (HTTPStatus.CONFLICT, "night-runs-forwards"),
    # other currencies
    currencies.RateUnknown: (HTTPStatus.CONFLICT, "rate-unknown"),
    currencies.RateTooOld: (HTTPStatus.CONFLICT, "rate-too-old"),
    currencies.FarFromRate: (HTTPStatus.CONFLICT, "far-from-rate"),
    # statements
    positions.StatementIsOlder: (HTTPStatus.CONFLICT, "statement-is-older"),
    positions.StatementLiesAhead: (HTTPStatus.CONFLICT, "statement-lies-ahead"),
    positions.StatementBeforeFund: (HTTPStatus.CONFLICT, "statement-before-fund"),
    positions.FundHasDealsOfItsOwn: (HTTPStatus.CONFLICT, "fund-has-deals-of-its-own"),
    positions.StatementSkipsNights: (HTTPStatus.CONFLICT, "statement-skips-nights"),
    positions.FundInAnotherCurrency: (HTTPStatus.CONFLICT, "fund-in-another-currency"),
    sheets.SheetTooLong: (HTTPStatus.UNPROCESSABLE_ENTITY, "sheet-too-long"),
    audit.AuditTooLong: (HTTPStatus.UNPROCESSABLE_ENTITY, "audit-too-long"),
    # the machine
    DatabaseProblem: (HTTPStatus.SERVICE_UNAVAILABLE, "database-problem"),
}
"""Every refusal, or an ancestor of it: its status and the end of its type."""

TOLD_TO_THE_AUDIT = (
    authority.NotPermitted,
    errors.NotFound,
    people.SignInRefused,
    TooManyAttempts,
    FormNotOurs,
)
"""Refusals that leave an audit row: somebody reached for what is not theirs."""


def status_and_word(refusal: Refusal) -> tuple[HTTPStatus, str]:
    """Return a refusal's status and the end of its type: its own line of the table, or the nearest ancestor's."""
    for family in type(refusal).__mro__:
        if family in TABLE:
            return TABLE[family]
    return HTTPStatus.UNPROCESSABLE_ENTITY, "refused"
