"""Pages tell a person what they may do and why not, and lead two people through what takes two."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from api.database.roles import Role as DatabaseRole
from domain.authority import Actor
from domain.calendar import in_words
from domain.desk import authority
from domain.parties import Role
from tests.api.world import FUND, World
from tests.conftest import TestDatabase
from tests.pages.conftest import Browser, hidden, words


def commitment(database: TestDatabase, world: World) -> int:
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        found = session.execute(
            text("SELECT id FROM entry WHERE kind = 'commitment' AND deal_id = :deal"), {"deal": world.ben.deal}
        )
        return int(found.scalar_one())


def post(who: Browser, address: str, said: dict[str, str]) -> httpx.Response:
    """Send a form of this person's session."""
    token = hidden(who.get("/deals"), "/sign-out")["csrf_token"]
    return who("POST", address, data={**said, "csrf_token": token})


def key_of(page: str, action: str) -> str:
    """Return the key of the form with this action."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.search(r'name="key" value="([^"]+)"', form)
    assert found, action
    return found.group(1)


def test_a_reversal_is_asked_for_on_the_entrys_page_and_decided_on_the_approvals(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    officer, board = people_in["officer"], people_in["board"]
    entry = commitment(database, world)
    assert "Only an officer may reverse an entry; you are a board member." in words(board.get(f"/entries/{entry}"))
    page = officer.get(f"/entries/{entry}")
    ask = {"reason": "signed in error", "key": key_of(page.text, f"/entries/{entry}/request")}
    assert post(officer, f"/entries/{entry}/request", ask).headers["location"] == "/board/approvals?done=asked"
    assert "Its reversal is asked for by officer." in words(officer.get(f"/entries/{entry}"))
    own = officer.get("/board/approvals?done=asked")
    assert "You asked for this, so somebody else decides it." in words(own)
    assert "Withdraw" in own.text
    waiting = board.get("/board/approvals")
    (number,) = set(re.findall(r'action="/requests/(\d+)"', waiting.text))
    for who, address in ((board, "/board"), (board, f"/officer?fund={FUND}")):
        assert "1 request awaits a second person." in words(who.get(address)), address
    assert words(waiting).index("Asked for by one") < words(waiting).index("Appraised deals")
    assert f"The reversal of entry {entry} is asked for by officer" in words(officer.get("/deals/D-BEN"))
    bare = post(board, f"/requests/{number}", {"decision": "refuse", "key": "one"})
    assert (bare.status_code, "Say why" in words(bare)) == (422, True)
    done = post(board, f"/requests/{number}", {"decision": "approve", "key": "two"})
    assert re.fullmatch(r"/entries/\d+\?new=true", done.headers["location"])
    assert "Nothing is asked for" in words(board.get("/board/approvals"))
    assert "second person" not in words(board.get("/board")) + words(officer.get("/deals/D-BEN"))
    reversal = done.headers["location"].partition("?")[0].rpartition("/")[2]
    made = words(board.get(f"/entries/{reversal}"))
    assert re.search(r"Asked for by officer .* Approved by board ", made), "the two who stand behind it"
    assert "Booked by" not in made
    assert "Booked by" in words(board.get(f"/entries/{entry}"))
    decided = words(people_in["auditor"].get("/requests"))
    assert f"The reversal of entry {entry} D-BEN · signed in error EUR 100,000.00 officer" in decided
    assert "Approved board · " in decided
    assert "Decided requests" in words(board.get("/board/approvals")), "the way there"
    assert people_in["ann"].get("/requests").status_code == 403
    deal = words(officer.get("/deals/D-BEN"))
    assert f"Entry {reversal} took its commitment back" in deal
    assert f"reversed by entry {reversal} 100,000.00" in deal
    assert f"reverses entry {entry} -100,000.00" in deal
    assert "Close the deal" in deal
    assert "Set active" not in deal
    refused = officer.send(officer.get("/deals/D-BEN"), "/deals/D-BEN", stage="active", day="2026-03-31", reason="")
    assert refused.status_code == 422
    assert f"D-BEN cannot become active: entry {reversal} took its commitment back" in words(refused)


def test_asking_without_a_reason_shows_the_form_again_with_its_words(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    officer, entry = people_in["officer"], commitment(database, world)
    page = officer.get(f"/entries/{entry}")
    told = officer.send(page, f"/entries/{entry}/request", reason=" ")
    assert (told.status_code, "Say why, in up to 1000 characters" in words(told)) == (422, True)
    assert 'href="#field-reason"' in told.text
    assert "Postings; debit and credit" in words(told)
    again = officer.send(told, f"/entries/{entry}/request", reason="signed in error")
    assert again.headers["location"] == "/board/approvals?done=asked"


def test_a_payout_above_the_amount_leads_to_asking_for_it(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    with database.sessions.begin(DatabaseRole.MIGRATOR) as session:
        authority.set_amount(
            session, fund_code=FUND, act="pay out a drawdown", role="officer", minor=10_00,
            valid_from=world_day(), source="resolution 7", by=Actor(UUID(int=1), "Stella", Role.STEWARD),
        )  # fmt: skip
    officer, board = people_in["officer"], people_in["board"]
    address = f"/instruments/{world.ann.instrument}"
    typed = {"amount": "10.01", "day": "2026-03-31", "step": "preview"}
    page = post(officer, f"{address}/drawdown", typed)
    assert page.status_code == 422
    assert "You may pay out a drawdown of up to EUR 10.00 alone, and this is EUR 10.01; ask for it" in words(page)
    bare = officer.send(page, f"{address}/request", reason="")
    assert (bare.status_code, "Say why" in words(bare), 'href="#field-reason"' in bare.text) == (422, True, True)
    ask = {**typed, "reason": "the roof is on", "key": key_of(bare.text, f"{address}/request")}
    assert post(officer, f"{address}/request", ask).headers["location"] == "/board/approvals?done=asked"
    (number,) = set(re.findall(r'action="/requests/(\d+)"', board.get("/board/approvals").text))
    assert (
        post(board, f"/requests/{number}", {"decision": "refuse", "reason": "not yet", "key": "k"}).status_code == 303
    )


def world_day() -> date:
    return date(2025, 1, 1)


def test_each_person_sees_the_table_with_their_own_column(people_in: dict[str, Browser], world: World) -> None:
    for who, said in (("officer", "Officer"), ("board", "Board"), ("auditor", "Auditor"), ("steward", "Steward")):
        page = people_in[who].get("/authority")
        assert page.status_code == 200
        assert f"You: {said}" in words(page)
    assert "Your role has no act that is lent." in words(people_in["auditor"].get("/authority"))
    officer = words(people_in["officer"].get("/authority"))
    assert "Approve a deal never whoever proposed the deal No for the board" in officer
    assert "Set a provision not in this version No Write off" in officer, "nobody's yet"
    assert people_in["ann"].get("/authority").status_code == 403


def test_a_tie_is_declared_on_the_page_and_shows_on_the_deal(people_in: dict[str, Browser], world: World) -> None:
    officer, steward = people_in["officer"], people_in["steward"]
    wrong = post(officer, "/authority/conflicts", {"party": "NOBODY", "since": "2026-01-01", "words": "x", "key": "1"})
    assert (wrong.status_code, "There is no party NOBODY" in words(wrong)) == (422, True)
    none = post(officer, "/authority/conflicts", {"party": "", "since": "2026-01-01", "words": "x", "key": "0"})
    assert (none.status_code, "Say which party" in words(none), 'href="#field-tie-party"' in none.text) == (
        422, True, True,
    )  # fmt: skip
    assert '<option value="MILL">Mill Lane Homes</option>' in none.text
    said = {"party": "HARBOUR", "since": "2026-01-01", "words": "my brother", "key": "2"}
    assert post(officer, "/authority/conflicts", said).headers["location"] == "/authority?done=declared#ties"
    assert "my brother" in words(steward.get("/authority"))
    assert "my brother" not in words(people_in["board"].get("/authority"))
    assert "not with Harbour <script>alert(1)</script> & Sons: conflict" in words(officer.get("/authority"))
    deal = words(officer.get("/deals/D-ANN"))
    assert deal.count("conflict of interest with Harbour") == 1, "told once, on top"
    assert "You have declared a conflict of interest with Harbour" in deal
    assert "Pay out a drawdown of L-ANN" not in deal
    (number,) = set(re.findall(r'action="/authority/conflicts/(\d+)/end"', steward.get("/authority").text))
    assert post(officer, f"/authority/conflicts/{number}/end", {"words": "x", "key": "3"}).status_code == 403
    assert post(officer, "/authority/conflicts", {**said, "words": "my shares", "key": "5"}).status_code == 303
    one = post(steward, f"/authority/conflicts/{number}/end", {"words": "he has left", "key": "6"})
    assert "Another tie of theirs to that party is in the list" in words(steward.get(one.headers["location"]))
    (number,) = set(re.findall(r'action="/authority/conflicts/(\d+)/end"', steward.get("/authority").text))
    ended = post(steward, f"/authority/conflicts/{number}/end", {"words": "all sold", "key": "4"})
    assert ended.headers["location"] == "/authority?done=tie-ended#ties"
    assert "conflict of interest with" not in words(officer.get("/deals/D-ANN"))


@pytest.mark.parametrize("act", ["approve a deal", "all"])
def test_acts_are_lent_and_taken_back_on_the_page(people_in: dict[str, Browser], world: World, act: str) -> None:
    board, officer = people_in["board"], people_in["officer"]
    day = re.search(r'name="from_day" value="([^"]+)"', board.get("/authority").text)
    assert day
    today = date.fromisoformat(day[1])
    assert "auditor@bank.example" not in board.get("/authority").text.partition("delegations")[2], "who borrows nothing"
    said = {"to": "officer@bank.example", "act": act, "from_day": day[1], "to_day": day[1], "key": "1"}
    assert post(board, "/authority/delegations", said).headers["location"] == "/authority?done=lent#lent"
    page = officer.get("/authority")
    assert "In force" in words(page)
    assert f"Approve a deal never whoever proposed the deal Yes, lent lent by board until {in_words(today)}" in words(
        page
    )
    (number,) = set(re.findall(r'action="/authority/delegations/(\d+)/end"', page.text))
    assert post(officer, f"/authority/delegations/{number}/end", {"key": "2"}).status_code == 303
    nobody = post(board, "/authority/delegations", {**said, "to": "", "act": "", "key": "5"})
    assert nobody.status_code == 422
    for field, told in (("to", "Say to whom"), ("act", "Choose an act")):
        assert told in words(nobody) and f'href="#field-lend-{field}"' in nobody.text, "all of it at once"
    for key, to_day in (("6", today), ("7", today + timedelta(days=1))):
        more = {**said, "to_day": str(to_day), "key": key}
        assert post(board, "/authority/delegations", more).status_code == 303
    rows = re.findall(r"<tr role.*?</tr>", board.get("/authority").text, re.DOTALL)
    ends = [row.count('aria-label="End what board lent to officer">End</button>') for row in rows]
    assert sorted(ends)[-3:] == [0, 1, 1], "each in the row that it ends"
    again = post(board, "/authority/delegations", {**said, "key": "8"})
    assert (again.status_code, "lends them just this already" in words(again)) == (422, True)
    first, second = sorted(set(re.findall(r'action="/authority/delegations/(\d+)/end"', board.get("/authority").text)))
    for number, key, told in ((first, "9", "Another loan between the two"), (second, "10", "Nothing of it is lent")):
        ended = post(board, f"/authority/delegations/{number}/end", {"key": key})
        assert told in words(board.get(ended.headers["location"]))
    late = {**said, "to_day": "2099-01-01", "key": "3"}
    assert "A delegation lasts at most 90 days" in words(post(board, "/authority/delegations", late))


def test_ones_own_column_tells_a_funds_own_amount(
    people_in: dict[str, Browser], world: World, database: TestDatabase
) -> None:
    assert "in Harbours" not in words(people_in["officer"].get("/authority"))
    with database.sessions.begin(DatabaseRole.MIGRATOR) as session:  # no night sets an amount
        authority.set_amount(
            session, fund_code=FUND, act="pay out a drawdown", role="officer", minor=10_00,
            valid_from=world_day(), source="resolution 7", by=Actor(UUID(int=1), "Stella", Role.STEWARD),
        )  # fmt: skip
    assert "Up to 25,000,000.00 in Harbours: EUR 10.00" in words(people_in["officer"].get("/authority"))
    for who in ("auditor", "steward", "board"):
        page = words(people_in[who].get("/authority"))
        own, _, all_roles = page.partition("The columns of all roles")
        assert ("in Harbours" in own, "Up to 25,000,000.00 in Harbours: EUR 10.00" in all_roles) == (False, True), who
        listed = page.partition("The funds' own amounts")[2]
        assert re.search(r"Harbours Pay out a drawdown Officer EUR 10\.00 1 Jan 2025 set after that day resolution 7 "
                         r"\d+ \w+ \d{4}.* Holds", listed), listed[:600]  # fmt: skip


def test_the_page_of_authority_says_what_is_not_there_yet_and_where_what_has_no_page_is_done(
    people_in: dict[str, Browser], world: World
) -> None:
    page = words(people_in["steward"].get("/authority"))
    own, _, all_roles = page.partition("The columns of all roles")
    for told in ("Set the amount of a role Yes through the API", "Open a fund Yes by command, on the machine",
                 "Lend acts to another person No for officers or risk or the board"):  # fmt: skip
        assert told in own, told
    assert "Your role has no act that is lent." in own
    assert "Waive a breach or a missed finding not in this version – – Not yet – – –" in all_roles
    board = words(people_in["board"].get("/authority"))
    assert "Waive a breach or a missed finding not in this version Not yet" in board
    form = people_in["officer"].get("/authority").text.partition("delegations")[2]
    assert 'value="sign a contract"' in form
    assert 'value="pay a running cost"' not in form


def test_acts_are_lent_up_to_an_amount(people_in: dict[str, Browser], world: World) -> None:
    officer = people_in["officer"]
    day = re.search(r'name="from_day" value="([^"]+)"', officer.get("/authority").text)
    assert day
    said = {"to": "board@bank.example", "act": "pay out a drawdown", "from_day": day[1], "to_day": day[1]}
    more = post(officer, "/authority/delegations", {**said, "amount": "25,000,000.01", "key": "1"})
    assert (more.status_code, 'href="#field-lend-amount"' in more.text) == (422, True)
    assert post(officer, "/authority/delegations", {**said, "amount": "1,000.00", "key": "2"}).status_code == 303
    assert "up to 1,000.00" in words(people_in["board"].get("/authority"))
