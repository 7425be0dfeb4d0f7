"""What every table of facts and of definitions needs besides its columns, in one call of a migration.

A **fact** is said once and for good: a row with the columns of ``domain.store.types.Fact``, numbered from the sequence
``fact_id``, append-only, sealed. The sealer reads all of them through the view ``fact``, which is made from the
database's own catalogue: every table whose ``id`` comes from ``fact_id``.

The canonical form of a row is its text as PostgreSQL writes a composite value: every column in the order of the table,
quoted, without the empty fields at its end. So a column that is added later (it must be nullable, and it comes last)
leaves the leaves of old rows as they were, and nothing has to be made anew. Never drop, retype or reorder a column of
such a table: what was sealed would no longer fit.
"""

from __future__ import annotations

from alembic import op

ROLES = "missionbook_app, missionbook_night"
KINDS = """SELECT c.relname FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a
               ON a.attrelid = c.oid AND a.attnum = d.adnum
           WHERE a.attname = 'id' AND pg_get_expr(d.adbin, d.adrelid) LIKE '%fact_id%' ORDER BY c.oid"""
ENTRY = """SELECT 'entry' AS kind, e.id, e.fund_id, e.xid,
    to_jsonb(e) || jsonb_build_object('postings',
        (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.line) FROM posting p WHERE p.entry_id = e.id)) AS body,
    sha256('entry '::bytea || rtrim(convert_to(e::text, 'UTF8'), ',)'::bytea) || coalesce(
        (SELECT string_agg(rtrim(convert_to(ROW({posting})::text, 'UTF8'), ',)'::bytea), ''::bytea ORDER BY p.line)
         FROM posting p WHERE p.entry_id = e.id), ''::bytea)) AS leaf
    FROM entry e"""
POSTING = """SELECT string_agg('p.' || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = 'posting'::regclass AND attnum > 0 AND NOT attisdropped
             AND attname NOT IN ('entry_id', 'booked_on', 'effective_on')"""
"""A posting repeats its entry's number and days, which the verification compares; the leaf has everything else."""


KEY = """SELECT 'concat_ws('' '', ' || string_agg('t.' || attname, ', ' ORDER BY attnum) || ')'
         FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
         WHERE indrelid = '{table}'::regclass AND indisprimary"""
COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
             ORDER BY attnum"""
DEFINED = r"""SELECT tgrelid::regclass::text, split_part(encode(tgargs, 'escape'), E'\\000', 1),
                    split_part(encode(tgargs, 'escape'), E'\\000', 2)
             FROM pg_trigger WHERE tgname LIKE '%%_is_digested' ORDER BY tgrelid"""
"""Which tables are digested, and how: read from their triggers."""
DIGESTED_COLUMNS = r"""SELECT a.attname FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid
                       WHERE t.tgname = '{table}_is_digested' AND a.attnum > 0 AND NOT a.attisdropped
                       AND encode(t.tgargs, 'escape') ~ ('\yt\.' || a.attname || '\y') ORDER BY a.attnum"""


def new_fact(
    table: str, *, investee_sees: str | None = None, requests_add: bool = True, investee_adds: bool = False
) -> None:
    """Make a table that was just created a kind of fact: append-only, sealed, granted, its rows secured.

    ``investee_sees`` is the condition on rows that an investee may see beside the bank's own people (None: none). A
    migration that gives one makes the policy ``seen`` as 0021 does, so that the rows are found by an index.
    ``requests_add`` lets the role that serves requests add facts, without choosing their number, transaction or moment
    and only in the name of who is signed in; ``investee_adds`` lets an investee add what it may see.
    The night may read and add. Who needs more grants it after this call.
    """
    _append_only(table)
    op.execute(
        f"CREATE TRIGGER {table}_facts_are_new AFTER INSERT ON {table} REFERENCING NEW TABLE AS arrived "
        "FOR EACH STATEMENT EXECUTE FUNCTION facts_are_new()"
    )
    _grant(table)
    if requests_add:
        _grant_columns(table)
    _secure(table, investee_sees, investee_adds)
    make_view_of_facts()


def facts_end(table: str) -> None:
    """Take a table out of the view of facts, before its migration drops it on the way down."""
    make_view_of_facts(without=table)


def refuse_to_lose(what: str, sealed: str) -> None:
    """Refuse a way down that would take away what was sealed: after the way up again the book would not verify.

    ``sealed`` is a condition, with which there is something to lose.
    """
    if op.get_bind().exec_driver_sql(f"SELECT {sealed}".replace("%", "%%")).scalar_one():
        raise SealedWouldBeLost(
            f"there are sealed {what}, which this step down would take away; restore a backup from before the step up"
        )


class SealedWouldBeLost(Exception):
    """A migration's way down that would make a sound book unsound."""


def new_columns(table: str, *columns: str) -> None:
    """Let requests fill nullable columns that were added to a fact table which they may add to.

    A fact's leaf has them by itself. After adding columns to ``posting``, call ``make_view_of_facts()``.
    """
    op.execute(f"GRANT INSERT ({', '.join(columns)}) ON {table} TO missionbook_app")


