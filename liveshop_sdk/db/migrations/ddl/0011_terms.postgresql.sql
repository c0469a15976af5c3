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
CREATE OR REPLACE FUNCTION ls_acceptance_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_acceptance is append-only'; END $$;
--
CREATE TRIGGER ls_acceptance_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_acceptance FOR EACH STATEMENT EXECUTE FUNCTION ls_acceptance_refuse();
--
CREATE OR REPLACE FUNCTION ls_policy_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_policy is append-only'; END $$;
--
CREATE TRIGGER ls_policy_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_policy FOR EACH STATEMENT EXECUTE FUNCTION ls_policy_refuse();
