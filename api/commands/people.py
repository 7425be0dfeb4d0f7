"""``missionbook user``: who may sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.parties import Role


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Who may sign in.")
    group.command("add")(add)
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
