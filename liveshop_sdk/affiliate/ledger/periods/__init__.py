"""Months of a book: open, closing, closed, locked.

Months are closed in order, so a book is always open from one month on. What
happened in a month that is no longer open is booked in the first one that is,
and says so (``applies_to_period``). Every step is an entry of the book.
"""
