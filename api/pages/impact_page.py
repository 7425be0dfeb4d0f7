"""The impact report on one page: every figure opens to what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from api.pages.deal_promises import trigger_panels
from api.pages.impact_evergreen import available_figure, evergreen_parts
from api.pages.impact_parts import (
    breaches_table,
    covenants_parts,
    crowding_parts,
    crowding_ratio,
    money_parts,
)
from api.pages.parts import (
    Bar,
    Button,
    Cell,
    Field,
    Figure,
    Form,
    Link,
    Page,
    Panel,
    Part,
    Section,
    Summary,
    Table,
    Tabs,
    TargetPanel,
    Text,
    line,
    table,
)
from api.pages.reader import Reader, places_of
from api.pages.words import STATUS_WORDS, mark
from domain.desk.impact import ImpactReport, MissionImpact
from domain.impact import TargetLine, TargetStatus

Known = Mapping[str, tuple[str, str]]
"""A project's deal and name, by the project's code."""


def report_page(reader: Reader, found: ImpactReport, *, head: int) -> Page:
    """Return the page of an impact report; ``head`` is the fund's last seal."""
    _ = reader.gettext
    known = {line.project: (line.deal, line.project_name) for line in found.instruments}
    notes: list[Part] = []
    if found.seal < head:
        newer = Link(f"/board/{quote(found.fund)}/report?as_of={found.as_of}&seal={head}", _("Show what is known now"))
        told = _("This is the report as it was known at seal {seal}. The last seal is {head}.")
        notes.append(Text(told.format(seal=reader.number(found.seal), head=reader.number(head)), "warn", link=newer))
    if found.as_of < found.opened_on:
        said = _("The fund {fund} opened on {day}; before that day its book holds nothing.")
        notes.append(Text(said.format(fund=found.fund, day=reader.day(found.opened_on)), "warn"))
    elif found.reached < found.as_of:
        said = _("The book of {fund} has reached {day}; what follows is what was known then.")
        notes.append(Text(said.format(fund=found.fund, day=reader.day(found.reached)), "warn"))
    missions: tuple[Part, ...] = tuple(_mission_panel(reader, one, known) for one in found.missions)
    raised = trigger_panels(reader, found.exit_triggers, with_deal=True)
    return Page(
        title=found.fund_name,
        lead=_("Impact report as of {day}").format(day=reader.day(found.as_of)),
        trail=(Link("/board", _("Funds")),),
        facts=(
            Figure(_("As of"), reader.day(found.as_of)),
            Figure(_("Known at seal"), reader.number(found.seal), reader.moment(found.sealed_at)),
            Figure(_("Currency"), found.currency),
        ),
        parts=(*notes, _summary(reader, found), _to_the_ledger(reader, found)),
        sections=(
            Section(
                _("Missions"),
                missions or (_no_mission(reader, found),),
                anchor="missions",
                note=_thresholds(reader, found),
            ),
            Section(_("Exit triggers"), raised or (Text(_("No fact calls for leaving a deal.")),), anchor="triggers"),
            Section(_("Covenants"), covenants_parts(reader, found.covenants), anchor="covenants"),
            Section(_("Open breaches"), (breaches_table(reader, found),), anchor="breaches"),
            Section(_("Money by instrument"), money_parts(reader, found), anchor="money"),
            Section(
                _("Crowding-in"),
                crowding_parts(reader, found),
                anchor="crowding-in",
                note=_("Others' money for each unit of the fund's, on commitments."),
            ),
            Section(
                _("Evergreen"),
                evergreen_parts(reader, found.evergreen),
                anchor="evergreen",
                note=_("How often the fund's money has been used again."),
            ),
            Section(_("Another day"), (_day_form(reader, found),), anchor="day"),
        ),
    )


def _to_the_ledger(reader: Reader, found: ImpactReport) -> Tabs:
    """Return the way to the fund's statements of the same day, as known at the same seal."""
    _ = reader.gettext
    to, days = f"/ledger/{quote(found.fund)}", f"as_of={found.as_of}&seal={found.seal}"
    year = found.as_of.replace(month=1, day=1)
    return Tabs(
        _("The same day in the ledger"),
        (
            Link(f"{to}/balance-sheet?{days}", _("Balance sheet")),
            Link(f"{to}/cash-flow?from={year}&{days}", _("Cash flow")),
        ),
    )


