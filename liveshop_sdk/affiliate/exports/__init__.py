"""The journal in forms that other programs read."""
