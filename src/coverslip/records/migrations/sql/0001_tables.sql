-- Tables of the foundation; `alembic check` in the tests proves that they equal records/models.

CREATE TABLE login_attempts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    username TEXT NOT NULL,
    address TEXT,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    succeeded BOOLEAN NOT NULL,
    CONSTRAINT pk_login_attempts PRIMARY KEY (id)
);

CREATE INDEX ix_login_attempts_address_at ON login_attempts (address, at);

CREATE INDEX ix_login_attempts_username_at ON login_attempts (username, at);

CREATE TABLE organizations (
    id UUID DEFAULT uuidv7() NOT NULL,
    code TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY (id),
    CONSTRAINT ck_organizations_kind CHECK (kind IN ('county', 'municipal', 'provincial', 'university', 'laboratory', 'other')),
    CONSTRAINT uq_organizations_code UNIQUE (code)
);

CREATE TABLE audit_events (
    organization_id UUID NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    person_id UUID,
    session_id UUID,
    address TEXT,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id UUID,
    case_id UUID,
    outcome TEXT NOT NULL,
    detail JSONB NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit_events PRIMARY KEY (organization_id, number),
    CONSTRAINT fk_audit_events_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_audit_events_outcome CHECK (outcome IN ('success', 'denied', 'failed'))
);

CREATE INDEX ix_audit_events_organization_id_at ON audit_events (organization_id, at);

CREATE INDEX ix_audit_events_organization_id_case_id_number ON audit_events (organization_id, case_id, number);

CREATE INDEX ix_audit_events_organization_id_person_id_number ON audit_events (organization_id, person_id, number);

CREATE TABLE blobs (
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_blobs PRIMARY KEY (organization_id, digest),
    CONSTRAINT fk_blobs_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);

CREATE TABLE patients (
    id UUID DEFAULT uuidv7() NOT NULL,
    patient_number TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    sex TEXT DEFAULT 'unknown' NOT NULL,
    birth_date DATE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_patients PRIMARY KEY (id),
    CONSTRAINT fk_patients_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT uq_patients_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_patients_organization_id_patient_number UNIQUE (organization_id, patient_number),
    CONSTRAINT ck_patients_sex CHECK (sex IN ('male', 'female', 'other', 'unknown'))
);

CREATE TABLE people (
    id UUID DEFAULT uuidv7() NOT NULL,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    email TEXT,
    password_hash TEXT NOT NULL,
    locale TEXT DEFAULT 'zh-CN' NOT NULL,
    active BOOLEAN DEFAULT true NOT NULL,
    must_change_password BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT fk_people_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT uq_people_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_people_locale CHECK (locale IN ('zh-CN', 'en')),
    CONSTRAINT uq_people_username UNIQUE (username)
);

CREATE TABLE cases (
    id UUID DEFAULT uuidv7() NOT NULL,
    accession_number TEXT NOT NULL,
    patient_id UUID NOT NULL,
    status TEXT DEFAULT 'registered' NOT NULL,
    priority TEXT DEFAULT 'routine' NOT NULL,
    department TEXT DEFAULT '' NOT NULL,
    submitted_by TEXT DEFAULT '' NOT NULL,
    clinical_history TEXT DEFAULT '' NOT NULL,
    clinical_diagnosis TEXT DEFAULT '' NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    assigned_to_id UUID,
    assigned_at TIMESTAMP WITH TIME ZONE,
    signed_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER DEFAULT 1 NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT fk_cases_organization_id_patient_id FOREIGN KEY(organization_id, patient_id) REFERENCES patients (organization_id, id),
    CONSTRAINT fk_cases_organization_id_assigned_to_id FOREIGN KEY(organization_id, assigned_to_id) REFERENCES people (organization_id, id),
    CONSTRAINT uq_cases_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_cases_organization_id_accession_number UNIQUE (organization_id, accession_number),
    CONSTRAINT ck_cases_status CHECK (status IN ('registered', 'awaiting_slides', 'ready', 'in_reading', 'drafted', 'signed', 'amending', 'cancelled')),
    CONSTRAINT ck_cases_priority CHECK (priority IN ('routine', 'urgent', 'frozen'))
);

CREATE INDEX ix_cases_assigned_to_id ON cases (assigned_to_id);

CREATE INDEX ix_cases_organization_id_received_at_id ON cases (organization_id, received_at, id);

CREATE INDEX ix_cases_organization_id_status_received_at ON cases (organization_id, status, received_at);

CREATE INDEX ix_cases_patient_id ON cases (patient_id);