def _no_mission(reader: Reader, found: ImpactReport) -> Text:
    _ = reader.gettext
    return Text(
        _(
            "No mission is named for this fund yet. An officer says which projects help which missions: "
            "missionbook classify FILE --fund {fund}"
        ).format(fund=found.fund)
    )


def _thresholds(reader: Reader, found: ImpactReport) -> str:
    _ = reader.gettext
    return _(
        "On track from {green} of what is expected by now, behind from {amber}, off track below. "
        "A project that helps two missions stands under both; money is not added up over missions."
    ).format(green=reader.per_cent(found.green_from), amber=reader.per_cent(found.amber_from))


def _summary(reader: Reader, found: ImpactReport) -> Summary:
    _ = reader.gettext
    own = [target for one in found.missions for target in one.targets if target.own]
    on_track = sum(target.status is TargetStatus.GREEN for target in own)
    total = found.money[-1] if found.money else None
    counts = found.covenants
    broken, raised = len(found.open_breaches), len(found.exit_triggers)
    money = (
        (
            Figure(
                _("Committed"),
                reader.money(total.committed),
                _("drawn {drawn}").format(drawn=reader.money(total.drawn)),
                href="#money",
            ),
            Figure(
                _("Outstanding"),
                reader.money(total.outstanding),
                _("returned {back}").format(back=reader.money(total.returned)),
                href="#money",
            ),
        )
        if total
        else ()
    )
    return Summary(
        (
            Figure(
                _("Targets on track"),
                _("{count} of {all}").format(count=on_track, all=len(own)),
                _("the fund's own"),
                href="#missions",
            ),
            *money,
            Figure(
                _("Covenant tests met"),
                _("{count} of {all}").format(
                    count=counts.met,
                    all=counts.met + counts.missed + counts.not_reported + counts.unknown + counts.waived,
                ),
                _not_met(reader, found),
                href="#covenants",
            ),
            Figure(_("Open breaches"), reader.number(broken), "", "bad" if broken else "", "#breaches"),
            Figure(_("Exit triggers"), reader.number(raised), "", "bad" if raised else "", "#triggers"),
            Figure(
                _("Crowding-in"),
                crowding_ratio(reader, found),
                href="#crowding-in",
            ),
            available_figure(reader, found.evergreen, href="#evergreen"),
        )
    )


def _not_met(reader: Reader, found: ImpactReport) -> str:
    """Return how every test that is not met ended, so that the counts add up to all tests."""
    _ = reader.gettext
    counts = found.covenants
    said = [_("{missed} missed, {absent} not reported").format(missed=counts.missed, absent=counts.not_reported)]
    if counts.unknown:
        said.append(_("{count} unknown").format(count=reader.number(counts.unknown)))
    if counts.waived:
        said.append(_("{count} waived").format(count=reader.number(counts.waived)))
    return ", ".join(said)


def _mission_panel(reader: Reader, one: MissionImpact, known: Known) -> Panel:
    _ = reader.gettext
    total = one.money[-1] if one.money else None
    said = _("Deadline {day}").format(day=reader.day(one.deadline))
    if total and total.projects:
        words = reader.ngettext("%s project", "%s projects", total.projects) % total.projects
        said = f"{said} · {words} · " + _("{amount} committed").format(amount=reader.money(total.committed))
    targets: tuple[Part, ...] = tuple(_target_panel(reader, target, known) for target in one.targets)
    return Panel(
        heading=one.name,
        note=said,
        parts=targets or (Text(_("No target is set. The steward sets targets with a baseline, a day and a source.")),),
        anchor=f"mission-{one.code}",
    )


