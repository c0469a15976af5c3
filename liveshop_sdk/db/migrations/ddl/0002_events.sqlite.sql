CREATE TABLE ls_fact (
  id INTEGER NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  fact_key VARCHAR(255) NOT NULL,
  order_ref VARCHAR(128) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  occurred_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_fact PRIMARY KEY (id),
  CONSTRAINT uq_ls_fact_platform_account_fact_key UNIQUE (platform, account, fact_key)
);
--
CREATE INDEX ix_ls_fact_order ON ls_fact (order_ref, account, platform);
--
CREATE TABLE ls_inbox (
  id VARCHAR(40) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  topic VARCHAR(128) NOT NULL,
  delivery_id VARCHAR(255) NOT NULL,
  event_id VARCHAR(255) NOT NULL,
  body BLOB NOT NULL,
  body_sha256 VARCHAR(64) NOT NULL,
  occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  state VARCHAR(8) NOT NULL,
  waits_for VARCHAR(128),
  parked_at BIGINT,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT,
  lease_by VARCHAR(128),
  reason TEXT,
  conflicts INTEGER NOT NULL,
  done_at BIGINT,
  CONSTRAINT pk_ls_inbox PRIMARY KEY (id),
  CONSTRAINT uq_ls_inbox_platform_account_topic_delivery_id UNIQUE (platform, account, topic, delivery_id),
  CONSTRAINT ck_ls_inbox_state_known CHECK (state IN ('new', 'parked', 'done', 'dead'))
);
--
CREATE INDEX ix_ls_inbox_due ON ls_inbox (received_at, id) WHERE state = 'new';
--
CREATE INDEX ix_ls_inbox_state ON ls_inbox (state);
--
CREATE INDEX ix_ls_inbox_waits_for ON ls_inbox (waits_for, account, platform) WHERE state = 'parked';
--
CREATE TABLE ls_outbox (
  id VARCHAR(40) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  "key" VARCHAR(128) NOT NULL,
  payload TEXT NOT NULL,
  state VARCHAR(8) NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT,
  lease_by VARCHAR(128),
  result TEXT,
  reason TEXT,
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  CONSTRAINT pk_ls_outbox PRIMARY KEY (id),
  CONSTRAINT ck_ls_outbox_state_known CHECK (state IN ('pending', 'done', 'dead')),
  CONSTRAINT uq_ls_outbox_key UNIQUE ("key")
);
--
CREATE INDEX ix_ls_outbox_due ON ls_outbox (created_at, id) WHERE state = 'pending';
--
CREATE INDEX ix_ls_outbox_state ON ls_outbox (state);
--
CREATE TRIGGER ls_fact_no_update BEFORE update ON ls_fact BEGIN SELECT RAISE(ABORT, 'ls_fact is append-only'); END;
--
CREATE TRIGGER ls_fact_no_delete BEFORE delete ON ls_fact BEGIN SELECT RAISE(ABORT, 'ls_fact is append-only'); END;
