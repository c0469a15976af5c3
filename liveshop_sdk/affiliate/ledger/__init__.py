"""The sealed journal of what each creator earned, per brand.

Append-only double entry: every entry balances per currency, is posted once per
fact, is linked to all before it by hash, and is refused by the database itself
when it is not whole. `service.Ledger` is the way in; `verify.verify` recomputes
everything.
"""
