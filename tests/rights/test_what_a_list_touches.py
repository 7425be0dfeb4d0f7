"""What an investee's lists cost does not grow with what there is of others.

The server itself counts what a list reads, in the transaction that reads: rows of tables, entries of indexes, and
blocks. Once with five foreign deals, once with a thousand more: parties, people, projects, deals, reports, promises,
what was reported and found, and entries.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role as DatabaseRole
from api.database.sessions import PREPARED_AFTER
from domain.authority import NIGHT, Actor
from domain.deals import Stage
from domain.desk import covenants, deals, mission_map, night, parties, people, report_lists, reports
from domain.desk.parties import add_party
from domain.parties import PartyKind, Role
from tests.api.world import DAY, FUND, Side, World, make_world
from tests.conftest import TestDatabase

FEW, MANY = 5, 1_005
ROWS_MORE_MAX = 15
"""How many more rows and entries a list may read beside a thousand more deals: the planner joins in another order."""
MORE = """
SET session_replication_role = replica;
CREATE OR REPLACE FUNCTION made(word text, n bigint) RETURNS uuid LANGUAGE sql RETURN md5(word || n)::uuid;
INSERT INTO party SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('party', n), 'code', 'MILL' || n))).*
    FROM party o, numbers WHERE o.code = 'MILL';
INSERT INTO app_user SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('user', n),
        'email', n || '@mill.example', 'party_id', made('party', n)))).*
    FROM app_user o, numbers WHERE o.email = 'ben@bank.example';
INSERT INTO project SELECT (jsonb_populate_record(o, jsonb_build_object(
        'id', made('project', n), 'code', 'P-BEN' || n))).* FROM project o, numbers WHERE o.code = 'P-BEN';
INSERT INTO deal SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('deal', n), 'code', 'D-BEN' || n,
        'project_id', made('project', n), 'investee_id', made('party', n)))).*
    FROM deal o, numbers WHERE o.code = 'D-BEN';
INSERT INTO deal_stage SELECT (jsonb_populate_record(o, jsonb_build_object(
        'id', nextval('fact_id'), 'deal_id', made('deal', n)))).* FROM deal_stage o JOIN deal d ON d.id = o.deal_id
    AND d.code = 'D-BEN', numbers;
INSERT INTO instrument SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('instrument', n),
        'code', 'L-BEN' || n, 'deal_id', made('deal', n)))).* FROM instrument o, numbers WHERE o.code = 'L-BEN';
INSERT INTO instrument_terms SELECT (jsonb_populate_record(o, jsonb_build_object('id', nextval('fact_id'),
        'instrument_id', made('instrument', n)))).* FROM instrument_terms o JOIN instrument i ON i.id = o.instrument_id
    AND i.code = 'L-BEN', numbers;
INSERT INTO covenant SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('covenant', n),
        'code', 'V-BEN' || n, 'deal_id', made('deal', n)))).* FROM covenant o, numbers WHERE o.code = 'V-BEN';
INSERT INTO covenant_test SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('test', n),
        'covenant_id', made('covenant', n)))).* FROM covenant_test o JOIN covenant c ON c.id = o.covenant_id
    AND c.code = 'V-BEN', numbers;
INSERT INTO report SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('report', n),
        'deal_id', made('deal', n)))).* FROM report o JOIN deal d ON d.id = o.deal_id AND d.code = 'D-BEN', numbers;
INSERT INTO entry SELECT (jsonb_populate_record(NULL::entry, to_jsonb(o) || jsonb_build_object('id', 1000000 + n,
        'idem_key', 'copy' || n, 'deal_id', made('deal', n)))).* FROM (SELECT e.* FROM entry e JOIN deal d
    ON d.id = e.deal_id AND d.code = 'D-BEN' ORDER BY e.id LIMIT 1) o, numbers;
INSERT INTO posting SELECT (jsonb_populate_record(NULL::posting, to_jsonb(o)
        || jsonb_build_object('entry_id', 1000000 + n))).* FROM (SELECT p.* FROM posting p WHERE p.entry_id =
        (SELECT min(e.id) FROM entry e JOIN deal d
    ON d.id = e.deal_id AND d.code = 'D-BEN')) o, numbers;
"""
"""The rows of Ben's side once more for each number, with what they are made of."""

List = Callable[[Session, World], object]
LISTS: dict[str, List] = {
    "deals": lambda s, *_: deals.deal_list(s),
    "a deal": lambda s, w: deals.deal_detail(s, deal_id=w.ann.deal),
    "promises": lambda s, w: covenants.covenant_lines(s, deal_id=w.ann.deal, as_of=DAY),
    "findings": lambda s, w: covenants.findings(s, deal_id=w.ann.deal, as_of=DAY),
    "breaches": lambda s, w: covenants.breaches(s, deal_id=w.ann.deal, as_of=DAY),
    "reports owed": lambda s, w: reports.owed(s, as_of=DAY, deal_id=w.ann.deal),
    "a report": lambda s, w: reports.report_detail(s, report_id=w.ann.report),
    "reports of a deal": lambda s, w: report_lists.reports_of_deal(s, deal_id=w.ann.deal),
    "reports of the investee": lambda s, w: report_lists.reports_of_investee(s, party_id=w.ann.party),
    "parties": lambda s, *_: parties.party_list(s),
    "projects": lambda s, *_: mission_map.projects(s),
    "the mission map": lambda s, *_: mission_map.mission_map(s),
    "deals of a fund": lambda s, *_: deals.deal_list(s, fund_code=FUND),
    "deals found by a word": lambda s, *_: deals.deal_list(s, search="loan", after="A"),
    "deals at a stage": lambda s, *_: deals.deal_list(s, stage=Stage.CONTRACTED, kept_here=True),
    "reports owed to a fund": lambda s, *_: reports.owed(s, as_of=DAY, fund_code=FUND),
    "parties found": lambda s, *_: parties.party_list(s, search="h", kind=PartyKind.BUSINESS),
    "projects found": lambda s, *_: mission_map.projects(s, fund_code=FUND, search="o"),
}

