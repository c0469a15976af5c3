CREATE TABLE ls_api_key (
  id VARCHAR(40) NOT NULL,
  name TEXT NOT NULL,
  mode VARCHAR(16) NOT NULL,
  scopes TEXT NOT NULL,
  brand VARCHAR(64),
  per_minute INTEGER NOT NULL,
  digest VARCHAR(64) NOT NULL,
  old_digest VARCHAR(64),
  old_until BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  CONSTRAINT pk_ls_api_key PRIMARY KEY (id),
  CONSTRAINT ck_ls_api_key_per_minute_range CHECK (per_minute > 0),
  CONSTRAINT ck_ls_api_key_old CHECK ((old_digest IS NULL) = (old_until IS NULL)),
  CONSTRAINT fk_ls_api_key_brand FOREIGN KEY(brand) REFERENCES ls_brand (code)
);
--
CREATE TABLE ls_api_answer (
  key_id VARCHAR(40) NOT NULL,
  idempotency_key VARCHAR(64) NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  status INTEGER,
  body TEXT,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_api_answer PRIMARY KEY (key_id, idempotency_key),
  CONSTRAINT fk_ls_api_answer_key_id FOREIGN KEY(key_id) REFERENCES ls_api_key (id)
);
--
CREATE INDEX ix_ls_api_answer_created_at ON ls_api_answer (created_at);
--
CREATE TABLE ls_api_use (
  key_id VARCHAR(40) NOT NULL,
  minute BIGINT NOT NULL,
  requests INTEGER NOT NULL,
  CONSTRAINT pk_ls_api_use PRIMARY KEY (key_id),
  CONSTRAINT fk_ls_api_use_key_id FOREIGN KEY(key_id) REFERENCES ls_api_key (id)
);
