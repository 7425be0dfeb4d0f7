"""The people whom the book knows by their users, for auditors and stewards."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import PageTransaction, Visitor
from api.pages.parts import Cell, Link, Mark, Page, Row, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.words import ROLE_WORDS
from domain.desk import directory
from domain.desk.directory import UserLine, UserState

TONES = {UserState.LET_IN: "good", UserState.NO_PASSWORD: "quiet", UserState.DISABLED: "bad"}
router = APIRouter(include_in_schema=False)


@router.get("/people")
def people(request: Request, visitor: Visitor, session: PageTransaction) -> Response:
    """Show every user that there ever was, and whether they can sign in."""
    found = directory.everybody(session, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", people_page(reader, found), reader=reader)


def people_page(reader: Reader, found: tuple[UserLine, ...]) -> Page:
    """Return the list of users."""
    _ = reader.gettext
    columns = (_("Name"), _("Email"), _("Role"), _("Can sign in"), _("Since"))
    listed = table(_("People, by name"), columns, [_row(reader, one) for one in found], empty=_("There is nobody yet."))
    lead = _(
        "Everybody whom the book knows. It cannot tell two users of one human being from two people: whoever reads "
        "this list can. A steward lets people in and disables them by command; what they did stays."
    )
    back = Text("", link=Link("/audit", _("Audit")))
    return Page(_("People"), lead=lead, parts=(listed, back))


def _row(reader: Reader, one: UserLine) -> Row:
    _ = reader.gettext
    states = {
        UserState.LET_IN: _("Let in"),
        UserState.NO_PASSWORD: _("No password yet"),
        UserState.DISABLED: _("Disabled"),
    }
    return line(
        Cell(one.name, href=f"/audit?person={one.id}"),
        one.email,
        Cell(_(ROLE_WORDS[one.role]), note=one.party or ""),
        Cell(mark=Mark(states[one.state], TONES[one.state])),
        Cell(reader.moment(one.since), in_one_line=True),
    )
