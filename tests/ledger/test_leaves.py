"""Leaves: the canonical form of a fact covers every column, is the same in every session, and stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from tests.conftest import TestDatabase
from tests.ledger.sealing import pay_in, seal, tamper, verify

FUND = UUID("01999999-0000-7000-8000-000000000001")
GOLDEN = [
    (
        f"""INSERT INTO entry (id, fund_id, recorded_at, xid, actor_scope, idem_key, body_hash, kind, reason, booked_on,
                               effective_on, posting_count)
            VALUES (7000, '{FUND}', '2026-03-01 12:00:00.5+01', '12', 'night', 'a "key", (quoted)', '\\xab', 'receipt',
                    '', '2026-03-01', '2026-02-28', 2);
            INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount, instrument_id)
            VALUES (7000, 2, 4, 'GBP', '2026-03-01', '2026-02-28', -5, '{FUND}'),
                   (7000, 1, 3, 'GBP', '2026-03-01', '2026-02-28', 5, NULL)""",
        (
            f'entry (7000,{FUND},"2026-03-01 11:00:00.5+00",,12,night,"a ""key"", (quoted)","\\\\xab",receipt,"","",,'
            f"2026-03-01,2026-02-28,,2(1,3,GBP,5(2,4,GBP,-5,{FUND}"
        ),
    ),
    (
        f"""INSERT INTO fund_limit (id, fund_id, xid, recorded_at, basis, subject, amount_minor, valid_from, source)
            VALUES (7000, '{FUND}', '12', '2026-03-01+00', 'ticket', '', 100, '2026-01-01', ')')""",
        f"""fund_limit (7000,{FUND},"2026-03-01 00:00:00+00",,12,ticket,"",100,2026-01-01,")\"""",
    ),
]
"""Rows, and the text whose SHA-256 is their leaf."""


