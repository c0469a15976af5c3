"""Files of payments for banks and payment services, as pure functions.

The same items and the same instant give the same bytes. Nothing is altered to
fit: what a format cannot carry is refused by the creator's handle, before
anything is written.
"""
