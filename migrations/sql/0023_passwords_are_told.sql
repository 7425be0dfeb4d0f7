-- People whose password, or whose end of sign-ins, is not what the last act said of it. A hash never leaves the database:
-- an act tells its SHA-256. Who never had a password has a hash that nothing fits.
CREATE FUNCTION sign_ins_that_differ() RETURNS TABLE (person uuid, why text) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT u.id, CASE WHEN u.password_hash LIKE '$%' AND said.kept_as IS NULL THEN 'has a password that no act gave'
                      WHEN said.kept_as <> encode(sha256(convert_to(u.password_hash, 'UTF8')), 'hex')
                          THEN 'has another password than the last act gave'
                      WHEN u.disabled_at IS NULL THEN 'may sign in again, by no act'
                      ELSE 'may sign in no more, by no act' END
    FROM app_user u
    LEFT JOIN LATERAL (SELECT a.detail ->> 'kept_as' AS kept_as FROM audit a
                       WHERE a.subject_kind = 'user' AND a.subject = u.id::text AND a.outcome = 'done'
                         AND a.detail ->> 'kept_as' IS NOT NULL ORDER BY a.id DESC LIMIT 1) said ON true
    WHERE u.password_hash LIKE '$%' AND said.kept_as IS NULL
       OR said.kept_as <> encode(sha256(convert_to(u.password_hash, 'UTF8')), 'hex')
       OR (u.disabled_at IS NOT NULL) <> EXISTS (
              SELECT FROM audit a WHERE a.subject_kind = 'user' AND a.subject = u.id::text AND a.outcome = 'done'
                AND (a.act = 'disable a user' OR a.detail ->> 'may_sign_in' = 'false'));
END;
REVOKE ALL ON FUNCTION sign_ins_that_differ() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_ins_that_differ() TO missionbook_night;
