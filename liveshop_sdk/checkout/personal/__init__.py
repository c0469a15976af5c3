"""Personal codes: many codes of one coupon, each for one use."""
