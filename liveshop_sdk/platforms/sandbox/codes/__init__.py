"""Codes of a coupon at the sandbox beside its own, each for one use."""
