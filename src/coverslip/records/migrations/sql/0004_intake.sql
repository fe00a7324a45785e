-- Watched folders of scanners, what was found in them, and the rules that read accession numbers out of names.

CREATE TABLE watched_folders (
    id UUID DEFAULT uuidv7() NOT NULL,
    path TEXT NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    after_taking TEXT DEFAULT 'keep' NOT NULL,
    after_days INTEGER DEFAULT 7 NOT NULL,
    quiet_seconds INTEGER DEFAULT 30 NOT NULL,
    skip_existing BOOLEAN DEFAULT false NOT NULL,
    state TEXT DEFAULT 'new' NOT NULL,
    state_problem TEXT,
    scanned_at TIMESTAMP WITH TIME ZONE,
    seen_at TIMESTAMP WITH TIME ZONE,
    held_by TEXT,
    held_until TIMESTAMP WITH TIME ZONE,
    added_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_watched_folders PRIMARY KEY (id),
    CONSTRAINT fk_watched_folders_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_watched_folders_organization_id_added_by FOREIGN KEY(organization_id, added_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_watched_folders_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_watched_folders_organization_id_path UNIQUE (organization_id, path),
    CONSTRAINT ck_watched_folders_after_taking CHECK (after_taking IN ('keep', 'move', 'delete')),
    CONSTRAINT ck_watched_folders_state CHECK (state IN ('new', 'watching', 'unreachable'))
);

CREATE TABLE watched_files (
    id UUID DEFAULT uuidv7() NOT NULL,
    folder_id UUID NOT NULL,
    key BYTEA NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    parameters JSONB,
    slide_id UUID,
    attempts INTEGER DEFAULT 0 NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE,
    noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE,
    cleared TEXT,
    cleared_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_watched_files PRIMARY KEY (id),
    CONSTRAINT fk_watched_files_organization_id_folder_id FOREIGN KEY(organization_id, folder_id) REFERENCES watched_folders (organization_id, id),
    CONSTRAINT fk_watched_files_organization_id_slide_id FOREIGN KEY(organization_id, slide_id) REFERENCES slides (organization_id, id),
    CONSTRAINT uq_watched_files_folder_id_key UNIQUE (folder_id, key),
    CONSTRAINT ck_watched_files_outcome CHECK (outcome IN ('waiting', 'matched', 'unmatched', 'duplicate', 'failed', 'refused', 'skipped')),
    CONSTRAINT ck_watched_files_cleared CHECK (cleared IN ('begun', 'moved', 'deleted', 'gone'))
);

CREATE INDEX ix_watched_files_organization_id_folder_id_outcome ON watched_files (organization_id, folder_id, outcome);

CREATE INDEX ix_watched_files_slide_id ON watched_files (slide_id);

CREATE TABLE match_rules (
    id UUID DEFAULT uuidv7() NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    pattern TEXT NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_match_rules PRIMARY KEY (id),
    CONSTRAINT fk_match_rules_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT uq_match_rules_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_match_rules_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT ck_match_rules_source CHECK (source IN ('barcode', 'file_name', 'folder_name'))
);

CREATE INDEX ix_match_rules_organization_id_position ON match_rules (organization_id, position);

-- Why a slide waits in the queue, what was read of it, and what it could be.

ALTER TABLE slides ADD COLUMN matching JSONB;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['watched_folders', 'watched_files', 'match_rules'] LOOP
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

GRANT SELECT, INSERT, UPDATE, DELETE ON watched_folders, watched_files, match_rules TO @application@;
