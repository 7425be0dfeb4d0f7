"""The evergreen part of the impact report: what came round, what it is made of, and the pool by generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from api.marked import N_
from api.pages.impact_parts import ROWS_MAX, cut_short
from api.pages.parts import Cell, Facts, Figure, More, Part, Summary, Table, Text, line, table
from api.pages.reader import Reader
from api.pages.words import say
from domain.desk.evergreen import EvergreenReport, FlowLine, PoolBalance
from domain.evergreen import UNASSIGNED, FlowKind

FLOW_WORDS = {
    FlowKind.CONTRIBUTION: N_("Contribution"),
    FlowKind.DRAWDOWN: N_("Drawdown"),
    FlowKind.PRINCIPAL: N_("Principal"),
    FlowKind.INCOME: N_("Income"),
    FlowKind.COST: N_("Cost or distribution"),
    FlowKind.WRITE_OFF: N_("Write-off"),
    FlowKind.UNMATCHED: N_("Not matched yet"),
    FlowKind.POSITION: N_("Position taken over"),
    FlowKind.CURRENCY: N_("Currency result"),
}


def evergreen_parts(reader: Reader, ever: EvergreenReport) -> tuple[Part, ...]:
    """Return what was contributed, deployed and returned, and the pool by generation."""
    _ = reader.gettext
    if ever.available is None and not ever.contributed.minor and not ever.cash.minor:
        told = _(
            "This fund keeps no cash here: statements tell its positions, so there is no pool of money to follow "
            "round. What is signed and not drawn is {undrawn}."
        )
        return (Text(told.format(undrawn=reader.money(ever.undrawn))),)
    others = [
        Figure(words, reader.money(money))
        for words, money in (
            (_("Running costs"), ever.costs),
            (_("Written off"), ever.written_off),
            (_("Not matched yet"), ever.unmatched),
            (_("Converted into other currencies, at what it had cost"), ever.converted),
            (_("Currency result"), ever.currency_result),
        )
        if money.minor
    ]
    apart = (
        (
            Text(
                _("The pool and the ledger's cash differ by {amount}. Verify the ledger.").format(
                    amount=reader.money(ever.difference)
                ),
                "bad",
            ),
        )
        if ever.difference.minor
        else ()
    )
    pool = _pool_table(
        reader,
        ever.pool,
        ever.contributors,
        _("Cash in the pool by contribution and generation ({currency})").format(currency=ever.cash.currency),
    )
    out = _pool_table(
        reader,
        ever.outstanding,
        ever.contributors,
        _("Still with deals, by contribution and generation ({currency})").format(currency=ever.cash.currency),
    )
    rule = Text(
        _("Generation 0 is money paid in; what comes back from generation n is n + 1. Rule: {rule}.").format(
            rule=ever.rule
        )
    )
    return (
        *apart,
        Summary(_evergreen_figures(reader, ever), _opened(reader, ever)),
        *((Facts(tuple(others)),) if others else ()),
        pool,
        More(_("What is still with deals, by generation"), (out,)),
        rule,
    )


def _evergreen_figures(reader: Reader, ever: EvergreenReport) -> tuple[Figure, ...]:
    _ = reader.gettext
    ratio = "–" if ever.recycling_ratio is None else reader.number(ever.recycling_ratio)
    return (
        Figure(_("Contributed"), reader.money(ever.contributed)),
        Figure(_("Deployed"), reader.money(ever.deployed), _("recycling ratio {ratio}").format(ratio=ratio)),
        Figure(
            _("Returned"),
            reader.money(ever.returned),
            _("principal {principal}, income {income}").format(
                principal=reader.money(ever.returned_principal), income=reader.money(ever.returned_income)
            ),
        ),
        Figure(_("Cash"), reader.money(ever.cash)),
        Figure(_("Signed, not drawn"), reader.money(ever.undrawn)),
        available_figure(reader, ever),
    )


def available_figure(reader: Reader, ever: EvergreenReport, *, href: str = "") -> Figure:
    """Return what a fund could still sign for, or the words that its cash is kept elsewhere."""
    _ = reader.gettext
    if ever.available is None:
        return Figure(_("Available"), "–", _("keeps no cash here"), "", href)
    tone = "bad" if ever.available.minor < 0 else ""
    return Figure(_("Available"), reader.money(ever.available), _("cash less signed and undrawn"), tone, href)


def _opened(reader: Reader, ever: EvergreenReport) -> tuple[More, ...]:
    """Return the entries that each figure adds up, a fold for each figure that has any."""
    _ = reader.gettext
    made = ever.made_of
    figures = (
        (_("Contributed"), made.contributed),
        (_("Deployed"), made.deployed),
        (_("Returned"), made.returned),
        (_("Running costs"), made.costs),
        (_("Written off"), made.written_off),
        (_("Not matched yet"), made.unmatched),
        (_("Currency result"), made.currency_result),
    )
    return tuple(
        More(
            reader.ngettext("{figure}: made of %s row", "{figure}: made of %s rows", len(lines)).format(figure=name)
            % reader.number(len(lines)),
            (_flows_table(reader, name, lines, ever.cash.currency), *cut_short(reader, len(lines))),
        )
        for name, lines in figures
        if lines
    )


def _flows_table(reader: Reader, name: str, lines: Sequence[FlowLine], currency: str) -> Table:
    _ = reader.gettext
    rows = [
        line(
            reader.day(one.booked_on),
            say(reader, FLOW_WORDS, one.kind),
            Cell(one.deal, f"/deals/{quote(one.deal)}") if one.deal else "–",
            str(one.entry_id),
            reader.number(one.seal) if one.seal else "–",
            reader.figure(one.amount),
        )
        for one in lines[:ROWS_MAX]
    ]
    return table(
        _("{figure}, by entry of the ledger ({currency})").format(figure=name, currency=currency),
        (_("Booked on"), _("What"), _("Deal"), _("Entry"), _("Seal"), _("Amount")),
        rows,
        figures=(3, 4, 5),
        empty=_("Nothing was booked."),
    )


def _pool_table(reader: Reader, lines: Sequence[PoolBalance], contributors: Mapping[str, str], caption: str) -> Table:
    _ = reader.gettext
    generations = sorted({one.generation for one in lines})
    held = {(one.contribution, one.generation): one.amount for one in lines}
    rows = []
    for contribution in dict.fromkeys(one.contribution for one in lines):
        mine = [held[contribution, number] for number in generations if (contribution, number) in held]
        figures = [
            reader.figure(held[contribution, number]) if (contribution, number) in held else "–"
            for number in generations
        ]
        who = Cell(
            contributors.get(contribution)
            or (_("Nobody's in particular") if contribution == UNASSIGNED else contribution),
            note=contribution,
        )
        rows.append(line(who, *figures, reader.figure(sum(mine[1:], mine[0]))))
    if len(rows) > 1:
        sums = []
        for number in generations:
            part = [one.amount for one in lines if one.generation == number]
            sums.append(reader.figure(sum(part[1:], part[0])))
        every = [one.amount for one in lines]
        rows.append(line(_("All"), *sums, reader.figure(sum(every[1:], every[0])), total=True))
    return table(
        caption,
        (_("Contribution"), *(_("Generation %s") % number for number in generations), _("All")),
        rows,
        figures=range(1, len(generations) + 2),
        empty=_("There is no money here on this day."),
    )
