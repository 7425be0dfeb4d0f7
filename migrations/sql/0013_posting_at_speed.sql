-- Posting at speed: the same guarantees, looked at once per statement instead of once per row wherever that can be.

-- An entry that says arrived_whole comes in one statement with all its postings and is checked when that statement ends;
-- every other one is checked at COMMIT. Who says it wrongly is refused, so nothing rests on who says it.
ALTER TABLE entry ADD COLUMN arrived_whole boolean;

-- Complete, and zero in each currency; a reversal is the mirror of its entry. NULL never passes.
CREATE FUNCTION require_whole(whole_id bigint, declared bigint, reversed_id bigint) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    lines bigint := (SELECT count(*) FROM posting WHERE entry_id = whole_id);
    bad record;
BEGIN
    IF lines IS DISTINCT FROM declared THEN
        RAISE EXCEPTION 'entry % declares % postings and has %', whole_id, declared, lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    SELECT currency, sum(amount) AS off_by INTO bad FROM posting WHERE entry_id = whole_id
    GROUP BY currency HAVING (sum(amount) = 0) IS NOT TRUE ORDER BY currency LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % is off by % minor units of %', whole_id, bad.off_by, bad.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    IF reversed_id IS NOT NULL AND EXISTS (
        -- What stands on one account and instrument in one amount stands in both as often, with the sign turned.
        SELECT FROM posting WHERE entry_id IN (whole_id, reversed_id)
        GROUP BY account_id, instrument_id, amount * CASE WHEN entry_id = whole_id THEN -1 ELSE 1 END
        HAVING count(*) FILTER (WHERE entry_id = whole_id) <> count(*) FILTER (WHERE entry_id = reversed_id)
    ) THEN
        RAISE EXCEPTION 'entry % is not the mirror of entry %', whole_id, reversed_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_mirrors_its_entry';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION entry_is_whole() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM require_whole(NEW.id, NEW.posting_count, NEW.reverses_id);
    RETURN NULL;
END $$;
DROP TRIGGER entry_is_whole_at_commit ON entry;
CREATE CONSTRAINT TRIGGER entry_is_whole_at_commit AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.arrived_whole IS NOT TRUE) EXECUTE FUNCTION entry_is_whole();

-- Headers as they arrive: new facts, of an open period, of a deal of their fund or of none; a reversal takes back an
-- entry of its fund that is no reversal; who says it arrived whole has its postings beside it. Lookups go by index
-- whatever the planner believes of a table that was empty when it looked: its plan is kept while the table grows.
CREATE FUNCTION entries_arrive() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    came record;
    fund uuid;
    closed_until date;
BEGIN
    SELECT array_agg(DISTINCT a.fund_id) AS funds,
           bool_and((a.xid = pg_current_xact_id()) IS TRUE
                    AND (SELECT true FROM seal s WHERE s.fact_id = a.id) IS NULL) AS are_new,
           bool_and(a.deal_id IS NULL
                    OR (SELECT d.fund_id = a.fund_id FROM deal d WHERE d.id = a.deal_id) IS TRUE) AS deals_fit,
           bool_and(a.reverses_id IS NULL
                    OR (SELECT r.fund_id = a.fund_id AND r.reverses_id IS NULL FROM entry r WHERE r.id = a.reverses_id)
                       IS TRUE) AS reversals_fit,
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
    ELSIF came.complete IS FALSE THEN
        RAISE EXCEPTION 'an entry that arrives whole has all its postings beside it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    -- Posting shares a lock with its like; closing a period takes it alone. What is closed is read once it is held.
    FOREACH fund IN ARRAY coalesce(came.funds, '{}') LOOP
        CONTINUE WHEN pg_advisory_xact_lock_shared(hashtextextended('period ' || fund, 0)) IS NULL;
        closed_until := (SELECT max(period_end) FROM period WHERE fund_id = fund);
        IF closed_until IS NOT NULL AND EXISTS (
            SELECT FROM arrived a WHERE a.fund_id = fund AND (a.booked_on > closed_until) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'the day lies in a closed period'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_lies_in_an_open_period';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
DROP TRIGGER entry_facts_are_new ON entry;
DROP TRIGGER entries_lie_in_an_open_period ON entry;
DROP FUNCTION entries_lie_in_open_periods();
CREATE TRIGGER entries_arrive AFTER INSERT ON entry
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION entries_arrive();

-- Postings as they arrive: to an entry of the same transaction, on one of the lines that it declares (so that one that
-- was found whole has no place left), with its days, in its fund and currency. Those of an entry that arrives whole sum
-- to zero here; what is not plain (several currencies, a reversal, a mistake) is looked at again by itself. Accounts
-- that carry a limit are locked last and in the order of their ids.
CREATE OR REPLACE FUNCTION postings_belong() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    came record;
    doubtful record;
    moved record;
BEGIN
    -- NULL does not belong; 1 is checked at COMMIT, 2 arrives whole, 3 does so and is a reversal.
    SELECT bool_and(p.standing IS NOT NULL) AS belong, max(p.standing) AS standing,
           min(p.entry_id) = max(p.entry_id) AND min(p.currency) = max(p.currency) AND sum(p.amount) = 0 AS plain,
           bool_and(p.instrument_id IS NULL
                    OR (SELECT true FROM instrument i WHERE i.id = p.instrument_id) IS TRUE) AS instruments_known,
           bool_or((SELECT true FROM account_limit l WHERE l.account_id = p.account_id)) AS limited
    INTO came
    FROM (SELECT p.*, (
              SELECT CASE WHEN e.arrived_whole IS NOT TRUE THEN 1 WHEN e.reverses_id IS NULL THEN 2 ELSE 3 END
              FROM entry e, account a
              WHERE e.id = p.entry_id AND a.id = p.account_id AND e.xid = pg_current_xact_id()
                AND p.line BETWEEN 1 AND e.posting_count
                AND e.booked_on = p.booked_on AND e.effective_on = p.effective_on
                AND a.fund_id = e.fund_id AND a.currency = p.currency) AS standing
          FROM arrived p OFFSET 0) p;
    IF came.belong IS FALSE THEN
        RAISE EXCEPTION 'a posting belongs to an entry of the same transaction, with its days, fund and currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_belongs_to_its_entry';
    ELSIF came.instruments_known IS FALSE THEN
        RAISE EXCEPTION 'a posting belongs to an instrument of the book or to none'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'posting_instrument_is_known';
    END IF;
    IF came.standing > 1 AND (came.plain AND came.standing = 2) IS NOT TRUE THEN
        FOR doubtful IN
            SELECT e.id, e.posting_count, e.reverses_id
            FROM (SELECT p.entry_id, min(p.currency) = max(p.currency) AND sum(p.amount) = 0 AS plain
                  FROM arrived p GROUP BY p.entry_id OFFSET 0) p
            CROSS JOIN LATERAL (SELECT * FROM entry e WHERE e.id = p.entry_id AND e.arrived_whole OFFSET 0) e
            WHERE (p.plain AND e.reverses_id IS NULL) IS NOT TRUE
        LOOP
            PERFORM require_whole(doubtful.id, doubtful.posting_count, doubtful.reverses_id);
        END LOOP;
    END IF;
    IF came.limited THEN
        FOR moved IN
            SELECT p.account_id, sum(p.amount) AS amount FROM arrived p
            WHERE (SELECT true FROM account_limit l WHERE l.account_id = p.account_id)
            GROUP BY p.account_id ORDER BY p.account_id
        LOOP
            UPDATE account_limit SET balance_minor = balance_minor + moved.amount, version = version + 1
            WHERE account_id = moved.account_id;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

-- A limit begins with what the account holds: it waits for whoever is posting in its fund, and counts for itself.
CREATE FUNCTION limit_begins_with_the_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('period ' || fund_id, 0)) FROM account WHERE id = NEW.account_id;
    NEW.balance_minor := coalesce((SELECT sum(amount) FROM posting WHERE account_id = NEW.account_id), 0);
    RETURN NEW;
