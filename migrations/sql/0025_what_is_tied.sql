-- What the rule said and the database did not: rows that name another row fit it, and an answer that was given stays.

-- As in 0013, with a reversal on the value day of what it takes back, and requests booking on no day that the fund's
-- book has not reached. Nights and loads book what came up on later days and move the book there themselves.
CREATE OR REPLACE FUNCTION entries_arrive() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    came record;
    fund_now uuid;
    closed_until date;
    open_until date;
BEGIN
    SELECT array_agg(DISTINCT a.fund_id) AS funds, min(a.booked_on) AS first_day, max(a.booked_on) AS last_day,
           bool_and((a.xid = pg_current_xact_id()) IS TRUE
                    AND (SELECT true FROM seal s WHERE s.fact_id = a.id) IS NULL) AS are_new,
           bool_and(a.deal_id IS NULL
                    OR (SELECT d.fund_id = a.fund_id FROM deal d WHERE d.id = a.deal_id) IS TRUE) AS deals_fit,
           bool_and(a.reverses_id IS NULL
                    OR (SELECT r.fund_id = a.fund_id AND r.reverses_id IS NULL FROM entry r WHERE r.id = a.reverses_id)
                       IS TRUE) AS reversals_fit,
           bool_and(a.reverses_id IS NULL
                    OR (SELECT r.effective_on = a.effective_on FROM entry r WHERE r.id = a.reverses_id)
                       IS TRUE) AS value_days_fit,
           bool_and(a.arrived_whole IS NOT TRUE
                    OR ((SELECT count(*) FROM posting p WHERE p.entry_id = a.id) = a.posting_count) IS TRUE) AS complete
    INTO came FROM arrived a;
    IF came.are_new IS FALSE THEN
        RAISE EXCEPTION 'a fact is of the transaction that writes it, and its number is new'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_is_new';
    ELSIF came.deals_fit IS FALSE THEN
        RAISE EXCEPTION 'an entry belongs to a deal of its fund or to none'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_deal_is_of_its_fund';
    ELSIF came.reversals_fit IS FALSE THEN
        RAISE EXCEPTION 'a reversal takes back an entry of its own fund that is no reversal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_fits_its_entry';
    ELSIF came.value_days_fit IS FALSE THEN
        RAISE EXCEPTION 'a reversal takes effect on the day on which the entry did'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_keeps_the_value_day';
    ELSIF came.complete IS FALSE THEN
        RAISE EXCEPTION 'an entry that arrives whole has all its postings beside it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    -- Posting shares a lock with its like; closing a period takes it alone. What is closed is read once it is held.
    FOREACH fund_now IN ARRAY coalesce(came.funds, '{}') LOOP
        CONTINUE WHEN pg_advisory_xact_lock_shared(hashtextextended('period ' || fund_now, 0)) IS NULL;
        SELECT (SELECT max(period_end) FROM period WHERE fund_id = fund_now),
               (SELECT business_day + 1 FROM fund WHERE id = fund_now AND session_user = 'missionbook_app')
        INTO closed_until, open_until;
        -- Looked at fund by fund only where some day of the statement lies outside.
        IF came.first_day <= closed_until AND EXISTS (
            SELECT FROM arrived a WHERE a.fund_id = fund_now AND (a.booked_on > closed_until) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'the day lies in a closed period'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_lies_in_an_open_period';
        ELSIF came.last_day > open_until AND EXISTS (
            SELECT FROM arrived a WHERE a.fund_id = fund_now AND (a.booked_on <= open_until) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'the fund''s book has not reached the day'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_lies_on_a_day_reached';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- As in 0013; an entry declares as many lines as any of its lists has, so that none is dropped on the way.
CREATE OR REPLACE FUNCTION post_entry(the_fund uuid, by_whom uuid, in_scope text, under_key text, the_hash bytea,
        the_kind text, the_reason text, the_source text, the_deal uuid, booked date, effective date, taken_back bigint,
        codes text[], currencies text[], amounts bigint[], instruments uuid[],
        OUT entry_number bigint, OUT refused text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF session_user NOT IN ('missionbook_night', 'missionbook_migrator')
       AND (actor_is_inside() AND by_whom = actor_id()) IS NOT TRUE THEN
        RAISE EXCEPTION 'only the bank''s own people post, each in their own name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH header AS (
        INSERT INTO entry (fund_id, recorded_by, actor_scope, idem_key, body_hash, kind, reason, source_ref, deal_id,
                           booked_on, effective_on, reverses_id, posting_count, arrived_whole)
        VALUES (the_fund, by_whom, in_scope, under_key, the_hash, the_kind, the_reason, the_source, the_deal,
                booked, effective, taken_back,
                greatest(cardinality(codes), cardinality(currencies), cardinality(amounts), cardinality(instruments)), true)
        RETURNING id),
    lines AS (
        INSERT INTO posting (entry_id, line, account_id, currency, booked_on, effective_on, amount, instrument_id)
        SELECT header.id, p.line, a.id, p.currency, booked, effective, p.amount, p.instrument_id
        FROM header, unnest(codes, currencies, amounts, instruments)
                     WITH ORDINALITY AS p (code, currency, amount, instrument_id, line)
        JOIN account a ON a.fund_id = the_fund AND a.code = p.code AND a.currency = p.currency)
    SELECT id INTO entry_number FROM header;
EXCEPTION WHEN check_violation OR unique_violation THEN
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    IF cardinality(codes) = ALL (ARRAY[cardinality(currencies), cardinality(amounts)]) AND EXISTS (
            SELECT FROM unnest(codes, currencies) AS p (code, currency) WHERE NOT EXISTS (
                SELECT FROM account a WHERE a.fund_id = the_fund AND a.code = p.code AND a.currency = p.currency)) THEN
        refused := 'account_is_open';
    ELSIF refused = 'entry_key_is_used_once' THEN
        SELECT id INTO entry_number FROM entry
        WHERE actor_scope = in_scope AND idem_key = under_key AND body_hash = the_hash AND fund_id = the_fund;
        IF FOUND THEN
            refused := NULL;
        END IF;
    ELSIF refused NOT IN ('entry_lies_in_an_open_period', 'entry_is_reversed_once', 'account_stays_within_its_limit',
                          'reversal_fits_its_entry') THEN
        RAISE;
    END IF;
END $$;

-- A rate is one of the fund's own currency.
CREATE FUNCTION rate_is_of_its_fund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT currency = NEW.base FROM fund WHERE id = NEW.fund_id) IS NOT TRUE THEN
        RAISE EXCEPTION 'a rate says what one unit of the fund''s own currency was worth, not of %', NEW.base
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rate_is_of_its_fund';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rate_is_of_its_fund AFTER INSERT ON exchange_rate FOR EACH ROW EXECUTE FUNCTION rate_is_of_its_fund();

-- A fact that names an entry names one of its own fund; a contribution the one that booked its amount on its day.
CREATE FUNCTION entry_named_is_of_the_fund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.entry_id IS NOT NULL
       AND (SELECT fund_id = NEW.fund_id FROM entry WHERE id = NEW.entry_id) IS NOT TRUE THEN
        RAISE EXCEPTION 'the entry which a row of % names is one of its own fund', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_named_is_of_the_fund';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION contribution_is_what_its_entry_booked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
            SELECT FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
            WHERE e.id = NEW.entry_id AND e.fund_id = NEW.fund_id AND e.kind = 'contribution'
              AND e.effective_on = NEW.received_on AND a.code = 'cash' AND p.amount = NEW.amount_minor AND p.currency = NEW.currency) THEN
        RAISE EXCEPTION 'a contribution is what its entry booked: amount, currency and day'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_is_what_its_entry_booked';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER contribution_is_what_its_entry_booked AFTER INSERT ON contribution
    FOR EACH ROW EXECUTE FUNCTION contribution_is_what_its_entry_booked();

-- A fund's book goes forwards.
CREATE FUNCTION business_day_goes_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a fund''s business day moves on, never back to %', NEW.business_day
        USING ERRCODE = 'check_violation', CONSTRAINT = 'business_day_goes_forwards';
END $$;
CREATE TRIGGER business_day_goes_forwards BEFORE UPDATE ON fund FOR EACH ROW
    WHEN ((NEW.business_day >= OLD.business_day) IS NOT TRUE) EXECUTE FUNCTION business_day_goes_forwards();

-- An answer that was given is final, and none goes.
CREATE TRIGGER answer_is_final BEFORE UPDATE ON answer FOR EACH ROW
    WHEN (OLD.status IS NOT NULL
          OR ROW(OLD.actor_scope, OLD.route, OLD.idem_key, OLD.body_hash, OLD.answered_at)
             IS DISTINCT FROM ROW(NEW.actor_scope, NEW.route, NEW.idem_key, NEW.body_hash, NEW.answered_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER answer_stays BEFORE DELETE OR TRUNCATE ON answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON FUNCTION rate_is_of_its_fund, entry_named_is_of_the_fund, contribution_is_what_its_entry_booked,
    business_day_goes_forwards FROM PUBLIC;
