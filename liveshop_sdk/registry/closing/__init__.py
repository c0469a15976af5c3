"""Streams that end before their time, or are cancelled."""
