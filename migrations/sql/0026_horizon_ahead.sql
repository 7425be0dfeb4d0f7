-- The sealer asks itself whether what it left off at can be so.

-- What is written as text must be written in one way, whoever asks: the settings stand here, the row forms rest on them.
CREATE OR REPLACE FUNCTION seal_facts() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
    SET bytea_output = 'hex' SET extra_float_digits = 1 SET work_mem = '64MB' SET jit = off AS $$
DECLARE
    state seal_horizon;
    here text := (SELECT system_identifier FROM pg_control_system());
    oldest_running xid8;
    sealed_from xid8;
    restored boolean;
    ahead boolean;
    sealed bigint;
    moment timestamptz := clock_timestamp();
BEGIN
    -- One sealer at a time, by a row that no role but the owner may lock: nobody can stand in its way from outside.
    SELECT * INTO STRICT state FROM seal_horizon FOR UPDATE;
    -- A transaction that is still running may yet commit facts: nothing at or past the oldest running one is sealed.
    oldest_running := pg_snapshot_xmin(pg_current_snapshot());
    restored := state.cluster <> here AND state.cluster <> '';
    -- A horizon that no transaction has reached was not left by a sealing: what is posted until then would be skipped.
    ahead := state.cluster = here AND CASE WHEN pg_input_is_valid(state.horizon, 'xid8')
        THEN state.horizon::xid8 > pg_snapshot_xmax(pg_current_snapshot()) ELSE true END;
    sealed_from := CASE WHEN state.cluster <> here OR ahead THEN '0'::xid8 ELSE state.horizon::xid8 END;
    IF restored OR ahead THEN
        -- Transaction numbers start anew in another cluster: a new segment of the bank's chain names the old heads.
        INSERT INTO audit (actor_name, act, subject_kind, subject, outcome, detail)
        SELECT 'sealer', CASE WHEN restored THEN 'notice a restored database' ELSE 'notice a horizon ahead' END,
               'cluster', here, 'done',
               jsonb_object_agg(coalesce(fund_id::text, 'bank'), encode(head, 'hex')) FROM seal_chain;
    END IF;
    INSERT INTO seal_chain (fund_id, number, head) SELECT id, 0, sha256(convert_to(id::text, 'UTF8')) FROM fund
        WHERE NOT EXISTS (SELECT FROM seal_chain c WHERE c.fund_id = fund.id);
    INSERT INTO seal (form, fact_id, fact_kind, chain_id, number, position, leaf_hash, chain_hash, sealed_at)
    -- Materialized, so that no join can have a leaf made twice.
    WITH found AS MATERIALIZED (
        SELECT kind, id, xid, leaf, coalesce(fund_id, '00000000-0000-0000-0000-000000000000') AS owner FROM fact
        WHERE xid >= sealed_from AND (xid < oldest_running OR restored)
          AND NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = fact.id)
    ), chain AS MATERIALIZED (
        -- The bank's own chain comes first.
        SELECT *, coalesce(fund_id, '00000000-0000-0000-0000-000000000000') AS owner FROM seal_chain
    ), numbered AS (
        SELECT f.kind, f.id, f.xid, f.leaf, f.owner, c.id AS chain_id, c.head,
               c.number + row_number() OVER (PARTITION BY f.owner ORDER BY f.xid, f.id) AS number,
               state.position + row_number() OVER (ORDER BY f.owner, f.xid, f.id) AS place
        FROM found f JOIN chain c ON c.owner = f.owner
    )
    SELECT 2, id, kind, chain_id, number, place, leaf,
           -- Kind and number of the fact are in its leaf already; the seal adds its own place, order and moment.
           chain_link(head, leaf || int8send(number) || int8send(place) || timestamptz_send(moment))
               OVER (PARTITION BY owner ORDER BY xid, id ROWS UNBOUNDED PRECEDING), moment
    FROM numbered;
    GET DIAGNOSTICS sealed = ROW_COUNT;
    IF sealed > 0 THEN
        UPDATE seal_chain c SET number = newest.number, head = newest.chain_hash
        FROM seal_chain kept CROSS JOIN LATERAL (
            SELECT number, chain_hash FROM seal WHERE chain_id = kept.id ORDER BY number DESC LIMIT 1) newest
        WHERE c.id = kept.id AND newest.number > c.number;
    END IF;
    UPDATE seal_horizon SET horizon = oldest_running::text, cluster = here, position = state.position + sealed;
    RETURN sealed;
END $$;
