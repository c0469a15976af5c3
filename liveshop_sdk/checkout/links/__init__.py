"""Cart links: issued to a creator, opened by buyers, revoked by the brand."""
