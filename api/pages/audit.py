"""The audit, for auditors and stewards: every act, newest first, narrowed by a form, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import PageTransaction, Visitor
from api.files.acts import acts_sheet
from api.files.downloads import SheetFormat, sheet_download
from api.pages.forms import RIGHT, Wrong, read_day, read_id, sentence, wrong_by
from api.pages.parts import Button, Cell, Choice, Field, Form, Link, Mark, More, Page, Part, Row, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from domain.desk import audit
from domain.desk.audit import ActKinds, ActRecorded, ActsAsked
from domain.errors import InputRefused, Problem

ACTS_SHOWN = 25
SAID_MAX = 100
NOTHING = "–"
FILTERS = ActsAsked.__slots__
router = APIRouter(include_in_schema=False)


def asked_in_address(request: Request, known: ActKinds) -> ActsAsked:
    """Return which acts the address asks for.

    Refused (``InputRefused``), all at once: what cannot be read, unknown filters, and what the audit cannot answer.
    """
    reader, said = reader_of(request), request.query_params
    _ = reader.gettext
    problems = [
        Problem("", _("The audit is not narrowed by “%s”") % name[:40])
        for name in said
        if name not in (*FILTERS, "after")
    ]
    given = {name: value for name in FILTERS if (value := said.get(name, "").strip())}
    for name, value in given.items():
        if len(value) > SAID_MAX or not value.isprintable():
            problems.append(Problem(name, _("Write up to {count} characters").format(count=SAID_MAX)))
    days: dict[str, date] = {}
    for name in {"first_day", "last_day"} & given.keys():
        try:
            days[name] = read_day(reader, given[name], where=name)
        except InputRefused as refused:
            problems += refused.problems
    person = read_id(given["person"]) if "person" in given else None
    if "person" in given and person is None:
        problems.append(Problem("person", _("Choose one of the people")))
    words = {name: given.get(name) for name in FILTERS if name not in ("person", "first_day", "last_day")}
    asked = ActsAsked(person=person, first_day=days.get("first_day"), last_day=days.get("last_day"), **words)
    try:
        audit.check_asked(asked, known)
    except InputRefused as refused:
        problems += [one for one in refused.problems if one.where not in {told.where for told in problems}]
    if problems:
        raise InputRefused(problems, subject="the question")
    return asked


@router.get("/audit")
def acts(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """Show the audit; what cannot be asked is told beside its field."""
    known = audit.words_in_use(session, by=visitor.actor)
    reader = reader_of(request)
    try:
        asked = asked_in_address(request, known)
        found = audit.acts(session, by=visitor.actor, asked=asked, after=after, limit=ACTS_SHOWN + 1)
    except InputRefused as refusal:
        wrong = wrong_by(refusal, fields={name: name for name in FILTERS})
        form = _filter(reader, request.query_params, known, wrong=wrong)
        return show(request, "page.html", Page(reader.gettext("Audit"), parts=(form,)), status=422, reader=reader)
    codes = audit.codes_of(session, found, by=visitor.actor)
    return show(request, "page.html", audit_page(reader, found, asked=asked, known=known, codes=codes), reader=reader)


@router.get("/audit/files/{kind}")
def acts_file(request: Request, visitor: Visitor, session: PageTransaction, kind: SheetFormat) -> Response:
    """Give the audit as a file for a spreadsheet."""
    known = audit.words_in_use(session, by=visitor.actor)  # who may not read it is told so before anything else
    found = audit.exported(session, by=visitor.actor, asked=asked_in_address(request, known))
    return sheet_download(acts_sheet(found), name="audit", kind=kind)


def audit_page(
    reader: Reader, found: tuple[ActRecorded, ...], *, asked: ActsAsked, known: ActKinds, codes: Mapping[str, str]
) -> Page:
    """Return the audit with its filter, its files and the way to older acts."""
    _ = reader.gettext
    shown = found[:ACTS_SHOWN]
    query = {name: str(value) for name in FILTERS if (value := getattr(asked, name)) is not None}
    names = {**codes, **{str(user_id): name for user_id, name in known.people.items()}}
    columns = (_("When"), _("Who"), _("Act"), _("On what"), _("From"), _("Before and after"))
    rows = [_row(reader, one, query, names) for one in shown]
    listed = table(_("Acts, newest first"), columns, rows, empty=_("Nothing fits."))
    parts: list[Part] = [_filter(reader, query, known), listed]
    if len(found) > ACTS_SHOWN:
        older = urlencode({**query, "after": shown[-1].id})
        parts.append(Text("", link=Link(f"/audit?{older}", _("Older acts"))))
    for kind, words in (("csv", _("These acts as CSV")), ("xlsx", _("These acts as a workbook"))):
        parts.append(Text("", link=Link(f"/audit/files/{kind}?{urlencode(query)}", words)))
    lead = _(
        "Who did what to what, from where, and what it was before. Rows are added and sealed, never changed. Their "
        "numbers skip, because every kind of fact takes its number from one count; what is missing or "
        "altered a verification of the ledger tells."
    )
    return Page(_("Audit"), lead=lead, parts=tuple(parts))


def _row(reader: Reader, act: ActRecorded, query: dict[str, str], names: Mapping[str, str]) -> Row:
    _ = reader.gettext
    only = f"/audit?{urlencode({**query, 'person': act.recorded_by})}" if act.recorded_by else ""
    told = "; ".join(_detail(reader, act, names))[:400]
    one = f"/audit?{urlencode({'request': act.request_id})}"
    return line(
        Cell(
            reader.day(act.recorded_at.date()),
            note=f"{act.recorded_at:%H:%M:%S} UTC · " + _("No. %s") % act.id,
            in_one_line=True,
        ),
        Cell(act.actor_name, href=only, note=act.email or ""),
        Cell(act.act, mark=Mark(_("refused"), "bad") if act.outcome == "refused" else None),
        Cell(f"{act.subject_kind} {names.get(act.subject, act.subject)}"[:200], note=act.fund or ""),
        Cell(
            " ".join(said for said in (act.door, act.came_from) if said),
            onward=Link(one, _("Request …%s") % act.request_id[-8:]) if act.request_id else None,
        ),
        Cell(_change(reader, act, names), note=told),
    )


def _detail(reader: Reader, act: ActRecorded, names: Mapping[str, str]) -> list[str]:
    """Return what else a row tells: of a refusal its sentences, or who could have done it; of an act name by name."""
    _ = reader.gettext
    left = {name: value for name, value in act.detail.items() if name not in ("door", "act", "problem", "kept_as")}
    said = []
    if act.outcome == "refused":
        reasons, needed = left.pop("reasons", None), left.pop("needed", None)
        left = {name: value for name, value in left.items() if name != "role" and value not in (None, "")}
        if isinstance(reasons, list) and reasons:
            said = [sentence(str(one)) for one in reasons]
        elif needed:
            said = [_("Needs: {roles}").format(roles=_in_words(reader, needed, names))]
        elif "problem" in act.detail:
            said = [sentence(str(act.detail["problem"]).replace("-", " "))]
    said += [f"{name.replace('_', ' ')}: {_in_words(reader, value, names)}" for name, value in sorted(left.items())]
    return said


def _change(reader: Reader, act: ActRecorded, names: Mapping[str, str]) -> str:
    """Return what an act changed, name by name; what it left as it was is not told."""
    before, after = act.before or {}, act.after or {}
    said = []
    for name in sorted({*before, *after}):
        was, became = (_in_words(reader, one.get(name), names) for one in (before, after))
        if was != became:
            said.append(f"{name.replace('_', ' ')}: {was} → {became}")
    return "; ".join(said)[:600]


def _in_words(reader: Reader, value: object, names: Mapping[str, str]) -> str:
    """Return a kept value as people read it: people by their names, lists without brackets."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return reader.gettext("yes") if value else reader.gettext("no")
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(reader, one, names) for one in value) or NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_in_words(reader, one, names)}" for name, one in sorted(value.items())) or NOTHING
    return names.get(str(value), str(value))


