"""The form of a covenant report: what is asked in plain words, what an answer would mean, and the receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from api.pages.forms import RIGHT, Wrong, new_key, sentence
from api.pages.parts import Button, Cell, Facts, Field, Figure, Form, Link, Page, Part, Section, Text, line, table
from api.pages.reader import Reader
from api.pages.report_page import period_words, versions_parts
from api.pages.words import DIRECTION_WORDS, OUTCOME_WORDS, mark, say
from domain.covenants import OPENS_A_BREACH, Finding
from domain.desk.report_lists import ReportVersion
from domain.desk.reports import AskedValue, ReportDetail
from domain.errors import InputRefused, Problem

VALUE = "value."
TEXTS = ("statement", "evidence")


def indicators(detail: ReportDetail) -> dict[str, list[AskedValue]]:
    """Return what is asked by indicator: one answer serves every covenant on it."""
    asked: dict[str, list[AskedValue]] = {}
    for one in detail.asked:
        asked.setdefault(one.indicator, []).append(one)
    return asked


def field_names(detail: ReportDetail) -> dict[str, str]:
    """Return the field that a problem of the report belongs to."""
    return {**{code: VALUE + code for code in indicators(detail)}, **{name: name for name in (*TEXTS, "signed_by")}}


def last_typed(reader: Reader, detail: ReportDetail) -> dict[str, str]:
    """Return the last version's answers as they stand in the form; empty before the first."""
    if not detail.versions:
        return {}
    last = detail.versions[-1]
    values = {VALUE + code: reader.number(value) for code, value in last.values.items()}
    return {**values, "statement": last.statement, "evidence": last.evidence}


def read_values(reader: Reader, detail: ReportDetail, typed: Mapping[str, str]) -> dict[str, Decimal | None]:
    """Read the answers by indicator. Refused: every one that is no number, at once."""
    values: dict[str, Decimal | None] = {}
    problems: list[Problem] = []
    for code in indicators(detail):
        try:
            values[code] = reader.read_number(typed.get(VALUE + code, "")[:60], where=code)
        except InputRefused as refusal:
            problems += refusal.problems
    if problems:
        raise InputRefused(problems, subject="the report")
    return values


def form_page(
    reader: Reader, detail: ReportDetail, *, typed: Mapping[str, str], wrong: Wrong = RIGHT, signing: bool = False
) -> Page:
    """Return the form; ``signing`` asks for the signature too, where it was refused at the end."""
    _ = reader.gettext
    fields = [_value_field(reader, asked, typed, wrong) for asked in indicators(detail).values()]
    fields += [
        Field(
            "statement",
            _("Statement"),
            value=typed.get("statement", ""),
            kind="area",
            required=False,
            hint=_("What the bank should know about these figures; needed where you leave one open."),
            error=wrong.at("statement"),
        ),
        Field(
            "evidence",
            _("Evidence"),
            value=typed.get("evidence", ""),
            kind="area",
            required=False,
            hint=_("Where the figures come from: a register, a meter, an audit, and where it can be seen."),
            error=wrong.at("evidence"),
        ),
    ]
    if signing:
        fields.append(_signature(reader, typed, wrong))
    parts: list[Part] = []
    if detail.business_day < detail.period_end:
        told = _("The period still runs until {day}. You can try figures; submit them then or later.")
        parts.append(Text(told.format(day=reader.day(detail.period_end)), "warn"))
    if detail.versions:
        told = _("You submitted version {number} on {day}. What you submit now replaces it as a new version.")
        last = detail.versions[-1]
        parts.append(Text(told.format(number=last.version, day=reader.day(last.submitted_on)), "warn"))
    form = Form(
        action=f"/investee/reports/{detail.report_id}",
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=tuple(fields),
        hidden=() if signing else (("step", "preview"),),
        buttons=(Button(_("Show what this would mean"), *(("step", "preview") if signing else ())),),
        problems=wrong.top,
    )
    earlier = (Section(_("Earlier versions"), versions_parts(reader, detail)),) if detail.versions else ()
    return Page(
        title=_("Report for {period}").format(period=period_words(reader, detail)),
        lead=detail.title,
        trail=(Link("/investee", _("Your reports and payments")),),
        facts=_facts(reader, detail),
        parts=(*parts, form),
        sections=earlier,
        narrow=True,
    )


def _facts(reader: Reader, detail: ReportDetail) -> tuple[Figure, ...]:
    _ = reader.gettext
    return (
        Figure(_("Deal"), detail.deal),
        Figure(_("Due"), reader.day(detail.due_on)),
        Figure(_("Business day"), reader.day(detail.business_day)),
    )


def _value_field(reader: Reader, asked: Sequence[AskedValue], typed: Mapping[str, str], wrong: Wrong) -> Field:
    _ = reader.gettext
    first = asked[0]
    facts = []
    if first.last_value is not None:
        facts.append(
            Figure(_("Last value"), f"{reader.number(first.last_value)} {first.unit}", reader.day(first.last_value_on))
        )
    for one in asked:
        facts.append(Figure(_("Expected"), f"{reader.number(one.expected)} {one.unit}"))
        limit = f"{say(reader, DIRECTION_WORDS, one.direction)} {reader.number(one.limit)} {one.unit}"
        facts.append(Figure(_("Met with"), limit, one.clause))
    name = VALUE + first.indicator
    return Field(
        name,
        f"{first.name} ({first.unit})",
        value=typed.get(name, ""),
        kind="figure",
        hint=first.definition,
        error=wrong.at(name),
        facts=tuple(facts),
    )


def _signature(reader: Reader, typed: Mapping[str, str], wrong: Wrong) -> Field:
    _ = reader.gettext
    known = reader.known.user.name if reader.known else ""
    return Field(
        "signed_by",
        _("Your name, as a signature"),
        value=typed.get("signed_by", known),
        hint=_("By signing you say that the figures are true to the best of your knowledge."),
        error=wrong.at("signed_by"),
        autocomplete="name",
    )


