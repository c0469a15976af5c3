"""Exchange rates: stored once, never changed."""