def make_view_of_facts(*, without: str = "") -> None:
    """Make the view ``fact`` of every table of facts there is: kind, id, fund_id, xid, body (form 1), leaf (form 2).

    ``body`` is what seals of form 1 were made from; a query that does not ask for it does not pay for it. ``leaf``
    depends on how the session writes days, moments and bytes: only ``seal_facts()`` and the verification, which fix
    them, may read it.
    """
    kinds = [kind for (kind,) in op.get_bind().exec_driver_sql(KINDS.replace("%", "%%")) if kind != without]
    parts = [ENTRY.format(posting=op.get_bind().exec_driver_sql(POSTING).scalar_one())] + [
        f"SELECT '{kind}', f.id, f.fund_id, f.xid, to_jsonb(f), "
        f"sha256('{kind} '::bytea || rtrim(convert_to(f::text, 'UTF8'), ',)'::bytea)) FROM {kind} f"
        for kind in kinds
        if kind != "entry"
    ]
    op.execute("DROP VIEW IF EXISTS fact")
    op.execute("CREATE VIEW fact WITH (security_invoker = true) AS " + " UNION ALL ".join(parts))
    op.execute("REVOKE ALL ON fact FROM PUBLIC")
    op.execute(f"GRANT SELECT ON fact TO {ROLES}")


def define(table: str, *, leave_out: tuple[str, ...] = ()) -> None:
    """Have the digest of every row that comes into a table kept in ``definition``, of those that are there already too.

    ``leave_out`` names columns that change by nature; ``words_are_kept`` refuses to change the others. Call both again
    after adding columns: then they are in the digests of new rows, and an act in the audit says why old ones have two.
    """
    bind = op.get_bind()
    key = bind.exec_driver_sql(KEY.format(table=table)).scalar_one()
    columns = [name for (name,) in bind.exec_driver_sql(COLUMNS.format(table=table)) if name not in leave_out]
    words = f"rtrim(ROW({', '.join(f't.{name}' for name in columns)})::text, ',)')"
    op.execute(f"DROP TRIGGER IF EXISTS {table}_is_digested ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_is_digested AFTER INSERT ON {table} REFERENCING NEW TABLE AS arrived "
        f"FOR EACH STATEMENT EXECUTE FUNCTION digest_definitions($key${key}$key$, $words${words}$words$)"
    )
    op.execute(
        f"""INSERT INTO audit (actor_name, act, subject_kind, subject, outcome, detail)
            SELECT 'migration', 'digest definitions again', 'table', '{table}', 'done', '{{}}'
            WHERE EXISTS (SELECT FROM definition WHERE kind = '{table}')"""
    )
    op.execute(
        f"""INSERT INTO definition (kind, keys, digests)
            SELECT '{table}', array_agg(key ORDER BY key), array_agg(sha256(convert_to(words, 'UTF8')) ORDER BY key)
            FROM (SELECT {key} AS key, {words} AS words, (row_number() OVER () - 1) / 10000 AS part FROM {table} t) r
            GROUP BY part"""
    )
    make_view_of_definitions()


def digested_tables() -> list[str]:
    """Return the tables of definitions, as their triggers say."""
    return [table for table, _, _ in op.get_bind().exec_driver_sql(DEFINED)]


def words_are_kept(table: str) -> None:
    """Refuse to change what a digest stands for, or to take a row of definitions away, whoever asks."""
    words_may_change(table)
    said = op.get_bind().exec_driver_sql(DIGESTED_COLUMNS.format(table=table)).scalars().all()
    old, new = (", ".join(f"{row}.{name}" for name in said) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER {table}_keeps_its_words BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN (ROW({old}) IS DISTINCT FROM ROW({new})) EXECUTE FUNCTION refuse_change()"
    )
    if table != "fund":  # whose trigger 0013 made
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def words_may_change(table: str) -> None:
    """Take away what ``words_are_kept`` brought."""
    op.execute(f"DROP TRIGGER IF EXISTS {table}_keeps_its_words ON {table}")
    if table != "fund":
        op.execute(f"DROP TRIGGER IF EXISTS {table}_stays ON {table}")


def make_view_of_definitions() -> None:
    """Make the view ``definition_now``: kind, key and digest of every row as it stands, for the verification."""
    defined = op.get_bind().exec_driver_sql(DEFINED)
    parts = [
        f"SELECT '{table}'::text AS kind, {key} AS key, sha256(convert_to({words}, 'UTF8')) AS digest FROM {table} t"
        for table, key, words in defined
    ]
    op.execute("DROP VIEW IF EXISTS definition_now")
    op.execute("CREATE VIEW definition_now WITH (security_invoker = true) AS " + " UNION ALL ".join(parts))
    op.execute("REVOKE ALL ON definition_now FROM PUBLIC")
    op.execute("GRANT SELECT ON definition_now TO missionbook_night")


def _append_only(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _grant(table: str) -> None:
    op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
    op.execute(f"GRANT SELECT ON {table} TO {ROLES}")
    op.execute(f"GRANT INSERT, MAINTAIN ON {table} TO missionbook_night")


def _grant_columns(table: str) -> None:
    """Let requests fill every column but those that the database fills itself."""
    op.execute(
        f"""DO $$ BEGIN EXECUTE (
            SELECT format('GRANT INSERT (%s) ON {table} TO missionbook_app', string_agg(quote_ident(attname), ', '))
            FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
            AND attname NOT IN ('id', 'xid', 'recorded_at')); END $$"""
    )


def _secure(table: str, investee_sees: str | None, investee_adds: bool) -> None:
    """Row-level security, also for the owner: one policy to see, one to add; nobody speaks in another's name."""
    inside, theirs = "(SELECT actor_is_inside())", investee_sees or "false"
    adds = f"{inside} OR {theirs}" if investee_adds else inside
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({inside} OR {theirs})")
    op.execute(
        f"CREATE POLICY added ON {table} FOR INSERT "
        f"WITH CHECK (({adds}) AND recorded_by IS NOT DISTINCT FROM (SELECT actor_id()))"
    )
