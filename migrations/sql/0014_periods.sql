-- A period closes at a month's end that has passed, after the one before it, and its balances are written with it.

-- Whoever writes must see a closing that was committed while he waited for the lock: a snapshot taken earlier would not.
CREATE FUNCTION refuse_old_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is written in transactions that read what is committed, not at level %',
        current_setting('transaction_isolation')
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_is_written_read_committed';
END $$;
CREATE TRIGGER entries_are_written_read_committed BEFORE INSERT ON entry FOR EACH STATEMENT
    WHEN (current_setting('transaction_isolation') <> 'read committed') EXECUTE FUNCTION refuse_old_snapshot();
CREATE TRIGGER periods_are_closed_read_committed BEFORE INSERT ON period FOR EACH STATEMENT
    WHEN (current_setting('transaction_isolation') <> 'read committed') EXECUTE FUNCTION refuse_old_snapshot();

ALTER TABLE period ADD CONSTRAINT period_ends_with_a_month CHECK (extract(day FROM period_end + 1) = 1);

-- Runs when the fund's lock is held (period_closes_alone): nobody is posting, and nobody will post into the period.
CREATE FUNCTION keep_closing_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before date := (SELECT max(period_end) FROM period WHERE fund_id = NEW.fund_id AND id <> NEW.id);
BEGIN
    IF NEW.period_end <= before THEN
        RAISE EXCEPTION 'the period to % lies before the one that is closed already', NEW.period_end
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_follows_the_last';
    END IF;
    IF NEW.period_end > (SELECT business_day FROM fund WHERE id = NEW.fund_id) THEN
        RAISE EXCEPTION 'the fund''s book has not reached %', NEW.period_end
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_has_passed';
    END IF;
    -- The sealer goes by transaction: what is in the period must be sealed before the closing is.
    IF EXISTS (SELECT FROM entry e WHERE e.fund_id = NEW.fund_id AND e.xid > NEW.xid
               AND e.booked_on <= NEW.period_end AND e.booked_on > coalesce(before, '-infinity')
               AND NOT EXISTS (SELECT FROM seal WHERE seal.fact_id = e.id)) THEN
        RAISE EXCEPTION 'an entry of the period is younger than its closing and not sealed yet'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_closes_after_its_entries';
    END IF;
    INSERT INTO balance_snapshot (period_end, account_id, balance_minor)
    SELECT NEW.period_end, a.id, coalesce(kept.balance_minor, 0) + coalesce(moved.minor, 0)
    FROM account a
    LEFT JOIN balance_snapshot kept ON kept.account_id = a.id AND kept.period_end = before
    CROSS JOIN LATERAL (SELECT sum(p.amount) AS minor FROM posting p WHERE p.account_id = a.id
                        AND p.booked_on > coalesce(before, '-infinity') AND p.booked_on <= NEW.period_end) moved
    WHERE a.fund_id = NEW.fund_id;
    RETURN NULL;
END $$;
CREATE TRIGGER period_keeps_closing_balances AFTER INSERT ON period
    FOR EACH ROW EXECUTE FUNCTION keep_closing_balances();

-- Periods that were closed before closings kept balances.
INSERT INTO balance_snapshot (period_end, account_id, balance_minor)
SELECT period.period_end, a.id, coalesce(sum(p.amount), 0)
FROM period JOIN account a ON a.fund_id = period.fund_id
LEFT JOIN posting p ON p.account_id = a.id AND p.booked_on <= period.period_end
GROUP BY period.period_end, a.id ON CONFLICT DO NOTHING;

-- Only a closing writes balances, nobody changes them, and who is no investee reads them.
REVOKE INSERT ON balance_snapshot FROM missionbook_night;
CREATE TRIGGER balance_snapshot_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON balance_snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE balance_snapshot ENABLE ROW LEVEL SECURITY;
ALTER TABLE balance_snapshot FORCE ROW LEVEL SECURITY;
CREATE POLICY inside ON balance_snapshot USING ((SELECT actor_is_inside())) WITH CHECK (false);

-- Closing a period is done once per key too, and runs as the night does.
GRANT UPDATE (status, body) ON answer TO missionbook_night;
