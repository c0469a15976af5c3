ALTER TABLE ls_coupon ADD COLUMN paused_at BIGINT;
--
ALTER TABLE ls_coupon ADD COLUMN ended_at BIGINT;
--
ALTER TABLE ls_coupon ADD COLUMN wish_no INTEGER;
--
ALTER TABLE ls_coupon ADD COLUMN told_no INTEGER;
--
ALTER TABLE ls_coupon ADD COLUMN busy_until BIGINT;
--
ALTER TABLE ls_stream ADD COLUMN ended_at BIGINT;
--
ALTER TABLE ls_sandbox_coupon ADD COLUMN state VARCHAR(8);
