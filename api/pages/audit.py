"""The audit, for auditors and stewards: every act, newest first, narrowed by a form, and as a file."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.deps import PageTransaction, Visitor
from api.files.acts import acts_sheet
from api.files.downloads import SheetFormat, sheet_download
from api.pages.forms import read_day, read_id
from api.pages.parts import Button, Cell, Choice, Field, Form, Link, Mark, More, Page, Part, Row, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from domain.desk import audit
from domain.desk.audit import ActKinds, ActRecorded, ActsAsked

ACTS_SHOWN = 50
router = APIRouter(include_in_schema=False)
Said = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")]


def asked_in_address(
    request: Request,
    act: Said = "",
    outcome: Said = "",
    person: Said = "",
    subject_kind: Said = "",
    subject: Said = "",
    fund: Said = "",
    first_day: Said = "",
    last_day: Said = "",
) -> ActsAsked:
    """Return which acts the address asks for; an outcome or a person that cannot be is left out."""
    reader = reader_of(request)

    def day(said: str, where: str) -> date | None:
        return read_day(reader, said, where=where) if said.strip() else None

    return ActsAsked(
        act=act or None,
        outcome=outcome if outcome in ("done", "refused") else None,
        person=read_id(person),
        subject_kind=subject_kind or None,
        subject=subject or None,
        fund=fund or None,
        first_day=day(first_day, "first_day"),
        last_day=day(last_day, "last_day"),
    )


Asked = Annotated[ActsAsked, Depends(asked_in_address)]


@router.get("/audit")
def acts(
    request: Request,
    visitor: Visitor,
    session: PageTransaction,
    asked: Asked,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """Show the audit."""
    found = audit.acts(session, by=visitor.actor, asked=asked, after=after, limit=ACTS_SHOWN + 1)
    known = audit.words_in_use(session, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", audit_page(reader, found, asked=asked, known=known), reader=reader)


@router.get("/audit/files/{kind}")
def acts_file(visitor: Visitor, session: PageTransaction, kind: SheetFormat, asked: Asked) -> Response:
    """Give the audit as a file for a spreadsheet."""
    return sheet_download(acts_sheet(audit.exported(session, by=visitor.actor, asked=asked)), name="audit", kind=kind)


def audit_page(reader: Reader, found: tuple[ActRecorded, ...], *, asked: ActsAsked, known: ActKinds) -> Page:
    """Return the audit with its filter, its files and the way to older acts."""
    _ = reader.gettext
    shown = found[:ACTS_SHOWN]
    query = {name: str(value) for name in ActsAsked.__slots__ if (value := getattr(asked, name)) is not None}
    columns = (_("When"), _("Who"), _("Act"), _("On what"), _("From"), _("Before and after"))
    listed = table(
        _("Acts, newest first"), columns, [_row(reader, one, query) for one in shown], empty=_("Nothing fits."),
    )  # fmt: skip
    parts: list[Part] = [_filter(reader, asked, known), listed]
    if len(found) > ACTS_SHOWN:
        older = urlencode({**query, "after": shown[-1].id})
        parts.append(Text("", link=Link(f"/audit?{older}", _("Older acts"))))
    for kind, words in (("csv", _("These acts as CSV")), ("xlsx", _("These acts as a workbook"))):
        parts.append(Text("", link=Link(f"/audit/files/{kind}?{urlencode(query)}", words)))
    lead = _("Who did what to what, from where, and what it was before. Rows are added and sealed, never changed.")
    return Page(_("Audit"), lead=lead, parts=tuple(parts))


def _row(reader: Reader, act: ActRecorded, query: dict[str, str]) -> Row:
    _ = reader.gettext
    only = f"/audit?{urlencode({**query, 'person': act.recorded_by})}" if act.recorded_by else ""
    told = "; ".join(f"{name}: {value}" for name, value in sorted(act.detail.items()))[:400]
    return line(
        Cell(reader.moment(act.recorded_at), note=f"{act.recorded_at:%S} s, {act.id}"),
        Cell(act.actor_name, href=only),
        Cell(mark=Mark(act.act, "bad")) if act.outcome == "refused" else Cell(act.act),
        Cell(f"{act.subject_kind} {act.subject}"[:200], note=act.fund or ""),
        Cell(" ".join(said for said in (act.door, act.came_from) if said) or "–", note=act.request_id),
        Cell(_change(act), note=told),
    )


def _change(act: ActRecorded) -> str:
    """Return what an act changed, name by name."""
    before, after = act.before or {}, act.after or {}
    names = sorted({*before, *after})
    return "; ".join(f"{name}: {before.get(name, '–')} → {after.get(name, '–')}" for name in names)[:600]


def _filter(reader: Reader, asked: ActsAsked, known: ActKinds) -> More:
    _ = reader.gettext
    anything = Choice("", _("all"))

    def choices(values: tuple[str, ...], chosen: str | None) -> tuple[Choice, ...]:
        return (anything, *(Choice(one, one, chosen=one == chosen) for one in values))

    outcomes = (
        anything,
        Choice("done", _("done"), chosen=asked.outcome == "done"),
        Choice("refused", _("refused"), chosen=asked.outcome == "refused"),
    )

    def day(value: date | None) -> str:
        return value.isoformat() if value else ""

    fields = (
        Field("act", _("Act"), kind="choice", choices=choices(known.acts, asked.act), required=False),
        Field("outcome", _("Outcome"), kind="choice", choices=outcomes, required=False),
        Field("subject_kind", _("Kind of thing"), kind="choice",
              choices=choices(known.subject_kinds, asked.subject_kind), required=False),
        Field("subject", _("Thing"), value=asked.subject or "", required=False),
        Field("fund", _("Fund"), value=asked.fund or "", required=False),
        Field("first_day", _("From day"), value=day(asked.first_day), kind="day", required=False),
        Field("last_day", _("To day"), value=day(asked.last_day), kind="day", required=False),
    )  # fmt: skip
    hidden = (("person", str(asked.person)),) if asked.person else ()
    form = Form(
        action="/audit", csrf_token="", method="get", fields=fields, hidden=hidden, buttons=(Button(_("Show")),)
    )
    return More(_("Narrow the list"), (form,), open=asked != audit.ALL_ACTS)
