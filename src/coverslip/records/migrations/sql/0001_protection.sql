-- Row-level security, enabled and forced, on every table with an organization_id. The application and the owner alike
-- see and write only the rows of the organization that the transaction stands for; without one they see none.
-- Two narrow doors stand open for the owner alone (SECURITY DEFINER functions and pg_dump), each behind a purpose
-- that has to be stated: 'sign_in' and 'backup'. For the application, stating a purpose changes nothing.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'people', 'person_roles', 'sessions', 'patients', 'cases', 'specimens', 'blocks', 'slides', 'slide_files',
        'blobs', 'annotations', 'readings', 'reviews', 'reports', 'audit_events'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            $policy$CREATE POLICY within_organization ON %I
                USING (organization_id = nullif(current_setting('coverslip.organization_id', true), '')::uuid)
                WITH CHECK (organization_id = nullif(current_setting('coverslip.organization_id', true), '')::uuid)
            $policy$, name);
        EXECUTE format(
            $policy$CREATE POLICY owner_makes_backup ON %I FOR SELECT TO CURRENT_USER
                USING (current_setting('coverslip.purpose', true) = 'backup')$policy$, name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['people', 'person_roles', 'sessions'] LOOP
        EXECUTE format(
            $policy$CREATE POLICY owner_signs_in ON %I FOR SELECT TO CURRENT_USER
                USING (current_setting('coverslip.purpose', true) = 'sign_in')$policy$, name);
    END LOOP;
END
$$;

CREATE POLICY owner_touches_session ON sessions FOR UPDATE TO CURRENT_USER
    USING (current_setting('coverslip.purpose', true) = 'sign_in')
    WITH CHECK (current_setting('coverslip.purpose', true) = 'sign_in');

-- What is written once stays.

CREATE FUNCTION coverslip_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is kept for good', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

-- Statement triggers: they fire even where row-level security shows no row.
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION coverslip_refuse();
CREATE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reviews
    FOR EACH STATEMENT EXECUTE FUNCTION coverslip_refuse();
CREATE TRIGGER reports_never_emptied BEFORE TRUNCATE ON reports
    FOR EACH STATEMENT EXECUTE FUNCTION coverslip_refuse();

CREATE FUNCTION coverslip_keep_signed_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'signed' AND NEW.status IN ('signed', 'superseded')
        AND (to_jsonb(NEW) - 'status') = (to_jsonb(OLD) - 'status') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'report % is signed: it can only be superseded', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER reports_signed_stay BEFORE UPDATE OR DELETE ON reports
    FOR EACH ROW EXECUTE FUNCTION coverslip_keep_signed_report();

CREATE FUNCTION coverslip_keep_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.result IS NOT NULL AND NEW.result IS DISTINCT FROM OLD.result THEN
        RAISE EXCEPTION 'reading %: the result of the computer stays as it was found', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER readings_result_stays BEFORE UPDATE ON readings
    FOR EACH ROW EXECUTE FUNCTION coverslip_keep_result();
