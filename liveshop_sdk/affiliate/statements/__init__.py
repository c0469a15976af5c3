"""What a creator earned in a month, line by line, as a page, a PDF or JSON."""
