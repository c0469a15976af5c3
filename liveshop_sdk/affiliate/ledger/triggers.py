"""What the database itself refuses: unbalanced, unlinked or changed entries.

The seal works by order: postings are written first, then their entry. A
posting whose entry exists is refused, and an entry is checked against the
postings that are there, so it can neither start out wrong nor change later.
SQLite has no deferred triggers; this order gives both engines one guarantee.

The statements stand alone as text, so that migrations can freeze them, and
hold neither ``%`` nor ``:name``, so that any driver call takes them as they are.
"""

APPEND_ONLY = ("ls_ledger_book", "ls_ledger_account", "ls_ledger_entry", "ls_ledger_posting")
"""Tables whose rows are never changed nor deleted."""

_SQLITE_SEAL = (
    """
CREATE TRIGGER ls_ledger_posting_seal BEFORE INSERT ON ls_ledger_posting
WHEN EXISTS (SELECT 1 FROM ls_ledger_entry e
             WHERE e.book_id = NEW.book_id AND e.seq = NEW.seq)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: the entry is sealed, no posting can be added');
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
                  AND e.book_id = NEW.book_id);
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
END
""",
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
BEGIN
  FOR part IN
    SELECT book_id, min(seq) AS first, max(seq) AS last FROM fresh GROUP BY book_id
    ORDER BY book_id
  LOOP
    PERFORM 1 FROM ls_ledger_head h WHERE h.book_id = part.book_id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM ls_ledger_entry e
               WHERE e.book_id = part.book_id AND e.seq BETWEEN part.first AND part.last) THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the entry is sealed, no posting can be added';
    END IF;
  END LOOP;
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
  END LOOP;
  RETURN NULL;
END
$$
"""

# Half-empty pages let PostgreSQL update the one changing row in place. As a
# statement of its own, because SQLAlchemy 2.0 has no spelling for it.
_POSTGRES_HEAD_FILL = "ALTER TABLE ls_ledger_head SET (fillfactor = 50)"

_POSTGRES_SEAL_TRIGGER = """
CREATE TRIGGER {table}_seal AFTER INSERT ON {table}
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {table}_seal()
"""

_POSTGRES_REFUSE_TRIGGER = """
CREATE TRIGGER {table}_no_change BEFORE {events} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse()
"""


def statements(dialect: str) -> list[str]:
    """Return the statements that make the triggers, to be run in this order."""
    made = _sqlite() if dialect == "sqlite" else _postgresql()
    return [statement.strip() for statement in made]


def names(dialect: str) -> list[str]:
    """Return the names of the triggers that must be there."""
    seals = ["ls_ledger_entry_seal", "ls_ledger_posting_seal"]
    if dialect == "sqlite":
        refusals = [f"{table}_no_{event}" for table, event in _sqlite_refusals()]
    else:
        refusals = [f"{table}_no_change" for table in (*APPEND_ONLY, "ls_ledger_head")]
    return sorted(seals + refusals)


def _sqlite_refusals() -> list[tuple[str, str]]:
    both = [(table, event) for table in APPEND_ONLY for event in ("update", "delete")]
    return [*both, ("ls_ledger_head", "delete")]


def _sqlite() -> list[str]:
    refusals = [
        _SQLITE_REFUSE.format(table=table, event=event, EVENT=event.upper())
        for table, event in _sqlite_refusals()
    ]
    return [*_SQLITE_SEAL, *refusals]


def _postgresql() -> list[str]:
    refusals = [
        _POSTGRES_REFUSE_TRIGGER.format(table=table, events="UPDATE OR DELETE OR TRUNCATE")
        for table in APPEND_ONLY
    ]
    return [
        _POSTGRES_HEAD_FILL,
        _POSTGRES_REFUSE,
        _POSTGRES_POSTING,
        _POSTGRES_ENTRY,
        *(
            _POSTGRES_SEAL_TRIGGER.format(table=table)
            for table in ("ls_ledger_posting", "ls_ledger_entry")
        ),
        *refusals,
        _POSTGRES_REFUSE_TRIGGER.format(table="ls_ledger_head", events="DELETE OR TRUNCATE"),
    ]
