"""An investee's report: what an answer would mean, submitting it once, correcting it, and losing nothing on the way."""

from __future__ import annotations

import pytest

from api.database.roles import Role
from domain.desk import night, reports
from tests.api.world import DAY, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, words

SAID = {"value.homes": "412", "statement": "counted at the end of the year", "evidence": "the register"}


def report_of(world: World) -> str:
    return f"/investee/reports/{world.ann.report}"


def test_what_is_due_is_told_with_its_day(people_in: dict[str, Browser], world: World) -> None:
    page = words(people_in["ann"].get("/investee"))
    # due on 31 January 2026, the book stands at 31 March: 28 days of February and 31 of March
    for said in ("Late 1", "59 days late", "2 Mar 2025 to 31 Dec 2025", "Nothing was submitted yet"):
        assert said in page, said
    form = words(people_in["ann"].get(report_of(world)))
    for said in ("Homes renovated (homes)", "Homes renovated since the start", "Expected 400 homes", "at least 400"):
        assert said in form, said


def test_a_preview_tells_what_an_answer_would_mean(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    ann, address = people_in["ann"], report_of(world)
    met = ann.send(ann.get(address), address, **SAID)
    # 412 - 400 = 12 homes, 12 / 400 = 3 %
    assert "met, headroom 12 homes (3.0 %)" in words(met)
    assert "Nothing is submitted yet" in words(met)
    missed = ann.send(ann.get(address), address, **{**SAID, "value.homes": "388"})
    assert "missed by 12 homes (3.0 %)" in words(missed)
    with database.sessions.begin(Role.NIGHT) as session:
        assert reports.report_detail(session, report_id=world.ann.report).versions == ()


def test_a_report_is_submitted_once_and_corrected_by_a_version(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = ann.send(ann.get(address), address, **SAID)
    first = ann.send(seen, address, step="submit", signed_by="Ann Quay")
    again = ann.send(seen, address, step="submit", signed_by="Ann Quay")
    assert (first.status_code, first.headers["Location"]) == (303, f"{address}/versions/1")
    assert again.headers["Location"] == first.headers["Location"]
    receipt = words(ann.get(first.headers["Location"]))
    for said in (
        "Receipt for version 1",
        "Signed by Ann Quay",
        "412",
        "counted at the end of the year",
        "the register",
    ):
        assert said in receipt, said
    form = ann.get(address)
    assert 'value="412"' in form.text, "a correction begins with what was said"
    seen = ann.send(form, address, **{**SAID, "value.homes": "402"})
    second = ann.send(seen, address, step="submit", signed_by="Ann Quay")
    assert second.headers["Location"] == f"{address}/versions/2"
    assert "A later version has replaced this one" in words(ann.get(f"{address}/versions/1"))
    with database.sessions.begin(Role.NIGHT) as session:
        day = night.next_day_with_work(session, fund_id=world.fund, after=DAY, to=DAY.replace(month=4, day=30))
        assert day is not None
        night.run_day(session, fund_id=world.fund, day=day)
    assert "402" in words(ann.get("/investee")).split("What the bank found", 1)[1]
    bank = words(people_in["officer"].get(f"/reports/{world.ann.report}"))
    for said in ("Version 1", "Version 2", "412", "402", "Ann Quay"):
        assert said in bank, said


@pytest.mark.parametrize(("typed", "told"), [
    ("many", "“many” is not a number"),
    ("NaN", "is not a number"),
    ("1e400", "is not a number"),
    ("=SUM(A1)", "is not a number"),
    ("1234567890123456789", "larger than any value"),
    ("0.1234567", "more than 6 digits"),
    ("<b>4</b>", "is not a number"),
])  # fmt: skip
def test_a_refused_answer_comes_back_with_all_that_was_typed(
    people_in: dict[str, Browser], world: World, typed: str, told: str
) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = ann.send(ann.get(address), address, **{**SAID, "value.homes": typed})
    assert seen.status_code == 422
    assert told in words(seen)
    assert 'id="field-value-homes-error"' in seen.text
    assert "counted at the end of the year</textarea>" in seen.text
    assert "<b>4</b>" not in seen.text


def test_a_report_without_a_signature_comes_back_whole(people_in: dict[str, Browser], world: World) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = ann.send(ann.get(address), address, **SAID)
    back = ann.send(seen, address, step="submit", signed_by=" ")
    assert back.status_code == 422
    assert 'id="field-signed-by-error"' in back.text
    assert 'value="412"' in back.text
    changed = ann.send(seen, address, step="change")
    assert 'value="412"' in changed.text


def test_nobody_else_answers_a_report(people_in: dict[str, Browser], world: World) -> None:
    address = report_of(world)
    page = people_in["ann"].get(address)
    assert people_in["ben"].get(address).status_code == 404
    assert people_in["officer"].get(address).status_code == 403
    theirs = people_in["ben"].get(f"/investee/reports/{world.ben.report}")
    assert theirs.status_code == 200
    told = people_in["ben"]("POST", address, data={**SAID, "csrf_token": "of Ann"})
    assert told.status_code == 403
    assert page.status_code == 200


def test_a_missed_promise_says_what_follows(people_in: dict[str, Browser], world: World) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = words(ann.send(ann.get(address), address, **{**SAID, "value.homes": "388"}))
    assert "a breach opens" in seen
    assert "nothing is paid out in D-ANN" in seen
    assert "at least 400" in seen
    assert "a breach opens" not in words(ann.send(ann.get(address), address, **SAID))


def test_an_empty_answer_is_refused_before_it_is_signed(people_in: dict[str, Browser], world: World) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = ann.send(ann.get(address), address, **{"value.homes": "", "statement": " "})
    assert seen.status_code == 422
    assert "Give at least one figure, or say why there is none" in words(seen)
    assert "report:" not in words(seen)
    assert ann.send(ann.get(address), address, **{"value.homes": "", "statement": "flooded"}).status_code == 200


def test_fewer_than_no_homes_are_asked_back(people_in: dict[str, Browser], world: World) -> None:
    ann, address = people_in["ann"], report_of(world)
    seen = words(ann.send(ann.get(address), address, **{**SAID, "value.homes": "-5"}))
    assert "Homes renovated: -5 homes is below zero. Is the minus sign meant?" in seen


def test_the_first_page_tells_the_next_instalments(people_in: dict[str, Browser], world: World) -> None:
    page = words(people_in["ann"].get("/investee"))
    assert "Report for 2 Mar 2025 to 31 Dec 2025" in page
    assert "Instalments to pay" in page
    assert "L-ANN" in page.split("Instalments to pay", 1)[1]
