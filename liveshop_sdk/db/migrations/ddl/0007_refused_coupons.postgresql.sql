ALTER TABLE ls_coupon ADD COLUMN refused_at BIGINT;
--
UPDATE ls_coupon SET refused_at = created_at
WHERE platform_ref IS NULL AND EXISTS (
  SELECT 1 FROM ls_outbox o
  WHERE o.key = 'coupon.create:' || ls_coupon.id AND o.state = 'dead'
    AND o.reason LIKE '%refused: %'
);
