"""What the database itself refuses: unbalanced, unlinked or changed entries.

The seal works by order: postings are written first, then their entry. A
posting whose entry exists is refused, and an entry is checked against the
postings that are there, so it can neither start out wrong nor change later.
SQLite has no deferred triggers; this order gives both engines one guarantee.

They hold for a connection that is not ours as well: one that has SQLite's
foreign keys off, or PostgreSQL's ``search_path`` on tables of its own.

The statements stand alone as text, so that migrations can freeze them, and
hold neither ``%`` nor ``:name``, so that any driver call takes them as they are.
"""

from liveshop_sdk.affiliate.ledger.kinds import WHILE_CLOSING
from liveshop_sdk.db.append_only import Guard, no_replace

APPEND_ONLY = (
    "ls_ledger_book",
    "ls_ledger_account",
    "ls_ledger_entry",
    "ls_ledger_posting",
    "ls_ledger_period_balance",
    "ls_ledger_checkpoint",
)
"""Tables whose rows are never changed nor deleted."""

NEVER_DELETED = ("ls_ledger_head", "ls_ledger_period")
"""Tables whose rows change, but stay."""

NEVER_REPLACED = {
    "ls_ledger_book": Guard((("code",),)),
    "ls_ledger_head": Guard(()),
    "ls_ledger_account": Guard((("path", "book_id"),)),
    "ls_ledger_period_balance": Guard((("book_id", "period", "closing_no", "path", "currency"),)),
    "ls_ledger_checkpoint": Guard((("book_id", "tree_size"),)),
}
"""Tables for which SQLite needs a trigger of its own; the seals hold the others."""

_WHILE_CLOSING = ", ".join(f"'{kind}'" for kind in WHILE_CLOSING)

# Foreign keys hold the same, but only on a connection that asks for them.
_SQLITE_OF_A_BOOK = """
CREATE TRIGGER {table}_of_a_book BEFORE INSERT ON {table}
WHEN NOT EXISTS (SELECT 1 FROM ls_ledger_book b WHERE b.id = NEW.book_id)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: {table} refuses a row of no book');
END
"""

# Not "UPDATE OF book_id", which an update of the row id passes by.
_SQLITE_HEAD_STAYS = """
CREATE TRIGGER ls_ledger_head_stays BEFORE UPDATE ON ls_ledger_head
WHEN NEW.book_id IS NOT OLD.book_id
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: a head stays with its book');
END
"""

# SQLite keeps any type in any column: a number that is none would be no
# account's, or come after all others.
_SQLITE_SEAL = (
    """
CREATE TRIGGER ls_ledger_posting_seal BEFORE INSERT ON ls_ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: the entry is sealed or of no book, no posting can be added')
  WHERE NEW.seq < 1
     OR NEW.seq <= coalesce((SELECT h.seq FROM ls_ledger_head h WHERE h.book_id = NEW.book_id),
                            NEW.seq)
     OR EXISTS (SELECT 1 FROM ls_ledger_entry e
                WHERE e.book_id = NEW.book_id AND e.seq = NEW.seq);
  SELECT RAISE(ABORT, 'ls_ledger: the posting is not whole numbers on an account of its book')
  WHERE typeof(NEW.seq) <> 'integer' OR typeof(NEW.line_no) <> 'integer'
     OR typeof(NEW.amount) <> 'integer' OR typeof(NEW.balance_after) <> 'integer'
     OR NOT EXISTS (SELECT 1 FROM ls_ledger_account a
                    WHERE a.id = NEW.account_id AND a.book_id = NEW.book_id);
END
""",
    """
CREATE TRIGGER ls_ledger_entry_seal BEFORE INSERT ON ls_ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: an entry is never replaced')
  WHERE EXISTS (SELECT 1 FROM ls_ledger_entry e
                WHERE e.book_id = NEW.book_id AND e.seq = NEW.seq)
     OR EXISTS (SELECT 1 FROM ls_ledger_entry e
                WHERE e.event_id = NEW.event_id AND e.source = NEW.source
                  AND e.book_id = NEW.book_id)
     OR (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_entry e
                                                       WHERE e.rowid = NEW.rowid)));
  SELECT RAISE(ABORT, 'ls_ledger: the entry does not follow the one before it')
  WHERE NEW.prev_hash IS NOT CASE NEW.seq
    WHEN 1 THEN (SELECT b.genesis_hash FROM ls_ledger_book b WHERE b.id = NEW.book_id)
    ELSE (SELECT e.chain_hash FROM ls_ledger_entry e
          WHERE e.book_id = NEW.book_id AND e.seq = NEW.seq - 1) END;
  SELECT RAISE(ABORT, 'ls_ledger: the entry has other lines than it says')
  WHERE (SELECT count(*) * 1000000 + coalesce(max(p.line_no), 0)
         FROM ls_ledger_posting p JOIN ls_ledger_account a
           ON a.id = p.account_id AND a.book_id = p.book_id
         WHERE p.book_id = NEW.book_id AND p.seq = NEW.seq)
        <> NEW.line_count * 1000000 + NEW.line_count
     OR (SELECT count(*) FROM ls_ledger_posting p
         WHERE p.book_id = NEW.book_id AND p.seq = NEW.seq) <> NEW.line_count;
  SELECT RAISE(ABORT, 'ls_ledger: the entry does not balance')
  WHERE EXISTS (SELECT 1 FROM ls_ledger_posting p JOIN ls_ledger_account a ON a.id = p.account_id
                WHERE p.book_id = NEW.book_id AND p.seq = NEW.seq
                GROUP BY p.currency, a.class = 'memo' HAVING sum(p.amount) <> 0);
  SELECT RAISE(ABORT, 'ls_ledger: the period of the entry is not open')
  WHERE EXISTS (SELECT 1 FROM ls_ledger_period m
                WHERE m.book_id = NEW.book_id AND m.code = NEW.period AND m.status <> 'open'
                  AND NOT (m.status = 'closing' AND NEW.kind IN ({while_closing})));
END
""".replace("{while_closing}", _WHILE_CLOSING),
)

