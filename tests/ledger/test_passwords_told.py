"""Who sets a password, disables or lets in again behind the program is told of by a verification."""

from __future__ import annotations

from uuid import UUID

import pytest

from api.database.roles import Role
from domain.authority import NIGHT
from domain.desk import people
from domain.parties import Role as PersonRole
from tests.conftest import TestDatabase
from tests.ledger.conftest import Noted
from tests.ledger.sealing import seal, tamper, verify


@pytest.fixture
def two(database: TestDatabase) -> dict[str, UUID]:
    """Two people who have a password; the second one's was replaced and they were disabled."""
    with database.sessions.begin(Role.NIGHT) as session:
        found = {
            name: people.add_user(
                session, email=f"{name}@bank.example", name=name, role=PersonRole.OFFICER, party_id=None,
                password="correct-horse-battery", password_hash=f"$argon2id${name}", by=NIGHT,
            )
            for name in ("ann", "ben")
        }  # fmt: skip
        people.change_password(session, email="ben@bank.example", password_hash="$argon2id$another", by=NIGHT)
        people.disable_user(session, email="ben@bank.example", by=NIGHT)
    seal(database)
    assert verify(database).sound
    return found


BEHIND = {
    "UPDATE app_user SET password_hash = '$argon2id$x' WHERE name = 'ann'": (
        "ann", "has another password than the last act gave"
    ),
    "UPDATE app_user SET password_hash = '$argon2id$ben' WHERE name = 'ben'": (
        "ben", "has another password than the last act gave"
    ),
    "UPDATE app_user SET disabled_at = now() WHERE name = 'ann'": ("ann", "may sign in no more, by no act"),
    "UPDATE app_user SET disabled_at = NULL WHERE name = 'ben'": ("ben", "may sign in again, by no act"),
    "SELECT replace_password_of(id, '$argon2id$x') FROM app_user WHERE name = 'ann'": (
        "ann", "has another password than the last act gave"
    ),
}  # fmt: skip


@pytest.mark.parametrize("statement", BEHIND)
def test_a_password_that_no_act_gave_is_told_of(
    database: TestDatabase, two: dict[str, UUID], tampered: Noted, statement: str
) -> None:
    tamper(database, statement)
    told = verify(database)
    name, why = BEHIND[statement]
    tampered(told, named=told.first is not None and str(two[name]) in told.first.why)
    assert told.first is not None
    assert (told.first.kind, told.first.why) == ("app_user", f"{two[name]} {why}")


def test_a_person_of_a_book_without_a_password_is_given_one_by_an_act_alone(
    database: TestDatabase, two: dict[str, UUID]
) -> None:
    added = "INSERT INTO app_user (email, name, role, password_hash) VALUES ('cy@bank.example', 'cy', 'officer', '-')"
    with database.sessions.begin(Role.NIGHT) as session:
        session.connection().exec_driver_sql(added)
    assert verify(database).sound
    tamper(database, "UPDATE app_user SET password_hash = '$argon2id$x' WHERE name = 'cy'")
    told = verify(database).first
    assert told is not None and told.why.endswith("has a password that no act gave")
