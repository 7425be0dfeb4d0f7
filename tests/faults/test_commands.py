"""Who ran a command, as the audit has it: the machine's user, and no person of the bank."""

from __future__ import annotations

import os
import pwd

from tests.faults.running import Bank


def test_a_command_is_told_with_the_machines_user_and_nobodys_name(bank: Bank) -> None:
    (last,) = bank.ask("SELECT coalesce(max(id), 0) FROM audit")[0]
    done = bank.command("user", "disable", "--email", "officer2@bank.example")
    assert done.returncode == 0, done.stderr
    rows = bank.ask("SELECT act, actor_name, recorded_by, door, came_from FROM audit WHERE id > %s", last)
    told = [(act, name, person, door) for act, name, person, door, _ in rows]
    assert told == [("disable a user", "night", None, "command")]
    assert rows[0][4].split(",")[0] == f"user {pwd.getpwuid(os.getuid()).pw_name}"