def _filter(reader: Reader, said: Mapping[str, str], known: ActKinds, *, wrong: Wrong = RIGHT) -> More:
    _ = reader.gettext

    def choice(name: str, label: str, values: Iterable[tuple[str, str]]) -> Field:
        choices = tuple(Choice(value, words, chosen=value == said.get(name)) for value, words in values)
        return Field(
            name, label, kind="choice", choices=(Choice("", _("all")), *choices), required=False, error=wrong.at(name)
        )

    def typed(name: str, label: str, kind: str = "text", hint: str = "") -> Field:
        return Field(name, label, value=said.get(name, ""), kind=kind, hint=hint, required=False, error=wrong.at(name))

    doors = {
        "page": _("a page"),
        "api": _("the API"),
        "command": _("a command"),
        "worker": _("a job in the background"),
    }
    fields = (
        choice("act", _("Act"), ((one, one) for one in known.acts)),
        choice("outcome", _("Outcome"), (("done", _("done")), ("refused", _("refused")))),
        choice("person", _("Who"), ((str(user_id), name) for user_id, name in known.people.items())),
        choice("subject_kind", _("Kind of thing"), ((one, one) for one in known.subject_kinds)),
        typed("subject", _("Thing"), hint=_("Its code, name or number, as the list shows it.")),
        choice("fund", _("Fund"), ((one, one) for one in known.funds)),
        typed("first_day", _("From day"), "day"),
        typed("last_day", _("To day"), "day"),
        choice("door", _("Came by"), ((one, doors[one]) for one in audit.DOORS)),
        typed("address", _("From address")),
        typed("request", _("Number of the request"), hint=_("The number that a page ends in where something failed.")),
    )
    form = Form(
        action="/audit", csrf_token="", method="get", fields=fields, buttons=(Button(_("Show")),), problems=wrong.top
    )
    return More(_("Narrow the list"), (form,), open=bool(said))
