-- The only ways past row-level security, each as narrow as its use.

-- Appends one event to the chain of the transaction's organization. The advisory lock holds until commit, so that
-- numbers and hashes follow each other without gap or fork. Recomputed in Python by access/audit.py.
CREATE FUNCTION coverslip_audit_append(
    p_person_id uuid, p_session_id uuid, p_address text, p_action text, p_object_type text, p_object_id uuid,
    p_case_id uuid, p_outcome text, p_detail jsonb
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization_id uuid := nullif(current_setting('coverslip.organization_id', true), '')::uuid;
    v_number bigint;
    v_previous text;
    v_at timestamptz;
    v_hash text;
BEGIN
    IF v_organization_id IS NULL THEN
        RAISE EXCEPTION 'an audit event needs an organization' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('coverslip.audit:' || v_organization_id::text, 0));
    SELECT number, hash INTO v_number, v_previous FROM public.audit_events
        WHERE organization_id = v_organization_id ORDER BY number DESC LIMIT 1;
    v_number := coalesce(v_number, 0) + 1;
    v_previous := coalesce(v_previous, repeat('0', 64));
    v_at := clock_timestamp();
    v_hash := encode(sha256(convert_to(array_to_json(ARRAY[
        v_previous, v_organization_id::text, v_number::text,
        to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        p_person_id::text, p_session_id::text, p_address, p_action, p_object_type, p_object_id::text,
        p_case_id::text, p_outcome, p_detail::text
    ]::text[])::text, 'UTF8')), 'hex');
    INSERT INTO public.audit_events VALUES (
        v_organization_id, v_number, v_at, p_person_id, p_session_id, p_address, p_action, p_object_type,
        p_object_id, p_case_id, p_outcome, p_detail, v_previous, v_hash
    );
    RETURN v_number;
END
$$;

-- The account behind a username, before any organization is known. The purpose opens the owner's door for the one
-- query and is shut again at once; for the caller's own queries it means nothing.
CREATE FUNCTION coverslip_sign_in_lookup(p_username text)
    RETURNS TABLE (person_id uuid, organization_id uuid, password_hash text, active boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM set_config('coverslip.purpose', 'sign_in', true);
    RETURN QUERY SELECT p.id, p.organization_id, p.password_hash, p.active
        FROM public.people p WHERE p.username = p_username;
    PERFORM set_config('coverslip.purpose', '', true);
END
$$;

-- The session behind a token's hash, if it still holds; notes that it was used, at most twice a minute.
CREATE FUNCTION coverslip_session_resolve(p_token_hash text, p_idle interval)
    RETURNS TABLE (session_id uuid, organization_id uuid, person_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM set_config('coverslip.purpose', 'sign_in', true);
    RETURN QUERY SELECT s.id, s.organization_id, s.person_id FROM public.sessions s
        JOIN public.people p ON p.id = s.person_id AND p.active
        WHERE s.token_hash = p_token_hash AND s.revoked_at IS NULL AND s.expires_at > now()
            AND s.last_seen_at > now() - p_idle;
    UPDATE public.sessions s SET last_seen_at = now()
        WHERE s.token_hash = p_token_hash AND s.revoked_at IS NULL AND s.expires_at > now()
            AND s.last_seen_at > now() - p_idle AND s.last_seen_at < now() - least(interval '30 seconds', p_idle / 4);
    PERFORM set_config('coverslip.purpose', '', true);
END
$$;
