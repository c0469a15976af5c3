"""The shop: wires the rooms together and opens the one transaction."""
