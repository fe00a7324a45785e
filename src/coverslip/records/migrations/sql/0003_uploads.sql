-- What people send by their browser, in batches that become slides.

CREATE TABLE upload_batches (
    id UUID DEFAULT uuidv7() NOT NULL,
    person_id UUID NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    files INTEGER NOT NULL,
    case_id UUID,
    status TEXT DEFAULT 'receiving' NOT NULL,
    results JSONB,
    failure_code TEXT,
    failure_detail TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_upload_batches PRIMARY KEY (id),
    CONSTRAINT fk_upload_batches_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_upload_batches_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id),
    CONSTRAINT fk_upload_batches_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT uq_upload_batches_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_upload_batches_organization_id_person_id_key UNIQUE (organization_id, person_id, key),
    CONSTRAINT ck_upload_batches_status CHECK (status IN ('receiving', 'queued', 'taking_in', 'finished', 'failed', 'aborted', 'expired'))
);

CREATE INDEX ix_upload_batches_organization_id_person_id_created_at ON upload_batches (organization_id, person_id, created_at);

CREATE TABLE uploads (
    id UUID DEFAULT uuidv7() NOT NULL,
    batch_id UUID NOT NULL,
    person_id UUID NOT NULL,
    name TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    status TEXT DEFAULT 'receiving' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_uploads PRIMARY KEY (id),
    CONSTRAINT fk_uploads_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_uploads_organization_id_batch_id FOREIGN KEY(organization_id, batch_id) REFERENCES upload_batches (organization_id, id),
    CONSTRAINT fk_uploads_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id),
    CONSTRAINT uq_uploads_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_uploads_status CHECK (status IN ('receiving', 'received', 'aborted', 'expired'))
);

CREATE UNIQUE INDEX ix_uploads_batch_id_name ON uploads (batch_id, name) WHERE status IN ('receiving', 'received');

-- A slide that nobody can place is set aside with a reason, never deleted.

ALTER TABLE slides ADD COLUMN set_aside_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE slides ADD COLUMN set_aside_by UUID;
ALTER TABLE slides ADD COLUMN set_aside_reason TEXT;
ALTER TABLE slides ADD CONSTRAINT fk_slides_organization_id_set_aside_by
    FOREIGN KEY(organization_id, set_aside_by) REFERENCES people (organization_id, id);
CREATE INDEX ix_slides_queue ON slides (organization_id, received_at, id) WHERE status = 'unmatched';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['upload_batches', 'uploads'] LOOP
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
END
$$;

GRANT SELECT, INSERT, UPDATE ON upload_batches, uploads TO @application@;
