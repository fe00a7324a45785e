-- A second copy that fails is tried again with growing pauses; what is found wrong meanwhile belongs to no check.

ALTER TABLE blobs ADD COLUMN replica_attempts INTEGER DEFAULT 0 NOT NULL;
ALTER TABLE blobs ADD COLUMN replica_due_at TIMESTAMP WITH TIME ZONE;
GRANT UPDATE (replica_attempts, replica_due_at) ON blobs TO @application@;

ALTER TABLE fixity_findings ALTER COLUMN check_id DROP NOT NULL;
