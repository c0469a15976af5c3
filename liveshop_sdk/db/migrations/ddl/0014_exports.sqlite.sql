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
CREATE TRIGGER ls_export_run_no_update BEFORE update ON ls_export_run BEGIN SELECT RAISE(ABORT, 'ls_export_run is append-only'); END;
--
CREATE TRIGGER ls_export_run_no_delete BEFORE delete ON ls_export_run BEGIN SELECT RAISE(ABORT, 'ls_export_run is append-only'); END;
--
CREATE TRIGGER ls_export_run_no_replace BEFORE INSERT ON ls_export_run WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_export_run old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_export_run old WHERE old.book_id = NEW.book_id AND old.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'ls_export_run is append-only, no row is replaced'); END;
