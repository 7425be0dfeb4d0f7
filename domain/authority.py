"""Who may do what: one table of act, role and amount, one function that answers, and the rule that two are needed.

The table is what the bank publishes; a fund may carry amounts of its own. An act passes when the person's role may do
it, up to the amount that the role may bring about alone, when somebody else prepared it, and when the person has
declared no conflict of interest with the party. What a person's own role does not carry may be lent to them: they then
act for the one who lent it, and both count as one wherever two people are needed.

The programme itself acts too (a night, a load, an import): as the ``NIGHT`` actor, which prepares nothing and decides
nothing but carries out what contracts say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from domain.errors import Refusal
from domain.money import Money
from domain.parties import Role


class Act(StrEnum):
    """What a person can do that changes or reveals the book; some acts wait for the part of the bank that does them."""

    READ_BOOK = "read the book"
    READ_AUDIT = "read the audit"
    PROPOSE = "propose a deal"
    APPRAISE = "appraise a deal"
    APPROVE = "approve a deal"
    DECLINE = "decline a deal"
    WITHDRAW = "withdraw a deal"
    SIGN = "sign a contract"
    PAY_OUT = "pay out a drawdown"
    APPROVE_PAYOUT = "approve a payout"
    CANCEL = "cancel what is undrawn"
    PAY_COST = "pay a running cost"
    RECORD_RECEIPT = "record a receipt"
    REVERSE = "reverse an entry"
    APPROVE_REVERSAL = "approve a reversal"
    CLOSE_DEAL = "close a deal"
    DECIDE_EXIT = "decide an exit"
    SUBMIT_REPORT = "submit a covenant report"
    ACCEPT_REPORT = "accept a covenant report"
    EXTEND = "extend a remedy or a due day"
    WAIVE = "waive a breach or a missed finding"
    VALUE = "value a stake"
    PROVIDE = "set a provision"
    WRITE_OFF = "write off what is lost"
    CLASSIFY = "classify a project by mission"
    PUBLISH = "publish a report"
    CLOSE_DAY = "close the fund's day"
    CLOSE_PERIOD = "close a period"
    RECORD_RATE = "record an exchange rate"
    CONVERT = "convert money into another currency"
    PULL_REPORT = "pull an impact report"
    VERIFY = "verify the ledger"
    DECLARE_CONFLICT = "declare a conflict of interest"
    END_CONFLICT = "end a conflict of interest"
    LEND = "lend acts to another person"
    SET_AMOUNT = "set the amount of a role"
    ADD_PARTY = "add a party"
    OPEN_FUND = "open a fund"
    OPEN_CURRENCY = "open a currency"
    ADMINISTER = "administer people and settings"


Alone = int | None
"""Up to how much a role does an act alone, in minor units of the fund's currency; None is no bound."""

INSIDE = frozenset({Role.OFFICER, Role.RISK, Role.BOARD, Role.AUDITOR, Role.STEWARD})
_INSIDE: Mapping[Role, Alone] = {role: None for role in Role if role in INSIDE}

