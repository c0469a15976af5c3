"""Visits: one opening of a link, its touch, its checkout, its reservation."""