_SQLITE_REFUSE = """
CREATE TRIGGER {table}_no_{event} BEFORE {EVENT} ON {table}
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: {table} is append-only');
END
"""

_POSTGRES_REFUSE = """
CREATE OR REPLACE FUNCTION ls_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23514',
    MESSAGE = 'ls_ledger: ' || TG_TABLE_NAME || ' refuses ' || TG_OP;
END
$$
"""

# The head's lock is held by every honest writer. Taking it here makes another
# one wait, and then see the sealed entry, instead of slipping a line under an
# entry that is not committed yet. Sequential scans are off because a plan made
# while the table was empty would be kept. An entry's lines are summed for that
# entry alone: sums over the whole batch, joined to it, are made anew for each of
# its rows, since PostgreSQL expects only one.
_POSTGRES_POSTING = """
CREATE OR REPLACE FUNCTION ls_ledger_posting_seal() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
  part record;
  sealed bigint;
BEGIN
  FOR part IN
    SELECT book_id, min(seq) AS first, max(seq) AS last FROM fresh GROUP BY book_id
    ORDER BY book_id
  LOOP
    SELECT h.seq INTO sealed FROM ls_ledger_head h WHERE h.book_id = part.book_id FOR UPDATE;
    IF NOT FOUND OR part.first < 1 OR part.first <= sealed
       OR EXISTS (SELECT 1 FROM ls_ledger_entry e
                  WHERE e.book_id = part.book_id AND e.seq BETWEEN part.first AND part.last) THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the entry is sealed or of no book, no posting can be added';
    END IF;
  END LOOP;
  IF EXISTS (SELECT 1 FROM fresh f
             WHERE (SELECT a.book_id FROM ls_ledger_account a WHERE a.id = f.account_id)
                   IS DISTINCT FROM f.book_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514',
      MESSAGE = 'ls_ledger: the posting is not on an account of its book';
  END IF;
  RETURN NULL;
END
$$
"""

