"""Signed statements of how far a book goes, to be kept outside its database."""
