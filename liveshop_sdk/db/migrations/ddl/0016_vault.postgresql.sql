CREATE TABLE ls_platform_access (
  platform VARCHAR(16) NOT NULL,
  account VARCHAR(128) NOT NULL,
  app VARCHAR(128) NOT NULL,
  state VARCHAR(8) NOT NULL,
  state_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  sealed TEXT,
  scopes TEXT NOT NULL,
  granted_at BIGINT,
  ends_at BIGINT,
  renewal_ends_at BIGINT,
  version BIGINT NOT NULL,
  lease_until BIGINT,
  CONSTRAINT pk_ls_platform_access PRIMARY KEY (platform, account, app),
  CONSTRAINT ck_ls_platform_access_state_known CHECK (state IN ('none', 'granted', 'refused', 'left'))
);
