CREATE TABLE ls_export_run (
  book_id BIGINT NOT NULL,
  id VARCHAR(32) NOT NULL,
  format VARCHAR(16) NOT NULL,
  mapping_version VARCHAR(64) NOT NULL,
  from_seq BIGINT NOT NULL,
  to_seq BIGINT NOT NULL,
  period VARCHAR(7) NOT NULL,
  rows BIGINT NOT NULL,
  sha256 VARCHAR(64) NOT NULL,
  in_series INTEGER NOT NULL,
  repeats VARCHAR(32),
  created_by VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_export_run PRIMARY KEY (book_id, id),
  CONSTRAINT ck_ls_export_run_range CHECK (from_seq >= 1 AND to_seq >= from_seq),
  CONSTRAINT ck_ls_export_run_in_series CHECK (in_series IN (0, 1))
);
--
CREATE INDEX ix_ls_export_run_format ON ls_export_run (format, book_id, to_seq);
--
CREATE OR REPLACE FUNCTION ls_export_run_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_export_run is append-only'; END $$;
--
CREATE TRIGGER ls_export_run_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_export_run FOR EACH STATEMENT EXECUTE FUNCTION ls_export_run_refuse();