AUTHORITY: Mapping[Act, Mapping[Role, Alone]] = {
    Act.READ_BOOK: _INSIDE,
    Act.READ_AUDIT: {Role.AUDITOR: None, Role.STEWARD: None},
    Act.PROPOSE: {Role.OFFICER: None},
    Act.APPRAISE: {Role.OFFICER: None, Role.RISK: None},
    Act.APPROVE: {Role.BOARD: None},
    Act.DECLINE: {Role.BOARD: None},
    Act.WITHDRAW: {Role.OFFICER: None},
    Act.SIGN: {Role.OFFICER: None},
    Act.PAY_OUT: {Role.OFFICER: 25_000_000_00},
    Act.APPROVE_PAYOUT: {Role.OFFICER: 50_000_000_00, Role.BOARD: None},
    Act.CANCEL: {Role.OFFICER: None},
    Act.PAY_COST: {Role.OFFICER: 1_000_000_00, Role.BOARD: None},
    Act.RECORD_RECEIPT: {Role.OFFICER: None},
    Act.REVERSE: {Role.OFFICER: None},
    Act.APPROVE_REVERSAL: {Role.BOARD: None},
    Act.CLOSE_DEAL: {Role.OFFICER: None},
    Act.DECIDE_EXIT: {Role.BOARD: None},
    Act.SUBMIT_REPORT: {Role.INVESTEE: None},
    Act.ACCEPT_REPORT: {Role.OFFICER: None, Role.RISK: None},
    Act.EXTEND: {Role.RISK: None, Role.BOARD: None},
    Act.WAIVE: {Role.BOARD: None},
    Act.VALUE: {Role.RISK: None},
    Act.PROVIDE: {Role.RISK: 1_000_000_00, Role.BOARD: None},
    Act.WRITE_OFF: {Role.BOARD: None},
    Act.CLASSIFY: {Role.OFFICER: None},
    Act.PUBLISH: {Role.BOARD: None},
    Act.CLOSE_DAY: {Role.OFFICER: None, Role.STEWARD: None},
    Act.CLOSE_PERIOD: {Role.BOARD: None, Role.STEWARD: None},
    Act.RECORD_RATE: {Role.OFFICER: None, Role.STEWARD: None},
    Act.CONVERT: {Role.OFFICER: 25_000_000_00, Role.BOARD: None},
    Act.PULL_REPORT: _INSIDE,
    Act.VERIFY: {Role.OFFICER: None, Role.BOARD: None, Role.AUDITOR: None, Role.STEWARD: None},
    Act.DECLARE_CONFLICT: _INSIDE,
    Act.END_CONFLICT: {Role.STEWARD: None},
    Act.LEND: {Role.OFFICER: None, Role.RISK: None, Role.BOARD: None},
    Act.SET_AMOUNT: {Role.STEWARD: None},
    Act.ADD_PARTY: {Role.OFFICER: None},
    Act.OPEN_FUND: {Role.STEWARD: None},
    Act.OPEN_CURRENCY: {Role.STEWARD: None},
    Act.ADMINISTER: {Role.STEWARD: None},
}
"""The published table: who may do each act, and up to how much alone."""

MAY: Mapping[Act, frozenset[Role]] = {act: frozenset(roles) for act, roles in AUTHORITY.items()}
"""The table without amounts."""

AWAITED = frozenset(
    {
        Act.CANCEL,
        Act.PAY_COST,
        Act.ACCEPT_REPORT,
        Act.EXTEND,
        Act.WAIVE,
        Act.VALUE,
        Act.PROVIDE,
        Act.WRITE_OFF,
        Act.PUBLISH,
    }
)
"""Acts that the table settles and that people have no door for yet; a book that is loaded may tell of them."""

NEVER_WHO_PREPARED: Mapping[Act, str] = {
    Act.APPROVE: "whoever proposed the deal",
    Act.DECLINE: "whoever proposed the deal",
    Act.APPROVE_PAYOUT: "whoever asked for it",
    Act.APPROVE_REVERSAL: "whoever asked for it",
    Act.ACCEPT_REPORT: "whoever submitted it",
    Act.END_CONFLICT: "whoever has it",
    Act.CONVERT: "whoever recorded the rate",
}
"""Acts that decide what somebody else prepared, and who therefore never does them."""

AMOUNT_APPROVED_BY: Mapping[Act, Act] = {Act.PAY_OUT: Act.APPROVE_PAYOUT}
"""Above the amount that a role brings about alone one person asks and another approves: the act of that other."""

SUMMED_DAYS = 7
"""An amount bounds what a person did of an act in so many days, on one deal (of no deal: in one fund)."""

LENDABLE = frozenset(
    {
        Act.PROPOSE, Act.APPRAISE, Act.APPROVE, Act.DECLINE, Act.WITHDRAW, Act.SIGN, Act.PAY_OUT, Act.APPROVE_PAYOUT,
        Act.CANCEL, Act.PAY_COST, Act.RECORD_RECEIPT, Act.REVERSE, Act.APPROVE_REVERSAL, Act.CLOSE_DEAL,
        Act.DECIDE_EXIT, Act.CLASSIFY,
    }
)  # fmt: skip
"""Acts that a person may lend to another for a time; settings, people and the audit are never lent."""

