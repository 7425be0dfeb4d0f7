"""Amounts of a fund, ties to parties and acts that are lent: what people set, declare and lend, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.authority import AUTHORITY, Act, Actor, permit
from domain.calendar import in_words
from domain.delegations import NEVER_BORROW, Delegation, DelegationEnded, check_delegation
from domain.desk.permission import (
    committed,
    may_now,
    may_on_deal,
    permitted,
    permitted_on_deal,
    permitted_on_projects,
    require_role,
)
from domain.errors import InputRefused, NotFound, Problem
from domain.measured import MEASURED
from domain.money import AMOUNT_MINOR_MAX, Money
from domain.parties import Role
from domain.store import audit, fund_queries
from domain.store import authority_queries as store
from domain.store.authority_queries import AmountLine, ConflictLine, DelegationLine
from domain.store.deals import PartyRow

WORDS_MAX = 1000

__all__ = [
    "AmountLine",
    "ConflictLine",
    "DelegationLine",
    "amounts",
    "committed",
    "conflicts",
    "declare_conflict",
    "delegations",
    "end_conflict",
    "end_delegation",
    "lend",
    "lent_to",
    "may_now",
    "may_on_deal",
    "people_inside",
    "permitted",
    "permitted_on_deal",
    "permitted_on_projects",
    "require_role",
    "set_amount",
    "today",
    "who_may_borrow",
]


def set_amount(
    session: Session,
    *,
    fund_code: str,
    act: str,
    role: str,
    minor: int | None,
    valid_from: date,
    source: str,
    by: Actor,
) -> None:
    """Set up to how much a role does an act alone in a fund, from a day on (None: without a bound).

    Refused, in this order: the role, an unknown fund, everything that is wrong at once (``InputRefused``).
    """
    by = permitted(session, Act.SET_AMOUNT, by=by)
    fund = fund_queries.fund_by_code(session, fund_code)
    problems = []
    if act not in set(Act):
        problems.append(Problem("act", "it is none of the acts that the table names"))
    elif act not in MEASURED:
        problems.append(Problem("act", f"to {act} carries no amount, so none would bind"))
    elif role not in AUTHORITY[Act(act)]:
        problems.append(Problem("role", f"one of {', '.join(AUTHORITY[Act(act)])} is expected: others never {act}"))
    if minor is not None and not 0 <= minor <= AMOUNT_MINOR_MAX:
        problems.append(Problem("amount", "an amount of zero or more is expected"))
    if not source.strip():
        problems.append(Problem("source", "name the resolution that it rests on"))
    store.lock(session, f"amounts {fund.fund_id}")
    asked = (act, role, valid_from)
    of_that_day = [
        one for one in store.amounts_of(session, fund.fund_id) if (one.act, one.role, one.valid_from) == asked
    ]
    if of_that_day and (of_that_day[-1].amount_minor, of_that_day[-1].source) == (minor, source.strip()[:WORDS_MAX]):
        problems.append(Problem("amount", f"it is set already, from {in_words(valid_from)} on and by this source"))
    if problems:
        raise InputRefused(problems, subject="the amount")
    before = _alone(session, fund.fund_id, fund.currency, act=Act(act), role=Role(role), on=valid_from)
    store.add_amount(
        session,
        fund_id=fund.fund_id,
        act=Act(act),
        role=Role(role),
        amount_minor=minor,
        valid_from=valid_from,
        source=source.strip()[:WORDS_MAX],
        recorded_by=by.id,
    )
    told = _bound_in_words(minor, fund.currency)
    said = {"act": act, "role": role, "alone": told, "valid_from": valid_from, "source": source}
    audit.record(
        session, by=by, act=Act.SET_AMOUNT, subject_kind="fund", subject=fund_code, fund_id=fund.fund_id, detail=said,
        before={"act": act, "role": role, "alone": before}, after={"act": act, "role": role, "alone": told},
    )  # fmt: skip


def _alone(session: Session, fund_id: UUID, currency: str, *, act: Act, role: Role, on: date) -> str:
    """Say up to how much a role does an act alone on a day: the fund's own amount, or else the published one."""
    own = [one for one in store.amounts_of(session, fund_id) if (one.act, one.role) == (act, role)]
    held = [one for _, one in sorted(enumerate(own), key=lambda at: (at[1].valid_from, at[0])) if one.valid_from <= on]
    return _bound_in_words(held[-1].amount_minor if held else AUTHORITY[act].get(role), currency)


