"""What is done with a fund itself: it is opened, money is paid in, costs are paid, limits are set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.codes import code_problems
from domain.desk.authority import permitted, require_role
from domain.desk.days import booking_day, require_amount
from domain.errors import InputRefused, NotFound, Problem, Refusal
from domain.ledger import Entry, KeyUsedForAnotherRequest, transfer
from domain.limits import Limit, LimitBasis, limits_in_force
from domain.money import AMOUNT_MINOR_MAX, CURRENCY_CODES, Money
from domain.store import audit, fund_queries, instrument_queries, ledger
from domain.store.deals import PartyRow
from domain.store.fund_queries import ContributionLine
from domain.store.funds import ContributionRow, FundRow, LimitRow

RECYCLING = ("full", "partial", "capped", "forbidden")

__all__ = ["ContributionLine", "FundRow", "contribute", "contributions", "fund_by_code", "funds", "limits"]


class CodeTaken(Refusal):
    """A code that something else already has."""

    def __init__(self, kind: str, code: str) -> None:
        super().__init__(f"there is a {kind} {code} already")
        self.kind, self.code = kind, code


def open_fund(
    session: Session,
    *,
    code: str,
    name: str,
    currency: str,
    mandate: str,
    recycling: str,
    opened_on: date,
    business_day: date,
    missions: Sequence[str],
    by: Actor,
    cash_floor_minor: int | None = 0,
) -> UUID:
    """Open a fund with its accounts and return its id. ``missions`` are codes of missions that its mandate names.

    Its cash never falls below ``cash_floor_minor`` (None: no floor). Takes the steward and the night's database role.
    Refused, in this order: the role, problems of the input, a code in use, an unknown mission.
    """
    permit(Act.OPEN_FUND, by=by)
    problems = code_problems(code=code)
    if currency not in CURRENCY_CODES:
        problems.append(Problem("currency", "an ISO 4217 code such as EUR is expected"))
    if recycling not in RECYCLING:
        problems.append(Problem("recycling", f"one of {', '.join(RECYCLING)} is expected"))
    if business_day < opened_on:
        problems.append(Problem("business_day", f"it lies before the fund is opened on {in_words(opened_on)}"))
    if problems:
        raise InputRefused(problems, subject="the fund")
    if fund_queries.code_taken(session, table="fund", code=code):
        raise CodeTaken("fund", code)
    fund = FundRow(
        code=code,
        name=name,
        currency=currency,
        mandate=mandate,
        recycling=recycling,
        opened_on=opened_on,
        business_day=business_day,
    )
    session.add(fund)
    session.flush()
    assert fund.id is not None
    ledger.open_accounts(session, fund_id=fund.id, currency=currency)
    if cash_floor_minor is not None:
        ledger.limit_account(session, fund_id=fund.id, code="cash", currency=currency, floor_minor=cash_floor_minor)
    fund_queries.name_missions(session, fund_id=fund.id, missions=missions)
    audit.record(
        session, by=by, act="open a fund", subject_kind="fund", subject=code, fund_id=fund.id,
        after={"currency": currency, "business_day": business_day, "cash_floor_minor": cash_floor_minor},
    )  # fmt: skip
    return fund.id


def contribute(
    session: Session,
    *,
    fund_id: UUID,
    code: str,
    party_id: UUID,
    minor: int,
    received_on: date,
    by: Actor,
    key: str,
    booked_on: date | None = None,
) -> int:
    """Book capital paid in by a contributor and return the entry's number. The same key again changes nothing.

    Refused, in this order: the role, the amount, a conflict of interest with the contributor, more than one records
    alone, a text that is no code, an unknown contributor, a day before the fund or after its open day, a taken code.
    """
    require_role(session, Act.RECORD_RECEIPT, by=by)
    fund = fund_queries.fund_by_id(session, fund_id)
    require_amount(minor)
    asked = Money(minor, fund.currency)
    by = permitted(session, Act.RECORD_RECEIPT, by=by, fund_id=fund_id, party_id=party_id, amount=asked, key=key)
    _require_code(code)
    if session.get(PartyRow, party_id) is None:
        raise NotFound("party", party_id)
    said = ("contribution", code, received_on, minor)
    if (before := _booked_before(session, said, by=by, key=key)) is not None:
        return before
    day = booking_day(session, fund, effective_on=received_on, booked_on=booked_on)
    if fund_queries.code_taken(session, table="contribution", code=code):
        raise CodeTaken("contribution", code)
    entry_id = ledger.post(
        session,
        Entry(
            kind="contribution",
            reason=f"contribution {code}",
            booked_on=day,
            effective_on=received_on,
            postings=transfer(debit="cash", credit="contributed", minor=minor, currency=fund.currency),
            source_ref=code,
        ),
        fund_id=fund_id,
        by=by,
        key=key,
    )
    session.add(
        ContributionRow(
            fund_id=fund_id,
            recorded_by=by.id,
            code=code,
            party_id=party_id,
            amount_minor=minor,
            currency=fund.currency,
            received_on=received_on,
            entry_id=entry_id,
        )
    )
    session.flush()
    _tell_amount(session, "record a contribution", code, by=by, fund=fund, minor=minor, on=received_on, entry=entry_id)
    return entry_id


def _require_code(code: str) -> None:
    if wrong := code_problems(code=code):
        raise InputRefused(wrong, subject="the contribution")


def pay_running_cost(
    session: Session,
    *,
    fund_id: UUID,
    minor: int,
    effective_on: date,
    reason: str,
    by: Actor,
    key: str,
    booked_on: date | None = None,
) -> int:
    """Pay a cost of running the fund out of its cash and return the entry's number.

    Refused, in this order: the role, an amount that is not above zero, a day before the fund or after its open day, too
    little cash.
    """
    require_role(session, Act.PAY_COST, by=by)
    fund = fund_queries.fund_by_id(session, fund_id)
    require_amount(minor)
    by = permitted(session, Act.PAY_COST, by=by, fund_id=fund_id, amount=Money(minor, fund.currency), key=key)
    said = ("running_cost", reason, effective_on, -minor)
    if (before := _booked_before(session, said, by=by, key=key)) is not None:
        return before
    entry_id = ledger.post(
        session,
        Entry(
            kind="running_cost",
            reason=reason,
            booked_on=booking_day(session, fund, effective_on=effective_on, booked_on=booked_on),
            effective_on=effective_on,
            postings=transfer(debit="running_costs", credit="cash", minor=minor, currency=fund.currency),
        ),
        fund_id=fund_id,
        by=by,
        key=key,
    )
    _tell_amount(session, Act.PAY_COST, reason, by=by, fund=fund, minor=minor, on=effective_on, entry=entry_id)
    return entry_id


def set_limit(
    session: Session,
    *,
    fund_id: UUID,
    basis: str,
    subject: str,
    amount_minor: int,
    valid_from: date,
    source: str,
    by: Actor,
) -> None:
    """Set a limit that binds from a day on. An empty subject binds each ticket, group, mission or kind by itself.

    Refused, in this order: the role, problems of the input. A later limit for the same basis and subject replaces it.
    """
    permit(Act.ADMINISTER, by=by)
    problems = []
    if basis not in set(LimitBasis):
        problems.append(Problem("basis", f"one of {', '.join(LimitBasis)} is expected"))
    if basis == LimitBasis.TICKET and subject:
        problems.append(Problem("subject", "a limit by ticket binds every deal and names none"))
    if not 0 <= amount_minor <= AMOUNT_MINOR_MAX:
        problems.append(Problem("amount", "an amount of zero or more is expected"))
    if problems:
        raise InputRefused(problems, subject="the limit")
    in_force = limits_in_force(fund_queries.limits_of(session, fund_id), on=valid_from)
    before = next((one for one in in_force if (one.basis, one.subject) == (basis, subject)), None)
    session.add(
        LimitRow(
            fund_id=fund_id,
            recorded_by=by.id,
            basis=basis,
            subject=subject,
            amount_minor=amount_minor,
            valid_from=valid_from,
            source=source,
        )
    )
    session.flush()
    detail = {"basis": basis, "amount_minor": amount_minor, "valid_from": valid_from, "source": source}
    audit.record(
        session,
        by=by,
        act="set a limit",
        subject_kind="limit",
        subject=f"{basis} {subject}".strip(),
        fund_id=fund_id,
        detail=detail,
        before=None if before is None else {"amount_minor": before.amount_minor, "valid_from": before.valid_from},
        after={"amount_minor": amount_minor, "valid_from": valid_from},
    )


def fund_by_code(session: Session, code: str) -> FundRow:
    """Return a fund by its code; else ``NotFound``."""
    return fund_queries.fund_by_code(session, code)


def funds(session: Session) -> tuple[FundRow, ...]:
    """Return all funds by code."""
    return fund_queries.funds(session)


def fund_missions(session: Session, *, fund_id: UUID) -> tuple[str, ...]:
    """Return the codes of the missions that a fund's mandate names."""
    return fund_queries.missions_of(session, fund_id)


