"""Parts of the deal page: covenants with their trajectories, reports, breaches, exit triggers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from urllib.parse import quote
from uuid import UUID

from sqlmodel import Session

from api.pages.parts import Cell, Chart, Dot, Facts, Figure, Mark, More, Panel, Part, Section, Table, Text, line, table
from api.pages.reader import Reader
from api.pages.words import (
    BREACH_WORDS,
    COVENANT_KIND_WORDS,
    DIRECTION_WORDS,
    EVIDENCE_WORDS,
    MECHANISM_WORDS,
    OUTCOME_WORDS,
    RULE_WORDS,
    TRIGGER_STATUS_WORDS,
    mark,
    say,
)
from domain.covenants import exactly_expected
from domain.desk import covenants, exits, report_lists
from domain.desk.covenants import BreachLine, CovenantLine, FindingLine
from domain.desk.deals import DealDetail
from domain.desk.exits import Trigger
from domain.desk.report_lists import ReportLine

WIDTH, HEIGHT, EDGE = 640, 200, 10


def sections(session: Session, reader: Reader, detail: DealDetail, *, inside: bool) -> tuple[Section, ...]:
    """Return what was promised, what was reported and found, and what followed."""
    _ = reader.gettext
    deal_id, today = detail.deal.id, detail.fund_business_day
    agreed = covenants.covenant_lines(session, deal_id=deal_id, as_of=today)
    found = covenants.findings(session, deal_id=deal_id, as_of=today)
    broken = covenants.breaches(session, deal_id=deal_id, as_of=today)
    owed = report_lists.reports_of_deal(session, deal_id=deal_id)
    raised = exits.deal_triggers(session, deal_id=deal_id, as_of=today) if inside else ()
    panels: tuple[Part, ...] = tuple(_covenant_panel(reader, one, found) for one in agreed)
    return (
        *((Section(_("Exit triggers"), trigger_panels(reader, raised), anchor="triggers"),) if raised else ()),
        Section(_("Covenants"), panels or (Text(_("No covenant is agreed in this deal.")),), anchor="covenants"),
        Section(_("Reports"), (reports_table(reader, owed, today=today, inside=inside),), anchor="reports"),
        *(
            (Section(_("Breaches"), (_breaches_table(reader, broken, today=today),), anchor="breaches"),)
            if broken
            else ()
        ),
    )


def _covenant_panel(reader: Reader, one: CovenantLine, found: Sequence[FindingLine]) -> Panel:
    _ = reader.gettext
    mine = [finding for finding in found if finding.covenant == one.code]
    facts = [
        Figure(_("Kind"), say(reader, COVENANT_KIND_WORDS, one.kind)),
        Figure(_("Condition"), one.condition_family.value.replace("_", " ")),
        Figure(_("Indicator"), one.indicator_name, one.unit),
        Figure(_("Tolerance"), reader.per_cent(one.tolerance)),
        Figure(_("Grace"), reader.ngettext("%s day", "%s days", one.grace_days) % one.grace_days),
        Figure(_("Remedy period"), reader.ngettext("%s day", "%s days", one.remedy_days) % one.remedy_days),
    ]
    if one.next_test and one.next_limit is not None:
        value = f"{say(reader, DIRECTION_WORDS, one.direction)} {reader.number(one.next_limit)} {one.unit}"
        facts.append(
            Figure(
                _("Next test"),
                value,
                _("on {day}, report due {due}").format(
                    day=reader.day(one.next_test.period_end), due=reader.day(one.next_test.due_on)
                ),
            )
        )
    parts: list[Part] = [Facts(tuple(facts))]
    if one.last_finding:
        parts.append(Text(one.last_finding.sentence[:1].upper() + one.last_finding.sentence[1:] + "."))
    if len(one.trajectory) > 1:
        parts.append(_chart(reader, one, mine))
    if mine:
        parts.append(More(_("All findings of this covenant"), (findings_table(reader, mine),)))
    last = one.last_finding
    return Panel(
        heading=one.clause,
        note=one.code,
        mark=mark(reader, OUTCOME_WORDS, last.outcome) if last else Mark(_("Not tested yet")),
        parts=tuple(parts),
        anchor=f"covenant-{one.code}",
    )


def findings_table(reader: Reader, found: Sequence[FindingLine]) -> Table:
    """Return findings, those that a later one replaced among them."""
    _ = reader.gettext
    measured = reader.numbers([one.measured for one in found])
    limits = reader.numbers([one.limit for one in found])
    rows = [
        line(
            Cell(reader.day(one.period_end), note=one.clause),
            Cell(
                mark=mark(reader, OUTCOME_WORDS, one.outcome), note="" if one.stands else _("replaced by a later one")
            ),
            value,
            limit,
            "–" if one.headroom_percent is None else f"{reader.number(one.headroom_percent, places=1)} %",
            reader.day(one.found_on),
        )
        for one, value, limit in zip(found, measured, limits, strict=True)
    ]
    return table(
        _("What was found, latest period first"),
        (_("Period to"), _("Finding"), _("Reported"), _("Limit"), _("Headroom"), _("Found on")),
        rows,
        figures=(2, 3, 4),
        empty=_("Nothing was found yet. The night after a report comes, or is overdue, finds out."),
    )


def _chart(reader: Reader, one: CovenantLine, found: Sequence[FindingLine]) -> Chart:
    _ = reader.gettext
    points = sorted(one.trajectory, key=lambda point: point.expected_on)
    measured = {f.period_end: f for f in found if f.stands and f.measured is not None}
    values = [point.value for point in points] + [f.measured for f in measured.values() if f.measured is not None]
    low, high = min(Decimal(0), *values), max(values)
    first, last = min([points[0].expected_on, *measured]), max([points[-1].expected_on, *measured])

    def x(day: date) -> int:
        return EDGE + round((WIDTH - 2 * EDGE) * (day - first).days / max(1, (last - first).days))

    def y(value: Decimal) -> int:
        return HEIGHT - EDGE - round((HEIGHT - 2 * EDGE) * Fraction(value - low) / Fraction((high - low) or 1))

    days = sorted({*(point.expected_on for point in points), *measured})
    expected = [Decimal(round(exactly_expected(points, on=day) * 10**6)).scaleb(-6) for day in days]
    told = reader.numbers([measured[day].measured if day in measured else None for day in days])
    wanted = reader.numbers(expected)
    rows = [line(reader.day(day), want, got) for day, want, got in zip(days, wanted, told, strict=True)]
    dots = tuple(
        Dot(x(day), y(f.measured), mark(reader, OUTCOME_WORDS, f.outcome).tone, f"{reader.day(day)}: {f.sentence}")
        for day, f in sorted(measured.items())
        if f.measured is not None
    )
    return Chart(
        number="chart-" + "".join(sign if sign.isalnum() else "-" for sign in one.code),
        title=_("{indicator}, {unit}").format(indicator=one.indicator_name, unit=one.unit),
        description=_("{count} reported values against what is expected from {start} to {end}").format(
            count=len(dots), start=reader.day(first), end=reader.day(last)
        ),
        line=" ".join(f"{x(point.expected_on)},{y(point.value)}" for point in points),
        dots=dots,
        top=reader.number(high),
        bottom=reader.number(low),
        start=reader.day(first),
        end=reader.day(last),
        table=table(
            _("Expected and reported ({unit})").format(unit=one.unit),
            (_("Day"), _("Expected"), _("Reported")),
            rows,
            figures=(1, 2),
            empty=_("No day is agreed."),
        ),
    )


def reports_table(reader: Reader, owed: Sequence[ReportLine], *, today: date, inside: bool) -> Table:
    """Return reports with their last version."""
    _ = reader.gettext
    rows = [
        line(
            Cell(
                _("{start} to {end}").format(start=reader.day(one.period_start), end=reader.day(one.period_end)),
                f"/reports/{one.report_id}" if inside else f"/investee/reports/{one.report_id}",
            ),
            reader.day(one.due_on),
            Cell(mark=report_mark(reader, one, today=today)),
            Cell(reader.day(one.submitted_on), note=one.signed_by or ""),
            _("version %s") % one.version if one.version else "–",
            anchor=f"report-{one.period_end}",
        )
        for one in owed
    ]
    return table(
        _("Reports, latest period first"),
        (_("Period"), _("Due"), _("State"), _("Submitted"), _("Version")),
        rows,
        empty=_("No report is asked for in this deal."),
    )


def report_mark(reader: Reader, one: ReportLine, *, today: date) -> Mark:
    """Return where a report stands on a day."""
    _ = reader.gettext
    if one.submitted_on is not None:
        return Mark(_("Submitted"), "good")
    if one.due_on < today:
        days = (today - one.due_on).days
        return Mark(reader.ngettext("%s day late", "%s days late", days) % days, "bad")
    if one.period_end <= today:
        return Mark(_("Open"), "warn")
    return Mark(_("Period still runs"), "quiet")


def _breaches_table(reader: Reader, broken: Sequence[BreachLine], *, today: date) -> Table:
    _ = reader.gettext
    rows = []
    for one in broken:
        left = (one.remedy_until - today).days
        words = reader.ngettext("%s day left", "%s days left", left) % left
        note = words if one.ended_on is None and left >= 0 else one.reason
        rows.append(
            line(
                Cell(one.covenant, f"#covenant-{quote(one.covenant)}", note=one.sentence),
                reader.day(one.opened_on),
                reader.day(one.remedy_until),
                Cell(mark=mark(reader, BREACH_WORDS, one.state), note=note),
            )
        )
    return table(
        _("Breaches, the next end of a remedy period first"),
        (_("Covenant"), _("Opened"), _("Remedy until"), _("State")),
        rows,
        empty=_("No covenant of this deal was broken."),
    )


def trigger_panels(reader: Reader, raised: Sequence[Trigger], *, with_deal: bool = False) -> tuple[Part, ...]:
    """Return exit triggers, each with the chain of what it rests on."""
    _ = reader.gettext
    return tuple(
        Panel(
            heading=f"{one.deal} · {one.title}" if with_deal else say(reader, RULE_WORDS, one.rule),
            mark=Mark(say(reader, TRIGGER_STATUS_WORDS, one.status), "warn"),
            note=f"{say(reader, RULE_WORDS, one.rule)} · {one.covenant}" if with_deal else one.covenant,
            anchor=f"trigger-{one.trigger_id}",
            parts=(
                Facts(
                    (
                        Figure(_("Raised on"), reader.day(one.raised_on)),
                        Figure(_("Investee"), one.investee),
                        Figure(_("Ways out"), ", ".join(say(reader, MECHANISM_WORDS, way) for way in one.mechanisms)),
                    )
                ),
                More(_("Evidence, from the promise to today"), (_evidence_table(reader, one),)),
            ),
        )
        for one in raised
    )


def _evidence_table(reader: Reader, one: Trigger) -> Table:
    _ = reader.gettext
    rows = []
    for link in sorted(one.evidence, key=lambda link: str(link["day"])):
        href = f"/reports/{link['id']}" if link["kind"] in ("report", "absence") and _is_id(link["id"]) else ""
        words = link["words"][:1].upper() + link["words"][1:]
        rows.append(
            line(
                reader.day(date.fromisoformat(link["day"])),
                say(reader, EVIDENCE_WORDS, link["kind"]),
                Cell(words, href),
            )
        )
    return table(
        _("What the trigger rests on"), (_("Day"), _("What"), _("In words")), rows, empty=_("No evidence is recorded.")
    )


def _is_id(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True