def _target_panel(reader: Reader, one: TargetLine, known: Known) -> TargetPanel:
    _ = reader.gettext
    actual = "–" if one.actual is None else reader.number(one.actual)
    expected, target, baseline = map(reader.number, (_as_reported(one), one.target, one.baseline))
    status = mark(reader, STATUS_WORDS, one.status)
    facts = (
        Figure(_("Actual"), actual, one.unit),
        Figure(_("Expected by now"), expected),
        Figure(_("Target"), target, _("by {day}").format(day=reader.day(one.due_on))),
        Figure(_("Baseline"), baseline, _("on {day}").format(day=reader.day(one.baseline_on))),
    )
    count = len(one.made_of)
    words = (
        reader.ngettext("Made of %s report", "Made of %s reports", count) % count
        if count
        else _("No report counts yet")
    )
    if left := len(one.left_out):
        said = reader.ngettext(
            "%s report is left out: its period runs over the day of the baseline or the due day",
            "%s reports are left out: their periods run over the day of the baseline or the due day",
            left,
        )
        words = f"{words}; {said % left}"
    return TargetPanel(
        name=one.indicator_name,
        mark=status,
        words=words,
        facts=facts,
        bar=_bar(reader, one, status.words, status.tone),
        made_of=_made_of(reader, one, known),
        source=_("Target {code}, version {version}. Source: {source}").format(
            code=one.code, version=one.version, source=one.source
        ),
    )


def _as_reported(one: TargetLine) -> Decimal:
    """Return what is expected by now with the decimals of what is reported: 599.9 homes are 600."""
    told = (one.target, one.baseline, *(part.value for part in one.made_of))
    return round(one.expected, max(map(places_of, told)))


def _bar(reader: Reader, one: TargetLine, status: str, tone: str) -> Bar | None:
    _ = reader.gettext
    if one.share_achieved is None:
        return None

    def per_mille(share: Decimal) -> int:
        return max(0, min(1000, round(share * 1000)))

    judged = one.own and one.status is not TargetStatus.NOT_DUE
    achieved = reader.per_cent(one.share_achieved)
    expected = reader.per_cent(one.share_expected)
    return Bar(
        title=_("{name}: {achieved} of the way to the target, {status}").format(
            name=one.indicator_name, achieved=achieved, status=status
        ),
        description=_("{expected} of the way is expected by now; the upright line marks it").format(expected=expected),
        actual=per_mille(one.share_achieved),
        expected=min(995, per_mille(one.share_expected)) if judged else None,
        tone=tone,
    )


def _made_of(reader: Reader, one: TargetLine, known: Known) -> Table:
    _ = reader.gettext
    values = reader.numbers([part.value for part in one.made_of])
    rows = []
    for part, value in zip(one.made_of, values, strict=True):
        deal = part.report.partition(" ")[0]
        financed, name = known.get(part.project, ("", ""))
        rows.append(
            line(
                Cell(name or part.project, f"/deals/{quote(financed)}" if financed else "", note=part.project),
                _("{start} to {end}").format(start=reader.day(part.period_start), end=reader.day(part.period_end)),
                Cell(
                    _("Report of {deal}, version {version}").format(deal=deal, version=part.version),
                    f"/deals/{quote(deal)}#report-{part.period_end}",
                ),
                reader.number(part.seal) if part.seal else "–",
                Cell(
                    value,
                    note=_("less {value} in the baseline").format(value=reader.number(part.in_baseline))
                    if part.in_baseline
                    else "",
                ),
            )
        )
    return table(
        _("{name}, by project and period ({unit})").format(name=one.indicator_name, unit=one.unit),
        (_("Project"), _("Period"), _("Report"), _("Seal"), _("Value")),
        rows,
        figures=(3, 4),
        empty=_("No project of this mission has reported on it."),
    )


def _day_form(reader: Reader, found: ImpactReport) -> Form:
    _ = reader.gettext
    return Form(
        action=f"/board/{quote(found.fund)}/report",
        csrf_token="",
        method="get",
        legend=_("Another day"),
        fields=(
            Field("as_of", _("As of"), value=found.as_of.isoformat(), kind="day"),
            Field("seal", _("Known at seal"), value=str(found.seal), kind="figure"),
        ),
        buttons=(Button(_("Show"), quiet=True),),
    )
