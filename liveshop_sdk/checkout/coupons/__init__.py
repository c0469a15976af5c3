"""Coupons: bound to a creator and a stream, capped exactly on our links."""