_POSTGRES_ENTRY = """
CREATE OR REPLACE FUNCTION ls_ledger_entry_seal() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
  part record;
  genesis bytea;
  miscounted boolean;
  unbalanced boolean;
BEGIN
  FOR part IN
    SELECT book_id, min(seq) AS first, max(seq) AS last, count(*) AS entries
    FROM fresh GROUP BY book_id ORDER BY book_id
  LOOP
    SELECT b.genesis_hash INTO genesis FROM ls_ledger_book b WHERE b.id = part.book_id;
    IF part.entries <> part.last - part.first + 1 OR EXISTS (
      SELECT 1 FROM (
        SELECT e.seq, e.prev_hash,
               CASE e.seq WHEN 1 THEN genesis
                          ELSE lag(e.chain_hash) OVER (ORDER BY e.seq) END AS expected
        FROM ls_ledger_entry e
        WHERE e.book_id = part.book_id AND e.seq BETWEEN part.first - 1 AND part.last
      ) linked
      WHERE linked.seq >= part.first AND linked.prev_hash IS DISTINCT FROM linked.expected
    ) THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the entry does not follow the one before it';
    END IF;
    SELECT bool_or(f.line_count <> found.lines OR f.line_count <> found.known
                OR f.line_count <> found.last_line),
           bool_or(found.uneven > 0)
    INTO miscounted, unbalanced
    FROM fresh f CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.lines), 0) AS lines, coalesce(sum(c.known), 0) AS known,
             coalesce(max(c.last_line), 0) AS last_line,
             count(*) FILTER (WHERE c.total <> 0) AS uneven
      FROM (
        SELECT sum(p.amount) AS total, count(*) AS lines, count(a.class) AS known,
               max(p.line_no) AS last_line
        FROM ls_ledger_posting p
        LEFT JOIN ls_ledger_account a ON a.id = p.account_id AND a.book_id = p.book_id
        WHERE p.book_id = f.book_id AND p.seq = f.seq
        GROUP BY p.currency, a.class = 'memo'
      ) c
    ) found
    WHERE f.book_id = part.book_id;
    IF miscounted THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the entry has other lines than it says';
    END IF;
    IF unbalanced THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the entry does not balance';
    END IF;
    IF EXISTS (SELECT 1 FROM fresh f JOIN ls_ledger_period m
                 ON m.book_id = f.book_id AND m.code = f.period
               WHERE f.book_id = part.book_id AND m.status <> 'open'
                 AND NOT (m.status = 'closing' AND f.kind IN ({while_closing}))) THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the period of the entry is not open';
    END IF;
  END LOOP;
  RETURN NULL;
END
$$
""".replace("{while_closing}", _WHILE_CLOSING)

# Half-empty pages let PostgreSQL update the one changing row in place. As a
# statement of its own, because SQLAlchemy 2.0 has no spelling for it.
_POSTGRES_HEAD_FILL = "ALTER TABLE ls_ledger_head SET (fillfactor = 50)"

# Whatever the caller's path holds in front, a temporary table included, the
# seals look at the tables they were made beside.
_POSTGRES_PATH = """
DO $$
BEGIN
  EXECUTE 'ALTER FUNCTION {table}_seal() SET search_path = '
          || quote_ident(current_schema()) || ', pg_temp';
END
$$
"""

_POSTGRES_SEAL_TRIGGER = """
CREATE TRIGGER {table}_seal AFTER INSERT ON {table}
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {table}_seal()
"""

_POSTGRES_REFUSE_TRIGGER = """
CREATE TRIGGER {table}_no_change BEFORE {events} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse()
"""

_SEALED = ("ls_ledger_posting", "ls_ledger_entry")


def statements(dialect: str) -> list[str]:
    """Return the statements that make the triggers, to be run in this order."""
    made = _sqlite() if dialect == "sqlite" else _postgresql()
    return [statement.strip() for statement in made]


def names(dialect: str) -> list[str]:
    """Return the names of the triggers that must be there."""
    words = [text.split() for text in statements(dialect)]
    return sorted(each[2] for each in words if each[:2] == ["CREATE", "TRIGGER"])


def _sqlite() -> list[str]:
    refused = [(table, event) for table in APPEND_ONLY for event in ("update", "delete")]
    return [
        *_SQLITE_SEAL,
        *(
            _SQLITE_REFUSE.format(table=table, event=event, EVENT=event.upper())
            for table, event in [*refused, *((table, "delete") for table in NEVER_DELETED)]
        ),
        *(text for table, guard in NEVER_REPLACED.items() for text in no_replace(table, guard)),
        *(
            _SQLITE_OF_A_BOOK.format(table=table)
            for table in ("ls_ledger_head", "ls_ledger_account", "ls_ledger_checkpoint")
        ),
        _SQLITE_HEAD_STAYS,
    ]


def _postgresql() -> list[str]:
    refusals = [
        _POSTGRES_REFUSE_TRIGGER.format(table=table, events="DELETE OR UPDATE OR TRUNCATE")
        for table in APPEND_ONLY
    ]
    events = "DELETE OR UPDATE OF book_id OR TRUNCATE"
    return [
        _POSTGRES_HEAD_FILL,
        _POSTGRES_REFUSE,
        _POSTGRES_POSTING,
        _POSTGRES_ENTRY,
        *(_POSTGRES_PATH.format(table=table) for table in _SEALED),
        *(_POSTGRES_SEAL_TRIGGER.format(table=table) for table in _SEALED),
        *refusals,
        _POSTGRES_REFUSE_TRIGGER.format(table="ls_ledger_head", events=events),
        _POSTGRES_REFUSE_TRIGGER.format(table="ls_ledger_period", events="DELETE OR TRUNCATE"),
    ]
