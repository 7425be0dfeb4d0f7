"""Parts of the impact report: covenants, breaches, money, crowding-in, evergreen."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from api.pages.parts import Cell, Figure, Mark, More, Part, Summary, Table, Text, line, table
from api.pages.reader import Reader
from api.pages.words import INSTRUMENT_WORDS, OUTCOME_WORDS, mark, say
from domain.covenants import Outcome
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
                Cell(say(reader, INSTRUMENT_WORDS, one.kind), note=_in_projects(reader, one.projects)),
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
                Cell(one.instrument, f"/deals/{quote(one.deal)}", note=one.project_name or one.project),
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
                _(
                    "{share} of the committed money is classified by mission; {amount} waits for it: "
                    "missionbook classify FILE --fund {fund}"
                ).format(
                    share=reader.per_cent(share),
                    amount=reader.money(found.coverage.unclassified),
                    fund=found.fund,
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
        More(_made_of_instruments(reader, count), (every, *cut_short(reader, count))),
    )


ROWS_MAX = 300
"""A page shows so many rows of what a figure is made of; the API gives all of them."""


def cut_short(reader: Reader, count: int) -> tuple[Part, ...]:
    """Return the words that a page shows the first rows of more; nothing where it shows all of them."""
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
            reader.ngettext("{outcome}: {count} test", "{outcome}: {count} tests", tally[one]).format(
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


def crowding_ratio(reader: Reader, found: ImpactReport) -> str:
    """Return the ratio in words; where nobody's co-finance is recorded it is not known, which is not nought."""
    _ = reader.gettext
    ratio = found.crowding_in.ratio
    if not found.crowding_in.made_of:
        return _("not known")
    return "–" if ratio is None else _("{ratio} to 1").format(ratio=reader.number(ratio, places=2))


def _in_projects(reader: Reader, count: int) -> str:
    return reader.ngettext("in %s project", "in %s projects", count) % reader.number(count)


def _made_of_instruments(reader: Reader, count: int) -> str:
    return reader.ngettext("Made of %s instrument", "Made of %s instruments", count) % reader.number(count)


def _made_of_commitments(reader: Reader, count: int) -> str:
    return reader.ngettext("Made of %s commitment", "Made of %s commitments", count) % reader.number(count)


def crowding_parts(reader: Reader, found: ImpactReport) -> tuple[Part, ...]:
    """Return the ratio and who put money beside the fund's."""
    _ = reader.gettext
    crowd = found.crowding_in
    names = {one.project: one.project_name for one in found.instruments}
    figures = (
        Figure(_("Others committed"), reader.money(crowd.others) if crowd.made_of else _("not known")),
        Figure(_("The fund committed"), reader.money(crowd.bank)),
        Figure(
            _("Ratio"),
            crowding_ratio(reader, found),
        ),
    )
    rows = [
        line(
            Cell(one.co_investor, note=one.kind.replace("_", " ")),
            names.get(one.project, one.project),
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
    return (Summary(figures, (More(_made_of_commitments(reader, len(rows)), (made,)),)), *left)
