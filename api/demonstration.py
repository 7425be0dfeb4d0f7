"""The demonstration: the book in ``examples/commons``, and five people of it who can sign in.

Their passwords are made here, kept in the data folder in ``sign-ins.json`` (mode 0600), told to a terminal and nowhere
else in the clear; the database knows their hashes. The file is written once: who has read it keeps their passwords.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from api.commands.load import progress_bar
from api.database.book import OpenBook
from api.database.roles import Role
from api.database.sessions import Sessions
from api.demonstration_today import tell_today
from api.files.book import read_book
from domain.authority import NIGHT
from domain.desk import funds, ledger, people
from domain.desk.book import LoadDone, load
from domain.errors import InputRefused, Problem

BOOK = Path(__file__).resolve().parents[1] / "examples" / "commons"
SIGN_INS = "sign-ins.json"
PEOPLE = (
    "officer.communities@missionbook.example",
    "officer.renewal@missionbook.example",
    "board.finance@missionbook.example",
    "board.communities@missionbook.example",
    "reports.parkway@missionbook.example",
)
"""Two officers and two board members, because nobody may prepare and decide, and an investee who owes a report."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one person of the demonstration signs in."""

    role: str
    email: str
    password: str


def ensure_demonstration(book: OpenBook, *, wanted: bool) -> list[SignIn]:
    """Load the demonstration where it belongs and return its sign-ins; none where it is not there.

    When its funds have come in, its people do what they have in hand today. It belongs into an embedded database that
    has no fund yet, and wherever it is ``wanted``.
    """
    if not (book.embedded or wanted):
        return []
    with book.sessions.begin(Role.NIGHT) as session:
        empty = not funds.funds(session)
    if (empty or wanted) and load_demonstration(book.sessions).funds:
        tell_today(book.sessions)
    return ensure_sign_ins(book.sessions, book.settings.data)


def load_demonstration(sessions: Sessions) -> LoadDone:
    """Load the demonstration's book and seal it; nothing new where it was loaded before."""
    read = read_book(BOOK)
    with sessions.begin(Role.NIGHT) as session, progress_bar() as told:
        done = load(session, book=read, progress=told)
    with sessions.begin(Role.NIGHT) as session:
        ledger.settle(session)
    return done


def ensure_sign_ins(sessions: Sessions, data: Path) -> list[SignIn]:
    """Return how the demonstration's people sign in, and make their passwords where there are none yet.

    The file is there before the database knows a password, and is never overwritten: a start that was killed in between
    goes on from the file. None where the demonstration's people are not in the database.
    """
    with sessions.begin(Role.NIGHT) as session:
        here = {user.email: user.role for user in people.users(session, by=NIGHT)}
        known = [(email, here[email], people.has_password(session, email=email)) for email in PEOPLE if email in here]
    if len(known) < len(PEOPLE):
        return []
    path = data / SIGN_INS
    fresh = not path.exists()
    if fresh:
        _write(path, [SignIn(role, email, people.new_password()) for email, role, _has in known])
    sign_ins = _read(path)
    changed = {email for email, _role, has_password in known if fresh or not has_password}
    hashes = {one.email: people.hash_password(one.password) for one in sign_ins if one.email in changed}
    with sessions.begin(Role.NIGHT) as session:
        for email, password_hash in hashes.items():
            people.change_password(session, email=email, password_hash=password_hash, by=NIGHT)
    return sign_ins


def tell_sign_ins(sign_ins: Sequence[SignIn], stream: TextIO) -> None:
    """Tell a terminal who signs in with what; anything else, which may be kept or sent on, only who.

    The passwords are in the file that only its owner reads.
    """
    for one in sign_ins:
        password = f" {one.password}" if stream.isatty() else ""
        stream.write(f"{one.role:<9} {one.email:<34}{password}".rstrip() + "\n")


def _write(path: Path, sign_ins: Sequence[SignIn]) -> None:
    """Write the file whole or not at all, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump([asdict(one) for one in sign_ins], file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read(path: Path) -> list[SignIn]:
    try:
        return [SignIn(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as unreadable:
        words = "it is not a list of role, email and password; move it away and start again"
        raise InputRefused([Problem(str(path), words)], subject="the sign-ins") from unreadable
