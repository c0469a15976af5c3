CREATE TABLE ls_code_batch (
  id VARCHAR(40) NOT NULL,
  coupon_id VARCHAR(40) NOT NULL,
  prefix VARCHAR(16) NOT NULL,
  seed TEXT NOT NULL,
  size INTEGER NOT NULL,
  made INTEGER NOT NULL,
  step INTEGER NOT NULL,
  problem TEXT,
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  CONSTRAINT pk_ls_code_batch PRIMARY KEY (id),
  CONSTRAINT ck_ls_code_batch_counts CHECK (made >= 0 AND made <= size),
  CONSTRAINT fk_ls_code_batch_coupon_id FOREIGN KEY(coupon_id) REFERENCES ls_coupon (id)
);
--
CREATE INDEX ix_ls_code_batch_coupon ON ls_code_batch (coupon_id);
--
CREATE INDEX ix_ls_code_batch_prefix ON ls_code_batch (prefix);
--
CREATE TABLE ls_personal_code (
  id VARCHAR(40) NOT NULL,
  batch_id VARCHAR(40) NOT NULL,
  coupon_id VARCHAR(40) NOT NULL,
  n INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  lookup VARCHAR(32) NOT NULL,
  platform_ref VARCHAR(255),
  made_at BIGINT,
  uses INTEGER NOT NULL,
  order_id VARCHAR(40),
  used_at BIGINT,
  CONSTRAINT pk_ls_personal_code PRIMARY KEY (id),
  CONSTRAINT uq_ls_personal_code_batch_id_n UNIQUE (batch_id, n),
  CONSTRAINT uq_ls_personal_code_coupon_id_lookup UNIQUE (coupon_id, lookup),
  CONSTRAINT ck_ls_personal_code_uses CHECK (uses >= 0),
  CONSTRAINT fk_ls_personal_code_batch_id FOREIGN KEY(batch_id) REFERENCES ls_code_batch (id)
);
--
CREATE INDEX ix_ls_personal_code_ref ON ls_personal_code (platform_ref);
--
CREATE TABLE ls_sandbox_code (
  code VARCHAR(32) NOT NULL,
  coupon_ref VARCHAR(40) NOT NULL,
  key VARCHAR(128) NOT NULL,
  used INTEGER NOT NULL,
  CONSTRAINT pk_ls_sandbox_code PRIMARY KEY (code),
  CONSTRAINT ck_ls_sandbox_code_used CHECK (used >= 0),
  CONSTRAINT fk_ls_sandbox_code_coupon_ref FOREIGN KEY(coupon_ref) REFERENCES ls_sandbox_coupon (id),
  CONSTRAINT uq_ls_sandbox_code_key UNIQUE (key)
);
--
ALTER TABLE ls_checkout ADD COLUMN code_id VARCHAR(40);