CREATE TABLE person_roles (
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_person_roles PRIMARY KEY (person_id, role),
    CONSTRAINT fk_person_roles_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_person_roles_role CHECK (role IN ('technician', 'resident', 'pathologist', 'senior_pathologist', 'expert', 'head', 'administrator', 'auditor'))
);

CREATE TABLE sessions (
    id UUID DEFAULT uuidv7() NOT NULL,
    person_id UUID NOT NULL,
    token_hash TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    address TEXT,
    user_agent TEXT,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT fk_sessions_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id),
    CONSTRAINT uq_sessions_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_sessions_person_id ON sessions (person_id) WHERE revoked_at IS NULL;

CREATE TABLE reports (
    id UUID DEFAULT uuidv7() NOT NULL,
    case_id UUID NOT NULL,
    version INTEGER NOT NULL,
    status TEXT DEFAULT 'draft' NOT NULL,
    diagnosis TEXT DEFAULT '' NOT NULL,
    microscopy TEXT DEFAULT '' NOT NULL,
    gross TEXT DEFAULT '' NOT NULL,
    comment TEXT DEFAULT '' NOT NULL,
    reading_ids UUID[] DEFAULT '{}'::uuid[] NOT NULL,
    key_images JSONB DEFAULT '[]'::jsonb NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    signed_by UUID,
    signed_at TIMESTAMP WITH TIME ZONE,
    meaning TEXT,
    content_digest TEXT,
    pdf_digest_zh TEXT,
    pdf_digest_en TEXT,
    amends_report_id UUID,
    amendment_reason TEXT,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_reports PRIMARY KEY (id),
    CONSTRAINT fk_reports_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT fk_reports_organization_id_created_by FOREIGN KEY(organization_id, created_by) REFERENCES people (organization_id, id),
    CONSTRAINT fk_reports_organization_id_signed_by FOREIGN KEY(organization_id, signed_by) REFERENCES people (organization_id, id),
    CONSTRAINT fk_reports_organization_id_amends_report_id FOREIGN KEY(organization_id, amends_report_id) REFERENCES reports (organization_id, id),
    CONSTRAINT uq_reports_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_reports_case_id_version UNIQUE (case_id, version),
    CONSTRAINT ck_reports_status CHECK (status IN ('draft', 'signed', 'superseded')),
    CONSTRAINT ck_reports_signature_complete CHECK (status = 'draft' OR (signed_by IS NOT NULL AND signed_at IS NOT NULL AND meaning IS NOT NULL AND content_digest IS NOT NULL))
);

CREATE UNIQUE INDEX uq_reports_one_draft_a_case ON reports (case_id) WHERE status = 'draft';

CREATE TABLE specimens (
    id UUID DEFAULT uuidv7() NOT NULL,
    case_id UUID NOT NULL,
    label TEXT NOT NULL,
    site_code TEXT NOT NULL,
    site_zh TEXT DEFAULT '' NOT NULL,
    site_en TEXT DEFAULT '' NOT NULL,
    procedure TEXT NOT NULL,
    tumour_type TEXT,
    fixation_hours DOUBLE PRECISION,
    cold_ischaemia_minutes DOUBLE PRECISION,
    gross_description TEXT DEFAULT '' NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_specimens PRIMARY KEY (id),
    CONSTRAINT fk_specimens_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT uq_specimens_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_specimens_case_id_label UNIQUE (case_id, label)
);

CREATE TABLE blocks (
    id UUID DEFAULT uuidv7() NOT NULL,
    specimen_id UUID NOT NULL,
    label TEXT NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_blocks PRIMARY KEY (id),
    CONSTRAINT fk_blocks_organization_id_specimen_id FOREIGN KEY(organization_id, specimen_id) REFERENCES specimens (organization_id, id),
    CONSTRAINT uq_blocks_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_blocks_specimen_id_label UNIQUE (specimen_id, label)
);