def contributions(session: Session, *, fund_id: UUID) -> tuple[ContributionLine, ...]:
    """Return what was paid into a fund, by day."""
    return fund_queries.contributions_of(session, fund_id)


def limits(session: Session, *, fund_id: UUID) -> tuple[Limit, ...]:
    """Return every limit ever set for a fund, in the order in which they were set."""
    return fund_queries.limits_of(session, fund_id)


def _booked_before(session: Session, said: tuple[str, str, date, int], *, by: Actor, key: str) -> int | None:
    """Return the entry that a repeated request booked (kind, words, value day, cash), or refuse another one's key."""
    before = instrument_queries.entry_by_key(session, by=by, key=key)
    if before is None:
        return None
    words = before.source_ref or before.reason
    if said != (before.kind, words, before.effective_on, before.by_account.get("cash")):
        raise KeyUsedForAnotherRequest(key)
    return before.id


def _tell_amount(
    session: Session, act: str, subject: str, *, by: Actor, fund: FundRow, minor: int, on: date, entry: int
) -> None:
    audit.record(
        session,
        by=by,
        act=act,
        subject_kind="entry",
        subject=subject,
        fund_id=fund.id,
        detail={"amount": str(Money(minor, fund.currency)), "effective_on": on, "entry": entry},
        after={"entry": entry},
    )
