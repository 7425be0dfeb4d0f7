"""A part of the deal page: what the last statement says of a position that the bank does not service itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from api.marked import N_
from api.pages.parts import Facts, Figure, Panel, Part, Text, line, table
from api.pages.reader import Reader
from api.pages.words import IDENTITY_WORDS, STATED_FIGURE_WORDS, say
from domain.desk.deal_reads import InstrumentLine, StatementPosition
from domain.desk.deals import DealDetail

MILESTONES = (
    ("Board Approval Date", N_("Board approval")),
    ("Agreement Signing Date", N_("Agreement signed")),
    ("Effective Date (Most Recent)", N_("Effective")),
    ("Last Disbursement Date", N_("Last disbursement")),
    ("Closed Date (Most Recent)", N_("Closed for disbursement")),
    ("First Repayment Date", N_("First repayment")),
    ("Last Repayment Date", N_("Last repayment")),
)
"""The days of a statement's line, by the name of the column, in the order of a loan's life."""


def statement_panels(reader: Reader, detail: DealDetail) -> tuple[Part, ...]:
    """Return a panel for each position of a deal that a statement tells."""
    return tuple(
        _panel(reader, one, one.stated, currency=detail.deal.currency)
        for one in detail.instruments
        if one.stated is not None
    )


def _panel(reader: Reader, one: InstrumentLine, stated: StatementPosition, *, currency: str) -> Panel:
    _ = reader.gettext
    said = stated.line.columns
    facts = [
        Figure(_("Status"), stated.line.status),
        Figure(_("Country"), said.get("Country", "") or "–"),
        Figure(_("Guarantor"), said.get("Guarantor", "") or "–"),
    ]
    days = [Figure(reader.gettext(words), _day(reader, said, column)) for column, words in MILESTONES]
    return Panel(
        heading=one.code,
        note=_("{source}, statement of {day}").format(
            source=stated.line.source.upper(), day=reader.day(stated.line.period_end)
        ),
        anchor=f"statement-{one.code}",
        parts=(
            *_warnings(reader, stated),
            Facts(tuple(facts)),
            Facts(tuple(days)),
            table(
                _("The twelve figures ({currency})").format(currency=currency),
                (_("Figure"), _("Amount")),
                [line(say(reader, STATED_FIGURE_WORDS, name), reader.figure(money)) for name, money in stated.figures],
                figures=(1,),
                empty="",
            ),
        ),
    )


def _warnings(reader: Reader, stated: StatementPosition) -> tuple[Text, ...]:
    _ = reader.gettext
    warnings = [
        Text(
            _("Does not add up: {identity}, gap {amount}.").format(
                identity=say(reader, IDENTITY_WORDS, name), amount=reader.money(gap)
            ),
            "warn",
        )
        for name, gap in stated.gaps
    ]
    if stated.restated:
        warnings.append(Text(_("This statement takes back what an earlier one had said."), "warn"))
    return tuple(warnings)


def _day(reader: Reader, said: Mapping[str, str], column: str) -> str:
    try:
        return reader.day(date.fromisoformat(said.get(column, "")[:10]))
    except ValueError:
        return said.get(column, "") or "–"
