CREATE TABLE ls_coupon (
  id VARCHAR(40) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  code VARCHAR(32) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  stream VARCHAR(64) NOT NULL,
  percent_bps INTEGER,
  amount_off BIGINT,
  currency VARCHAR(3),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  use_limit INTEGER,
  per_customer INTEGER,
  reserved INTEGER NOT NULL,
  used INTEGER NOT NULL,
  platform_ref TEXT,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_coupon PRIMARY KEY (id),
  CONSTRAINT uq_ls_coupon_platform_account_code UNIQUE (platform, account, code),
  CONSTRAINT ck_ls_coupon_one_discount CHECK ((percent_bps IS NULL) <> (amount_off IS NULL)),
  CONSTRAINT ck_ls_coupon_counts CHECK (reserved >= 0 AND used >= 0),
  CONSTRAINT ck_ls_coupon_cap CHECK (use_limit IS NULL OR reserved + used <= use_limit)
);
--
CREATE TABLE ls_link (
  id VARCHAR(40) NOT NULL,
  short_code VARCHAR(16) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  stream VARCHAR(64),
  coupon_id VARCHAR(40),
  items TEXT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  placement VARCHAR(32) NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_link PRIMARY KEY (id),
  CONSTRAINT uq_ls_link_short_code UNIQUE (short_code)
);
--
CREATE INDEX ix_ls_link_creator ON ls_link (creator, stream);
--
CREATE TABLE ls_order (
  id VARCHAR(40) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  paid_at BIGINT,
  currency VARCHAR(3),
  total BIGINT,
  checkout_id VARCHAR(40),
  customer_key VARCHAR(64),
  is_returning BOOLEAN,
  market VARCHAR(8),
  tax_included BOOLEAN,
  is_test BOOLEAN,
  touch_offset_us BIGINT,
  paid_offset_us BIGINT,
  first_seen_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_order PRIMARY KEY (id),
  CONSTRAINT uq_ls_order_order_ref_account_platform UNIQUE (order_ref, account, platform)
);
--
CREATE INDEX ix_ls_order_checkout ON ls_order (checkout_id);
--
CREATE INDEX ix_ls_order_customer ON ls_order (customer_key);
--
CREATE INDEX ix_ls_order_paid ON ls_order (paid_at);
--
CREATE TABLE ls_redemption (
  coupon_id VARCHAR(40) NOT NULL,
  order_id VARCHAR(40) NOT NULL,
  checkout_id VARCHAR(40),
  customer_key VARCHAR(64),
  verdict VARCHAR(32) NOT NULL,
  redeemed_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_redemption PRIMARY KEY (coupon_id, order_id),
  CONSTRAINT fk_ls_redemption_coupon_id FOREIGN KEY(coupon_id) REFERENCES ls_coupon (id)
);
--
CREATE INDEX ix_ls_redemption_customer ON ls_redemption (coupon_id, customer_key);
--
CREATE TABLE ls_touch (
  checkout_id VARCHAR(40) NOT NULL,
  link_id VARCHAR(40) NOT NULL,
  creator VARCHAR(32) NOT NULL,
  stream VARCHAR(64),
  opened_at BIGINT NOT NULL,
  stream_offset_us BIGINT,
  channel VARCHAR(32) NOT NULL,
  placement VARCHAR(32) NOT NULL,
  customer_key VARCHAR(64),
  CONSTRAINT pk_ls_touch PRIMARY KEY (checkout_id),
  CONSTRAINT fk_ls_touch_link_id FOREIGN KEY(link_id) REFERENCES ls_link (id)
);
--
CREATE INDEX ix_ls_touch_link ON ls_touch (link_id);
--
CREATE INDEX ix_ls_touch_stream ON ls_touch (stream, opened_at);
--
CREATE TABLE ls_checkout (
  id VARCHAR(40) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  state VARCHAR(16) NOT NULL,
  params TEXT NOT NULL,
  platform_ref VARCHAR(255),
  url TEXT,
  coupon_id VARCHAR(40),
  reservation VARCHAR(8) NOT NULL,
  reserved_until BIGINT NOT NULL,
  closed_reason VARCHAR(32),
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_checkout PRIMARY KEY (id),
  CONSTRAINT fk_ls_checkout_id FOREIGN KEY(id) REFERENCES ls_touch (checkout_id)
);
--
CREATE INDEX ix_ls_checkout_platform_ref ON ls_checkout (platform_ref);
--
CREATE INDEX ix_ls_checkout_reserved ON ls_checkout (coupon_id, reservation, reserved_until);
--
CREATE TRIGGER ls_touch_no_update BEFORE update ON ls_touch BEGIN SELECT RAISE(ABORT, 'ls_touch is append-only'); END;
--
CREATE TRIGGER ls_touch_no_delete BEFORE delete ON ls_touch BEGIN SELECT RAISE(ABORT, 'ls_touch is append-only'); END;
--
CREATE TRIGGER ls_redemption_no_update BEFORE update ON ls_redemption BEGIN SELECT RAISE(ABORT, 'ls_redemption is append-only'); END;
--
CREATE TRIGGER ls_redemption_no_delete BEFORE delete ON ls_redemption BEGIN SELECT RAISE(ABORT, 'ls_redemption is append-only'); END;
