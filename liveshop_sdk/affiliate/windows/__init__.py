"""What terms of a period count: sales by order, month and window."""
