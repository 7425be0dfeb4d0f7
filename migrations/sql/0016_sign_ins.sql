-- Sign-ins: secrets that no request can read, guesses that every process counts together, and where an act came from.
-- Requests reach hashes only through functions that take one hash or one email and answer for one person.

-- One user by email, with the hash that a password is checked against; nothing for an unknown or disabled one.
CREATE FUNCTION sign_in_of(wanted text)
    RETURNS TABLE (id uuid, email text, name text, role text, party_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT u.id, u.email, u.name, u.role, u.party_id, u.password_hash FROM app_user u
    WHERE u.email = wanted AND u.disabled_at IS NULL;
END;

-- Whose token this is. One that was exchanged for a newer one and comes again was copied: its whole family ends.
CREATE FUNCTION token_used(hash bytea, idle_minutes integer)
    RETURNS TABLE (sign_in_id uuid, reused boolean, id uuid, email text, name text, role text, party_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept access_token;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO kept FROM access_token t WHERE t.token_hash = hash;
    IF kept.rotated_at IS NOT NULL THEN
        UPDATE access_token t SET revoked_at = moment
            WHERE t.family_id = kept.family_id AND t.revoked_at IS NULL AND t.rotated_at IS NULL;
        IF FOUND THEN
            RETURN QUERY SELECT kept.id, true, u.id, u.email::text, u.name::text, u.role::text, u.party_id
                FROM app_user u WHERE u.id = kept.user_id;
        END IF;
        RETURN;
    END IF;
    IF kept.id IS NULL OR kept.revoked_at IS NOT NULL OR kept.expires_at <= moment
       OR kept.last_used_at <= moment - make_interval(mins => idle_minutes) THEN
        RETURN;
    END IF;
    IF kept.last_used_at <= moment - interval '1 minute' THEN
        UPDATE access_token t SET last_used_at = moment
            WHERE t.id = (SELECT s.id FROM access_token s WHERE s.id = kept.id FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT kept.id, false, u.id, u.email::text, u.name::text, u.role::text, u.party_id
        FROM app_user u WHERE u.id = kept.user_id AND u.disabled_at IS NULL;
END $$;

-- Who is signed in in the browser that has this secret.
CREATE FUNCTION browser_used(hash bytea, idle_minutes integer)
    RETURNS TABLE (sign_in_id uuid, id uuid, email text, name text, role text, party_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept web_session;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO kept FROM web_session w WHERE w.secret_hash = hash;
    IF kept.id IS NULL OR kept.ended_at IS NOT NULL OR kept.expires_at <= moment
       OR kept.last_used_at <= moment - make_interval(mins => idle_minutes) THEN
        RETURN;
    END IF;
    IF kept.last_used_at <= moment - interval '1 minute' THEN
        UPDATE web_session w SET last_used_at = moment
            WHERE w.id = (SELECT s.id FROM web_session s WHERE s.id = kept.id FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY SELECT kept.id, u.id, u.email::text, u.name::text, u.role::text, u.party_id
        FROM app_user u WHERE u.id = kept.user_id AND u.disabled_at IS NULL;
END $$;

-- Who is signed in may replace the own password, and only the one that was just checked.
CREATE FUNCTION change_own_password(checked text, fresh text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE app_user SET password_hash = fresh, password_changed_at = clock_timestamp()
        WHERE id = actor_id() AND password_hash = checked AND disabled_at IS NULL;
    RETURN FOUND;
END $$;

-- How long the next attempt waits after so many failures: nothing for the first few, then 1, 2, 4 ... seconds. One
-- person at one address gets few tries; a person from all addresses together, and an address with all persons, more.
CREATE FUNCTION sign_in_wait(kind text, failed integer) RETURNS interval LANGUAGE sql IMMUTABLE
    RETURN make_interval(secs => CASE
        WHEN failed < CASE kind WHEN 'pair' THEN 5 WHEN 'account' THEN 50 ELSE 30 END THEN 0
        ELSE least(CASE kind WHEN 'account' THEN 60 ELSE 900 END,
            2 ^ least(failed - CASE kind WHEN 'pair' THEN 5 WHEN 'account' THEN 50 ELSE 30 END, 10)) END);

-- Count an attempt before its password is looked at, so that a hundred at once are not a hundred free ones. Where one
-- has to wait it is not counted; ``is_news`` tells the first such answer after an attempt that was counted.
-- From an address where this person signed in within 30 days only their own failures there count: who guesses from
-- elsewhere cannot keep them out.
CREATE FUNCTION sign_in_attempted(account bytea, address bytea)
    RETURNS TABLE (wait_seconds integer, is_news boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pair bytea := sha256(account || address);
    one record;
    moment timestamptz := clock_timestamp();
    waits_until timestamptz := moment;
    was_told boolean := false;
    is_known_here boolean := false;
BEGIN
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('pair', pair, moment, moment)
        ON CONFLICT DO NOTHING;
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('account', account, moment, moment)
        ON CONFLICT DO NOTHING;
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('address', address, moment, moment)
        ON CONFLICT DO NOTHING;
    FOR one IN
        SELECT a.kind, a.not_before, a.told, a.succeeded_at FROM (VALUES (1, 'pair', pair), (2, 'account', account),
            (3, 'address', address)) AS wanted (place, kind, subject)
            JOIN sign_in_attempt a ON a.kind = wanted.kind AND a.subject = wanted.subject
        ORDER BY wanted.place FOR UPDATE OF a
    LOOP
        IF one.kind = 'pair' THEN
            was_told := one.told;
            is_known_here := coalesce(one.succeeded_at > moment - interval '30 days', false);
        END IF;
        IF one.kind = 'pair' OR NOT is_known_here THEN
            waits_until := greatest(waits_until, one.not_before);
        END IF;
    END LOOP;
    IF waits_until > moment THEN
        UPDATE sign_in_attempt a SET told = true WHERE a.kind = 'pair' AND a.subject = pair AND NOT a.told;
        RETURN QUERY SELECT ceil(extract(epoch FROM waits_until - moment))::integer, NOT was_told;
        RETURN;
    END IF;
    UPDATE sign_in_attempt a SET
        failed = counted.failed, told = false, last_at = moment, not_before = moment + sign_in_wait(a.kind, counted.failed)
        FROM (SELECT s.kind, s.subject, CASE
                  WHEN s.last_at < moment - CASE s.kind WHEN 'address' THEN interval '1 hour' ELSE interval '1 day' END
                  THEN 1 ELSE least(s.failed + 1, 1000000) END AS failed
              FROM sign_in_attempt s WHERE (s.kind = 'pair' AND s.subject = pair)
                  OR (NOT is_known_here AND s.kind = 'account' AND s.subject = account)
                  OR (NOT is_known_here AND s.kind = 'address' AND s.subject = address)) AS counted
        WHERE a.kind = counted.kind AND a.subject = counted.subject;
    RETURN QUERY SELECT 0, false;
END $$;

-- The attempt that was counted was right: nothing is left of it, and this person is known at this address.
CREATE FUNCTION sign_in_succeeded(account bytea, address bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pair bytea := sha256(account || address);
    moment timestamptz := clock_timestamp();
    was_known_here boolean;
BEGIN
    SELECT coalesce(a.succeeded_at > moment - interval '30 days', false) INTO was_known_here
        FROM sign_in_attempt a WHERE a.kind = 'pair' AND a.subject = pair FOR UPDATE;
    UPDATE sign_in_attempt a SET failed = 0, not_before = moment, succeeded_at = moment, told = false
        WHERE a.kind = 'pair' AND a.subject = pair;
    IF NOT coalesce(was_known_here, true) THEN
        UPDATE sign_in_attempt a SET failed = greatest(a.failed - 1, 0), not_before = moment
            WHERE a.kind = 'account' AND a.subject = account;
        UPDATE sign_in_attempt a SET failed = greatest(a.failed - 1, 0), not_before = moment
            WHERE a.kind = 'address' AND a.subject = address;
    END IF;
END $$;

-- Take away what opened a door long ago, and attempts that no longer count. What was done stays in the audit.
CREATE FUNCTION forget_sign_ins(days integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH tokens AS (
        DELETE FROM access_token WHERE greatest(expires_at, family_ends_at) < clock_timestamp() - make_interval(days => days)
        RETURNING 1),
    browsers AS (
        DELETE FROM web_session WHERE expires_at < clock_timestamp() - make_interval(days => days) RETURNING 1),
    attempts AS (
        DELETE FROM sign_in_attempt WHERE last_at < clock_timestamp() - interval '1 day'
            AND coalesce(succeeded_at, '-infinity') < clock_timestamp() - interval '30 days' RETURNING 1)
    SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM browsers) + (SELECT count(*) FROM attempts);
END;

REVOKE ALL ON FUNCTION sign_in_of(text), token_used(bytea, integer), browser_used(bytea, integer),
    change_own_password(text, text), sign_in_wait(text, integer), sign_in_attempted(bytea, bytea),
    sign_in_succeeded(bytea, bytea), forget_sign_ins(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_of(text) TO missionbook_app, missionbook_night;
GRANT EXECUTE ON FUNCTION token_used(bytea, integer), browser_used(bytea, integer), change_own_password(text, text),
    sign_in_attempted(bytea, bytea), sign_in_succeeded(bytea, bytea) TO missionbook_app;
GRANT EXECUTE ON FUNCTION forget_sign_ins(integer) TO missionbook_night;

-- No hash is read in bulk, neither by requests nor by nights.
REVOKE SELECT ON app_user, access_token, web_session FROM missionbook_app, missionbook_night;
REVOKE INSERT ON access_token, web_session FROM missionbook_app;
GRANT SELECT (id, email, name, role, party_id, created_at, disabled_at, password_changed_at) ON app_user
    TO missionbook_app, missionbook_night;
GRANT SELECT (id, user_id, family_id, family_ends_at, created_at, expires_at, last_used_at, rotated_at, revoked_at,
    came_from, agent) ON access_token TO missionbook_app, missionbook_night;
GRANT SELECT (id, user_id, created_at, expires_at, last_used_at, ended_at, came_from, agent) ON web_session
    TO missionbook_app, missionbook_night;
GRANT INSERT (user_id, token_hash, family_id, family_ends_at, expires_at, came_from, agent) ON access_token
    TO missionbook_app;
GRANT INSERT (user_id, secret_hash, expires_at, came_from, agent) ON web_session TO missionbook_app;
GRANT UPDATE (password_changed_at) ON app_user TO missionbook_app, missionbook_night;
GRANT UPDATE (rotated_at) ON access_token TO missionbook_app;
-- Where an act came from is said by the transaction, not by who writes the row.
GRANT INSERT (before, after) ON audit TO missionbook_app;

-- Everybody sees and ends their own sign-ins; a steward everybody's.
CREATE POLICY seen ON access_token FOR SELECT USING (user_id = (SELECT actor_id()) OR (SELECT actor_is_steward()));
CREATE POLICY added ON access_token FOR INSERT WITH CHECK (user_id = (SELECT actor_id()));
CREATE POLICY changed ON access_token FOR UPDATE USING (user_id = (SELECT actor_id()) OR (SELECT actor_is_steward()));
CREATE POLICY seen ON web_session FOR SELECT USING (user_id = (SELECT actor_id()) OR (SELECT actor_is_steward()));
CREATE POLICY added ON web_session FOR INSERT WITH CHECK (user_id = (SELECT actor_id()));
CREATE POLICY changed ON web_session FOR UPDATE USING (user_id = (SELECT actor_id()) OR (SELECT actor_is_steward()));
-- A stranger lists nobody; an investee's person knows the bank's people and those of the own party.
DROP POLICY seen ON app_user;
CREATE POLICY seen ON app_user FOR SELECT USING ((SELECT actor_is_inside()) OR party_id = (SELECT actor_party())
    OR (role <> 'investee' AND (SELECT actor_party()) IS NOT NULL));