CREATE TABLE slides (
    id UUID DEFAULT uuidv7() NOT NULL,
    case_id UUID,
    block_id UUID,
    label TEXT NOT NULL,
    barcode TEXT,
    stain TEXT NOT NULL,
    marker TEXT,
    clone TEXT,
    control_status TEXT DEFAULT 'unknown' NOT NULL,
    status TEXT DEFAULT 'expected' NOT NULL,
    failure_code TEXT,
    failure_detail TEXT,
    content_digest TEXT,
    size_bytes BIGINT,
    original_name TEXT,
    properties JSONB,
    received_at TIMESTAMP WITH TIME ZONE,
    received_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_slides PRIMARY KEY (id),
    CONSTRAINT fk_slides_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_slides_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT fk_slides_organization_id_block_id FOREIGN KEY(organization_id, block_id) REFERENCES blocks (organization_id, id),
    CONSTRAINT fk_slides_organization_id_received_by FOREIGN KEY(organization_id, received_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_slides_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_slides_organization_id_content_digest UNIQUE (organization_id, content_digest),
    CONSTRAINT ck_slides_status CHECK (status IN ('expected', 'receiving', 'ready', 'failed', 'unmatched')),
    CONSTRAINT ck_slides_control_status CHECK (control_status IN ('passed', 'failed', 'unknown'))
);

CREATE INDEX ix_slides_block_id ON slides (block_id);

CREATE INDEX ix_slides_case_id ON slides (case_id);

CREATE INDEX ix_slides_organization_id_barcode ON slides (organization_id, barcode);

CREATE INDEX ix_slides_organization_id_status ON slides (organization_id, status);

CREATE TABLE annotations (
    id UUID DEFAULT uuidv7() NOT NULL,
    slide_id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind TEXT NOT NULL,
    geometry JSONB NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_annotations PRIMARY KEY (id),
    CONSTRAINT fk_annotations_organization_id_slide_id FOREIGN KEY(organization_id, slide_id) REFERENCES slides (organization_id, id),
    CONSTRAINT fk_annotations_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id),
    CONSTRAINT ck_annotations_kind CHECK (kind IN ('region', 'exclusion', 'note'))
);

CREATE INDEX ix_annotations_slide_id ON annotations (slide_id);

CREATE TABLE readings (
    id UUID DEFAULT uuidv7() NOT NULL,
    case_id UUID,
    slide_id UUID NOT NULL,
    marker TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    algorithm_version TEXT NOT NULL,
    model_digest TEXT,
    profile TEXT NOT NULL,
    profile_version TEXT NOT NULL,
    parameters JSONB DEFAULT '{}'::jsonb NOT NULL,
    region JSONB,
    status TEXT DEFAULT 'queued' NOT NULL,
    tiles_done INTEGER DEFAULT 0 NOT NULL,
    tiles_total INTEGER DEFAULT 0 NOT NULL,
    cancel_requested BOOLEAN DEFAULT false NOT NULL,
    requested_by UUID NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    result JSONB,
    cells_digest TEXT,
    edits JSONB,
    edited_result JSONB,
    decision TEXT DEFAULT 'pending' NOT NULL,
    error_code TEXT,
    error_detail TEXT,
    seconds DOUBLE PRECISION,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_readings PRIMARY KEY (id),
    CONSTRAINT fk_readings_organization_id_case_id FOREIGN KEY(organization_id, case_id) REFERENCES cases (organization_id, id),
    CONSTRAINT fk_readings_organization_id_slide_id FOREIGN KEY(organization_id, slide_id) REFERENCES slides (organization_id, id),
    CONSTRAINT fk_readings_organization_id_requested_by FOREIGN KEY(organization_id, requested_by) REFERENCES people (organization_id, id),
    CONSTRAINT uq_readings_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_readings_status CHECK (status IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
    CONSTRAINT ck_readings_decision CHECK (decision IN ('pending', 'accepted', 'edited', 'rejected'))
);

CREATE INDEX ix_readings_case_id ON readings (case_id);

CREATE INDEX ix_readings_slide_id ON readings (slide_id);

CREATE TABLE slide_files (
    id UUID DEFAULT uuidv7() NOT NULL,
    slide_id UUID NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_slide_files PRIMARY KEY (id),
    CONSTRAINT fk_slide_files_organization_id_slide_id FOREIGN KEY(organization_id, slide_id) REFERENCES slides (organization_id, id),
    CONSTRAINT uq_slide_files_slide_id_position UNIQUE (slide_id, position)
);

CREATE INDEX ix_slide_files_organization_id_digest ON slide_files (organization_id, digest);

CREATE TABLE reviews (
    id UUID DEFAULT uuidv7() NOT NULL,
    reading_id UUID NOT NULL,
    person_id UUID NOT NULL,
    action TEXT NOT NULL,
    reason TEXT,
    edits JSONB,
    result JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID DEFAULT nullif(current_setting('coverslip.organization_id', true), '')::uuid NOT NULL,
    CONSTRAINT pk_reviews PRIMARY KEY (id),
    CONSTRAINT fk_reviews_organization_id_reading_id FOREIGN KEY(organization_id, reading_id) REFERENCES readings (organization_id, id),
    CONSTRAINT fk_reviews_organization_id_person_id FOREIGN KEY(organization_id, person_id) REFERENCES people (organization_id, id),
    CONSTRAINT ck_reviews_action CHECK (action IN ('accept', 'edit', 'reject'))
);

CREATE INDEX ix_reviews_reading_id ON reviews (reading_id);
