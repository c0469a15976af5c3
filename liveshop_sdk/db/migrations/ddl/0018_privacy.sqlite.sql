CREATE TABLE ls_privacy_request (
  id VARCHAR(40) NOT NULL,
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  request_key VARCHAR(64) NOT NULL,
  inbox_id VARCHAR(40) NOT NULL,
  orders INTEGER NOT NULL,
  state VARCHAR(8) NOT NULL,
  problem TEXT,
  cleared INTEGER NOT NULL,
  asked_at BIGINT NOT NULL,
  heard_at BIGINT NOT NULL,
  done_at BIGINT,
  CONSTRAINT pk_ls_privacy_request PRIMARY KEY (id),
  CONSTRAINT uq_ls_privacy_request_request_key_account_platform UNIQUE (request_key, account, platform),
  CONSTRAINT ck_ls_privacy_request_kind_known CHECK (kind IN ('data', 'customer', 'shop')),
  CONSTRAINT ck_ls_privacy_request_state_known CHECK (state IN ('open', 'done', 'problem'))
);
--
CREATE INDEX ix_ls_privacy_request_state ON ls_privacy_request (state, heard_at);
