"""The guards of the book in the database, as this program expects them: what a verification looks at beside the rows.

A trigger that is off, a policy that was loosened or a right that was given keeps nothing from being altered and put
back into line, so it is a finding by itself. What is expected is the program's list ``guarded.txt``, where nobody who
holds the database can write: a line for each guard, with the SHA-256 of what PostgreSQL says of it. After a migration
``python -m tests.ledger.guarded`` writes the list anew; a review sees each guard that changed.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

LIST = Path(__file__).with_name("guarded.txt")
TOLD_MAX = 100

Guards = dict[tuple[str, str], str]
"""By kind and name of a guard: the digest of what it does, empty where the name says all."""
Expected = dict[tuple[str, str], frozenset[str]]
"""The same with each digest that is right: PostgreSQL brackets some conditions otherwise after a dump and restore."""

_AFTER = "# After migration "
_ROLES = "('missionbook_app', 'missionbook_night', 'missionbook_register')"
_OURS = "relnamespace = 'public'::regnamespace AND relname NOT LIKE 'procrastinate%'"
_SAID: dict[str, str] = {
    "row-level security": f"""
        SELECT 'of ' || relname, concat_ws(' ', relrowsecurity, relforcerowsecurity)
        FROM pg_class WHERE {_OURS} AND relkind IN ('r', 'p')""",
    "policy": """
        SELECT policyname || ' on ' || tablename,
               concat_ws(' | ', permissive, (SELECT string_agg(r, ',' ORDER BY r) FROM unnest(roles) r), cmd,
                         qual, with_check)
        FROM pg_policies WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'""",
    "view": f"""
        SELECT relname, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
        FROM pg_class WHERE {_OURS} AND relkind IN ('v', 'm')""",
    "rule": """
        SELECT rulename || ' on ' || tablename, definition FROM pg_rules
        WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'""",
    "trigger": f"""
        SELECT tgname || ' on ' || relname, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal AND {_OURS}""",
    "function": """
        SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(oid)), pg_get_functiondef(oid)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE 'procrastinate%'
        AND prokind IN ('f', 'p')""",
    "constraint": f"""
        SELECT conname || ' on ' || relname, concat_ws(' ', pg_get_constraintdef(k.oid), convalidated, conenforced)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE contype <> 'n' AND {_OURS}""",
    "unique index": """
        SELECT c.relname, concat_ws(' ', pg_get_indexdef(c.oid), indisvalid, indisready)
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
        WHERE indisunique AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE 'procrastinate%'""",
    "columns": f"""
        SELECT 'of ' || relname, string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
               attgenerated::text, attidentity::text, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') AND {_OURS} GROUP BY relname""",
    "grant": f"""
        SELECT format('%s on %s to %s', what, name, coalesce(nullif(grantee::regrole::text, '-'), 'everybody'))
               || CASE WHEN is_grantable THEN ', to be passed on' ELSE '' END, ''
        FROM (
            SELECT relname AS name, privilege_type AS what, grantee, is_grantable, relowner AS owner
            FROM pg_class, LATERAL aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT relname, format('%s (%s)', privilege_type, string_agg(attname, ', ' ORDER BY attname)), grantee,
                   is_grantable, relowner
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid, LATERAL aclexplode(attacl)
            WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
            GROUP BY relname, privilege_type, grantee, is_grantable, relowner
            UNION ALL
            SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(oid)), privilege_type, grantee,
                   is_grantable, proowner
            FROM pg_proc, LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner)))
            WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE 'procrastinate%'
            UNION ALL
            SELECT 'the schema', privilege_type, grantee, is_grantable, nspowner
            FROM pg_namespace, LATERAL aclexplode(nspacl) WHERE nspname = 'public'
        ) given
        WHERE grantee <> owner AND grantee::regrole::text NOT IN ('missionbook_migrator', 'pg_database_owner')
          AND (what <> 'SELECT' OR grantee = 0 OR grantee::regrole::text IN {_ROLES})""",
    "role": f"""
        SELECT rolname, concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
            (SELECT string_agg(roleid::regrole::text, ',' ORDER BY roleid::regrole::text)
             FROM pg_auth_members WHERE member = r.oid),
            (SELECT string_agg(s, ',' ORDER BY s) FROM pg_db_role_setting, unnest(setconfig) s
             WHERE setrole = r.oid AND s !~ '^(\\w*timeout|timezone)='))
        FROM pg_roles r WHERE rolname IN {_ROLES} OR rolname = 'missionbook_migrator'""",
    "owner": """
        SELECT format('%s of %s', rolname, relname), '' FROM pg_class JOIN pg_roles o ON o.oid = relowner
        WHERE relnamespace = 'public'::regnamespace AND NOT rolsuper AND rolname <> 'missionbook_migrator'""",
}
"""What PostgreSQL's catalogues say of each kind of guard: its name, and what it does. Roles stand there by name."""


