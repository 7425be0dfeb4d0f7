-- Cash that is booked on a later day pays nothing today.

-- Postings as they arrive: to an entry of the same transaction, on one of the lines that it declares (so that one that
-- was found whole has no place left), with its days, in its fund and currency. Those of an entry that arrives whole sum
-- to zero here; what is not plain (several currencies, a reversal, a mistake) is looked at again by itself. Accounts
-- that carry a limit are locked last and in the order of their ids; then no booking day that this changes ends outside
-- the limit, whatever is booked on later ones. Only where something is booked later are those days added up.
CREATE OR REPLACE FUNCTION postings_belong() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    came record;
    doubtful record;
    moved record;
    bad record;
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
            SELECT p.account_id, sum(p.amount) AS amount, min(p.booked_on) AS first_day FROM arrived p
            WHERE (SELECT true FROM account_limit l WHERE l.account_id = p.account_id)
            GROUP BY p.account_id ORDER BY p.account_id
        LOOP
            UPDATE account_limit SET balance_minor = balance_minor + moved.amount, version = version + 1
            WHERE account_id = moved.account_id;
            CONTINUE WHEN NOT EXISTS (
                SELECT FROM posting p WHERE p.account_id = moved.account_id AND p.booked_on > moved.first_day);
            -- A day that stood outside before is not held against what leaves it as it was or brings it nearer.
            SELECT d.booked_on, d.balance INTO bad
            FROM account_limit l, LATERAL (
                SELECT m.booked_on, sum(m.came) OVER days AS came,
                       l.balance_minor - sum(m.amount) OVER () + sum(m.amount) OVER days AS balance
                FROM (SELECT u.booked_on, sum(u.amount) AS amount, sum(u.came) AS came
                      FROM (SELECT p.booked_on, p.amount, 0 AS came FROM posting p
                            WHERE p.account_id = moved.account_id AND p.booked_on >= moved.first_day
                            UNION ALL
                            SELECT p.booked_on, 0, p.amount FROM arrived p WHERE p.account_id = moved.account_id) u
                      GROUP BY u.booked_on) m
                WINDOW days AS (ORDER BY m.booked_on)) d
            WHERE l.account_id = moved.account_id
              AND (d.balance < l.floor_minor AND d.came < 0 OR d.balance > l.ceiling_minor AND d.came > 0)
            ORDER BY d.booked_on LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'account % would end % with %', moved.account_id, bad.booked_on, bad.balance
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'account_stays_within_its_limit';
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