def _bound_in_words(minor: int | None, currency: str) -> str:
    return "no bound" if minor is None else str(Money(minor, currency))


def amounts(session: Session, *, fund_id: UUID) -> tuple[AmountLine, ...]:
    """Return every amount that was set for a fund, in the order in which they were set."""
    return store.amounts_of(session, fund_id)


def declare_conflict(
    session: Session, *, party_id: UUID, since: date, words: str, by: Actor, email: str | None = None
) -> int:
    """Write down that a person (None: who acts) has a tie to a party, and return its number; it binds from its day on.

    Refused, in this order: who stands outside the bank, another's conflict declared by anybody but a steward, an
    unknown person or party, no words, a tie that stands in these words from that day or an earlier one.
    """
    by = permitted(session, Act.DECLARE_CONFLICT, by=by)
    person_id = by.id
    if email is not None:
        found = store.person_by_email(session, email)
        person_id = found[0] if found and found[2] is not Role.INVESTEE else None
    if person_id != by.id:
        permitted(session, Act.ADMINISTER, by=by)
    if person_id is None:
        raise NotFound("person of the bank", email or by.name)
    party = session.get(PartyRow, party_id)
    if party is None:
        raise NotFound("party", party_id)
    if not words.strip() or len(words) > WORDS_MAX:
        raise InputRefused([Problem("words", f"say what the tie is, in up to {WORDS_MAX} characters")], subject="it")
    store.lock(session, f"ties {person_id}")
    for one in store.conflicts(session):
        same = (one.user_id, one.party_id, one.words) == (person_id, party_id, words.strip())
        if same and one.ended_at is None and one.since <= since:
            problem = Problem("party", f"this tie is declared already, from {in_words(one.since)} on")
            raise InputRefused([problem], subject="it")
    number = store.add_conflict(
        session, user_id=person_id, party_id=party_id, since=since, words=words.strip(), recorded_by=by.id
    )
    detail = {"person": person_id, "since": since, "words": words}
    _tell(
        session, Act.DECLARE_CONFLICT, "party", party.code, by=by, detail=detail,
        before={"bound": False}, after={"bound": True, "since": since},
    )  # fmt: skip
    return number


def end_conflict(session: Session, *, conflict_id: int, words: str, by: Actor) -> None:
    """Write down that a tie has ended. A steward says so, and never about their own.

    Refused, in this order: the role and the person's own, a conflict that there is not, one that has ended, no words.
    """
    require_role(session, Act.END_CONFLICT, by=by)
    store.lock(session, f"conflict {conflict_id}")
    found = store.conflicts(session, conflict_id=conflict_id)
    if not found:
        raise NotFound("conflict of interest", conflict_id)
    line = found[0]
    by = permitted(session, Act.END_CONFLICT, by=by, prepared_by=[line.user_id])
    if line.ended_at is not None:
        raise InputRefused([Problem("conflict", "it was ended before")], subject="it")
    if not words.strip() or len(words) > WORDS_MAX:
        raise InputRefused([Problem("words", f"say why, in up to {WORDS_MAX} characters")], subject="it")
    store.add_conflict(
        session,
        user_id=line.user_id,
        party_id=line.party_id,
        since=line.since,
        words=words.strip(),
        recorded_by=by.id,
        ends_id=conflict_id,
    )
    _tell(
        session, Act.END_CONFLICT, "party", line.party_code, by=by, detail={"person": line.user_id, "words": words},
        before={"bound": True, "since": line.since}, after={"bound": False},
    )  # fmt: skip


def conflicts(session: Session, *, by: Actor) -> tuple[ConflictLine, ...]:
    """Return the conflicts of interest that a person may see: their own; auditors and stewards see all."""
    permit(Act.DECLARE_CONFLICT, by=by)
    return store.conflicts(session)


