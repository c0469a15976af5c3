CREATE TABLE ls_sandbox_checkout (
  id VARCHAR(40) NOT NULL,
  "key" VARCHAR(128) NOT NULL,
  checkout_id VARCHAR(40) NOT NULL,
  params TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  lines TEXT NOT NULL,
  tax_bps INTEGER NOT NULL,
  is_tax_included BOOLEAN NOT NULL,
  shipping BIGINT NOT NULL,
  total BIGINT NOT NULL,
  code VARCHAR(32),
  coupon_ref VARCHAR(40),
  email TEXT,
  order_id VARCHAR(40),
  opened_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  closed_at BIGINT,
  CONSTRAINT pk_ls_sandbox_checkout PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_checkout_state_known CHECK (state IN ('open', 'paid', 'pending', 'declined', 'abandoned', 'failed', 'expired')),
  CONSTRAINT ck_ls_sandbox_checkout_paid_has_order CHECK ((state = 'paid') = (order_id IS NOT NULL)),
  CONSTRAINT ck_ls_sandbox_checkout_total CHECK (total >= 0),
  CONSTRAINT uq_ls_sandbox_checkout_key UNIQUE ("key")
);
--
CREATE INDEX ix_ls_sandbox_checkout_checkout_id ON ls_sandbox_checkout (checkout_id);
--
CREATE INDEX ix_ls_sandbox_checkout_due ON ls_sandbox_checkout (state, expires_at);
--
CREATE TABLE ls_sandbox_coupon (
  id VARCHAR(40) NOT NULL,
  "key" VARCHAR(128) NOT NULL,
  code VARCHAR(32) NOT NULL,
  params TEXT NOT NULL,
  use_limit INTEGER,
  used INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_sandbox_coupon PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_coupon_used CHECK (used >= 0),
  CONSTRAINT uq_ls_sandbox_coupon_key UNIQUE ("key"),
  CONSTRAINT uq_ls_sandbox_coupon_code UNIQUE (code)
);
--
CREATE TABLE ls_sandbox_state (
  name VARCHAR(64) NOT NULL,
  value TEXT NOT NULL,
  CONSTRAINT pk_ls_sandbox_state PRIMARY KEY (name)
);
--
CREATE TABLE ls_sandbox_order (
  id VARCHAR(40) NOT NULL,
  checkout_id VARCHAR(40) NOT NULL,
  reference TEXT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  total BIGINT NOT NULL,
  shipping BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  is_tax_included BOOLEAN NOT NULL,
  lines TEXT NOT NULL,
  code VARCHAR(32),
  coupon_ref VARCHAR(40),
  email TEXT NOT NULL,
  paid_at BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  CONSTRAINT pk_ls_sandbox_order PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_order_refunded CHECK (refunded >= 0 AND refunded <= total),
  CONSTRAINT uq_ls_sandbox_order_checkout_id UNIQUE (checkout_id),
  CONSTRAINT fk_ls_sandbox_order_checkout_id FOREIGN KEY(checkout_id) REFERENCES ls_sandbox_checkout (id)
);
--
CREATE INDEX ix_ls_sandbox_order_paid_at ON ls_sandbox_order (paid_at);
--
CREATE TABLE ls_sandbox_dispute (
  id VARCHAR(40) NOT NULL,
  order_id VARCHAR(40) NOT NULL,
  amount BIGINT NOT NULL,
  state VARCHAR(8) NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  CONSTRAINT pk_ls_sandbox_dispute PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_dispute_state_known CHECK (state IN ('open', 'won', 'lost')),
  CONSTRAINT ck_ls_sandbox_dispute_amount CHECK (amount > 0),
  CONSTRAINT fk_ls_sandbox_dispute_order_id FOREIGN KEY(order_id) REFERENCES ls_sandbox_order (id)
);
--
CREATE INDEX ix_ls_sandbox_dispute_order ON ls_sandbox_dispute (order_id, opened_at);
--
CREATE TABLE ls_sandbox_refund (
  id VARCHAR(40) NOT NULL,
  order_id VARCHAR(40) NOT NULL,
  amount BIGINT NOT NULL,
  lines TEXT NOT NULL,
  state VARCHAR(8) NOT NULL,
  created_at BIGINT NOT NULL,
  failed_at BIGINT,
  CONSTRAINT pk_ls_sandbox_refund PRIMARY KEY (id),
  CONSTRAINT ck_ls_sandbox_refund_state_known CHECK (state IN ('made', 'failed')),
  CONSTRAINT ck_ls_sandbox_refund_amount CHECK (amount > 0),
  CONSTRAINT fk_ls_sandbox_refund_order_id FOREIGN KEY(order_id) REFERENCES ls_sandbox_order (id)
);
--
CREATE INDEX ix_ls_sandbox_refund_order ON ls_sandbox_refund (order_id, created_at);
