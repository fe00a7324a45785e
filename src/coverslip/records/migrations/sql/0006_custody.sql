-- How long bytes are kept and where: tiers, rules, legal holds, checks of every byte, and what they found.

ALTER TABLE blobs ADD COLUMN tier TEXT DEFAULT 'hot' NOT NULL;
ALTER TABLE blobs ADD COLUMN moving_to TEXT;
ALTER TABLE blobs ADD COLUMN checked_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE blobs ADD COLUMN replicated_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE blobs ADD COLUMN replica_failure TEXT;
ALTER TABLE blobs ADD CONSTRAINT ck_blobs_tier CHECK (tier IN ('hot', 'cold'));
ALTER TABLE blobs ADD CONSTRAINT ck_blobs_moving_to CHECK (moving_to IN ('hot', 'cold'));
CREATE INDEX ix_blobs_moving ON blobs (organization_id) WHERE moving_to IS NOT NULL;
CREATE INDEX ix_blobs_not_replicated ON blobs (organization_id) WHERE replicated_at IS NULL;
CREATE INDEX ix_blobs_checked ON blobs (organization_id, (coalesce(checked_at, created_at)));

ALTER TABLE slides ADD COLUMN opened_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE storage_rules (
    id UUID DEFAULT uuidv7() NOT NULL,
    action TEXT NOT NULL,
    case_status TEXT,
    idle_days INTEGER,
    keep_years INTEGER,
    back_when_opened BOOLEAN DEFAULT true NOT NULL,
    automatic BOOLEAN DEFAULT false NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_by UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_storage_rules PRIMARY KEY (id),
    CONSTRAINT fk_storage_rules_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_storage_rules_organization_id_created_by FOREIGN KEY(organization_id, created_by) REFERENCES people (organization_id, id),
    CONSTRAINT fk_storage_rules_organization_id_ended_by FOREIGN KEY(organization_id, ended_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_storage_rules_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_storage_rules_action CHECK (action IN ('cold', 'retain')),
    CONSTRAINT ck_storage_rules_meant CHECK (
        (action = 'cold' AND idle_days >= 1 AND keep_years IS NULL AND NOT automatic)
        OR (action = 'retain' AND keep_years >= 1 AND idle_days IS NULL)
    )
);

CREATE TABLE legal_holds (
    id UUID DEFAULT uuidv7() NOT NULL,
    case_id UUID,
    slide_id UUID,
    reason TEXT NOT NULL,
    placed_by UUID NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    release_reason TEXT,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_legal_holds PRIMARY KEY (id),
    CONSTRAINT fk_legal_holds_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_legal_holds_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT fk_legal_holds_organization_id_slide_id FOREIGN KEY(organization_id, slide_id) REFERENCES slides (organization_id, id),
    CONSTRAINT fk_legal_holds_organization_id_placed_by FOREIGN KEY(organization_id, placed_by) REFERENCES people (organization_id, id),
    CONSTRAINT fk_legal_holds_organization_id_released_by FOREIGN KEY(organization_id, released_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_legal_holds_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_legal_holds_object CHECK (num_nonnulls(case_id, slide_id) = 1)
);

CREATE INDEX ix_legal_holds_case_id ON legal_holds (case_id) WHERE released_at IS NULL;
CREATE INDEX ix_legal_holds_slide_id ON legal_holds (slide_id) WHERE released_at IS NULL;

CREATE TABLE fixity_checks (
    id UUID DEFAULT uuidv7() NOT NULL,
    asked_by UUID,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    checked INTEGER DEFAULT 0 NOT NULL,
    checked_bytes BIGINT DEFAULT 0 NOT NULL,
    wrong INTEGER DEFAULT 0 NOT NULL,
    missing INTEGER DEFAULT 0 NOT NULL,
    repaired INTEGER DEFAULT 0 NOT NULL,
    unreadable INTEGER DEFAULT 0 NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_fixity_checks PRIMARY KEY (id),
    CONSTRAINT fk_fixity_checks_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_fixity_checks_organization_id_asked_by FOREIGN KEY(organization_id, asked_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_fixity_checks_organization_id_id UNIQUE (organization_id, id)
);

CREATE INDEX ix_fixity_checks_organization_id_started_at ON fixity_checks (organization_id, started_at);

CREATE TABLE fixity_findings (
    id UUID DEFAULT uuidv7() NOT NULL,
    check_id UUID NOT NULL,
    digest TEXT NOT NULL,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    found TEXT,
    found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    repaired_from TEXT,
    aside TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_fixity_findings PRIMARY KEY (id),
    CONSTRAINT fk_fixity_findings_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_fixity_findings_organization_id_check_id FOREIGN KEY(organization_id, check_id) REFERENCES fixity_checks (organization_id, id),
    CONSTRAINT fk_fixity_findings_organization_id_released_by FOREIGN KEY(organization_id, released_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_fixity_findings_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_fixity_findings_place CHECK (place IN ('hot', 'cold', 'replica')),
    CONSTRAINT ck_fixity_findings_kind CHECK (kind IN ('wrong', 'missing')),
    CONSTRAINT ck_fixity_findings_status CHECK (status IN ('open', 'repaired', 'gone'))
);

CREATE UNIQUE INDEX ix_fixity_findings_open ON fixity_findings (organization_id, digest, place) WHERE status = 'open';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['storage_rules', 'legal_holds', 'fixity_checks', 'fixity_findings'] LOOP
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

GRANT SELECT, INSERT, UPDATE ON storage_rules, legal_holds, fixity_checks, fixity_findings TO @application@;
GRANT UPDATE (tier, moving_to, checked_at, replicated_at, replica_failure) ON blobs TO @application@;
GRANT DELETE ON blobs TO @application@;

-- The last word on a legal hold is the database's: no bytes of a held slide leave the register, whoever asks.
CREATE FUNCTION coverslip_keep_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM legal_holds AS hold
        JOIN slides AS slide ON slide.id = hold.slide_id OR slide.case_id = hold.case_id
        LEFT JOIN slide_files AS file ON file.slide_id = slide.id
        WHERE hold.released_at IS NULL AND hold.organization_id = OLD.organization_id
            AND OLD.digest IN (file.digest, slide.companion_digest)
    ) THEN
        RAISE EXCEPTION 'blob % is under a legal hold', OLD.digest USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END
$$;
REVOKE ALL ON FUNCTION coverslip_keep_held() FROM PUBLIC;
CREATE TRIGGER blobs_held_stay BEFORE DELETE ON blobs FOR EACH ROW EXECUTE FUNCTION coverslip_keep_held();
