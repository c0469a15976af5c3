"""The ledger's six tables.

Instants are microseconds, dates ISO text, hashes 32 bytes. Only primary keys
begin with ``book_id``: PostgreSQL keeps the plan it made while a table was
small, and with a second index that begins so, foreign-key checks and look-ups
came to scan a whole book (measured: a batch of 100 from 14 to 603 ms).

An entry has no foreign key to its book and a posting none to its account: the
seal (``triggers``) checks both for every entry, and neither can be deleted.
"""

import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import triggers
from liveshop_sdk.db import metadata, register_triggers
from liveshop_sdk.db.types import Code, Currency, Day, Id, Micros, Minor, Serial, Text
from liveshop_sdk.money import MAX_AMOUNT

_Hash = sa.LargeBinary(32)
_Seq = sa.BigInteger
_Book = sa.Integer

book = sa.Table(
    "ls_ledger_book",
    metadata,
    sa.Column("id", _Book, primary_key=True),
    sa.Column("code", Code(64), nullable=False, unique=True),
    sa.Column("functional_currency", Currency(), nullable=False),
    sa.Column("timezone", Code(64), nullable=False),
    sa.Column("hash_version", sa.Integer, nullable=False),
    sa.Column("genesis_hash", _Hash, nullable=False),
    sa.Column("created_at", Micros, nullable=False),
)

# The one row that is updated; its fill factor stands in triggers.py.
head = sa.Table(
    "ls_ledger_head",
    metadata,
    sa.Column("book_id", _Book, sa.ForeignKey("ls_ledger_book.id"), primary_key=True),
    sa.Column("seq", _Seq, nullable=False),
    sa.Column("chain_hash", _Hash, nullable=False),
    sa.Column("frontier", sa.LargeBinary(64 * 32), nullable=False),
    sa.Column("recorded_at", Micros, nullable=False),
    sa.CheckConstraint("seq >= 0", name="seq"),
)

account = sa.Table(
    "ls_ledger_account",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("book_id", _Book, sa.ForeignKey("ls_ledger_book.id"), nullable=False),
    sa.Column("path", Code(120), nullable=False),
    sa.Column("class", Code(16), nullable=False),
    sa.Column("party_type", Code(16), nullable=False),
    sa.Column("party_id", Code(64)),
    sa.Column("floor", Code(16), nullable=False),
    sa.Column("opened_at", Micros, nullable=False),
    sa.UniqueConstraint("path", "book_id"),
    sa.CheckConstraint(
        "class IN ('asset', 'liability', 'expense', 'income', 'equity', 'memo')", name="class"
    ),
    sa.CheckConstraint("floor IN ('none', 'debit_only', 'credit_only')", name="floor"),
)

entry = sa.Table(
    "ls_ledger_entry",
    metadata,
    sa.Column("book_id", _Book, primary_key=True, autoincrement=False),
    sa.Column("seq", _Seq, primary_key=True, autoincrement=False),
    sa.Column("kind", Code(40), nullable=False),
    sa.Column("source", Code(40), nullable=False),
    sa.Column("event_id", Code(255), nullable=False),
    sa.Column("request_hash", _Hash, nullable=False),
    sa.Column("effective_date", Day(), nullable=False),
    sa.Column("period", Code(7), nullable=False),
    sa.Column("occurred_at", Micros, nullable=False),
    sa.Column("recorded_at", Micros, nullable=False),
    sa.Column("created_by", Text),
    sa.Column("approved_by", Text),
    sa.Column("reason", Text),
    sa.Column("reverses_seq", _Seq),
    sa.Column("corrects_seq", _Seq),
    sa.Column("applies_to_period", Code(7)),
    sa.Column("terms_version", Text),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("meta", Text, nullable=False),
    sa.Column("hash_version", sa.Integer, nullable=False),
    sa.Column("leaf_hash", _Hash, nullable=False),
    sa.Column("prev_hash", _Hash, nullable=False),
    sa.Column("chain_hash", _Hash, nullable=False),
    sa.UniqueConstraint("event_id", "source", "book_id"),
    sa.CheckConstraint("seq >= 1", name="seq"),
    sa.CheckConstraint(
        "kind NOT IN ('adjustment', 'correction', 'write_off', 'period_reopen') OR "
        "(reason IS NOT NULL AND created_by IS NOT NULL AND approved_by IS NOT NULL "
        "AND approved_by <> created_by)",
        name="second_person",
    ),
)

posting = sa.Table(
    "ls_ledger_posting",
    metadata,
    sa.Column("book_id", _Book, primary_key=True, autoincrement=False),
    sa.Column("seq", _Seq, primary_key=True, autoincrement=False),
    sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("currency", Currency(), nullable=False),
    sa.Column("amount", Minor, nullable=False),
    sa.Column("balance_after", Minor, nullable=False),
    sa.Column("line_ref", Code(255)),
    sa.Column("payout_item_id", Id()),
    sa.Column("memo", Text),
    sa.CheckConstraint(
        f"amount <> 0 AND amount BETWEEN -{MAX_AMOUNT} AND {MAX_AMOUNT}", name="amount"
    ),
    sa.CheckConstraint("line_no >= 1", name="line_no"),
    # Postings come first, so the check waits for the commit: no line without its entry.
    sa.ForeignKeyConstraint(
        ["book_id", "seq"],
        ["ls_ledger_entry.book_id", "ls_ledger_entry.seq"],
        deferrable=True,
        initially="DEFERRED",
    ),
    sa.Index("ix_ls_ledger_posting_account", "account_id", "currency", "seq", "line_no"),
    sa.Index("ix_ls_ledger_posting_line_ref", "line_ref", "book_id"),
    sqlite_with_rowid=False,
)

# The frontier is no secret and no evidence of its own: folded, it must give the root
# that was signed. With it, signing and verifying go on from here.
checkpoint = sa.Table(
    "ls_ledger_checkpoint",
    metadata,
    sa.Column("book_id", _Book, sa.ForeignKey("ls_ledger_book.id"), primary_key=True),
    sa.Column("tree_size", _Seq, primary_key=True, autoincrement=False),
    sa.Column("root_hash", _Hash, nullable=False),
    sa.Column("chain_hash", _Hash, nullable=False),
    sa.Column("frontier", sa.LargeBinary(64 * 32), nullable=False),
    sa.Column("note", Text, nullable=False),
    sa.Column("anchors", Text, nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    sa.CheckConstraint("tree_size >= 0", name="tree_size"),
)

for _dialect in ("sqlite", "postgresql"):
    register_triggers(_dialect, triggers.statements(_dialect))
