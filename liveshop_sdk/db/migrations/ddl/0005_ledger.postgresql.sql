CREATE TABLE ls_ledger_book (
  id SERIAL NOT NULL,
  code VARCHAR(64) NOT NULL,
  functional_currency VARCHAR(3) NOT NULL,
  timezone VARCHAR(64) NOT NULL,
  hash_version INTEGER NOT NULL,
  genesis_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_ledger_book PRIMARY KEY (id),
  CONSTRAINT uq_ls_ledger_book_code UNIQUE (code)
);
--
CREATE TABLE ls_ledger_entry (
  book_id INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  kind VARCHAR(40) NOT NULL,
  source VARCHAR(40) NOT NULL,
  event_id VARCHAR(255) NOT NULL,
  request_hash BYTEA NOT NULL,
  effective_date VARCHAR(10) NOT NULL,
  period VARCHAR(7) NOT NULL,
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  created_by TEXT,
  approved_by TEXT,
  reason TEXT,
  reverses_seq BIGINT,
  corrects_seq BIGINT,
  applies_to_period VARCHAR(7),
  terms_version TEXT,
  line_count INTEGER NOT NULL,
  meta TEXT NOT NULL,
  hash_version INTEGER NOT NULL,
  leaf_hash BYTEA NOT NULL,
  prev_hash BYTEA NOT NULL,
  chain_hash BYTEA NOT NULL,
  CONSTRAINT pk_ls_ledger_entry PRIMARY KEY (book_id, seq),
  CONSTRAINT uq_ls_ledger_entry_event_id_source_book_id UNIQUE (event_id, source, book_id),
  CONSTRAINT ck_ls_ledger_entry_seq CHECK (seq >= 1),
  CONSTRAINT ck_ls_ledger_entry_second_person CHECK (kind NOT IN ('adjustment', 'correction', 'write_off', 'period_reopen') OR (reason IS NOT NULL AND created_by IS NOT NULL AND approved_by IS NOT NULL AND approved_by <> created_by))
);
--
CREATE TABLE ls_ledger_account (
  id BIGSERIAL NOT NULL,
  book_id INTEGER NOT NULL,
  path VARCHAR(120) NOT NULL,
  class VARCHAR(16) NOT NULL,
  party_type VARCHAR(16) NOT NULL,
  party_id VARCHAR(64),
  floor VARCHAR(16) NOT NULL,
  opened_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_ledger_account PRIMARY KEY (id),
  CONSTRAINT uq_ls_ledger_account_path_book_id UNIQUE (path, book_id),
  CONSTRAINT ck_ls_ledger_account_class CHECK (class IN ('asset', 'liability', 'expense', 'income', 'equity', 'memo')),
  CONSTRAINT ck_ls_ledger_account_floor CHECK (floor IN ('none', 'debit_only', 'credit_only')),
  CONSTRAINT fk_ls_ledger_account_book_id FOREIGN KEY(book_id) REFERENCES ls_ledger_book (id)
);
--
CREATE TABLE ls_ledger_head (
  book_id INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  chain_hash BYTEA NOT NULL,
  frontier BYTEA NOT NULL,
  recorded_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_ledger_head PRIMARY KEY (book_id),
  CONSTRAINT ck_ls_ledger_head_seq CHECK (seq >= 0),
  CONSTRAINT fk_ls_ledger_head_book_id FOREIGN KEY(book_id) REFERENCES ls_ledger_book (id)
);
--
CREATE TABLE ls_ledger_posting (
  book_id INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  line_no INTEGER NOT NULL,
  account_id BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  balance_after BIGINT NOT NULL,
  line_ref VARCHAR(255),
  payout_item_id VARCHAR(40),
  memo TEXT,
  CONSTRAINT pk_ls_ledger_posting PRIMARY KEY (book_id, seq, line_no),
  CONSTRAINT ck_ls_ledger_posting_amount CHECK (amount <> 0 AND amount BETWEEN -999999999999999 AND 999999999999999),
  CONSTRAINT ck_ls_ledger_posting_line_no CHECK (line_no >= 1),
  CONSTRAINT fk_ls_ledger_posting_book_id_seq FOREIGN KEY(book_id, seq) REFERENCES ls_ledger_entry (book_id, seq) DEFERRABLE INITIALLY DEFERRED
);
--
CREATE INDEX ix_ls_ledger_posting_account ON ls_ledger_posting (account_id, currency, seq, line_no);
--
CREATE INDEX ix_ls_ledger_posting_line_ref ON ls_ledger_posting (line_ref, book_id);
--
ALTER TABLE ls_ledger_head SET (fillfactor = 50);
--
CREATE OR REPLACE FUNCTION ls_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23514',
    MESSAGE = 'ls_ledger: ' || TG_TABLE_NAME || ' refuses ' || TG_OP;
END
$$;
--
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
$$;
--
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
    SELECT bool_or(f.line_count <> coalesce(found.lines, 0)
                OR f.line_count <> coalesce(found.known, 0)
                OR f.line_count <> coalesce(found.last_line, 0)),
           bool_or(found.uneven > 0)
    INTO miscounted, unbalanced
    FROM fresh f LEFT JOIN (
      SELECT c.seq, sum(c.lines) AS lines, sum(c.known) AS known, max(c.last_line) AS last_line,
             count(*) FILTER (WHERE c.total <> 0) AS uneven
      FROM (
        SELECT l.seq, sum(l.amount) AS total, count(*) AS lines, count(l.class) AS known,
               max(l.line_no) AS last_line
        FROM (
          SELECT p.seq, p.line_no, p.currency, p.amount,
                 (SELECT a.class FROM ls_ledger_account a
                  WHERE a.id = p.account_id AND a.book_id = p.book_id) AS class
          FROM ls_ledger_posting p
          WHERE p.book_id = part.book_id AND p.seq BETWEEN part.first AND part.last
        ) l
        GROUP BY l.seq, l.currency, l.class = 'memo'
      ) c
      GROUP BY c.seq
    ) found ON found.seq = f.seq
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
$$;
--
CREATE TRIGGER ls_ledger_posting_seal AFTER INSERT ON ls_ledger_posting
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_posting_seal();
--
CREATE TRIGGER ls_ledger_entry_seal AFTER INSERT ON ls_ledger_entry
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_entry_seal();
--
CREATE TRIGGER ls_ledger_book_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_ledger_book
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
--
CREATE TRIGGER ls_ledger_account_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
--
CREATE TRIGGER ls_ledger_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
--
CREATE TRIGGER ls_ledger_posting_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ls_ledger_posting
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
--
CREATE TRIGGER ls_ledger_head_no_change BEFORE DELETE OR TRUNCATE ON ls_ledger_head
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
