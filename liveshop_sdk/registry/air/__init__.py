"""How long each host of a stream was on air."""
