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
CREATE OR REPLACE FUNCTION ls_stream_air_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_stream_air is append-only'; END $$;
--
CREATE TRIGGER ls_stream_air_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_stream_air FOR EACH STATEMENT EXECUTE FUNCTION ls_stream_air_refuse();
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
CREATE OR REPLACE FUNCTION ls_waiting_line_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_waiting_line is append-only'; END $$;
--
CREATE TRIGGER ls_waiting_line_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_waiting_line FOR EACH STATEMENT EXECUTE FUNCTION ls_waiting_line_refuse();
--
CREATE OR REPLACE FUNCTION ls_seeding_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_seeding is append-only'; END $$;
--
CREATE TRIGGER ls_seeding_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_seeding FOR EACH STATEMENT EXECUTE FUNCTION ls_seeding_refuse();
--
CREATE OR REPLACE FUNCTION ls_seeding_return_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_seeding_return is append-only'; END $$;
--
CREATE TRIGGER ls_seeding_return_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_seeding_return FOR EACH STATEMENT EXECUTE FUNCTION ls_seeding_return_refuse();
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
CREATE OR REPLACE FUNCTION ls_true_up_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_true_up is append-only'; END $$;
--
CREATE TRIGGER ls_true_up_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_true_up FOR EACH STATEMENT EXECUTE FUNCTION ls_true_up_refuse();
