-- Levels that a slide's file lacks, made once and stored beside it.

ALTER TABLE slides ADD COLUMN companion_digest TEXT;