@pytest.fixture
def owner(database: TestDatabase) -> Iterator[psycopg.Connection]:
    """A superuser whom no trigger stops, in a session that writes days and bytes in another way."""
    with closing(psycopg.connect(database.cluster.superuser_url(database.name), autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def canonical(connection: psycopg.Connection) -> None:
    from domain.store.seals import CANONICAL

    for setting in CANONICAL:
        connection.execute(f"SET {setting}".encode())


@pytest.mark.parametrize(("made", "written"), GOLDEN)
def test_the_canonical_form_of_a_leaf_is_fixed(owner: psycopg.Connection, made: str, written: str) -> None:
    for statement in made.split(";"):
        owner.execute(statement.encode())
    canonical(owner)
    assert owner.execute("SELECT leaf FROM fact").fetchall() == [(hashlib.sha256(written.encode()).digest(),)]


def test_the_leaf_of_form_1_is_fixed(owner: psycopg.Connection) -> None:
    # Keys in the database's order (by length, then by letter), nulls left out, no room for a second spelling.
    written = 'finding {"id": 7, "xid": "12", "value": 12.50, "outcome": "met"}'
    body = '{"outcome": "met", "value": 12.50, "id": 7, "xid": "12", "gone": null}'
    row = owner.execute("SELECT leaf('finding', %s::jsonb)", (body,)).fetchone()
    assert row == (hashlib.sha256(written.encode()).digest(),)


def test_a_session_that_writes_days_in_another_way_seals_and_verifies_alike(
    database: TestDatabase, fund_id: UUID, owner: psycopg.Connection
) -> None:
    pay_in(database, fund_id, "1")
    for setting in ("datestyle = 'German'", "timezone = 'Asia/Tokyo'", "bytea_output = 'escape'"):
        owner.execute(f"SET {setting}".encode())
    owner.execute("SET session_replication_role = origin")
    owner.execute("SELECT seal_facts()")
    assert verify(database).sound


def test_a_column_that_is_added_later_leaves_old_leaves_alone_and_is_covered(
    database: TestDatabase, fund_id: UUID, owner: psycopg.Connection
) -> None:
    pay_in(database, fund_id, "1")
    seal(database)
    owner.execute("ALTER TABLE entry ADD COLUMN later text")
    told = verify(database)
    assert told.first is not None and told.first.why == "the columns of entry were made over"  # and every leaf fits
    owner.execute("UPDATE entry SET later = ''")
    told = verify(database)
    assert told.first is not None and told.first.why == "its rows are not what was sealed"


def test_seals_of_form_1_still_verify_and_still_tell(database: TestDatabase, fund_id: UUID) -> None:
    """As a release before form 2 left them: leaves over the row as JSON, chained with the seal's words."""
    entry = pay_in(database, fund_id, "1")
    tamper(
        database,
        "INSERT INTO seal_chain (fund_id, number, head) SELECT id, 0, sha256(convert_to(id::text, 'UTF8')) FROM fund",
        """INSERT INTO seal (fact_id, fact_kind, chain_id, number, position, leaf_hash, chain_hash, sealed_at)
           SELECT f.id, f.kind, c.id, 1, 1, leaf(f.kind, f.body), sha256(c.head || leaf(f.kind, f.body)
                  || seal_text(f.kind, f.id, 1, 1, '2026-03-02')), '2026-03-02'
           FROM (SELECT set_config('timezone', 'UTC', false)) utc, fact f JOIN seal_chain c ON c.fund_id = f.fund_id
           WHERE f.kind = 'entry'""",
        "UPDATE seal_chain c SET number = 1, head = s.chain_hash FROM seal s WHERE s.chain_id = c.id",
        "UPDATE seal_horizon SET position = 1",
    )
    seal(database)
    pay_in(database, fund_id, "2")
    seal(database)
    assert verify(database).sound
    tamper(database, f"UPDATE entry SET reason = 'another' WHERE id = {entry}")
    told = verify(database)
    assert told.first is not None
    assert (told.first.entry, told.first.why) == (entry, "its rows are not what was sealed")


VALUES = {
    "bigint": ("7", "8"),
    "integer": ("7", "8"),
    "smallint": ("7", "8"),
    "numeric": ("7.5", "7.50"),
    "boolean": ("true", "false"),
    "date": ("'2026-01-01'", "'2026-01-02'"),
    "timestamp with time zone": ("'2026-01-01 00:00:00+00'", "'2026-01-01 00:00:00.000001+00'"),
    "uuid": ("'01999999-0000-7000-8000-000000000001'", "'01999999-0000-7000-8000-000000000002'"),
    "bytea": ("'\\x00'", "'\\x01'"),
    "jsonb": ("""'{"a": 1}'""", """'{"a": 2}'"""),
    "xid8": ("'7'", "'8'"),
    "text[]": ("'{a,b}'", "'{\"a,b\"}'"),
    "character varying[]": ("'{a,b}'", "'{\"a,b\"}'"),
    "bytea[]": ("ARRAY['\\x00'::bytea]", "ARRAY['\\x01'::bytea]"),
    "inet": ("'10.0.0.1'", "'10.0.0.2'"),
}
"""Two values of each type that a column of a fact has; of anything else, two texts."""


def columns(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        (table,),
    )
    return [(name, kind) for name, kind in rows]


def test_each_column_of_each_kind_is_in_its_leaf(owner: psycopg.Connection) -> None:
    """One row of every kind with something in every column: a leaf differs as soon as one of them does."""
    canonical(owner)
    for table, name in owner.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 "
        "AND connamespace = 'public'::regnamespace"
    ).fetchall():
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
    view = owner.execute("SELECT pg_get_viewdef('fact'::regclass)").fetchone()
    assert view is not None
    kinds = [name for (name,) in owner.execute("SELECT relname FROM pg_class WHERE relkind = 'r'")
             if f"'{name}'::text" in view[0]]  # fmt: skip
    altered = 0
    for number, kind in enumerate(sorted(kinds), start=100):
        for table in (kind, *(("posting",) if kind == "entry" else ())):
            named = dict.fromkeys(name for name, _ in columns(owner, table))
            values = [
                str(number) if name in ("id", "entry_id") else VALUES.get(of, ("'a'", "'b'"))[0]
                for name, of in columns(owner, table)
            ]
            owner.execute(f"INSERT INTO {table} ({', '.join(named)}) VALUES ({', '.join(values)})".encode())
        before = owner.execute("SELECT leaf FROM fact WHERE id = %s", (number,)).fetchone()
        for table in (kind, *(("posting",) if kind == "entry" else ())):
            for name, of in columns(owner, table):
                if table == "posting" and name in ("entry_id", "booked_on", "effective_on"):
                    continue  # the verification compares them with the entry's own
                for other in ("NULL", VALUES.get(of, ("'a'", "'b'"))[1]):
                    with owner.transaction(force_rollback=True):
                        if name != "id":
                            owner.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL".encode()) if not (
                                table == "posting" and name == "line"
                            ) else None
                        if other == "NULL" and name in ("id", "line"):
                            continue
                        owner.execute(f"UPDATE {table} SET {name} = {other}".encode())
                        now = owner.execute("SELECT leaf FROM fact WHERE kind = %s", (kind,)).fetchone()
                        assert now is not None and now != before, f"{table}.{name} is not in the leaf"
                        altered += 1
    assert altered > 300
