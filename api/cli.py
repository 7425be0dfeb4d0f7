"""The ``missionbook`` command. Exit code 0: done; 1: refused, with the refusal in words on standard error; 2: usage.

Each command lives in ``api/commands`` and imports what it needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import pwd
import sys

import typer

from api import commands
from domain.errors import InputRefused, Refusal

PROBLEMS_SHOWN_MAX = 500

app = typer.Typer(
    name="missionbook",
    help="The book of a mission-oriented public development bank.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in sorted(found.name for found in pkgutil.iter_modules(commands.__path__)):
    register = getattr(importlib.import_module(f"api.commands.{module}"), "register", None)
    if register:
        register(app)


def say(refusal: Refusal) -> None:
    """Write a refusal to standard error, every problem of an input on a line of its own."""
    if not isinstance(refusal, InputRefused):
        print(f"refused: {refusal}", file=sys.stderr)
        return
    told = refusal.problems[:PROBLEMS_SHOWN_MAX]
    for problem in told:
        print(str(problem), file=sys.stderr)
    count = refusal.count
    if count > len(told):
        print(f"… and {count - len(told):,} more", file=sys.stderr)
    print(f"refused: {count:,} problem{'s' if count > 1 else ''}; nothing was done", file=sys.stderr)


def say_whence() -> None:
    """Let the audit say which user of the operating system runs this command: commands act in no person's name."""
    from api.database.sessions import WHENCE, Whence

    WHENCE.set(Whence("command", f"user {user_of_machine(os.getuid(), os.environ.get('SUDO_UID', ''))}"))


def user_of_machine(number: int, sudo_number: str) -> str:
    """Return a user's name, and for root whom ``sudo`` says it was lent to; anybody else may say what they like."""
    name = _name_of(number)
    lent = number == 0 and sudo_number.isascii() and sudo_number.isdigit() and int(sudo_number) not in (0, number)
    return f"{name}, by sudo for {_name_of(int(sudo_number))}" if lent else name


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):  # a container may run as a number that has no name
        return str(number)


def main() -> None:
    """Run a command; a refusal, or a database that cannot be had, ends it with exit code 1 and in words."""
    try:
        if "--help" not in sys.argv:
            say_whence()
        app()
    except Refusal as refusal:
        say(refusal)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`missionbook … | head`).
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        from api.database.problems import in_words

        problem = in_words(error)
        if problem is None:
            raise
        say(problem)
        sys.exit(1)
