ALTER TABLE ls_coupon ADD COLUMN gives TEXT;
--
ALTER TABLE ls_sandbox_checkout ADD COLUMN shipping_off BIGINT;
