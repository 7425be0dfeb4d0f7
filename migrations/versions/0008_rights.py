"""Say in the database who may see and do what.

Why: a hole in a page must not become a hole in the book. The request's role owns nothing, sees an investee's rows only
as that investee or as the bank's own people, and can change no fact.
Safe while the old code runs: yes, if it sets the request's actor, as it has from the first day.
"""

from alembic import op

from migrations.statements import drop_functions, run

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FACTS = [
    "audit",
    "fund_limit",
    "contribution",
    "period",
    "target",
    "project_mission",
    "co_finance",
    "deal_stage",
    "instrument_terms",
    "entry",
    "revenue_statement",
    "report_version",
    "observation",
    "finding",
    "breach",
    "breach_event",
    "exit_trigger",
    "statement_release",
    "statement_line",
]
DEFINITIONS = [
    "party",
    "grand_challenge",
    "mission",
    "indicator",
    "sector",
    "project",
    "project_sector",
    "fund_mission",
    "deal",
    "instrument",
    "covenant",
    "trajectory_point",
    "covenant_test",
    "report",
    "account",
    "night_step",
    "night_refusal",
]
APPEND_ONLY = (*FACTS, *DEFINITIONS, "posting", "seal")
"""What was written stays: a change of a definition is a new version, or waits for the issue that gives it versions."""
PROGRAMME_ONLY = [
    "period",
    "contribution",
    "finding",
    "breach",
    "breach_event",
    "exit_trigger",
    "statement_release",
    "statement_line",
    "fund_limit",
]
"""What only nights, loads and imports say: a request cannot add to it."""
PLAIN_TABLES = [
    "party",
    "grand_challenge",
    "mission",
    "indicator",
    "sector",
    "project",
    "project_sector",
    "deal",
    "instrument",
    "covenant",
    "trajectory_point",
    "covenant_test",
    "report",
    "app_user",
    "access_token",
    "web_session",
    "answer",
    "posting",
]
INSIDE_ONLY = [
    "fund_limit",
    "contribution",
    "co_finance",
    "exit_trigger",
    "statement_release",
    "period",
    "account_limit",
    "night_step",
    "night_refusal",
]
OWNED = {
    "party": "id = (SELECT actor_party())",
    "deal": "investee_id = (SELECT actor_party())",
    "project": "id IN (SELECT project_id FROM deal)",
    "project_mission": "project_id IN (SELECT id FROM project)",
    "project_sector": "project_id IN (SELECT id FROM project)",
    "deal_stage": "deal_id IN (SELECT id FROM deal)",
    "instrument": "deal_id IN (SELECT id FROM deal)",
    "instrument_terms": "instrument_id IN (SELECT id FROM instrument)",
    "revenue_statement": "instrument_id IN (SELECT id FROM instrument)",
    "statement_line": "instrument_id IN (SELECT id FROM instrument)",
    "covenant": "deal_id IN (SELECT id FROM deal)",
    "trajectory_point": "covenant_id IN (SELECT id FROM covenant)",
    "covenant_test": "covenant_id IN (SELECT id FROM covenant)",
    "report": "deal_id IN (SELECT id FROM deal)",
    "report_version": "report_id IN (SELECT id FROM report)",
    "observation": "report_version_id IN (SELECT id FROM report_version)",
    "finding": "covenant_test_id IN (SELECT id FROM covenant_test)",
    "breach": "covenant_test_id IN (SELECT id FROM covenant_test)",
    "breach_event": "breach_id IN (SELECT id FROM breach)",
    "entry": "deal_id IN (SELECT id FROM deal)",
    "posting": "entry_id IN (SELECT id FROM entry)",
}
"""What an investee may see of each table; the bank's own people see all of it."""
SECURED = (*INSIDE_ONLY, *OWNED, "audit", "answer", "app_user")
INVESTEE_WRITES = ("report_version", "observation")


def grant_inserts() -> None:
    """Let requests add rows; of a fact they cannot choose its number, its transaction or its moment."""
    for table in PLAIN_TABLES:
        op.execute(f"GRANT INSERT ON {table} TO missionbook_app")
    for table in sorted(set(FACTS) - set(PROGRAMME_ONLY)):
        op.execute(
            f"""DO $$ BEGIN EXECUTE (
                SELECT format('GRANT INSERT (%s) ON {table} TO missionbook_app', string_agg(quote_ident(attname), ', '))
                FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
                AND attname NOT IN ('id', 'xid', 'recorded_at')); END $$"""
        )


def secure_rows() -> None:
    """Turn row-level security on, also for the owner, with one policy to see and one to add."""
    for table in SECURED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in INSIDE_ONLY:
        signed = " AND recorded_by IS NOT DISTINCT FROM (SELECT actor_id())" if table in FACTS else ""
        op.execute(
            f"CREATE POLICY inside ON {table} USING ((SELECT actor_is_inside())) "
            f"WITH CHECK ((SELECT actor_is_inside()){signed})"
        )
    for table, theirs in OWNED.items():
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ((SELECT actor_is_inside()) OR {theirs})")
        own = f" OR {theirs}" if table in INVESTEE_WRITES else ""
        # Nobody speaks in another's name.
        signed = " AND recorded_by IS NOT DISTINCT FROM (SELECT actor_id())" if table in FACTS else ""
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK (((SELECT actor_is_inside()){own}){signed})")
    op.execute("CREATE POLICY locked ON deal FOR UPDATE USING ((SELECT actor_is_inside()))")
    op.execute("CREATE POLICY locked ON report FOR UPDATE USING (deal_id IN (SELECT id FROM deal))")
    op.execute("CREATE POLICY own ON answer USING (actor_scope = (SELECT actor_id())::text)")
    # Who signs in is not known yet: people are found by their address; they are let in and changed by a steward.
    op.execute("CREATE POLICY seen ON app_user FOR SELECT USING (true)")
    op.execute("CREATE POLICY added ON app_user FOR INSERT WITH CHECK ((SELECT actor_is_steward()))")
    op.execute("CREATE POLICY changed ON app_user FOR UPDATE USING ((SELECT actor_is_steward()))")
    op.execute("CREATE POLICY seen ON audit FOR SELECT USING ((SELECT actor_reads_audit()))")
    op.execute(
        "CREATE POLICY added ON audit FOR INSERT WITH CHECK (recorded_by IS NOT DISTINCT FROM (SELECT actor_id()))"
    )


def upgrade() -> None:
    run("0008_rights")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_facts_are_new AFTER INSERT ON {table} REFERENCING NEW TABLE AS arrived "
            "FOR EACH STATEMENT EXECUTE FUNCTION facts_are_new()"
        )
    grant_inserts()
    secure_rows()


def downgrade() -> None:
    for table in SECURED:
        for policy in ("inside", "seen", "added", "locked", "own", "changed"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    roles = "missionbook_app, missionbook_night, missionbook_register"
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {roles}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {roles}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {roles}")
    drop_functions(
        "facts_are_new()",
        "actor_is_steward()",
        "refuse_change()",
        "actor_party()",
        "actor_reads_audit()",
        "actor_is_inside()",
        "actor_id()",
    )
