"""``missionbook audit``: who did what to what, from where, and what it was before and after."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

DAY = ["%Y-%m-%d"]


class FileFormat(StrEnum):
    """How acts are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Outcome(StrEnum):
    """What became of an act."""

    DONE = "done"
    REFUSED = "refused"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    act: Annotated[str | None, typer.Option(help="Only this act, as the audit calls it.")] = None,
    person: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only what this person did.")] = None,
    subject_kind: Annotated[str | None, typer.Option(help="Only acts on this kind of thing, such as deal.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only acts on this thing, by its code, name or id.")] = None,
    request: Annotated[str | None, typer.Option(metavar="NUMBER", help="Only what this request did.")] = None,
    door: Annotated[str | None, typer.Option(help="Only what came by page, api, command or worker.")] = None,
    address: Annotated[str | None, typer.Option(help="Only what came from this address.")] = None,
    fund: Annotated[str | None, typer.Option(metavar="CODE", help="Only acts in this fund.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only what was done, or what was refused.")] = None,
    first_day: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="From this day on (UTC).")] = None,
    last_day: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Up to this day (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50_000, help="At most so many, the newest.")] = 50,
    how: Annotated[FileFormat, typer.Option("--format", help="How to print what is found.")] = FileFormat.TABLE,
) -> None:
    """Print the newest acts; that they were taken out is an act of its own."""
    from api.commands.printing import print_json, print_table
    from api.database.book import open_book
    from api.database.roles import Role
    from api.files.acts import acts_sheet
    from api.files.sheets import write_csv
    from domain.authority import NIGHT
    from domain.desk import audit as desk
    from domain.desk import people
    from domain.desk.audit import ActsAsked

    with open_book() as book, book.sessions.begin(Role.NIGHT) as session:
        asked = ActsAsked(
            act=act,
            outcome=outcome.value if outcome else None,
            person=people.user_id_by_email(session, email=person) if person else None,
            subject_kind=subject_kind,
            subject=subject,
            fund=fund,
            first_day=first_day.date() if first_day else None,
            last_day=last_day.date() if last_day else None,
            request=request,
            door=door,
            address=address,
        )
        acts = desk.exported(session, by=NIGHT, asked=asked, newest=limit)
    match how:
        case FileFormat.JSON:
            print_json({"acts": acts})
        case FileFormat.CSV:
            write_csv(acts_sheet(acts), sys.stdout)
        case FileFormat.TABLE:
            rows = [
                (one.recorded_at.strftime("%d %b %Y %H:%M:%S"), one.actor_name, one.act,
                 f"{one.subject_kind} {one.subject}", one.outcome, f"{one.door or ''} {one.came_from or ''}".strip())
                for one in acts
            ]  # fmt: skip
            print_table("Audit, newest first", ("When (UTC)", "Who", "Act", "What", "Outcome", "From"), rows)
