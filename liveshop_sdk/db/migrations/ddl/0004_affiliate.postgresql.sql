CREATE TABLE ls_agreement (
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  version INTEGER NOT NULL,
  rate_bps INTEGER NOT NULL,
  hold_us BIGINT NOT NULL,
  base VARCHAR(16) NOT NULL,
  rounding VARCHAR(16) NOT NULL,
  terms_hash VARCHAR(64) NOT NULL,
  effective_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_agreement PRIMARY KEY (brand, creator, version),
  CONSTRAINT ck_ls_agreement_rate_range CHECK (rate_bps BETWEEN 0 AND 10000)
);
--
CREATE TABLE ls_attribution (
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  creator VARCHAR(32),
  stream VARCHAR(64),
  reason VARCHAR(32) NOT NULL,
  stream_offset_us BIGINT,
  channel VARCHAR(32) NOT NULL,
  placement VARCHAR(32) NOT NULL,
  claim TEXT,
  lost TEXT NOT NULL,
  policy TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_attribution PRIMARY KEY (platform, account, order_ref, brand)
);
--
CREATE INDEX ix_ls_attribution_creator ON ls_attribution (creator, stream);
--
CREATE TABLE ls_commission_line (
  line_ref VARCHAR(320) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  order_line VARCHAR(128) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  credited VARCHAR(32) NOT NULL,
  stream VARCHAR(64),
  currency VARCHAR(3) NOT NULL,
  base BIGINT NOT NULL,
  rate_bps INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  weight_total INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  terms_version INTEGER NOT NULL,
  hold_until BIGINT NOT NULL,
  withheld VARCHAR(32) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_commission_line PRIMARY KEY (line_ref),
  CONSTRAINT uq_ls_commission_line_order_ref_account_platform_brand__d253 UNIQUE (order_ref, account, platform, brand, order_line, creator)
);
--
CREATE TABLE ls_hold (
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  hold_until BIGINT NOT NULL,
  withheld VARCHAR(32) NOT NULL,
  released_at BIGINT,
  CONSTRAINT pk_ls_hold PRIMARY KEY (platform, account, order_ref, hold_until)
);
--
CREATE INDEX ix_ls_hold_due ON ls_hold (released_at, hold_until);
--
CREATE OR REPLACE FUNCTION ls_agreement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_agreement is append-only'; END $$;
--
CREATE TRIGGER ls_agreement_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_agreement FOR EACH STATEMENT EXECUTE FUNCTION ls_agreement_refuse();
--
CREATE OR REPLACE FUNCTION ls_attribution_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_attribution is append-only'; END $$;
--
CREATE TRIGGER ls_attribution_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_attribution FOR EACH STATEMENT EXECUTE FUNCTION ls_attribution_refuse();
--
CREATE OR REPLACE FUNCTION ls_commission_line_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_commission_line is append-only'; END $$;
--
CREATE TRIGGER ls_commission_line_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_commission_line FOR EACH STATEMENT EXECUTE FUNCTION ls_commission_line_refuse();