def guards_there_are(session: Session) -> Guards:
    """Return the guards of this database, with the digest of what each does."""
    before = session.execute(text("SELECT current_setting('search_path')")).scalar_one()
    # Then PostgreSQL writes every name of ours with its schema, whatever the session's own path is.
    session.execute(text("SET LOCAL search_path = pg_catalog"))
    found = {
        (kind, name): sha256(said.encode()).hexdigest() if said else ""
        for kind, query in _SAID.items()
        for name, said in session.execute(text(query))
    }
    session.execute(text("SELECT set_config('search_path', :before, true)"), {"before": before})
    return found


def guards_expected() -> Expected:
    """Return the guards that this program expects."""
    lines = (line.split("|") for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {(kind, name): frozenset(digests) for kind, name, *digests in lines}


def listed_after() -> str:
    """Return the migration after which the list was written."""
    return LIST.read_text(encoding="utf-8").removeprefix(_AFTER).partition(".")[0]


def guards_that_are_off(session: Session) -> list[tuple[str, int, str]]:
    """Return the guards that are gone, off, made over or not the program's, as findings that belong to no one fact.

    In a database of another migration they are not compared: that is one finding by itself.
    """
    listed, now = listed_after(), session.execute(text("SELECT max(version_num) FROM alembic_version")).scalar_one()
    if listed != now:
        return [
            ("guard", 0, f"the database is of migration {now} and this program of {listed}: its guards are not known")
        ]
    there, expected = guards_there_are(session), guards_expected()
    told = [f"the trigger {name} is off" for name in _triggers_off(session)]
    told += [f"the {kind} {name} is gone" for kind, name in sorted(expected.keys() - there.keys())]
    told += [f"the {kind} {name} is not the program's" for kind, name in sorted(there.keys() - expected.keys())]
    told += [
        f"the {kind} {name} {'were' if kind == 'columns' else 'was'} made over"
        for kind, name in sorted(expected.keys() & there.keys())
        if there[kind, name] not in expected[kind, name]
    ]
    return [("guard", 0, why) for why in told[:TOLD_MAX]]


def _triggers_off(session: Session) -> list[str]:
    rows = session.execute(
        text(
            """SELECT g.tgname || ' on ' || c.relname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
               WHERE c.relnamespace = 'public'::regnamespace AND g.tgenabled <> 'O' ORDER BY 1"""
        )
    )
    return list(rows.scalars())


def list_of(migrated: Guards, restored: Guards, *, migration: str) -> str:
    """Return the list as it is kept: a line for each guard, under the migration that it was made after."""
    lines = [
        "|".join([kind, name, digest, *({restored[kind, name]} - {digest})]) + "\n"
        for (kind, name), digest in sorted(migrated.items())
    ]
    return f"{_AFTER}{migration}. Written by: python -m tests.ledger.guarded\n" + "".join(lines)
