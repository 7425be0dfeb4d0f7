"""A covenant report as the bank reads it: every version, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from api.pages.deal_promises import findings_table
from api.pages.parts import Facts, Figure, Link, Page, Panel, Part, Section, Text, line, table
from api.pages.reader import Reader
from domain.desk.covenants import FindingLine
from domain.desk.reports import ReportDetail


def period_words(reader: Reader, detail: ReportDetail) -> str:
    """Return a report's period in words."""
    return reader.gettext("{start} to {end}").format(
        start=reader.day(detail.period_start), end=reader.day(detail.period_end)
    )


def reading_page(reader: Reader, detail: ReportDetail, found: Sequence[FindingLine]) -> Page:
    """Return the page on which the bank reads a report."""
    _ = reader.gettext
    parts = versions_parts(reader, detail) or (Text(_("Nobody has submitted this report yet."), "warn"),)
    return Page(
        title=_("Report for {period}").format(period=period_words(reader, detail)),
        lead=detail.title,
        trail=(Link("/deals", _("Deals")), Link(f"/deals/{quote(detail.deal)}#reports", detail.deal)),
        facts=(
            Figure(_("Investee"), detail.investee),
            Figure(_("Due"), reader.day(detail.due_on)),
            Figure(_("Fund"), detail.fund),
        ),
        sections=(
            Section(_("Findings"), (findings_table(reader, found),), anchor="findings"),
            Section(_("Versions"), parts, anchor="versions"),
        ),
    )


def versions_parts(reader: Reader, detail: ReportDetail) -> tuple[Part, ...]:
    """Return a report's versions, the last first."""
    _ = reader.gettext
    names = {one.indicator: one for one in detail.asked}
    panels = []
    for one in reversed(detail.versions):
        told = reader.numbers(list(one.values.values()))
        rows = [
            line(names[code].name if code in names else code, value, names[code].unit if code in names else "")
            for code, value in zip(one.values, told, strict=True)
        ]
        facts = [Figure(_("Submitted on"), reader.day(one.submitted_on)), Figure(_("Signed by"), one.signed_by)]
        facts += [
            Figure(words, text)
            for words, text in ((_("Statement"), one.statement), (_("Evidence"), one.evidence))
            if text
        ]
        values = table(
            _("Values of version %s") % one.version,
            (_("Indicator"), _("Value"), _("Unit")),
            rows,
            figures=(1,),
            empty=_("Every figure was left open."),
            quiet_caption=True,
        )
        panels.append(
            Panel(_("Version %s") % one.version, (Facts(tuple(facts)), values), anchor=f"version-{one.version}")
        )
    return tuple(panels)
