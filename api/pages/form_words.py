"""What each form of the pages is called, and its fields: for a form that came when the session was over.

Such a form is shown again with what was typed, when the page it stood on is gone; so its words are kept here.
``tests/pages/test_signing_in.py`` finds every form that has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.marked import N_

FORM_WORDS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("/authority/conflicts", N_("Declare a conflict of interest"), {"person": N_("Whose")}),
    ("/authority/conflicts/[^/]+/end", N_("End a conflict of interest"), {"words": N_("Why")}),
    ("/authority/delegations", N_("Lend acts of your role"), {"amount": N_("At most")}),
    ("/authority/delegations/[^/]+/end", N_("End what was lent"), {}),
    ("/officer/[^/]+/nights", N_("Move the day on"), {"day": N_("Close every day up to")}),
    ("/requests/[^/]+", N_("Decide a request"), {}),
    ("/instruments/[^/]+/request", N_("Ask for a payout"), {}),
    ("/instruments/[^/]+/receipt", N_("Record a receipt"), {"day": N_("Value day")}),
    ("/instruments/[^/]+/drawdown", N_("Pay out a drawdown"), {"day": N_("Value day")}),
    ("/entries/[^/]+/request", N_("Ask for a reversal"), {}),
    ("/entries/[^/]+/reversal", N_("Reverse an entry"), {}),
    ("/ledger/[^/]+/currencies", N_("Open a currency"), {}),
    ("/ledger/[^/]+/rates", N_("Record an exchange rate"), {}),
    ("/ledger/[^/]+/conversions", N_("Convert money"), {"amount": N_("Amount given"), "day": N_("Value day")}),
    ("/ledger/[^/]+/periods", N_("Close a period"), {}),
    ("/investee/reports/[^/]+", N_("Sign and submit a report"), {}),
    ("/deals/.+", N_("Next step of a deal"), {"stage": N_("Step")}),
)
"""The address of a form as a pattern, what the form is called, and its fields that other forms call otherwise."""

FIELD_WORDS: Mapping[str, str] = {
    "party": N_("Party"),
    "since": N_("Since"),
    "words": N_("What it is"),
    "to": N_("To whom"),
    "act": N_("Act"),
    "from_day": N_("First day"),
    "to_day": N_("Last day"),
    "amount": N_("Amount"),
    "day": N_("Day"),
    "reason": N_("Reason"),
    "part": N_("What for"),
    "cost": N_("Cost of what is sold"),
    "new_currency": N_("Currency"),
    "rate_currency": N_("Currency"),
    "rate_day": N_("Of day"),
    "units": N_("Rate"),
    "source": N_("Source"),
    "sold": N_("In"),
    "into": N_("Into"),
    "bought": N_("Amount that came"),
    "decision": N_("Decision"),
    "period_end": N_("Close the book up to"),
    "statement": N_("Statement"),
    "evidence": N_("Evidence"),
    "signed_by": N_("Your name, as a signature"),
}
"""What most forms call a field of this name."""

_OF_REPORT = "value."


def form_words(action: str) -> str:
    """Return what the form that goes to an address is called, as a text to translate; empty for one that is unknown."""
    return next((words for pattern, words, _own in FORM_WORDS if re.fullmatch(pattern, action)), "")


def field_words(action: str, name: str) -> str:
    """Return what a form calls a field, as a text to translate; the name itself where it is what the form calls it."""
    own = next((own for pattern, _words, own in FORM_WORDS if re.fullmatch(pattern, action)), {})
    return own.get(name) or FIELD_WORDS.get(name) or name.removeprefix(_OF_REPORT)
