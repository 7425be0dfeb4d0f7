-- What the ledger guarantees, however the rows came in: function, ORM flush or COPY.

-- Complete and zero per currency, once per entry, at COMMIT.
CREATE FUNCTION entry_is_whole() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    lines bigint;
    off_by numeric;
    one_currency boolean;
    bad record;
BEGIN
    SELECT count(*), sum(amount), min(currency) = max(currency) INTO lines, off_by, one_currency
    FROM posting WHERE entry_id = NEW.id;
    IF lines IS DISTINCT FROM NEW.posting_count::bigint THEN
        RAISE EXCEPTION 'entry % declares % postings and has %', NEW.id, NEW.posting_count, lines
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    IF (one_currency AND off_by = 0) IS NOT TRUE THEN
        SELECT currency, sum(amount) AS off_by INTO bad
        FROM posting WHERE entry_id = NEW.id GROUP BY currency HAVING (sum(amount) = 0) IS NOT TRUE LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry % is off by % minor units of %', NEW.id, bad.off_by, bad.currency
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_is_whole_at_commit AFTER INSERT ON entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_is_whole();

-- Nothing is added to an entry of an earlier transaction; a line repeats its entry's days and stays in its fund.
-- Accounts that carry a limit are locked last and in the order of their ids.
CREATE FUNCTION postings_belong() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM arrived p LEFT JOIN entry e ON e.id = p.entry_id LEFT JOIN account a ON a.id = p.account_id
        WHERE (e.xid = pg_current_xact_id() AND e.booked_on = p.booked_on AND e.effective_on = p.effective_on
               AND a.fund_id = e.fund_id AND a.currency = p.currency) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'a posting belongs to an entry of the same transaction, with its days, fund and currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_belongs_to_its_entry';
    END IF;
    PERFORM FROM account_limit WHERE account_id IN (SELECT account_id FROM arrived) ORDER BY account_id FOR UPDATE;
    IF FOUND THEN
        UPDATE account_limit l SET balance_minor = l.balance_minor + m.amount, version = l.version + 1
        FROM (SELECT account_id, sum(amount) AS amount FROM arrived GROUP BY account_id) m
        WHERE m.account_id = l.account_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_belong_to_their_entry AFTER INSERT ON posting
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION postings_belong();

ALTER TABLE account_limit ADD CONSTRAINT account_stays_within_its_limit CHECK (
    (floor_minor IS NULL OR balance_minor >= floor_minor) AND (ceiling_minor IS NULL OR balance_minor <= ceiling_minor));

-- A closed period takes no entries. Posting shares a lock with its like; closing takes it alone.
CREATE FUNCTION entries_lie_in_open_periods() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    fund uuid;
BEGIN
    FOR fund IN SELECT DISTINCT fund_id FROM arrived ORDER BY fund_id LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('period ' || fund, 0));
        IF EXISTS (SELECT FROM arrived a WHERE a.fund_id = fund AND (a.booked_on > (
                SELECT coalesce(max(period_end), '-infinity') FROM period WHERE fund_id = fund)) IS NOT TRUE) THEN
            RAISE EXCEPTION 'the day lies in a closed period'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_lies_in_an_open_period';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_lie_in_an_open_period AFTER INSERT ON entry
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION entries_lie_in_open_periods();

CREATE FUNCTION period_closes_alone() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('period ' || NEW.fund_id, 0));
    RETURN NEW;
END $$;
CREATE TRIGGER period_closes_alone BEFORE INSERT ON period FOR EACH ROW EXECUTE FUNCTION period_closes_alone();
