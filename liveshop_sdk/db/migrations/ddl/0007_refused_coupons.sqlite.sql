ALTER TABLE ls_coupon ADD COLUMN refused_at BIGINT;
