-- What the database still let a role do that no program of the bank does.

-- A tie begins on the day of UTC, whatever the session's time zone; nobody outside the bank can ask after one.
CREATE OR REPLACE FUNCTION is_conflicted(person uuid, party uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN (session_user IN ('missionbook_night', 'missionbook_migrator') OR actor_is_inside())
        AND EXISTS (SELECT FROM conflict_of_interest c
                    WHERE c.user_id = person AND c.party_id = party AND c.ends_id IS NULL
                      AND c.since <= (now() AT TIME ZONE 'UTC')::date
                      AND NOT EXISTS (SELECT FROM conflict_of_interest e WHERE e.ends_id = c.id));

-- Acts that steps on deals, requests and loans of authority rest on, and whose they are: the published table without
-- amounts. A test compares it with domain/authority.py.
CREATE FUNCTION act_is_of(act text, role text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN coalesce(role = ANY (CASE act
        WHEN 'propose a deal' THEN ARRAY['officer'] WHEN 'appraise a deal' THEN ARRAY['officer', 'risk']
        WHEN 'approve a deal' THEN ARRAY['board'] WHEN 'decline a deal' THEN ARRAY['board']
        WHEN 'withdraw a deal' THEN ARRAY['officer'] WHEN 'sign a contract' THEN ARRAY['officer']
        WHEN 'pay out a drawdown' THEN ARRAY['officer'] WHEN 'approve a payout' THEN ARRAY['officer', 'board']
        WHEN 'cancel what is undrawn' THEN ARRAY['officer'] WHEN 'pay a running cost' THEN ARRAY['officer', 'board']
        WHEN 'record a receipt' THEN ARRAY['officer'] WHEN 'reverse an entry' THEN ARRAY['officer']
        WHEN 'approve a reversal' THEN ARRAY['board'] WHEN 'close a deal' THEN ARRAY['officer']
        WHEN 'decide an exit' THEN ARRAY['board'] WHEN 'classify a project by mission' THEN ARRAY['officer']
        END), false);

-- Whether a delegation of an act (null: of any) to a person is in force today; the lender (null: anybody) has the act.
CREATE FUNCTION is_lent(wanted text, to_whom uuid, by_whom uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN EXISTS (SELECT FROM delegation d JOIN app_user l ON l.id = d.lender_id,
                       LATERAL jsonb_array_elements_text(d.acts) AS a (act)
                   WHERE d.borrower_id = to_whom AND (by_whom IS NULL OR d.lender_id = by_whom) AND d.ends_id IS NULL
                     AND d.recorded_by = d.lender_id
                     AND (wanted IS NULL OR a.act = wanted) AND act_is_of(a.act, l.role) AND l.disabled_at IS NULL
                     AND (now() AT TIME ZONE 'UTC')::date BETWEEN d.from_day AND d.to_day
                     AND NOT EXISTS (SELECT FROM delegation e WHERE e.ends_id = d.id))
        AND person_may_borrow(to_whom);

-- Who takes a step on a deal, asks, decides or lends has the act, or does it for who has it and lent it.
CREATE FUNCTION act_is_of_who_does_it() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
    asked request;
    acts text[];
    is_theirs boolean;
BEGIN
    IF TG_TABLE_NAME = 'deal_stage' THEN
        acts := CASE said ->> 'stage'
            WHEN 'proposed' THEN ARRAY['propose a deal'] WHEN 'appraised' THEN ARRAY['appraise a deal']
            WHEN 'approved' THEN ARRAY['approve a deal'] WHEN 'declined' THEN ARRAY['decline a deal']
            WHEN 'withdrawn' THEN ARRAY['withdraw a deal'] WHEN 'contracted' THEN ARRAY['sign a contract']
            WHEN 'active' THEN ARRAY['pay out a drawdown', 'approve a payout']
            WHEN 'exiting' THEN ARRAY['decide an exit'] WHEN 'closed' THEN ARRAY['close a deal'] END;
    ELSIF TG_TABLE_NAME = 'request' THEN
        acts := CASE said ->> 'kind' WHEN 'reversal' THEN ARRAY['reverse an entry']
            WHEN 'payout' THEN ARRAY['pay out a drawdown'] END;
    ELSIF TG_TABLE_NAME = 'request_decision' THEN
        IF said ->> 'decision' = 'withdrawn' THEN
            RETURN NULL;
        END IF;
        SELECT * INTO asked FROM request WHERE id = (said ->> 'request_id')::bigint;
        acts := CASE asked.kind WHEN 'reversal' THEN ARRAY['approve a reversal']
            WHEN 'payout' THEN ARRAY['approve a payout'] END;
    END IF;
    IF TG_TABLE_NAME = 'delegation' THEN
        is_theirs := said ->> 'ends_id' IS NOT NULL OR NOT EXISTS (
            SELECT FROM jsonb_array_elements_text(said -> 'acts') AS a (act)
            WHERE NOT EXISTS (SELECT FROM app_user u WHERE u.id = (said ->> 'lender_id')::uuid
                              AND u.disabled_at IS NULL AND act_is_of(a.act, u.role)));
    ELSIF NEW.recorded_for IS NULL THEN
        is_theirs := EXISTS (SELECT FROM app_user u, unnest(acts) AS a (act)
                             WHERE u.id = NEW.recorded_by AND u.disabled_at IS NULL AND act_is_of(a.act, u.role));
    ELSE
        is_theirs := EXISTS (SELECT FROM unnest(acts) AS a (act)
                             WHERE is_lent(a.act, NEW.recorded_by, NEW.recorded_for));
    END IF;
    IF is_theirs IS NOT TRUE THEN
        RAISE EXCEPTION 'only who has an act does it, or for whom it was lent'
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'act_is_of_who_does_it';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER deal_stage_is_of_who_does_it AFTER INSERT ON deal_stage FOR EACH ROW
    WHEN (session_user NOT IN ('missionbook_night', 'missionbook_migrator')) EXECUTE FUNCTION act_is_of_who_does_it();
CREATE TRIGGER request_is_of_who_does_it AFTER INSERT ON request FOR EACH ROW
    WHEN (session_user NOT IN ('missionbook_night', 'missionbook_migrator')) EXECUTE FUNCTION act_is_of_who_does_it();
CREATE TRIGGER request_decision_is_of_who_does_it AFTER INSERT ON request_decision FOR EACH ROW
    WHEN (session_user NOT IN ('missionbook_night', 'missionbook_migrator')) EXECUTE FUNCTION act_is_of_who_does_it();
CREATE TRIGGER delegation_is_of_who_does_it AFTER INSERT ON delegation FOR EACH ROW
    WHEN (session_user NOT IN ('missionbook_night', 'missionbook_migrator')) EXECUTE FUNCTION act_is_of_who_does_it();

-- A request names the deal of what it is about, so that a tie with its investee is found.
CREATE FUNCTION request_names_its_deal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.deal_id IS DISTINCT FROM coalesce(
        (SELECT deal_id FROM instrument WHERE id = NEW.instrument_id), (SELECT deal_id FROM entry WHERE id = NEW.entry_id)) THEN
        RAISE EXCEPTION 'a request names the deal of what it is about'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'request_names_its_deal';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER request_names_its_deal AFTER INSERT ON request FOR EACH ROW EXECUTE FUNCTION request_names_its_deal();

-- Entries of requests: of an officer or a board member, or of somebody to whom an act is lent, without a tie to the deal.
CREATE FUNCTION entries_are_of_who_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM app_user u WHERE u.id = actor_id() AND u.disabled_at IS NULL
                   AND (u.role IN ('officer', 'board') OR is_lent(NULL, u.id, NULL))) THEN
        RAISE EXCEPTION 'only who has an act that books, or borrows one, posts'
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'entries_are_of_who_posts';
    ELSIF EXISTS (SELECT FROM (SELECT DISTINCT deal_id FROM arrived) a JOIN deal d ON d.id = a.deal_id
                  WHERE is_conflicted(actor_id(), d.investee_id)) THEN
        RAISE EXCEPTION 'a person with a conflict of interest does nothing on this deal'
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'no_conflict_of_interest';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_are_of_who_posts AFTER INSERT ON entry REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT
    WHEN (session_user NOT IN ('missionbook_night', 'missionbook_migrator'))
    EXECUTE FUNCTION entries_are_of_who_posts();

-- Who is signed in asks for their own hash only; a night may only ask whether somebody has a password.
CREATE OR REPLACE FUNCTION sign_in_of(wanted text)
    RETURNS TABLE (id uuid, email text, name text, role text, party_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT u.id, u.email, u.name, u.role, u.party_id, u.password_hash FROM app_user u
    WHERE u.email = wanted AND u.disabled_at IS NULL AND (actor_id() IS NULL OR u.id = actor_id());
END;
REVOKE EXECUTE ON FUNCTION sign_in_of(text) FROM missionbook_night;
CREATE FUNCTION has_password(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN coalesce((SELECT password_hash LIKE '$%' FROM app_user WHERE email = wanted), false);

-- People are changed in two ways only, by the role of the commands: another password, and no sign-in any more. Who was
-- disabled stays disabled. No request lets people in or changes them.
CREATE FUNCTION replace_password_of(person uuid, fresh text) RETURNS void LANGUAGE sql SECURITY DEFINER
    SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE app_user SET password_hash = fresh, password_changed_at = clock_timestamp()
        WHERE id = person AND disabled_at IS NULL;
END;
CREATE FUNCTION disable_person(person uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE app_user SET disabled_at = clock_timestamp() WHERE id = person AND disabled_at IS NULL;
END;
REVOKE UPDATE (password_hash, disabled_at, password_changed_at) ON app_user FROM missionbook_app, missionbook_night;
REVOKE INSERT ON app_user FROM missionbook_app;

-- What only people say, and what only triggers write, no night says.
REVOKE INSERT ON definition, web_session, access_token, authority_limit, delegation, conflict_of_interest, request,
    request_decision FROM missionbook_night;

-- A sign-in lasts no longer than the program says, whoever writes it; what ended stays ended, at the moment it ended.
CREATE FUNCTION sign_in_is_short() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.expires_at > clock_timestamp() + interval '12 hours'
       OR (to_jsonb(NEW) ->> 'family_ends_at')::timestamptz > clock_timestamp() + interval '7 days' THEN
        RAISE EXCEPTION 'a sign-in lasts 12 hours at most, and its exchanges 7 days'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sign_in_is_short';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION token_stays_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
       OR OLD.rotated_at IS NOT NULL AND NEW.rotated_at IS DISTINCT FROM OLD.rotated_at THEN
        RAISE EXCEPTION 'what ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'sign_in_stays_ended';
    END IF;
    NEW.revoked_at := CASE WHEN NEW.revoked_at IS NULL THEN NULL ELSE coalesce(OLD.revoked_at, clock_timestamp()) END;
    NEW.rotated_at := CASE WHEN NEW.rotated_at IS NULL THEN NULL ELSE coalesce(OLD.rotated_at, clock_timestamp()) END;
    RETURN NEW;
END $$;
CREATE FUNCTION browser_stays_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'what ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'sign_in_stays_ended';
    END IF;
    NEW.ended_at := CASE WHEN NEW.ended_at IS NULL THEN NULL ELSE coalesce(OLD.ended_at, clock_timestamp()) END;
    RETURN NEW;
END $$;
CREATE TRIGGER access_token_is_short BEFORE INSERT ON access_token FOR EACH ROW EXECUTE FUNCTION sign_in_is_short();
CREATE TRIGGER web_session_is_short BEFORE INSERT ON web_session FOR EACH ROW EXECUTE FUNCTION sign_in_is_short();
CREATE TRIGGER access_token_stays_ended BEFORE UPDATE OF revoked_at, rotated_at ON access_token FOR EACH ROW
    EXECUTE FUNCTION token_stays_ended();
CREATE TRIGGER web_session_stays_ended BEFORE UPDATE OF ended_at ON web_session FOR EACH ROW
    EXECUTE FUNCTION browser_stays_ended();

-- Whose name stands in the audit is the name of who is recorded.
CREATE FUNCTION audit_names_who_acts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.actor_name := coalesce((SELECT name FROM app_user WHERE id = NEW.recorded_by), NEW.actor_name);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_names_who_acts BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.recorded_by IS NOT NULL)
    EXECUTE FUNCTION audit_names_who_acts();

-- A reader seals first, but waits for nobody's sealing longer than a second: it then tells what was sealed before.
-- Requests seal nothing, so that none can leave the sealer's row locked.
CREATE FUNCTION seal_facts_if_free() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
    BEGIN
        PERFORM FROM seal_horizon FOR UPDATE;
    EXCEPTION WHEN lock_not_available THEN
        RETURN NULL;
    END;
    RETURN seal_facts();
END $$;
REVOKE EXECUTE ON FUNCTION seal_facts() FROM missionbook_app;

-- The fund's number is in everything that belongs to it.
CREATE TRIGGER fund_keeps_its_id BEFORE UPDATE OF id ON fund FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON FUNCTION act_is_of(text, text), is_lent(text, uuid, uuid), has_password(text),
    replace_password_of(uuid, text), disable_person(uuid), seal_facts_if_free() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_password(text), replace_password_of(uuid, text), disable_person(uuid), seal_facts_if_free()
    TO missionbook_night;

-- What is made from here on is for nobody until it is granted; what a trigger calls needs no grant.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
             AND proowner = current_user::regrole AND proname NOT LIKE 'procrastinate%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
