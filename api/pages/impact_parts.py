"""Parts of the impact report: covenants, breaches, money, crowding-in, evergreen."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from api.pages.parts import Cell, Facts, Figure, Mark, More, Part, Summary, Table, Text, line, table
from api.pages.reader import Reader
from api.pages.words import INSTRUMENT_WORDS, OUTCOME_WORDS, mark, say
from domain.covenants import Outcome
from domain.desk.evergreen import EvergreenReport, PoolBalance
from domain.desk.impact import ImpactReport
from domain.impact import CovenantCounts, CovenantTestLine


def money_parts(reader: Reader, found: ImpactReport) -> tuple[Part, ...]:
    """Return the money by kind of instrument, and every instrument it is made of."""
    _ = reader.gettext
    columns = (_("Committed"), _("Drawn"), _("Outstanding"), _("Returned"))
    kinds = table(
        _("Money by instrument ({currency})").format(currency=found.currency),
        (_("Instrument"), *columns),
        [
            line(
                Cell(say(reader, INSTRUMENT_WORDS, one.kind), note=_("in {count} projects").format(count=one.projects)),
                *(reader.figure(money) for money in (one.committed, one.drawn, one.outstanding, one.returned)),
                total=one.kind == "all",
            )
            for one in found.money
        ],
        figures=(1, 2, 3, 4),
        empty=_("Nothing is committed yet."),
    )
    every = table(
        _("Every instrument under contract ({currency})").format(currency=found.currency),
        (_("Instrument"), *columns),
        [
            line(
                Cell(one.instrument, f"/deals/{quote(one.deal)}", note=one.project),
                *(reader.figure(money) for money in (one.committed, one.drawn, one.outstanding, one.returned)),
            )
            for one in found.instruments[:ROWS_MAX]
        ],
        figures=(1, 2, 3, 4),
        empty=_("Nothing is committed yet."),
    )
    share = found.coverage.share_classified
    covered = (
        (
            Text(
                _("{share} of the committed money is classified by mission; {amount} waits for it.").format(
                    share=reader.per_cent(share), amount=reader.money(found.coverage.unclassified)
                )
            ),
        )
        if share is not None and found.coverage.unclassified.minor
        else ()
    )
    count = len(found.instruments)
    return (
        kinds,
        *covered,
        More(_("Made of %s instruments") % reader.number(count), (every, *_cut_short(reader, count))),
    )


ROWS_MAX = 300
"""A page shows so many rows of what a figure is made of; the API gives all of them."""


def _cut_short(reader: Reader, count: int) -> tuple[Part, ...]:
    if count <= ROWS_MAX:
        return ()
    said = reader.gettext("The first {shown} of {count}; the API gives all of them.")
    return (Text(said.format(shown=reader.number(ROWS_MAX), count=reader.number(count))),)


def covenants_parts(reader: Reader, counts: CovenantCounts) -> tuple[Part, ...]:
    """Return how many tests were met, missed or not reported, each opening to its tests."""
    _ = reader.gettext
    tally = {
        Outcome.MET: counts.met,
        Outcome.MISSED: counts.missed,
        Outcome.NOT_REPORTED: counts.not_reported,
        Outcome.UNKNOWN: counts.unknown,
        Outcome.WAIVED: counts.waived,
    }
    shown = [outcome for outcome, count in tally.items() if count or outcome in list(tally)[:3]]
    figures = tuple(
        Figure(mark(reader, OUTCOME_WORDS, one).words, reader.number(tally[one]), "", _tone(reader, one, tally[one]))
        for one in shown
    )
    opened = tuple(
        More(
            _("{outcome}: {count} tests").format(
                outcome=mark(reader, OUTCOME_WORDS, one).words, count=reader.number(tally[one])
            ),
            (_tests_table(reader, [line for line in counts.lines if line.outcome == one], one),),
        )
        for one in shown
        if tally[one]
    )
    return (Summary(figures, opened),)


def _tone(reader: Reader, outcome: Outcome, count: int) -> str:
    tone = mark(reader, OUTCOME_WORDS, outcome).tone
    return tone if count and tone != "quiet" else ""


def _tests_table(reader: Reader, lines: Sequence[CovenantTestLine], outcome: Outcome) -> Table:
    _ = reader.gettext
    rows = [
        line(
            Cell(one.deal, f"/deals/{quote(one.deal)}#covenant-{quote(one.covenant)}"),
            Cell(one.clause, note=one.covenant),
            reader.day(one.period_end),
            one.sentence,
            reader.number(one.seal) if one.seal else "–",
        )
        for one in lines
    ]
    return table(
        _("Tests that ended: {outcome}").format(outcome=mark(reader, OUTCOME_WORDS, outcome).words.lower()),
        (_("Deal"), _("Covenant"), _("Period to"), _("What was found"), _("Seal")),
        rows,
        figures=(4,),
        empty=_("No test ended so."),
    )


def breaches_table(reader: Reader, found: ImpactReport) -> Table:
    """Return the breaches that are open, with the days that are left."""
    _ = reader.gettext
    rows = []
    for one in found.open_breaches:
        left = (one.remedy_until - found.as_of).days
        words = reader.ngettext("%s day left", "%s days left", left) % left if left >= 0 else _("over")
        rows.append(
            line(
                Cell(one.deal, f"/deals/{quote(one.deal)}#breaches", note=one.investee),
                Cell(one.clause, note=one.sentence),
                reader.day(one.opened_on),
                Cell(reader.day(one.remedy_until), mark=Mark(words, "warn" if left > 31 else "bad")),
            )
        )
    return table(
        _("Breaches within their remedy period"),
        (_("Deal"), _("Covenant"), _("Opened"), _("Remedy until")),
        rows,
        empty=_("No breach is open on this day."),
    )


def crowding_parts(reader: Reader, found: ImpactReport) -> tuple[Part, ...]:
    """Return the ratio and who put money beside the fund's."""
    _ = reader.gettext
    crowd = found.crowding_in
    figures = (
        Figure(_("Others committed"), reader.money(crowd.others)),
        Figure(_("The fund committed"), reader.money(crowd.bank)),
        Figure(
            _("Ratio"),
            "–" if crowd.ratio is None else _("{ratio} to 1").format(ratio=reader.number(crowd.ratio, places=2)),
        ),
    )
    rows = [
        line(
            Cell(one.co_investor, note=one.kind.replace("_", " ")),
            one.project,
            reader.day(one.committed_on),
            reader.figure(one.amount),
        )
        for one in crowd.made_of
    ]
    made = table(
        _("What others committed ({currency})").format(currency=found.currency),
        (_("Co-investor"), _("Project"), _("Committed on"), _("Amount")),
        rows,
        figures=(3,),
        empty=_("Nobody else's money is recorded for these projects."),
    )
    left = tuple(
        Text(
            _("Left out, because it is in another currency: {who}, {amount}.").format(
                who=one.co_investor, amount=reader.money(one.amount)
            )
        )
        for one in crowd.left_out
    )
    return (Summary(figures, (More(_("Made of %s commitments") % len(rows), (made,)),)), *left)


