-- What binds a person, said by the database as well: whoever prepared does not decide, and a declared tie binds.

-- Whether a person has declared a conflict of interest with a party that has begun and that nobody has ended. Everybody
-- inside may ask it, also of a person whose declarations they may not read: a lent act asks it of the lender.
CREATE FUNCTION is_conflicted(person uuid, party uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN EXISTS (SELECT FROM conflict_of_interest c
                   WHERE c.user_id = person AND c.party_id = party AND c.ends_id IS NULL AND c.since <= current_date
                     AND NOT EXISTS (SELECT FROM conflict_of_interest e WHERE e.ends_id = c.id));

-- Investees and auditors borrow no acts: the ones are outside, the others judge what is done.
CREATE FUNCTION person_may_borrow(person uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN EXISTS (SELECT FROM app_user WHERE id = person AND role NOT IN ('investee', 'auditor'));

REVOKE ALL ON FUNCTION is_conflicted(uuid, uuid), person_may_borrow(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_conflicted(uuid, uuid), person_may_borrow(uuid) TO missionbook_app, missionbook_night;

-- Nobody decides what they prepared, in whoever's name either was done: a deal that was proposed, a request that was
-- made. Only who asked withdraws a request. The programme (recorded_by is null) decides nothing that people prepared.
CREATE FUNCTION decided_by_another() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    prepared uuid[];
    decides uuid[] := array_remove(ARRAY[NEW.recorded_by, NEW.recorded_for], NULL);
BEGIN
    IF TG_TABLE_NAME = 'deal_stage' THEN
        SELECT array_remove(ARRAY[recorded_by, recorded_for], NULL) INTO prepared FROM deal_stage
        WHERE deal_id = (to_jsonb(NEW) ->> 'deal_id')::uuid AND stage = 'proposed' ORDER BY id LIMIT 1;
    ELSE
        SELECT array_remove(ARRAY[recorded_by, recorded_for], NULL) INTO prepared FROM request
        WHERE id = (to_jsonb(NEW) ->> 'request_id')::bigint;
    END IF;
    IF (to_jsonb(NEW) ->> 'decision') = 'withdrawn' THEN
        IF (prepared && decides) IS NOT TRUE THEN
            RAISE EXCEPTION 'a request is withdrawn by who made it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'request_is_withdrawn_by_who_made_it';
        END IF;
    ELSIF prepared && decides THEN
        RAISE EXCEPTION 'who prepared a thing does not decide it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_by_somebody_else';
    END IF;
    RETURN NULL;
END $$;

-- A person with a conflict of interest takes no step on a deal of that party, and asks for and decides nothing on it.
CREATE FUNCTION no_conflict_of_interest() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    deal_now uuid := (to_jsonb(NEW) ->> 'deal_id')::uuid;
    investee uuid;
BEGIN
    IF TG_TABLE_NAME = 'request_decision' THEN
        IF (to_jsonb(NEW) ->> 'decision') = 'withdrawn' THEN
            RETURN NULL;
        END IF;
        SELECT deal_id INTO deal_now FROM request WHERE id = (to_jsonb(NEW) ->> 'request_id')::bigint;
    END IF;
    SELECT investee_id INTO investee FROM deal WHERE id = deal_now;
    IF is_conflicted(NEW.recorded_by, investee) OR is_conflicted(NEW.recorded_for, investee) THEN
        RAISE EXCEPTION 'a person with a conflict of interest does nothing on this deal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_conflict_of_interest';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER deal_stage_is_decided_by_another AFTER INSERT ON deal_stage FOR EACH ROW
    WHEN (NEW.stage IN ('approved', 'declined') AND NEW.recorded_by IS NOT NULL)
    EXECUTE FUNCTION decided_by_another();
CREATE TRIGGER request_decision_is_by_another AFTER INSERT ON request_decision FOR EACH ROW
    EXECUTE FUNCTION decided_by_another();
CREATE TRIGGER deal_stage_without_conflict AFTER INSERT ON deal_stage FOR EACH ROW
    WHEN (NEW.recorded_by IS NOT NULL) EXECUTE FUNCTION no_conflict_of_interest();
CREATE TRIGGER request_without_conflict AFTER INSERT ON request FOR EACH ROW EXECUTE FUNCTION no_conflict_of_interest();
CREATE TRIGGER request_decision_without_conflict AFTER INSERT ON request_decision FOR EACH ROW
    EXECUTE FUNCTION no_conflict_of_interest();
