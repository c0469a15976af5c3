"""What platforms charged for orders: read from them, kept, and never posted."""
