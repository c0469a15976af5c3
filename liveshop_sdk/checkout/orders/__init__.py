"""Orders: what came back paid, and the evidence of who sent it."""
