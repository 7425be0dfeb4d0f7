-- Who may see and do what in the database itself: least privilege, refusal by default.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO missionbook_app, missionbook_night, missionbook_register;

CREATE FUNCTION actor_id() RETURNS uuid LANGUAGE sql STABLE SET search_path = public
    RETURN nullif(current_setting('missionbook.actor', true), '')::uuid;
CREATE FUNCTION actor_is_inside() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (SELECT FROM app_user WHERE id = actor_id() AND role <> 'investee' AND disabled_at IS NULL);
CREATE FUNCTION actor_reads_audit() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (SELECT FROM app_user WHERE id = actor_id() AND role IN ('auditor', 'steward') AND disabled_at IS NULL);
CREATE FUNCTION actor_party() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT party_id FROM app_user WHERE id = actor_id() AND disabled_at IS NULL);
CREATE FUNCTION actor_is_steward() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (SELECT FROM app_user WHERE id = actor_id() AND role = 'steward' AND disabled_at IS NULL);
GRANT EXECUTE ON FUNCTION actor_is_steward() TO missionbook_app, missionbook_night;
GRANT EXECUTE ON FUNCTION actor_id(), actor_is_inside(), actor_reads_audit(), actor_party(), seal_facts(),
    leaf(text, jsonb), seal_text(text, bigint, bigint, bigint, timestamptz) TO missionbook_app, missionbook_night;

-- A new fact is of its own transaction, and takes no number that a sealed fact has: an old report cannot be added to.
CREATE FUNCTION facts_are_new() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF EXISTS (SELECT FROM arrived WHERE (xid = pg_current_xact_id()) IS NOT TRUE)
       OR EXISTS (SELECT FROM arrived JOIN seal ON seal.fact_id = arrived.id) THEN
        RAISE EXCEPTION 'a fact is of the transaction that writes it, and its number is new'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_is_new';
    END IF;
    RETURN NULL;
END $$;

-- Facts and postings are never changed, by anybody who has not first taken the trigger away.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused; a correction is a new row', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO missionbook_app, missionbook_night;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO missionbook_app, missionbook_night;
GRANT INSERT ON ALL TABLES IN SCHEMA public TO missionbook_night;
-- After a load or an import the planner must know what is there.
GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO missionbook_night;
REVOKE INSERT ON seal, seal_chain, seal_horizon, alembic_version FROM missionbook_night;
GRANT UPDATE (business_day) ON fund TO missionbook_night;
GRANT UPDATE (status, body) ON answer TO missionbook_app;
GRANT UPDATE (disabled_at, password_hash) ON app_user TO missionbook_app, missionbook_night;
GRANT UPDATE (revoked_at) ON access_token TO missionbook_app, missionbook_night;
GRANT UPDATE (ended_at) ON web_session TO missionbook_app, missionbook_night;
-- A request locks what it decides on: the lock needs the right to update, a trigger refuses the update itself.
GRANT UPDATE (title) ON deal TO missionbook_app, missionbook_night;
GRANT UPDATE (due_on) ON report TO missionbook_app, missionbook_night;
GRANT SELECT ON grand_challenge, mission, indicator, sector TO missionbook_register;
