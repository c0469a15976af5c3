ALTER TABLE ls_product ADD COLUMN collection VARCHAR(64);
--
ALTER TABLE ls_agreement ADD COLUMN terms TEXT;
--
ALTER TABLE ls_commission_line ADD COLUMN rule VARCHAR(80);
--
ALTER TABLE ls_commission_line ADD COLUMN per_unit BIGINT;
--
ALTER TABLE ls_commission_line ADD COLUMN quantity BIGINT;
--
ALTER TABLE ls_commission_line ADD COLUMN uncapped BIGINT;
--
ALTER TABLE ls_commission_line ADD COLUMN cap BIGINT;
--
CREATE TABLE ls_acceptance (
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  version INTEGER NOT NULL,
  accepted_by VARCHAR(64) NOT NULL,
  terms_hash VARCHAR(64) NOT NULL,
  accepted_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_acceptance PRIMARY KEY (brand, creator, version, accepted_by)
);
--
CREATE TABLE ls_policy (
  brand VARCHAR(64) NOT NULL,
  version INTEGER NOT NULL,
  policy TEXT NOT NULL,
  effective_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_policy PRIMARY KEY (brand, version)
);
--
CREATE TRIGGER ls_acceptance_no_update BEFORE update ON ls_acceptance BEGIN SELECT RAISE(ABORT, 'ls_acceptance is append-only'); END;
--
CREATE TRIGGER ls_acceptance_no_delete BEFORE delete ON ls_acceptance BEGIN SELECT RAISE(ABORT, 'ls_acceptance is append-only'); END;
--
CREATE TRIGGER ls_acceptance_no_replace BEFORE INSERT ON ls_acceptance WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_acceptance old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_acceptance old WHERE old.brand = NEW.brand AND old.creator = NEW.creator AND old.version = NEW.version AND old.accepted_by = NEW.accepted_by) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TRIGGER ls_policy_no_update BEFORE update ON ls_policy BEGIN SELECT RAISE(ABORT, 'ls_policy is append-only'); END;
--
CREATE TRIGGER ls_policy_no_delete BEFORE delete ON ls_policy BEGIN SELECT RAISE(ABORT, 'ls_policy is append-only'); END;
--
CREATE TRIGGER ls_policy_no_replace BEFORE INSERT ON ls_policy WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_policy old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_policy old WHERE old.brand = NEW.brand AND old.version = NEW.version) BEGIN SELECT RAISE(IGNORE); END;
