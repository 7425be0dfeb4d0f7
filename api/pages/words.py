"""The words for what the book keeps as codes, and the tone in which a page sets them. Marked for translation here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.marked import N_
from api.pages.parts import Mark
from api.pages.reader import Reader
from domain.covenants import BreachState, CovenantDirection, CovenantKind, Outcome
from domain.deals import Stage
from domain.desk.deals import DrawStopKind, DrawStopLine
from domain.impact import TargetStatus
from domain.money import Money
from domain.parties import Role

ROLE_WORDS = {
    Role.OFFICER: N_("Officer"),
    Role.RISK: N_("Risk"),
    Role.BOARD: N_("Board"),
    Role.AUDITOR: N_("Auditor"),
    Role.STEWARD: N_("Steward"),
    Role.INVESTEE: N_("Investee"),
}
WHO_WORDS = {
    Role.OFFICER: N_("officers"),
    Role.RISK: N_("risk"),
    Role.BOARD: N_("the board"),
    Role.AUDITOR: N_("auditors"),
    Role.STEWARD: N_("stewards"),
    Role.INVESTEE: N_("investees"),
}
"""Who does something, as pages say it: only … may do this."""
STAGE_WORDS = {
    Stage.PROPOSED: (N_("Proposed"), "quiet"),
    Stage.APPRAISED: (N_("Appraised"), "quiet"),
    Stage.APPROVED: (N_("Approved"), "warn"),
    Stage.CONTRACTED: (N_("Contracted"), "good"),
    Stage.ACTIVE: (N_("Active"), "good"),
    Stage.EXITING: (N_("Exiting"), "warn"),
    Stage.CLOSED: (N_("Closed"), "quiet"),
    Stage.DECLINED: (N_("Declined"), "quiet"),
    Stage.WITHDRAWN: (N_("Withdrawn"), "quiet"),
}
STEP_WORDS = {
    Stage.APPRAISED: N_("Record the appraisal"),
    Stage.APPROVED: N_("Approve"),
    Stage.CONTRACTED: N_("Sign the contract"),
    Stage.ACTIVE: N_("Set active"),
    Stage.EXITING: N_("Begin the exit"),
    Stage.CLOSED: N_("Close the deal"),
    Stage.DECLINED: N_("Decline"),
    Stage.WITHDRAWN: N_("Withdraw"),
}
OUTCOME_WORDS = {
    Outcome.MET: (N_("Met"), "good"),
    Outcome.MISSED: (N_("Missed"), "bad"),
    Outcome.NOT_REPORTED: (N_("Not reported"), "bad"),
    Outcome.UNKNOWN: (N_("Unknown"), "warn"),
    Outcome.WAIVED: (N_("Waived"), "quiet"),
}
BREACH_WORDS = {
    BreachState.OPEN: (N_("Open"), "bad"),
    BreachState.REMEDIED: (N_("Remedied"), "good"),
    BreachState.WAIVED: (N_("Waived"), "quiet"),
    BreachState.UNREMEDIED: (N_("Unremedied"), "bad"),
}
STATUS_WORDS = {
    TargetStatus.GREEN: (N_("On track"), "good"),
    TargetStatus.AMBER: (N_("Behind"), "warn"),
    TargetStatus.RED: (N_("Off track"), "bad"),
    TargetStatus.NOT_DUE: (N_("Not due yet"), "quiet"),
    TargetStatus.NO_DATA: (N_("No report yet"), "warn"),
    TargetStatus.NOT_JUDGED: (N_("Mission's own target"), "quiet"),
}
COVENANT_KIND_WORDS = {
    CovenantKind.MISSION: N_("Mission"),
    CovenantKind.CONDUCT: N_("Conduct"),
    CovenantKind.FINANCIAL: N_("Financial"),
}
DIRECTION_WORDS = {CovenantDirection.AT_LEAST: N_("at least"), CovenantDirection.AT_MOST: N_("at most")}
INSTRUMENT_WORDS = {
    "loan": N_("Loan"),
    "equity": N_("Equity stake"),
    "royalty": N_("Royalty"),
    "all": N_("All instruments"),
}
ENTRY_WORDS = {
    "contribution": N_("Contribution"),
    "commitment": N_("Commitment"),
    "cancellation": N_("Cancellation"),
    "drawdown": N_("Drawdown"),
    "interest": N_("Interest"),
    "royalty_due": N_("Royalty due"),
    "receipt": N_("Receipt"),
    "conversion": N_("Conversion"),
    "running_cost": N_("Running cost"),
    "distribution": N_("Distribution"),
    "reversal": N_("Reversal"),
    "opening_position": N_("Opening position"),
    "statement_movement": N_("Statement movement"),
}
PART_WORDS = {
    "debt_service": N_("Interest and principal"),
    "royalty": N_("Royalty"),
    "dividend": N_("Dividend"),
    "sale": N_("Sale of the stake, all or a part"),
}
BASIS_WORDS = {
    "ticket": N_("One deal"),
    "group": N_("One group"),
    "mission": N_("Mission"),
    "instrument": N_("Instrument"),
}
STEP_OF_NIGHT_WORDS = {
    "accrue": N_("Interest entries"),
    "reports": N_("Findings"),
    "breaches": N_("Movements of breaches"),
    "exits": N_("Exit triggers"),
}
RULE_WORDS = {"unremedied_mission_breach": N_("A mission covenant stayed broken after its remedy period")}
TRIGGER_STATUS_WORDS = {"awaiting decision": N_("Awaiting decision")}
EVIDENCE_WORDS = {
    "clause": N_("Clause"),
    "test": N_("Test"),
    "finding": N_("Finding"),
    "report": N_("Report"),
    "absence": N_("No report"),
    "breach": N_("Breach"),
    "remedy_end": N_("End of remedy"),
}
MECHANISM_WORDS = {
    "cancel_undrawn": N_("cancel what is undrawn"),
    "call": N_("call the loan"),
    "assignment": N_("assign the loan"),
    "private_refinancing": N_("private refinancing"),
    "write_off": N_("write off"),
    "put": N_("put option"),
    "buy_back": N_("buy-back"),
    "sale": N_("sale"),
    "buy_out": N_("buy-out of the royalty"),
}
DAY_COUNT_WORDS = {"30E/360": N_("30E/360"), "ACT/365F": N_("actual/365"), "ACT/360": N_("actual/360")}
REPAYMENT_WORDS = {
    "annuity": N_("equal instalments of interest and principal"),
    "linear": N_("equal parts of principal"),
    "bullet": N_("principal on the last day"),
}
INSTALMENTS_WORDS = {
    1: N_("{count} monthly instalments from {first}"),
    3: N_("{count} quarterly instalments from {first}"),
    6: N_("{count} half-yearly instalments from {first}"),
    12: N_("{count} yearly instalments from {first}"),
}
STOP_WORDS = {
    DrawStopKind.OPEN_BREACH: N_("open breach of {covenant} ({clause}), since {day}"),
    DrawStopKind.UNREMEDIED_BREACH: N_("unremedied breach of {covenant} ({clause}), opened on {day}"),
    DrawStopKind.EXIT_TRIGGER: N_("exit trigger from {covenant} ({clause}), raised on {day}"),
}
IDENTITY_WORDS = {
    "obligation": N_("obligation = due + exchange adjustment"),
    "held": N_("held = due + undisbursed"),
    "sold": N_("sold = repaid by third party + due by third party"),
    "disbursed": N_("disbursed = repaid + due + sold"),
    "original": N_("original − cancelled = undisbursed + disbursed"),
}
STATED_FIGURE_WORDS = {
    "original_principal": N_("Original principal"),
    "cancelled": N_("Cancelled"),
    "undisbursed": N_("Undisbursed"),
    "disbursed": N_("Disbursed"),
    "repaid": N_("Repaid"),
    "due": N_("Due"),
    "exchange_adjustment": N_("Exchange adjustment"),
    "obligation": N_("Obligation"),
    "sold": N_("Sold to a third party"),
    "repaid_third_party": N_("Repaid to a third party"),
    "due_third_party": N_("Due to a third party"),
    "held": N_("Loans held"),
}


def mark(reader: Reader, table: Any, key: object) -> Mark:
    """Return the mark for a code; a code that has no words yet stands for itself."""
    words, tone = table.get(key, (str(key).replace("_", " "), "quiet"))
    return Mark(reader.gettext(words), tone)


def say(reader: Reader, table: Any, key: object) -> str:
    """Return the words for a code; a code that has no words yet stands for itself."""
    return reader.gettext(table[key]) if key in table else str(key).replace("_", " ")


def terms_in_words(reader: Reader, kind: str, terms: dict[str, Any], currency: str) -> str:
    """Return an instrument's terms as a sentence; terms of another form are told by name and value."""
    _ = reader.gettext
    try:
        if kind == "loan":
            if terms.get("source") == "statement":
                return _stated_terms(reader, terms)
            return _("{rate} a year ({day_count}), {repayment}; {instalments}").format(
                rate=reader.per_cent(Decimal(terms["rate"])),
                day_count=say(reader, DAY_COUNT_WORDS, terms["day_count"]),
                repayment=say(reader, REPAYMENT_WORDS, terms["repayment"]),
                instalments=_instalments(reader, terms),
            )
        if kind == "equity":
            return _("{stake} of {share_class}").format(
                stake=reader.per_cent(Decimal(terms["stake"])), share_class=terms["share_class"]
            )
        if kind == "royalty":
            return _("{share} of revenue until {until}, at most {cap} in all").format(
                share=reader.per_cent(Decimal(terms["share_of_revenue"])),
                until=_day(reader, terms["until"]),
                cap=reader.money(Money(int(terms["cap_minor"]), currency)),
            )
    except (KeyError, ValueError, TypeError, ArithmeticError):
        pass
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in terms.items()) or "–"


