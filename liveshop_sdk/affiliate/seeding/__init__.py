"""Products given to creators: at cost in the brand's book, at fair value for tax."""
