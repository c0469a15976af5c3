CREATE TABLE ls_payee (
  creator VARCHAR(32) NOT NULL,
  rail VARCHAR(16) NOT NULL,
  fields TEXT NOT NULL,
  hold TEXT NOT NULL,
  withholding_bps INTEGER NOT NULL,
  allows_offset BOOLEAN NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_payee PRIMARY KEY (creator, rail),
  CONSTRAINT ck_ls_payee_withholding CHECK (withholding_bps BETWEEN 0 AND 10000)
);
--
CREATE TABLE ls_payout_batch (
  id VARCHAR(40) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  rail VARCHAR(16) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  items INTEGER NOT NULL,
  as_of_seq BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT,
  CONSTRAINT pk_ls_payout_batch PRIMARY KEY (id),
  CONSTRAINT ck_ls_payout_batch_state_known CHECK (state IN ('planned', 'approved', 'rejected')),
  CONSTRAINT ck_ls_payout_batch_decided CHECK ((state = 'planned') = (decided_at IS NULL)),
  CONSTRAINT ck_ls_payout_batch_not_empty CHECK (amount > 0 AND items > 0)
);
--
CREATE TABLE ls_payout_item (
  id VARCHAR(40) NOT NULL,
  batch VARCHAR(40) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  rail VARCHAR(16) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  withheld BIGINT NOT NULL,
  as_of_seq BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  params TEXT,
  round INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  lease_by VARCHAR(40),
  lease_until BIGINT,
  rail_ref VARCHAR(255),
  fee BIGINT NOT NULL,
  pay_currency VARCHAR(3),
  pay_amount BIGINT,
  rate_num BIGINT,
  rate_den BIGINT,
  realised BIGINT NOT NULL,
  returned BIGINT NOT NULL,
  problem TEXT NOT NULL,
  CONSTRAINT pk_ls_payout_item PRIMARY KEY (id),
  CONSTRAINT uq_ls_payout_item_rail_rail_ref UNIQUE (rail, rail_ref),
  CONSTRAINT uq_ls_payout_item_batch_creator UNIQUE (batch, creator),
  CONSTRAINT ck_ls_payout_item_state_known CHECK (state IN ('created', 'sent', 'paid', 'failed', 'returned', 'cancelled')),
  CONSTRAINT ck_ls_payout_item_amount CHECK (amount > 0 AND withheld >= 0 AND withheld < amount),
  CONSTRAINT ck_ls_payout_item_not_negative CHECK (fee >= 0 AND returned >= 0),
  CONSTRAINT ck_ls_payout_item_left_by CHECK ((state IN ('sent', 'paid', 'returned')) = (rail_ref IS NOT NULL)),
  CONSTRAINT fk_ls_payout_item_batch FOREIGN KEY(batch) REFERENCES ls_payout_batch (id)
);
--
CREATE INDEX ix_ls_payout_item_state ON ls_payout_item (state, batch);
--
CREATE TABLE ls_fx_rate (
  base VARCHAR(3) NOT NULL,
  quote VARCHAR(3) NOT NULL,
  as_of BIGINT NOT NULL,
  num BIGINT NOT NULL,
  den BIGINT NOT NULL,
  source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_fx_rate PRIMARY KEY (base, quote, as_of),
  CONSTRAINT ck_ls_fx_rate_positive CHECK (num > 0 AND den > 0),
  CONSTRAINT ck_ls_fx_rate_two CHECK (base <> quote)
);
--
CREATE TRIGGER ls_fx_rate_no_update BEFORE update ON ls_fx_rate BEGIN SELECT RAISE(ABORT, 'ls_fx_rate is append-only'); END;
--
CREATE TRIGGER ls_fx_rate_no_delete BEFORE delete ON ls_fx_rate BEGIN SELECT RAISE(ABORT, 'ls_fx_rate is append-only'); END;
--
CREATE TRIGGER ls_fx_rate_no_replace BEFORE INSERT ON ls_fx_rate WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_fx_rate old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_fx_rate old WHERE old.base = NEW.base AND old.quote = NEW.quote AND old.as_of = NEW.as_of) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TABLE ls_sandbox_transfer (
  id VARCHAR(40) NOT NULL,
  "key" VARCHAR(128) NOT NULL,
  item_id VARCHAR(40) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  params TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_sandbox_transfer PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_transfer_amount CHECK (amount > 0),
  CONSTRAINT uq_ls_sandbox_transfer_key UNIQUE ("key")
);
--
CREATE INDEX ix_ls_sandbox_transfer_item ON ls_sandbox_transfer (item_id);