def preview_page(reader: Reader, detail: ReportDetail, typed: Mapping[str, str], found: Sequence[Finding]) -> Page:
    """Return what an answer would mean, with the form that signs and submits it."""
    _ = reader.gettext
    asked = {one.covenant: one for one in detail.asked}
    measured = reader.numbers([one.measured for one in found])
    limits = reader.numbers([one.limit for one in found])
    rows = []
    for one, value, limit in zip(found, measured, limits, strict=True):
        what = asked[one.covenant]
        margin = "–" if one.headroom_percent is None else f"{reader.number(one.headroom_percent, places=1)} %"
        rows.append(
            line(
                Cell(what.clause, note=f"{what.name} ({what.unit})"),
                Cell(mark=mark(reader, OUTCOME_WORDS, one.outcome)),
                value,
                f"{say(reader, DIRECTION_WORDS, what.direction)} {limit}",
                margin,
            )
        )
    shown = table(
        _("What your answer would mean"),
        (_("Promise"), _("It would be"), _("Your figure"), _("Limit"), _("Headroom")),
        rows,
        figures=(2, 3, 4),
        empty=_("This report asks nothing."),
    )
    sentences = tuple(Text(sentence(one.sentence) + ".") for one in found)
    asked_back = _asked_back(reader, detail, found)
    follows = tuple(
        Text(_what_follows(reader, detail, asked[one.covenant]), "warn")
        for one in found
        if one.outcome in OPENS_A_BREACH
    )
    kept = [(VALUE + code, typed.get(VALUE + code, "")) for code in indicators(detail)]
    kept += [(name, typed.get(name, "")) for name in TEXTS]
    said = tuple(
        Figure({"statement": _("Statement"), "evidence": _("Evidence")}[name], typed[name])
        for name in TEXTS
        if typed.get(name, "").strip()
    )
    form = Form(
        action=f"/investee/reports/{detail.report_id}",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Sign and submit"),
        fields=(_signature(reader, typed, RIGHT),),
        hidden=(*kept, ("key", new_key())),
        buttons=(
            Button(_("Sign and submit"), "step", "submit"),
            Button(_("Change the figures"), "step", "change", quiet=True),
        ),
    )
    return Page(
        title=_("What this would mean"),
        lead=_("Nothing is submitted yet. Report for {period}.").format(period=period_words(reader, detail)),
        trail=(Link("/investee", _("Your reports and payments")),),
        facts=_facts(reader, detail),
        parts=(shown, *sentences, *follows, *asked_back, *((Facts(said),) if said else ()), form),
        narrow=True,
    )


def _what_follows(reader: Reader, detail: ReportDetail, what: AskedValue) -> str:
    _ = reader.gettext
    days = reader.ngettext("%s day", "%s days", what.remedy_days) % reader.number(what.remedy_days)
    return _(
        "What follows from a missed promise ({clause}): the night after you submit, a breach opens. You then have "
        "{days} to remedy it with a report that meets the promise. Until the breach is remedied or waived, nothing "
        "is paid out in {deal}."
    ).format(clause=what.clause, days=days, deal=detail.deal)


def _asked_back(reader: Reader, detail: ReportDetail, found: Sequence[Finding]) -> tuple[Text, ...]:
    """Ask about a figure below zero where the contract expects none: homes, people and places are not fewer than 0."""
    _ = reader.gettext
    asked = {one.covenant: one for one in detail.asked}
    below = {
        what.indicator: _("{name}: {value} {unit} is below zero. Is the minus sign meant?").format(
            name=what.name, value=reader.number(one.measured), unit=what.unit
        )
        for one in found
        if one.measured is not None and one.measured < 0 <= (what := asked[one.covenant]).expected
    }
    return tuple(Text(words, "warn") for words in below.values())


def receipt_page(reader: Reader, detail: ReportDetail, version: ReportVersion) -> Page:
    """Return the receipt for a submitted version."""
    _ = reader.gettext
    names = {one.indicator: one for one in detail.asked}
    told = reader.numbers(list(version.values.values()))
    rows = [
        line(names[code].name if code in names else code, value, names[code].unit if code in names else "")
        for code, value in zip(version.values, told, strict=True)
    ]
    said = tuple(
        Figure(words, text)
        for words, text in ((_("Statement"), version.statement), (_("Evidence"), version.evidence))
        if text
    )
    replaced = version.version != detail.versions[-1].version
    if replaced:
        note = Text(_("A later version has replaced this one."), "warn")
    elif version.submitted_on < detail.business_day:
        found = Link("/investee#findings", _("See what the bank found"))
        note = Text(_("The bank has your report and has compared it with your contract."), "good", link=found)
    else:
        note = Text(_("The bank has your report. The next night compares it with your contract."), "good")
    return Page(
        title=_("Receipt for version {number}").format(number=version.version),
        lead=_("{title}: report for {period}").format(title=detail.title, period=period_words(reader, detail)),
        trail=(Link("/investee", _("Your reports and payments")),),
        facts=(
            Figure(_("Submitted on"), reader.day(version.submitted_on)),
            Figure(_("Signed by"), version.signed_by),
            Figure(_("Number in the book"), reader.number(version.version_id)),
        ),
        parts=(
            note,
            table(
                _("What you reported"),
                (_("Indicator"), _("Value"), _("Unit")),
                rows,
                figures=(1,),
                empty=_("You left every figure open."),
            ),
            *((Facts(said),) if said else ()),
            Text("", link=Link(f"/investee/reports/{detail.report_id}", _("Correct this report by a new version"))),
        ),
        narrow=True,
    )
