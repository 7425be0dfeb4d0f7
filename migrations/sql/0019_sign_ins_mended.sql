-- Whoever adds, exchanges or ends sign-ins of a person, or changes the password, does it one after the other.

-- Taken first and held to the end of the transaction; what the next statement sees is then the last word.
CREATE FUNCTION lock_sign_ins(whose uuid) RETURNS void LANGUAGE sql VOLATILE
    RETURN pg_advisory_xact_lock(hashtextextended('sign-ins of ' || whose::text, 0));

-- Whose token this is. One that was exchanged for a newer one and comes again was copied: its whole family ends, also
-- a token that is being given in exchange at this moment.
CREATE OR REPLACE FUNCTION token_used(hash bytea, idle_minutes integer)
    RETURNS TABLE (sign_in_id uuid, reused boolean, id uuid, email text, name text, role text, party_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept access_token;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO kept FROM access_token t WHERE t.token_hash = hash;
    IF kept.rotated_at IS NOT NULL THEN
        PERFORM lock_sign_ins(kept.user_id);
        UPDATE access_token t SET revoked_at = clock_timestamp()
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

-- As before (0016), but that a wait was told is kept with what causes it: a wait of an address is news once, not once
-- for every person that is tried from there.
CREATE OR REPLACE FUNCTION sign_in_attempted(account bytea, address bytea)
    RETURNS TABLE (wait_seconds integer, is_news boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pair bytea := sha256(account || address);
    one record;
    moment timestamptz := clock_timestamp();
    waits_until timestamptz := moment;
    cause record;
    is_known_here boolean := false;
BEGIN
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('pair', pair, moment, moment)
        ON CONFLICT DO NOTHING;
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('account', account, moment, moment)
        ON CONFLICT DO NOTHING;
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before) VALUES ('address', address, moment, moment)
        ON CONFLICT DO NOTHING;
    FOR one IN
        SELECT a.kind, a.subject, a.not_before, a.told, a.succeeded_at FROM (VALUES (1, 'pair', pair),
            (2, 'account', account), (3, 'address', address)) AS wanted (place, kind, subject)
            JOIN sign_in_attempt a ON a.kind = wanted.kind AND a.subject = wanted.subject
        ORDER BY wanted.place FOR UPDATE OF a
    LOOP
        IF one.kind = 'pair' THEN
            is_known_here := coalesce(one.succeeded_at > moment - interval '30 days', false);
        END IF;
        IF (one.kind = 'pair' OR NOT is_known_here) AND one.not_before > waits_until THEN
            waits_until := one.not_before;
            cause := one;
        END IF;
    END LOOP;
    IF waits_until > moment THEN
        UPDATE sign_in_attempt a SET told = true WHERE a.kind = cause.kind AND a.subject = cause.subject AND NOT a.told;
        RETURN QUERY SELECT ceil(extract(epoch FROM waits_until - moment))::integer, NOT cause.told;
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

-- Whether a hash that was checked is still the actor's own: asked in the transaction that lets them in.
CREATE FUNCTION password_still_fits(checked text) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN EXISTS (SELECT FROM app_user WHERE id = actor_id() AND password_hash = checked AND disabled_at IS NULL);

REVOKE ALL ON FUNCTION lock_sign_ins(uuid), password_still_fits(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_sign_ins(uuid) TO missionbook_app, missionbook_night;
GRANT EXECUTE ON FUNCTION password_still_fits(text) TO missionbook_app;
