-- A browser that a person signed in with is a place of its own, and somebody may be let in from an address they named.

-- Where an attempt is counted: at the browser, if this person signed in with it within 30 days; else at the address.
-- The browser is known by what only it was given, for this person only, so nobody guesses their way past a wait with it.
CREATE FUNCTION sign_in_place(account bytea, address bytea, browser bytea) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN CASE WHEN EXISTS (SELECT FROM sign_in_attempt a WHERE a.kind = 'pair' AND a.subject = sha256(account || browser)
                             AND a.succeeded_at > clock_timestamp() - interval '30 days')
           THEN browser ELSE address END;

-- Remember for 30 days that this person is known at this place; what failed there stays counted. Everybody for
-- themselves, and a night for whoever a steward lets in; tells whether there is such a person.
CREATE FUNCTION know_place(whose uuid, place bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    INSERT INTO sign_in_attempt (kind, subject, last_at, not_before, succeeded_at)
        SELECT 'pair', sha256(sha256(convert_to('account ' || u.email::text, 'UTF8')) || place), moment, moment, moment
        FROM app_user u WHERE u.id = whose AND u.disabled_at IS NULL
            AND (u.id = actor_id() OR session_user = 'missionbook_night')
        ON CONFLICT (kind, subject) DO UPDATE SET succeeded_at = excluded.succeeded_at;
    RETURN FOUND;
END $$;

-- Who is signed in asks for no hash: a sign-in compares its own by password_still_fits (0019), so 0017's exception goes.
CREATE OR REPLACE FUNCTION sign_in_of(wanted text)
    RETURNS TABLE (id uuid, email text, name text, role text, party_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT u.id, u.email, u.name, u.role, u.party_id, u.password_hash FROM app_user u
    WHERE u.email = wanted AND u.disabled_at IS NULL AND actor_id() IS NULL;
END;

REVOKE ALL ON FUNCTION sign_in_place(bytea, bytea, bytea), know_place(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_place(bytea, bytea, bytea) TO missionbook_app;
GRANT EXECUTE ON FUNCTION know_place(uuid, bytea) TO missionbook_app, missionbook_night;
