"""The audit taken out: all that was asked for, or a refusal; never a part without a word."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from domain.authority import NIGHT
from domain.desk import audit
from domain.desk.audit import ActsAsked, AuditTooLong
from domain.desk.parties import add_party


@pytest.fixture
def three(session: Session) -> Session:
    """A book in which three parties were added."""
    for code in ("one", "two", "three"):
        add_party(session, code=code, name=code, kind="business", by=NIGHT)
    return session


def test_a_file_is_whole_or_refused(three: Session) -> None:
    asked = ActsAsked(act="add a party")
    assert [one.subject for one in audit.exported(three, by=NIGHT, asked=asked, most=3)] == ["three", "two", "one"]
    with pytest.raises(AuditTooLong, match="more than 2 acts, and a file holds no more; narrow the days"):
        audit.exported(three, by=NIGHT, asked=asked, most=2)
    assert [one.subject for one in audit.exported(three, by=NIGHT, asked=asked, newest=2, most=2)] == ["three", "two"]


def test_the_words_that_rows_have_are_told_to_choose_from(three: Session) -> None:
    audit.exported(three, by=NIGHT)
    known = audit.words_in_use(three, by=NIGHT)
    assert known.acts == ("add a party", "take out the audit")
    assert known.subject_kinds == ("audit", "party")
