"""Payouts that cannot pay twice: planned, approved, sent and followed."""
