"""What a brand sells, and where."""
