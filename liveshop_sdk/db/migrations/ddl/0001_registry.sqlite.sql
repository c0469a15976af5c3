CREATE TABLE ls_brand (
  code VARCHAR(64) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  timezone VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_brand PRIMARY KEY (code)
);
--
CREATE TABLE ls_creator (
  handle VARCHAR(32) NOT NULL,
  followers BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_creator PRIMARY KEY (handle),
  CONSTRAINT ck_ls_creator_followers_range CHECK (followers >= 0)
);
--
CREATE TABLE ls_stream (
  code VARCHAR(64) NOT NULL,
  title TEXT NOT NULL,
  opens_at BIGINT NOT NULL,
  closes_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_stream PRIMARY KEY (code),
  CONSTRAINT ck_ls_stream_window CHECK (closes_at > opens_at)
);
--
CREATE TABLE ls_creator_profile (
  handle VARCHAR(32) NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT pk_ls_creator_profile PRIMARY KEY (handle),
  CONSTRAINT fk_ls_creator_profile_handle FOREIGN KEY(handle) REFERENCES ls_creator (handle)
);
--
CREATE TABLE ls_product (
  sku VARCHAR(64) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  title TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  image TEXT,
  stripe_price VARCHAR(255),
  shopify_variant VARCHAR(255),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_product PRIMARY KEY (sku),
  CONSTRAINT ck_ls_product_amount_range CHECK (amount >= 0),
  CONSTRAINT fk_ls_product_brand FOREIGN KEY(brand) REFERENCES ls_brand (code),
  CONSTRAINT uq_ls_product_stripe_price UNIQUE (stripe_price),
  CONSTRAINT uq_ls_product_shopify_variant UNIQUE (shopify_variant)
);
--
CREATE INDEX ix_ls_product_brand ON ls_product (brand);
--
CREATE TABLE ls_stream_brand (
  stream VARCHAR(64) NOT NULL,
  brand VARCHAR(64) NOT NULL,
  CONSTRAINT pk_ls_stream_brand PRIMARY KEY (stream, brand),
  CONSTRAINT fk_ls_stream_brand_stream FOREIGN KEY(stream) REFERENCES ls_stream (code),
  CONSTRAINT fk_ls_stream_brand_brand FOREIGN KEY(brand) REFERENCES ls_brand (code)
);
--
CREATE INDEX ix_ls_stream_brand_brand ON ls_stream_brand (brand);
--
CREATE TABLE ls_stream_host (
  stream VARCHAR(64) NOT NULL,
  position INTEGER NOT NULL,
  creator VARCHAR(32) NOT NULL,
  weight INTEGER,
  CONSTRAINT pk_ls_stream_host PRIMARY KEY (stream, position),
  CONSTRAINT uq_ls_stream_host_stream_creator UNIQUE (stream, creator),
  CONSTRAINT ck_ls_stream_host_weight_range CHECK (weight > 0),
  CONSTRAINT fk_ls_stream_host_stream FOREIGN KEY(stream) REFERENCES ls_stream (code),
  CONSTRAINT fk_ls_stream_host_creator FOREIGN KEY(creator) REFERENCES ls_creator (handle)
);
--
CREATE INDEX ix_ls_stream_host_creator ON ls_stream_host (creator);
