"""Exit triggers: what raises one, what it rests on, which ways out it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.covenants import CovenantKind
from domain.exits import MECHANISMS, Evidence, TriggerRule, UnremediedBreach, unremedied_mission_breach, ways_out

SILENT = UnremediedBreach(
    covenant="C-1",
    kind=CovenantKind.MISSION,
    clause="At least 400 homes renovated by 2024",
    agreed_on=date(2023, 5, 1),
    test="t-1",
    period_start=date(2024, 1, 1),
    period_end=date(2024, 6, 30),
    due_on=date(2024, 7, 31),
    opening_finding=11,
    opening_words="no report: not reported",
    opening_day=date(2024, 8, 15),
    last_finding=11,
    last_words="no report: not reported",
    last_day=date(2024, 8, 15),
    report="r-1",
    version=None,
    submitted_on=None,
    signed_by=None,
    breach=12,
    opened_on=date(2024, 8, 15),
    remedy_until=date(2024, 11, 13),
)
MISSED = replace(
    SILENT,
    last_finding=15,
    last_words="reported 300 homes: missed",
    last_day=date(2024, 9, 2),
    version=2,
    submitted_on=date(2024, 9, 1),
    signed_by="Ada Quay",
)


def test_silence_is_told_from_the_clause_to_the_end_of_the_remedy_period() -> None:
    raised = unremedied_mission_breach(SILENT, instrument_kinds=["loan"], raised_on=date(2024, 11, 14))
    assert raised is not None
    assert (raised.rule, raised.raised_on) == (TriggerRule.UNREMEDIED_MISSION_BREACH, date(2024, 11, 14))
    assert raised.evidence == (
        Evidence("clause", "At least 400 homes renovated by 2024", "C-1", date(2023, 5, 1)),
        Evidence("test", "tested for 1 Jan 2024 to 30 Jun 2024, report due 31 Jul 2024", "t-1", date(2024, 6, 30)),
        Evidence("finding", "no report: not reported", "11", date(2024, 8, 15)),
        Evidence("absence", "no report for 1 Jan 2024 to 30 Jun 2024 by 13 Nov 2024", "r-1", date(2024, 11, 13)),
        Evidence("breach", "breach opened 15 Aug 2024", "12", date(2024, 8, 15)),
        Evidence("remedy_end", "remedy period ended 13 Nov 2024 without a remedy", "12", date(2024, 11, 13)),
    )


def test_a_report_that_missed_is_named_with_its_version_and_signature() -> None:
    raised = unremedied_mission_breach(MISSED, instrument_kinds=["loan"], raised_on=date(2024, 11, 14))
    assert raised is not None
    assert [link.kind for link in raised.evidence] == [
        "clause", "test", "finding", "finding", "report", "breach", "remedy_end",
    ]  # fmt: skip
    assert raised.evidence[3:5] == (
        Evidence("finding", "reported 300 homes: missed", "15", date(2024, 9, 2)),
        Evidence("report", "report version 2, signed by Ada Quay", "r-1", date(2024, 9, 1)),
    )
    assert raised.evidence[0].as_json() == {
        "kind": "clause",
        "words": "At least 400 homes renovated by 2024",
        "id": "C-1",
        "day": "2023-05-01",
    }


@pytest.mark.parametrize("kind", [CovenantKind.CONDUCT, CovenantKind.FINANCIAL])
def test_only_a_mission_covenant_gives_the_right_to_leave(kind: CovenantKind) -> None:
    breach = replace(SILENT, kind=kind)
    assert unremedied_mission_breach(breach, instrument_kinds=["loan"], raised_on=date(2024, 11, 14)) is None


def test_nothing_is_raised_on_the_last_day_of_the_remedy_period() -> None:
    assert unremedied_mission_breach(SILENT, instrument_kinds=["loan"], raised_on=date(2024, 11, 13)) is None


@pytest.mark.parametrize(
    ("kinds", "ways"),
    [
        (["loan"], ["cancel_undrawn", "call", "assignment", "private_refinancing", "write_off"]),
        (["equity"], ["put", "buy_back", "sale"]),
        (["royalty"], ["buy_out"]),
        (["royalty", "equity", "equity"], ["put", "buy_back", "sale", "buy_out"]),
        ([], []),
    ],
)
def test_the_ways_out_are_those_of_the_deals_instruments(kinds: list[str], ways: list[str]) -> None:
    assert list(ways_out(kinds)) == ways


def test_every_kind_of_instrument_has_a_way_out() -> None:
    assert set(MECHANISMS) == {"loan", "equity", "royalty"}
    assert all(MECHANISMS.values())
