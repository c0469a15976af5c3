"""Payouts: what leaves for creators, and in which form."""