def lend(session: Session, *, to: str, asked: Delegation, by: Actor, words: str = "") -> int:
    """Lend one's own acts to the person with the email ``to`` and return the delegation's number.

    Nobody lends for another: whose acts they are answers for what is done with them. Refused, in this order: who stands
    outside the bank, an unknown person, everything that is wrong with the delegation at once (``InputRefused``), one
    that stands already: the same acts for the same days up to the same amount.
    """
    by = permitted(session, Act.LEND, by=by)
    assert by.role is not None, "people lend, the programme does not"
    assert by.id is not None, "people lend, the programme does not"
    borrows = store.person_by_email(session, to)
    if borrows is None:
        raise NotFound("person of the bank", to)
    same = borrows[0] == by.id
    check_delegation(asked, lender=by.role, borrower=borrows[2], same_person=same, today=store.today(session))
    acts = sorted(set(asked.acts))
    store.lock(session, f"loans {by.id}")
    wanted = (by.id, borrows[0], acts, asked.from_day, asked.to_day, asked.at_most_minor)
    for one in store.delegations(session):
        said_of = (one.lender_id, one.borrower_id, sorted(one.acts), one.from_day, one.to_day, one.at_most_minor)
        if one.ended_at is None and said_of == wanted:
            raise InputRefused([Problem("to", f"delegation {one.id} lends them just this already")], subject="it")
    number = store.add_delegation(
        session,
        lender_id=by.id,
        borrower_id=borrows[0],
        acts=acts,
        from_day=asked.from_day,
        to_day=asked.to_day,
        at_most_minor=asked.at_most_minor,
        words=words.strip()[:WORDS_MAX],
        recorded_by=by.id,
    )
    days = f"{in_words(asked.from_day)} to {in_words(asked.to_day)}"
    said: dict[str, Any] = {"acts": acts, "days": days, "at_most_minor": asked.at_most_minor}
    said |= {"lender": by.id, "borrower": borrows[0]}
    _tell(session, Act.LEND, "delegation", number, by=by, detail=said, before={"lent": False}, after={"lent": True})
    return number


def end_delegation(session: Session, *, delegation_id: int, by: Actor) -> None:
    """End a delegation before its last day: by who lent, by who borrowed, or by a steward.

    Refused, in this order: a delegation that this person does not know of, somebody else's, one that has ended.
    """
    by = permitted(session, Act.READ_BOOK, by=by)
    store.lock(session, f"delegation {delegation_id}")
    found = store.delegations(session, delegation_id=delegation_id)
    if not found:
        raise NotFound("delegation", delegation_id)
    line = found[0]
    if by.id not in (line.lender_id, line.borrower_id):
        permitted(session, Act.ADMINISTER, by=by)
    if line.ended_at is not None:
        raise DelegationEnded(delegation_id=delegation_id)
    store.add_delegation(
        session,
        lender_id=line.lender_id,
        borrower_id=line.borrower_id,
        acts=line.acts,
        from_day=line.from_day,
        to_day=line.to_day,
        at_most_minor=line.at_most_minor,
        words="",
        recorded_by=by.id,
        ends_id=delegation_id,
    )
    _tell(
        session, "end a delegation", "delegation", delegation_id, by=by, detail={"lender": line.lender_id},
        before={"lent": True, "to_day": line.to_day}, after={"lent": False, "to_day": store.today(session)},
    )  # fmt: skip


def delegations(session: Session, *, by: Actor) -> tuple[DelegationLine, ...]:
    """Return the delegations that a person may see: from them and to them; auditors and stewards see all."""
    permit(Act.READ_BOOK, by=by)
    return store.delegations(session)


def lent_to(session: Session, *, by: Actor) -> tuple[DelegationLine, ...]:
    """Return the delegations to a person that are in force now."""
    return tuple(one for one in store.delegations(session) if one.in_force and one.borrower_id == by.id)


def today(session: Session) -> date:
    """Return the day by which delegations and conflicts are in force: the database's, in UTC."""
    return store.today(session)


def people_inside(session: Session) -> Sequence[tuple[UUID, str, str]]:
    """Return the bank's own people: id, email and name."""
    return store.people_inside(session)


def who_may_borrow(session: Session) -> Sequence[tuple[UUID, str, str]]:
    """Return the people to whom acts may be lent: id, email and name."""
    return store.people_inside(session, but=NEVER_BORROW)


def _tell(
    session: Session,
    act: str,
    kind: str,
    subject: object,
    *,
    by: Actor,
    detail: Mapping[str, object],
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    audit.record(session, by=by, act=act, subject_kind=kind, subject=subject, detail=detail, before=before, after=after)
