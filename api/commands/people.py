"""``missionbook user``: who may sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.printing import Format, FormatOption
from domain.parties import Role


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Who may sign in.")
    group.command("add")(add)
    group.command("list")(everybody)
    group.command("password")(password)
    group.command("disable")(disable)
    group.command("sign-out")(sign_out)
    group.command("let-in")(let_in)
    app.add_typer(group, name="user")


def add(
    email: Annotated[str, typer.Option(help="What the person signs in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="What the person is.")],
    party: Annotated[str | None, typer.Option(metavar="CODE", help="The party of an investee's person.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the password instead of making one.")] = False,
) -> None:
    """Add a person who can sign in, and print the password where it was made here."""
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import parties, people

    asked = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else ""
    password = asked or people.new_password()
    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        party_id = parties.party_by_code(session, code=party).id if party else None
        people.add_user(session, email=email, name=name, role=role, party_id=party_id, password=password, by=NIGHT)
    typer.echo(f"{email} can sign in as {role}" + ("" if asked else f" with the password {password}"))


def everybody(how: FormatOption = Format.TABLE) -> None:
    """Print every user that there ever was: role, party, and whether they can sign in."""
    from api.commands.printing import print_json, print_table
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import directory

    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        found = directory.everybody(session, by=NIGHT)
    if how is Format.JSON:
        return print_json({"users": found})
    rows = [
        (one.name, one.email, one.role, one.party_code or "", one.state, one.since.strftime("%d %b %Y %H:%M"))
        for one in found
    ]
    return print_table("People, by name", ("Name", "Email", "Role", "Party", "Can sign in", "Since (UTC)"), rows)


def password(
    email: Annotated[str, typer.Option(help="What the person signs in with.")],
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the password instead of making one.")] = False,
) -> None:
    """Replace a lost password, end the person's tokens and browser sessions, and print what was made here."""
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import people

    asked = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else ""
    fresh = asked or people.new_password()
    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        ended = people.replace_password(session, email=email, password=fresh, by=NIGHT)
    typer.echo(f"sign-ins ended: {ended}")
    typer.echo(f"{email} has a new password" + ("" if asked else f": {fresh}"))


def disable(email: Annotated[str, typer.Option(help="What the person signs in with.")]) -> None:
    """Let a person sign in no more, and end their tokens and browser sessions; what they did stays."""
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import people

    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        ended = people.disable_user(session, email=email, by=NIGHT)
    typer.echo(f"{email} can sign in no more; sign-ins ended: {ended}")


def sign_out(email: Annotated[str, typer.Option(help="What the person signs in with.")]) -> None:
    """End a person's tokens and browser sessions everywhere; they may sign in again."""
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import sign_ins

    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        ended = sign_ins.end_everywhere_of(session, email=email, by=NIGHT)
    typer.echo(f"{email} is signed out everywhere; sign-ins ended: {ended}")


def let_in(
    email: Annotated[str, typer.Option(help="What the person signs in with.")],
    address: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Where the person signs in from.")],
) -> None:
    """Let a person who must wait because others guess sign in from an address; the password is asked all the same."""
    from api.database.book import open_book
    from api.database.roles import Role as DatabaseRole
    from domain.authority import NIGHT
    from domain.desk import sign_ins

    with open_book() as book, book.sessions.begin(DatabaseRole.NIGHT) as session:
        sign_ins.let_in_from(session, email=email, address=address, by=NIGHT)
    typer.echo(f"{email} may sign in from {address} for {sign_ins.KEPT_DAYS} days, whoever guesses elsewhere")