IN_WORDS: Mapping[Role, str] = {
    Role.OFFICER: "an officer",
    Role.RISK: "a risk officer",
    Role.BOARD: "a board member",
    Role.AUDITOR: "an auditor",
    Role.STEWARD: "a steward",
    Role.INVESTEE: "an investee",
}


@dataclass(frozen=True, slots=True)
class Lender:
    """The person for whom another acts under a delegation."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with one role, or the programme (``role`` is None). ``party_id`` is an investee's party.

    ``acting_for`` is the person who lent the act, where it is done under a delegation. ``tells_history`` says that a
    book is loaded: years of acts come in one minute, and are judged one by one.
    """

    id: UUID | None
    name: str
    role: Role | None
    party_id: UUID | None = None
    acting_for: Lender | None = None
    tells_history: bool = False


NIGHT = Actor(id=None, name="night", role=None)


class NotPermitted(Refusal):
    """An act that this person may not do; ``reasons`` holds each reason as a sentence, where there are several too.

    ``lender`` is the name of who lent the act, where the reason stands against what was lent; else empty.
    """

    def __init__(self, act: Act, reasons: Sequence[str], *, lender: str = "") -> None:
        super().__init__("; and ".join(reasons))
        self.act, self.reasons, self.lender = act, tuple(reasons), lender

    def and_also(self, others: Sequence[NotPermitted]) -> NotPermitted:
        """Tell other reasons with this one, which stays the one that the refusal is known by."""
        self.reasons += tuple(reason for other in others for reason in other.reasons)
        self.args = ("; and ".join(self.reasons),)
        return self


class NotAllowed(NotPermitted):
    """A person without the role for an act."""

    def __init__(self, act: Act, role: Role | None) -> None:
        yours = IN_WORDS[role] if role else "the programme"
        super().__init__(act, [f"only {roles_in_words(act)} may {act}; you are {yours}"])
        self.role, self.needed = role, sorted(MAY[act])


class SamePersonPreparedAndDecides(NotPermitted):
    """The person who prepared a thing cannot be the one who decides it, nor can whom they lent that to."""

    def __init__(self, act: Act, name: str, *, lender: str = "") -> None:
        who = f"this is lent to you by {lender}, who" if lender else name
        did = NEVER_WHO_PREPARED.get(act, "prepared this").removeprefix("whoever ")
        super().__init__(act, [f"{who} {did}, so somebody else has to {act}"], lender=lender)


class AmountTakesTwo(NotPermitted):
    """More than the person may bring about alone: another person has to agree, or to do it."""

    def __init__(self, act: Act, *, asked: Money, alone: Money, done: Money | None = None, lender: str = "") -> None:
        approves = AMOUNT_APPROVED_BY.get(act)
        how = "somebody with a higher amount has to do it"
        if approves:
            how = f"ask for it, and somebody who may {approves} decides"
        what = f"{asked}, after {done} in {SUMMED_DAYS} days" if done is not None and done.minor else str(asked)
        lent = f" under what {lender} lent to you" if lender else ""
        said = f"you may {act} of up to {alone} alone{lent}, and this is {what}; {how}"
        super().__init__(act, [said], lender=lender)
        self.asked, self.alone = asked, alone


class ConflictOfInterest(NotPermitted):
    """A person who has declared a conflict of interest with a party does nothing on its deals."""

    def __init__(self, act: Act, *, name: str, party: str, lender: str = "") -> None:
        who = f"this is lent to you by {lender}, who" if lender else name
        said = f"{who} has a conflict of interest with {party}, so somebody else has to {act}"
        super().__init__(act, [said], lender=lender)
        self.party = party