def _instalments(reader: Reader, terms: dict[str, Any]) -> str:
    _ = reader.gettext
    count, between, first = terms["instalments"], terms["months_between"], _day(reader, terms["first_due_on"])
    if count == 1:
        return _("one instalment, on {first}").format(first=first)
    words = _(INSTALMENTS_WORDS.get(between, N_("{count} instalments from {first}, every {months} months")))
    return words.format(count=count, first=first, months=between)


def _stated_terms(reader: Reader, terms: dict[str, Any]) -> str:
    """Return what a statement of positions says of a loan's contract: the rate, and from when to when it is repaid."""
    _ = reader.gettext
    rate = _("{rate} a year").format(rate=reader.per_cent(Decimal(terms["rate"]))) if terms["rate"] else ""
    first, last = (terms[name] and _day(reader, terms[name]) for name in ("first_due_on", "last_due_on"))
    if first and last:
        repaid = _("repaid {first} to {last}").format(first=first, last=last)
    elif first or last:
        repaid = _("repaid from {first}").format(first=first) if first else _("repaid to {last}").format(last=last)
    else:
        repaid = _("no days of repayment")
    return _("{rate}, {repaid}, as the statement tells").format(
        rate=rate or _("rate unknown, or several"), repaid=repaid
    )


def stop_words(reader: Reader, stop: DrawStopLine) -> str:
    """Return what stops drawdowns, with its day as the reader writes it."""
    words = reader.gettext(STOP_WORDS[stop.kind])
    return words.format(covenant=stop.covenant, clause=stop.clause, day=reader.day(stop.since))


def _day(reader: Reader, text: str) -> str:
    from datetime import date

    return reader.day(date.fromisoformat(text))
