"""The words for what the book keeps as codes, and the tone in which a page sets them. Marked for translation here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.pages.parts import Mark
from api.pages.reader import Reader
from domain.covenants import BreachState, CovenantDirection, CovenantKind, Outcome
from domain.deals import Stage
from domain.impact import TargetStatus
from domain.money import Money
from domain.parties import Role


def N_(message: str) -> str:  # noqa: N802 - the name by which the catalogue's tools know it
    """Mark a text for the catalogue."""
    return message


ROLE_WORDS = {
    Role.OFFICER: N_("Officer"),
    Role.RISK: N_("Risk"),
    Role.BOARD: N_("Board"),
    Role.AUDITOR: N_("Auditor"),
    Role.STEWARD: N_("Steward"),
    Role.INVESTEE: N_("Investee"),
}
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
MONTHS_WORDS = {1: N_("every month"), 3: N_("every quarter"), 6: N_("every half-year"), 12: N_("every year")}


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
            every = say(reader, MONTHS_WORDS, terms["months_between"])
            return _("{rate} a year ({day_count}), {repayment}; {count} instalments {every} from {first}").format(
                rate=reader.per_cent(Decimal(terms["rate"])),
                day_count=say(reader, DAY_COUNT_WORDS, terms["day_count"]),
                repayment=say(reader, REPAYMENT_WORDS, terms["repayment"]),
                count=terms["instalments"],
                every=every if terms["months_between"] in MONTHS_WORDS else _("every %s months") % every,
                first=_day(reader, terms["first_due_on"]),
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


def _day(reader: Reader, text: str) -> str:
    from datetime import date

    return reader.day(date.fromisoformat(text))