END $$;
CREATE TRIGGER limit_begins_with_the_balance BEFORE INSERT ON account_limit
    FOR EACH ROW EXECUTE FUNCTION limit_begins_with_the_balance();

-- What the triggers above look up needs no second look-up per row, nor a lock on the fund's and the account's row that
-- all who post would have to share: none of the tables that these keys point to lets a row go.
ALTER TABLE entry ALTER CONSTRAINT entry_fund_id_fkey NOT ENFORCED;
ALTER TABLE entry ALTER CONSTRAINT entry_deal_id_fkey NOT ENFORCED;
ALTER TABLE entry ALTER CONSTRAINT entry_reverses_id_fkey NOT ENFORCED;
ALTER TABLE posting ALTER CONSTRAINT posting_entry_id_fkey NOT ENFORCED;
ALTER TABLE posting ALTER CONSTRAINT posting_account_id_fkey NOT ENFORCED;
ALTER TABLE posting ALTER CONSTRAINT posting_instrument_id_fkey NOT ENFORCED;
CREATE TRIGGER fund_stays BEFORE DELETE OR TRUNCATE ON fund FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Only what takes something back is looked up by it, only what belongs to a deal by the deal.
ALTER TABLE entry DROP CONSTRAINT entry_is_reversed_once;
CREATE UNIQUE INDEX entry_is_reversed_once ON entry (reverses_id) WHERE reverses_id IS NOT NULL;
DROP INDEX entry_by_deal;
CREATE INDEX entry_by_deal ON entry (deal_id) WHERE deal_id IS NOT NULL;

-- One entry in one call: its accounts are found by their codes, and a refusal that people cause comes back as the name
-- of what refused it, with nothing left behind and the transaction alive. The same key with the same body, in
-- the same fund, is answered with the first one's number. Requests post in the name of who is signed in, if that is one of the bank's own people.
CREATE FUNCTION post_entry(the_fund uuid, by_whom uuid, in_scope text, under_key text, the_hash bytea, the_kind text,
        the_reason text, the_source text, the_deal uuid, booked date, effective date, taken_back bigint,
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
                booked, effective, taken_back, cardinality(amounts), true)
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
    IF EXISTS (SELECT FROM unnest(codes, currencies) AS p (code, currency) WHERE NOT EXISTS (
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

REVOKE ALL ON FUNCTION require_whole, entry_is_whole, entries_arrive, postings_belong, limit_begins_with_the_balance,
    post_entry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION post_entry TO missionbook_app, missionbook_night;
GRANT INSERT (arrived_whole) ON entry TO missionbook_app;

-- A function of the owner's looks at the book's tables, never at a temporary one that its caller gave the same name.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
             AND proowner = current_user::regrole AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false) LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', f);
    END LOOP;
END $$;