COUNTED = text(
    """SELECT (sum(pg_stat_get_xact_tuples_returned(oid))
               + sum(pg_stat_get_xact_tuples_fetched(oid)) FILTER (WHERE relkind = 'r'))::bigint AS rows,
              sum(pg_stat_get_xact_blocks_fetched(oid))::bigint AS blocks,
              (sum(pg_stat_get_xact_numscans(oid)) FILTER (WHERE relkind = 'i'))::bigint AS searches
       FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"""
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a list read: rows of tables and entries of indexes, blocks, and how often an index was searched."""

    rows: int
    blocks: int
    searches: int


def reads(database: TestDatabase, by: Actor, world: World) -> dict[str, Read]:
    """Return what each list reads, for somebody."""
    found = {}
    for name, read in LISTS.items():
        with database.sessions.begin(DatabaseRole.APP, by) as session:
            before = session.execute(COUNTED).one()
            read(session, world)
            after = session.execute(COUNTED).one()
            found[name] = Read(*(int(now - then) for now, then in zip(after, before, strict=True)))
    return found


def hand_in(database: TestDatabase, side: Side, by: Actor) -> None:
    """Hand in what a side owes."""
    with database.sessions.begin(DatabaseRole.APP, by) as session:
        reports.submit(
            session, report_id=side.report, values={"homes": Decimal(400)}, statement="All done.", signed_by=by.name,
            submitted_on=DAY, by=by,
        )  # fmt: skip


@pytest.fixture
def bank(database: TestDatabase) -> tuple[World, Actor, Actor]:
    """A bank with two investees who have reported and of whom something was found; Ann, who is one, and an officer."""
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        found = {
            code: add_party(session, code=code, name=code.title(), kind=PartyKind.BUSINESS, by=NIGHT)
            for code in ("HARBOUR", "MILL")
        }
        ann, ben = (
            Actor(
                people.add_user(
                    session, email=f"{name}@bank.example", name=name, role=Role.INVESTEE, party_id=found[party],
                    password="correct-horse-battery", by=NIGHT, password_hash="-",
                ),
                name, Role.INVESTEE, found[party],
            )
            for name, party in (("ann", "HARBOUR"), ("ben", "MILL"))
        )  # fmt: skip
        officer = people.add_user(
            session, email="olaf@bank.example", name="olaf", role=Role.OFFICER, party_id=None,
            password="correct-horse-battery", by=NIGHT, password_hash="-",
        )  # fmt: skip
    world = make_world(database, found)
    hand_in(database, world.ann, ann)
    hand_in(database, world.ben, ben)
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        night.run_day(session, fund_id=world.fund, day=DAY + timedelta(days=1))
    return world, ann, Actor(officer, "olaf", Role.OFFICER)


def copy_ben(owner: psycopg.Connection[tuple[object, ...]], numbers: range) -> None:
    """Add what belongs to Ben once more for each number, and let the planner know it."""
    owner.execute(
        f"""CREATE OR REPLACE TEMP VIEW numbers AS
            SELECT n FROM generate_series({numbers.start}, {numbers.stop - 1}) n""".encode()
    )
    owner.execute(MORE.encode())
    owner.execute("VACUUM ANALYZE")


def test_no_list_reads_more_where_there_are_a_thousand_more_deals_of_others(
    database: TestDatabase, bank: tuple[World, Actor, Actor]
) -> None:
    world, ann, officer = bank
    with closing(psycopg.connect(database.cluster.superuser_url(database.name), autocommit=True)) as owner:
        copy_ben(owner, range(1, FEW + 1))
        few = reads(database, ann, world)
        copy_ben(owner, range(FEW + 1, MANY + 1))
    database.sessions.close()
    for _ in range(PREPARED_AFTER + 1):  # whose kept plans are no plans for Ann, on the same connection
        reads(database, officer, world)
    many = reads(database, ann, world)
    print("\n".join(f"{name}: {few[name]}, beside {MANY - FEW} more deals {many[name]}" for name in LISTS))
    assert not {name for name in LISTS if many[name].rows > few[name].rows + ROWS_MORE_MAX}
    # A large index is a level deeper than a small one: a block more for each search of it.
    assert not {name for name in LISTS if many[name].blocks > few[name].blocks + 2 * many[name].searches}
