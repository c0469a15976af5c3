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
CREATE OR REPLACE FUNCTION ls_fee_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_fee is append-only'; END $$;
--
CREATE TRIGGER ls_fee_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_fee FOR EACH STATEMENT EXECUTE FUNCTION ls_fee_refuse();
