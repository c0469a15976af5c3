ALTER TABLE ls_stream ADD COLUMN shares_by VARCHAR(16);
--
ALTER TABLE ls_commission_line ADD COLUMN month VARCHAR(7);
--
CREATE TABLE ls_stream_air (
  stream VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  minutes INTEGER NOT NULL,
  reported_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_stream_air PRIMARY KEY (stream, creator),
  CONSTRAINT ck_ls_stream_air_minutes_range CHECK (minutes >= 0),
  CONSTRAINT fk_ls_stream_air_stream FOREIGN KEY(stream) REFERENCES ls_stream (code),
  CONSTRAINT fk_ls_stream_air_creator FOREIGN KEY(creator) REFERENCES ls_creator (handle)
);
--
CREATE TRIGGER ls_stream_air_no_update BEFORE update ON ls_stream_air BEGIN SELECT RAISE(ABORT, 'ls_stream_air is append-only'); END;
--
CREATE TRIGGER ls_stream_air_no_delete BEFORE delete ON ls_stream_air BEGIN SELECT RAISE(ABORT, 'ls_stream_air is append-only'); END;
--
CREATE TRIGGER ls_stream_air_no_replace BEFORE INSERT ON ls_stream_air WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_stream_air old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_stream_air old WHERE old.stream = NEW.stream AND old.creator = NEW.creator) BEGIN SELECT RAISE(ABORT, 'ls_stream_air is append-only, no row is replaced'); END;
--
CREATE TABLE ls_seeding (
  id VARCHAR(40) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  quantity INTEGER NOT NULL,
  currency VARCHAR(3) NOT NULL,
  cost BIGINT NOT NULL,
  fair_value BIGINT NOT NULL,
  given_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_seeding PRIMARY KEY (id)
);
--
CREATE INDEX ix_ls_seeding_creator ON ls_seeding (creator, given_at);
--
CREATE TABLE ls_seeding_return (
  id VARCHAR(40) NOT NULL,
  taken_back_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_seeding_return PRIMARY KEY (id)
);
--
CREATE TABLE ls_waiting_line (
  line_ref VARCHAR(320) NOT NULL,
  stream VARCHAR(64) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  line TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_waiting_line PRIMARY KEY (line_ref)
);
--
CREATE INDEX ix_ls_waiting_line_order_ref ON ls_waiting_line (order_ref);
--
CREATE INDEX ix_ls_waiting_line_stream ON ls_waiting_line (stream, order_ref);
--
CREATE TRIGGER ls_waiting_line_no_update BEFORE update ON ls_waiting_line BEGIN SELECT RAISE(ABORT, 'ls_waiting_line is append-only'); END;
--
CREATE TRIGGER ls_waiting_line_no_delete BEFORE delete ON ls_waiting_line BEGIN SELECT RAISE(ABORT, 'ls_waiting_line is append-only'); END;
--
CREATE TRIGGER ls_waiting_line_no_replace BEFORE INSERT ON ls_waiting_line WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_waiting_line old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_waiting_line old WHERE old.line_ref = NEW.line_ref) BEGIN SELECT RAISE(ABORT, 'ls_waiting_line is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_seeding_no_update BEFORE update ON ls_seeding BEGIN SELECT RAISE(ABORT, 'ls_seeding is append-only'); END;
--
CREATE TRIGGER ls_seeding_no_delete BEFORE delete ON ls_seeding BEGIN SELECT RAISE(ABORT, 'ls_seeding is append-only'); END;
--
CREATE TRIGGER ls_seeding_no_replace BEFORE INSERT ON ls_seeding WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_seeding old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_seeding old WHERE old.id = NEW.id) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TRIGGER ls_seeding_return_no_update BEFORE update ON ls_seeding_return BEGIN SELECT RAISE(ABORT, 'ls_seeding_return is append-only'); END;
--
CREATE TRIGGER ls_seeding_return_no_delete BEFORE delete ON ls_seeding_return BEGIN SELECT RAISE(ABORT, 'ls_seeding_return is append-only'); END;
--
CREATE TRIGGER ls_seeding_return_no_replace BEFORE INSERT ON ls_seeding_return WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_seeding_return old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_seeding_return old WHERE old.id = NEW.id) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TABLE ls_true_up (
  brand VARCHAR(64) NOT NULL,
  month VARCHAR(7) NOT NULL,
  round INTEGER NOT NULL,
  done_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_true_up PRIMARY KEY (brand, month, round)
);
--
CREATE TABLE ls_window (
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  terms_version INTEGER NOT NULL,
  currency VARCHAR(3) NOT NULL,
  span VARCHAR(7) NOT NULL,
  released_at BIGINT,
  CONSTRAINT pk_ls_window PRIMARY KEY (creator, brand, terms_version, currency, span)
);
--
CREATE INDEX ix_ls_window_released_at ON ls_window (released_at);
--
CREATE TABLE ls_window_month (
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  terms_version INTEGER NOT NULL,
  currency VARCHAR(3) NOT NULL,
  month VARCHAR(7) NOT NULL,
  base BIGINT NOT NULL,
  earned BIGINT NOT NULL,
  pending BIGINT NOT NULL,
  hold_until BIGINT,
  CONSTRAINT pk_ls_window_month PRIMARY KEY (creator, brand, terms_version, currency, month)
);
--
CREATE TABLE ls_window_order (
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  terms_version INTEGER NOT NULL,
  currency VARCHAR(3) NOT NULL,
  month VARCHAR(7) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  paid_at BIGINT NOT NULL,
  base BIGINT NOT NULL,
  earned BIGINT NOT NULL,
  pending BIGINT NOT NULL,
  hold_until BIGINT NOT NULL,
  CONSTRAINT pk_ls_window_order PRIMARY KEY (order_ref, account, platform, brand, creator)
);
--
CREATE INDEX ix_ls_window_order_window ON ls_window_order (creator, brand, terms_version, currency, month);
--
CREATE TRIGGER ls_true_up_no_update BEFORE update ON ls_true_up BEGIN SELECT RAISE(ABORT, 'ls_true_up is append-only'); END;
--
CREATE TRIGGER ls_true_up_no_delete BEFORE delete ON ls_true_up BEGIN SELECT RAISE(ABORT, 'ls_true_up is append-only'); END;
--
CREATE TRIGGER ls_true_up_no_replace BEFORE INSERT ON ls_true_up WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_true_up old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_true_up old WHERE old.brand = NEW.brand AND old.month = NEW.month AND old.round = NEW.round) BEGIN SELECT RAISE(ABORT, 'ls_true_up is append-only, no row is replaced'); END;
