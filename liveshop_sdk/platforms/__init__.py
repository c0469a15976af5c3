"""Adapters to commerce platforms: the only rooms that know a vendor's shapes."""
