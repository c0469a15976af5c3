"""What brands agreed on: terms with creators, and how their sales are credited."""
