CREATE TABLE ls_fee (
  ref VARCHAR(255) NOT NULL,
  account VARCHAR(128) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  gross BIGINT NOT NULL,
  fee BIGINT NOT NULL,
  net BIGINT NOT NULL,
  occurred_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_fee PRIMARY KEY (ref, account, platform),
  CONSTRAINT ck_ls_fee_adds_up CHECK (net = gross - fee)
);
--
CREATE INDEX ix_ls_fee_occurred_at ON ls_fee (occurred_at);
--
CREATE INDEX ix_ls_fee_order_ref ON ls_fee (order_ref);
--
CREATE TRIGGER ls_fee_no_update BEFORE update ON ls_fee BEGIN SELECT RAISE(ABORT, 'ls_fee is append-only'); END;
--
CREATE TRIGGER ls_fee_no_delete BEFORE delete ON ls_fee BEGIN SELECT RAISE(ABORT, 'ls_fee is append-only'); END;
--
CREATE TRIGGER ls_fee_no_replace BEFORE INSERT ON ls_fee WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_fee old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_fee old WHERE old.ref = NEW.ref AND old.account = NEW.account AND old.platform = NEW.platform) BEGIN SELECT RAISE(IGNORE); END;
