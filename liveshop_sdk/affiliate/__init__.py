"""Who earned what, and why: agreements, attribution, commission, the ledger."""
