"""What an investee's lists cost tells hardly anything of how much there is of others; how much, is written down.

Row security reads whole tables before it shows an own row: ``docs/security.md`` says so, with the bounds kept here.
The rows that a list reads, from tables and through indexes, are counted by the server itself, in the transaction that
reads: once in a small bank, once with a thousand more parties, projects, deals, reports, promises and entries.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from api.database.roles import Role as DatabaseRole
from domain.authority import NIGHT, Actor
from domain.desk import covenants, deals, mission_map, parties, people, report_lists, reports
from domain.desk.parties import add_party
from domain.parties import PartyKind, Role
from tests.api.world import DAY, World, make_world
from tests.conftest import TestDatabase

FOREIGN = 1_000
MORE_FOR_EACH_MAX = {"deals": 20, "a deal": 25, "promises": 10, "reports owed": 10, "a report": 15}
"""How many more rows a list reads for each foreign deal, at most; five where nothing is said."""
MORE = """
SET session_replication_role = replica;
CREATE FUNCTION made(word text, n bigint) RETURNS uuid LANGUAGE sql RETURN md5(word || n)::uuid;
INSERT INTO party SELECT (jsonb_populate_record(o, jsonb_build_object('id', made('party', n), 'code', 'MILL' || n))).*
    FROM party o, numbers WHERE o.code = 'MILL';
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

List = Callable[[Session, World, UUID], object]
LISTS: dict[str, List] = {
    "deals": lambda s, *_: deals.deal_list(s),
    "a deal": lambda s, w, _: deals.deal_detail(s, deal_id=w.ann.deal),
    "promises": lambda s, w, _: covenants.covenant_lines(s, deal_id=w.ann.deal, as_of=DAY),
    "findings": lambda s, w, _: covenants.findings(s, deal_id=w.ann.deal, as_of=DAY),
    "breaches": lambda s, w, _: covenants.breaches(s, deal_id=w.ann.deal, as_of=DAY),
    "reports owed": lambda s, w, _: reports.owed(s, as_of=DAY, deal_id=w.ann.deal),
    "a report": lambda s, w, _: reports.report_detail(s, report_id=w.ann.report),
    "reports of a deal": lambda s, w, _: report_lists.reports_of_deal(s, deal_id=w.ann.deal),
    "reports of the investee": lambda s, _, p: report_lists.reports_of_investee(s, party_id=p),
    "parties": lambda s, *_: parties.party_list(s),
    "projects": lambda s, *_: mission_map.projects(s),
    "the mission map": lambda s, *_: mission_map.mission_map(s),
}

READ = text(
    """SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint
       FROM pg_stat_xact_user_tables"""
)


def rows_read(database: TestDatabase, ann: Actor, world: World) -> dict[str, int]:
    """Return how many rows each list reads, for Ann."""
    found = {}
    for name, read in LISTS.items():
        with database.sessions.begin(DatabaseRole.APP, ann) as session:
            assert ann.party_id
            before = session.execute(READ).scalar_one()
            read(session, world, ann.party_id)
            found[name] = session.execute(READ).scalar_one() - before
    return found


def test_no_list_reads_more_for_each_foreign_deal_than_is_written_down(database: TestDatabase) -> None:
    with database.sessions.begin(DatabaseRole.NIGHT) as session:
        found = {
            code: add_party(session, code=code, name=code.title(), kind=PartyKind.BUSINESS, by=NIGHT)
            for code in ("HARBOUR", "MILL")
        }
        someone = people.add_user(
            session, email="ann@bank.example", name="ann", role=Role.INVESTEE, party_id=found["HARBOUR"],
            password="correct-horse-battery", by=NIGHT, password_hash="-",
        )  # fmt: skip
    world = make_world(database, found)
    ann = Actor(id=someone, name="ann", role=Role.INVESTEE, party_id=found["HARBOUR"])
    url = database.cluster.superuser_url(database.name)
    with closing(psycopg.connect(url, autocommit=True)) as owner:
        owner.execute("VACUUM ANALYZE")
        before = rows_read(database, ann, world)
        owner.execute(f"CREATE TEMP VIEW numbers AS SELECT n FROM generate_series(1, {FOREIGN}) n".encode())
        owner.execute(MORE.encode())
        owner.execute("VACUUM ANALYZE")
    database.sessions.close()
    after = rows_read(database, ann, world)
    more = {name: (after[name] - before[name]) / FOREIGN for name in LISTS}
    print(
        ", ".join(f"{name}: {before[name]} rows, {each:.1f} more for each foreign deal" for name, each in more.items())
    )
    assert not {name: each for name, each in more.items() if each > MORE_FOR_EACH_MAX.get(name, 5)}
