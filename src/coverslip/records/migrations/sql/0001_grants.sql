-- What the application may do: read, add and change; delete only where nothing clinical is lost.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO @application@;

GRANT SELECT, INSERT ON organizations TO @application@;
GRANT SELECT, INSERT, UPDATE ON people, sessions, login_attempts, patients, cases, specimens, blocks, slides,
    slide_files, annotations, readings, reports TO @application@;
GRANT SELECT, INSERT ON reviews, blobs TO @application@;
GRANT SELECT, INSERT, DELETE ON person_roles TO @application@;
GRANT DELETE ON login_attempts, slides, slide_files TO @application@;
GRANT SELECT ON audit_events, alembic_version TO @application@;
GRANT EXECUTE ON FUNCTION
    coverslip_audit_append(uuid, uuid, text, text, text, uuid, uuid, text, jsonb),
    coverslip_sign_in_lookup(text),
    coverslip_session_resolve(text, interval)
    TO @application@;

-- The job queue carries identifiers only, for every organization; the worker is the application.
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers,
    procrastinate_events TO @application@;
GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq, procrastinate_workers_id_seq,
    procrastinate_periodic_defers_id_seq, procrastinate_events_id_seq TO @application@;
DO $$
DECLARE
    signature text;
BEGIN
    FOR signature IN SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'procrastinate%'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @application@', signature);
    END LOOP;
END
$$;
