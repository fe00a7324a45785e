-- Stored search keys and sort ranks of the worklist, and the indexes that serve it. Row-level security lets an index
-- serve only conditions made of leakproof operators: `^@` on a stored key is one, `lower()`, LIKE and full text are not.

ALTER TABLE patients ADD COLUMN IF NOT EXISTS name_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(replace(name, ' ', ''))) STORED;
ALTER TABLE patients ADD COLUMN IF NOT EXISTS given_name_key TEXT COLLATE "C" GENERATED ALWAYS AS (substr(lower(replace(name, ' ', '')), CASE WHEN "left"(lower(replace(name, ' ', '')), 2) IN ('欧阳', '司马', '上官', '诸葛', '皇甫', '尉迟', '公孙', '慕容', '令狐', '夏侯', '长孙', '宇文', '司徒', '端木', '澹台', '东方', '南宫', '闻人', '独孤', '轩辕') THEN 3 ELSE 2 END)) STORED;
ALTER TABLE patients ADD COLUMN IF NOT EXISTS name_en_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(replace(name_en, ' ', ''))) STORED;
ALTER TABLE patients ADD COLUMN IF NOT EXISTS given_name_en_key TEXT COLLATE "C" GENERATED ALWAYS AS (nullif(lower(split_part(name_en, ' ', 2)), '')) STORED;
ALTER TABLE patients ADD COLUMN IF NOT EXISTS patient_number_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(patient_number)) STORED;

CREATE INDEX IF NOT EXISTS ix_patients_organization_id_given_name_en_key ON patients (organization_id, given_name_en_key);
CREATE INDEX IF NOT EXISTS ix_patients_organization_id_given_name_key ON patients (organization_id, given_name_key);
CREATE INDEX IF NOT EXISTS ix_patients_organization_id_name_en_key ON patients (organization_id, name_en_key);
CREATE INDEX IF NOT EXISTS ix_patients_organization_id_name_key ON patients (organization_id, name_key);
CREATE INDEX IF NOT EXISTS ix_patients_organization_id_patient_number_key ON patients (organization_id, patient_number_key);

ALTER TABLE cases ADD COLUMN IF NOT EXISTS priority_rank SMALLINT GENERATED ALWAYS AS (CASE priority WHEN 'routine' THEN 0 WHEN 'urgent' THEN 1 WHEN 'frozen' THEN 2 END) STORED;
ALTER TABLE cases ADD COLUMN IF NOT EXISTS status_rank SMALLINT GENERATED ALWAYS AS (CASE status WHEN 'registered' THEN 0 WHEN 'awaiting_slides' THEN 1 WHEN 'ready' THEN 2 WHEN 'in_reading' THEN 3 WHEN 'drafted' THEN 4 WHEN 'signed' THEN 5 WHEN 'amending' THEN 6 WHEN 'cancelled' THEN 7 END) STORED;
ALTER TABLE cases ADD COLUMN IF NOT EXISTS accession_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(accession_number)) STORED;
ALTER TABLE cases ADD COLUMN IF NOT EXISTS accession_tail TEXT COLLATE "C" GENERATED ALWAYS AS (ltrim("substring"(accession_number, '[0-9]+$'), '0')) STORED;

CREATE INDEX IF NOT EXISTS ix_cases_organization_id_accession_key ON cases (organization_id, accession_key);
CREATE INDEX IF NOT EXISTS ix_cases_organization_id_accession_tail ON cases (organization_id, accession_tail);
CREATE INDEX IF NOT EXISTS ix_cases_organization_id_assigned_to_id_received_at_id ON cases (organization_id, assigned_to_id, received_at, id);
CREATE INDEX IF NOT EXISTS ix_cases_organization_id_priority_rank_received_at_id ON cases (organization_id, priority_rank, received_at, id);
CREATE INDEX IF NOT EXISTS ix_cases_organization_id_status_rank_received_at_id ON cases (organization_id, status_rank, received_at, id);

-- A reader's open cases are few among the many that the reader signed.
CREATE INDEX IF NOT EXISTS ix_cases_open_by_assignee ON cases (organization_id, assigned_to_id, received_at, id)
    WHERE status NOT IN ('signed', 'cancelled');