@dataclass(frozen=True, slots=True)
class Lent:
    """An act that is lent to a person: by whom, of what role, up to how much, and the lender's own conflict."""

    lender: Lender
    role: Role
    at_most: Alone = None
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the book knows of a person at one act: a conflict with the party (its name), the fund's own amounts by role,
    what is lent to them, and how much of the act they did in the days that are added up (``SUMMED_DAYS``)."""

    conflict: str = ""
    amounts: Mapping[Role, Alone] = field(default_factory=dict)
    lent: Sequence[Lent] = ()
    done_minor: int = 0

    def bounds(self, act: Act) -> bool:
        """Return whether any amount bounds the act, for any role."""
        alone = {**AUTHORITY[act], **self.amounts}.values()
        return any(bound is not None for bound in (*alone, *(lent.at_most for lent in self.lent)))


NOTHING_KNOWN = Standing()


@dataclass(frozen=True, slots=True)
class Permission:
    """The finding whether an act may be done: every reason against it, or who does it (perhaps for somebody else)."""

    act: Act
    by: Actor
    reasons: tuple[NotPermitted, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.reasons

    def granted(self) -> Actor:
        """Return who does the act, or refuse it with every reason, in the class of the first."""
        if self.reasons:
            first, *others = self.reasons
            raise first.and_also(others)
        return self.by


def may(
    act: Act,
    *,
    by: Actor,
    prepared_by: Collection[UUID | None] = (),
    amount: Money | None = None,
    standing: Standing = NOTHING_KNOWN,
) -> Permission:
    """Find whether a person may do an act: in their own right, or else for the first who lent it to them.

    ``prepared_by`` are the people who prepared what the act decides: who did it, and for whom. Every reason against
    the act is told, in this order: the role, the second person, the conflict of interest, the amount; then in the same
    order what stands against each loan of the act, of which what was told is not told again.
    """
    if by.role is None:
        return Permission(act, by)
    prepared = {one for one in prepared_by if one is not None}
    told = {str(one): one for one in _reasons(act, by, prepared=prepared, amount=amount, standing=standing)}
    if not told:
        return Permission(act, by)
    for lent in standing.lent:
        bars = _reasons(act, by, prepared=prepared, amount=amount, standing=standing, lent=lent)
        if not bars:
            return Permission(act, replace(by, acting_for=lent.lender))
        told |= {str(one): one for one in bars if not isinstance(one, NotAllowed)}
    return Permission(act, by, tuple(told.values()))


def permit(
    act: Act,
    *,
    by: Actor,
    prepared_by: Collection[UUID | None] = (),
    amount: Money | None = None,
    standing: Standing = NOTHING_KNOWN,
) -> Actor:
    """Return who does the act (perhaps for somebody else), or refuse with every reason, in the class of the first."""
    return may(act, by=by, prepared_by=prepared_by, amount=amount, standing=standing).granted()


def roles_in_words(act: Act) -> str:
    """Return who may do an act in words: ``an officer or a risk officer``."""
    *others, last = [IN_WORDS[role] for role in Role if role in MAY[act]]
    return f"{', '.join(others)} or {last}" if others else last


def _alone(act: Act, role: Role | None, amounts: Mapping[Role, Alone]) -> Alone:
    if role is None:
        return None
    return amounts[role] if role in amounts else AUTHORITY[act].get(role)


def _least(one: Alone, other: Alone) -> Alone:
    bounds = [bound for bound in (one, other) if bound is not None]
    return min(bounds) if bounds else None


def _reasons(
    act: Act,
    by: Actor,
    *,
    prepared: set[UUID],
    amount: Money | None,
    standing: Standing,
    lent: Lent | None = None,
) -> tuple[NotPermitted, ...]:
    """Return what stands against an act in a person's own right, or under what was ``lent`` to them."""
    reasons: list[NotPermitted] = []
    role, lender = (lent.role, lent.lender.name) if lent else (by.role, "")
    if role not in MAY[act]:
        reasons.append(NotAllowed(act, role))
    if by.id in prepared:
        reasons.append(SamePersonPreparedAndDecides(act, by.name))
    if lent and lent.lender.id in prepared:
        reasons.append(SamePersonPreparedAndDecides(act, by.name, lender=lender))
    if standing.conflict:
        reasons.append(ConflictOfInterest(act, name=by.name, party=standing.conflict))
    if lent and lent.conflict:
        reasons.append(ConflictOfInterest(act, name=by.name, party=lent.conflict, lender=lender))
    alone = _least(_alone(act, role, standing.amounts), lent.at_most if lent else None)
    if role in MAY[act] and amount is not None and alone is not None and amount.minor + standing.done_minor > alone:
        done = Money(standing.done_minor, amount.currency)
        bound = Money(alone, amount.currency)
        reasons.append(AmountTakesTwo(act, asked=amount, alone=bound, done=done, lender=lender))
    return tuple(reasons)
