-- The sealer: every kind of fact gets a number for good and a place in a hash chain.

CREATE VIEW fact WITH (security_invoker = true) AS
    SELECT 'entry' AS kind, e.id, e.fund_id, e.xid, to_jsonb(e) || jsonb_build_object('postings',
        (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.line) FROM posting p WHERE p.entry_id = e.id)) AS body FROM entry e
    UNION ALL SELECT 'audit', f.id, f.fund_id, f.xid, to_jsonb(f) FROM audit f
    UNION ALL SELECT 'fund_limit', f.id, f.fund_id, f.xid, to_jsonb(f) FROM fund_limit f
    UNION ALL SELECT 'contribution', f.id, f.fund_id, f.xid, to_jsonb(f) FROM contribution f
    UNION ALL SELECT 'period', f.id, f.fund_id, f.xid, to_jsonb(f) FROM period f
    UNION ALL SELECT 'target', f.id, f.fund_id, f.xid, to_jsonb(f) FROM target f
    UNION ALL SELECT 'project_mission', f.id, f.fund_id, f.xid, to_jsonb(f) FROM project_mission f
    UNION ALL SELECT 'co_finance', f.id, f.fund_id, f.xid, to_jsonb(f) FROM co_finance f
    UNION ALL SELECT 'deal_stage', f.id, f.fund_id, f.xid, to_jsonb(f) FROM deal_stage f
    UNION ALL SELECT 'instrument_terms', f.id, f.fund_id, f.xid, to_jsonb(f) FROM instrument_terms f
    UNION ALL SELECT 'revenue_statement', f.id, f.fund_id, f.xid, to_jsonb(f) FROM revenue_statement f
    UNION ALL SELECT 'report_version', f.id, f.fund_id, f.xid, to_jsonb(f) FROM report_version f
    UNION ALL SELECT 'observation', f.id, f.fund_id, f.xid, to_jsonb(f) FROM observation f
    UNION ALL SELECT 'finding', f.id, f.fund_id, f.xid, to_jsonb(f) FROM finding f
    UNION ALL SELECT 'breach', f.id, f.fund_id, f.xid, to_jsonb(f) FROM breach f
    UNION ALL SELECT 'breach_event', f.id, f.fund_id, f.xid, to_jsonb(f) FROM breach_event f
    UNION ALL SELECT 'exit_trigger', f.id, f.fund_id, f.xid, to_jsonb(f) FROM exit_trigger f
    UNION ALL SELECT 'statement_release', f.id, f.fund_id, f.xid, to_jsonb(f) FROM statement_release f
    UNION ALL SELECT 'statement_line', f.id, f.fund_id, f.xid, to_jsonb(f) FROM statement_line f;

-- What a seal adds to its chain: its own place, order and moment as well as the fact's leaf, so that none of them can
-- be moved unseen.
CREATE FUNCTION seal_text(fact_kind text, fact_id bigint, number bigint, "position" bigint, sealed_at timestamptz)
    RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN convert_to(concat_ws(' ', fact_kind, fact_id, number, "position",
        (extract(epoch FROM sealed_at) * 1000000)::bigint), 'UTF8');

-- The canonical form of a fact: its kind and its columns as JSON, keys in the database's fixed order, without those
-- that are null, so that a column added later leaves old leaves as they were. Every caller sets the time zone to UTC.
CREATE FUNCTION leaf(kind text, body jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(kind || ' ' || jsonb_strip_nulls(body)::text, 'UTF8'));

CREATE FUNCTION seal_facts() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    state seal_horizon;
    chain seal_chain;
    here text := (SELECT system_identifier FROM pg_control_system());
    oldest_running xid8;
    sealed_from xid8;
    restored boolean;
    f record;
    sealed bigint := 0;
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM pg_advisory_xact_lock(7301002);
    SELECT * INTO STRICT state FROM seal_horizon;
    -- A transaction that is still running may yet commit facts: nothing at or past the oldest running one is sealed.
    oldest_running := pg_snapshot_xmin(pg_current_snapshot());
    restored := state.cluster <> here AND state.cluster <> '';
    sealed_from := CASE WHEN state.cluster = here THEN state.horizon::xid8 ELSE '0'::xid8 END;
    IF restored THEN
        -- Transaction numbers start anew in another cluster: a new segment of the bank's chain names the old heads.
        INSERT INTO audit (actor_name, act, subject_kind, subject, outcome, detail)
        SELECT 'sealer', 'notice a restored database', 'cluster', here, 'done',
               jsonb_object_agg(coalesce(fund_id::text, 'bank'), encode(head, 'hex')) FROM seal_chain;
    END IF;
    INSERT INTO seal_chain (fund_id, number, head) SELECT id, 0, sha256(convert_to(id::text, 'UTF8')) FROM fund
        WHERE NOT EXISTS (SELECT FROM seal_chain c WHERE c.fund_id = fund.id);
    FOR chain IN SELECT * FROM seal_chain ORDER BY fund_id NULLS FIRST LOOP
        FOR f IN
            SELECT fact.kind, fact.id, leaf(fact.kind, fact.body) AS leaf_hash FROM fact
            WHERE fact.fund_id IS NOT DISTINCT FROM chain.fund_id
              AND fact.xid >= sealed_from AND (fact.xid < oldest_running OR restored)
              AND NOT EXISTS (SELECT FROM seal WHERE seal.fact_id = fact.id)
            ORDER BY fact.xid, fact.id
        LOOP
            chain.number := chain.number + 1;
            state.position := state.position + 1;
            sealed := sealed + 1;
            chain.head := sha256(chain.head || f.leaf_hash
                || seal_text(f.kind, f.id, chain.number, state.position, moment));
            INSERT INTO seal (fact_id, fact_kind, chain_id, number, position, leaf_hash, chain_hash, sealed_at)
            VALUES (f.id, f.kind, chain.id, chain.number, state.position, f.leaf_hash, chain.head, moment);
        END LOOP;
        UPDATE seal_chain SET number = chain.number, head = chain.head WHERE id = chain.id AND number <> chain.number;
    END LOOP;
    UPDATE seal_horizon SET horizon = oldest_running::text, cluster = here, position = state.position;
    RETURN sealed;
END $$;

INSERT INTO seal_chain (fund_id, number, head) VALUES (NULL, 0, sha256('bank'));
INSERT INTO seal_horizon (one_row, horizon, cluster, position) VALUES (true, '0', '', 0);
