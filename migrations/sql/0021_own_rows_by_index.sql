-- What row-level security asks for, once in a query: from which key on the bank's own people see rows (a list of one
-- key; null: none for being one of them), and the keys of an investee's own rows. Every step within is a condition on
-- an index, whatever the planner thinks of a small table.

CREATE FUNCTION everything_from() RETURNS uuid[] LANGUAGE sql STABLE SET search_path = public, pg_temp
    RETURN CASE WHEN actor_is_inside() THEN ARRAY['00000000-0000-0000-0000-000000000000'::uuid] END;
CREATE FUNCTION everything_from_number() RETURNS bigint[] LANGUAGE sql STABLE SET search_path = public, pg_temp
    RETURN CASE WHEN actor_is_inside() THEN ARRAY['-9223372036854775808'::bigint] END;

CREATE FUNCTION own_deals() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM deal WHERE investee_id = (SELECT actor_party()));
CREATE FUNCTION own_projects() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(DISTINCT project_id) FROM deal WHERE investee_id = (SELECT actor_party()));
CREATE FUNCTION own_instruments() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM instrument WHERE deal_id = ANY ((SELECT own_deals())::uuid[]));
CREATE FUNCTION own_covenants() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM covenant WHERE deal_id = ANY ((SELECT own_deals())::uuid[]));
CREATE FUNCTION own_covenant_tests() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM covenant_test WHERE covenant_id = ANY ((SELECT own_covenants())::uuid[]));
CREATE FUNCTION own_breaches() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM breach WHERE covenant_test_id = ANY ((SELECT own_covenant_tests())::uuid[]));
CREATE FUNCTION own_reports() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM report WHERE deal_id = ANY ((SELECT own_deals())::uuid[]));
CREATE FUNCTION own_report_versions() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM report_version WHERE report_id = ANY ((SELECT own_reports())::uuid[]));
CREATE FUNCTION own_entries() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET enable_seqscan = off
    RETURN (SELECT array_agg(id) FROM entry WHERE deal_id = ANY ((SELECT own_deals())::uuid[]));

REVOKE ALL ON FUNCTION everything_from(), everything_from_number(), own_deals(), own_projects(), own_instruments(),
    own_covenants(), own_covenant_tests(), own_breaches(), own_reports(), own_report_versions(), own_entries() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION everything_from(), everything_from_number(), own_deals(), own_projects(), own_instruments(),
    own_covenants(), own_covenant_tests(), own_breaches(), own_reports(), own_report_versions(), own_entries()
    TO missionbook_app, missionbook_night;