def evergreen_parts(reader: Reader, ever: EvergreenReport) -> tuple[Part, ...]:
    """Return what was contributed, deployed and returned, and the pool by generation."""
    _ = reader.gettext
    others = [
        Figure(words, reader.money(money))
        for words, money in (
            (_("Running costs"), ever.costs),
            (_("Written off"), ever.written_off),
            (_("Not matched yet"), ever.unmatched),
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
        _("Cash in the pool by contribution and generation ({currency})").format(currency=ever.cash.currency),
    )
    out = _pool_table(
        reader,
        ever.outstanding,
        _("Still with deals, by contribution and generation ({currency})").format(currency=ever.cash.currency),
    )
    rule = Text(
        _("Generation 0 is money paid in; what comes back from generation n is n + 1. Rule: {rule}.").format(
            rule=ever.rule
        )
    )
    return (
        *apart,
        Summary(_evergreen_figures(reader, ever)),
        *((Facts(tuple(others)),) if others else ()),
        pool,
        More(_("What is still with deals, by generation"), (out,)),
        rule,
    )


def _evergreen_figures(reader: Reader, ever: EvergreenReport) -> tuple[Figure, ...]:
    _ = reader.gettext
    ratio = "–" if ever.recycling_ratio is None else reader.number(ever.recycling_ratio, places=places(ever))
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
        Figure(
            _("Available"),
            reader.money(ever.available),
            _("cash less signed and undrawn"),
            "bad" if ever.available.minor < 0 else "",
        ),
    )


def places(ever: EvergreenReport) -> int:
    """Return how many digits the recycling ratio is shown with."""
    exponent = ever.recycling_ratio.as_tuple().exponent if ever.recycling_ratio is not None else 0
    return min(4, -exponent) if isinstance(exponent, int) and exponent < 0 else 0


def _pool_table(reader: Reader, lines: Sequence[PoolBalance], caption: str) -> Table:
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
        rows.append(line(contribution, *figures, reader.figure(sum(mine[1:], mine[0]))))
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
