"""Payouts that cannot pay twice: planned, approved, sent, and known to have arrived or not."""
