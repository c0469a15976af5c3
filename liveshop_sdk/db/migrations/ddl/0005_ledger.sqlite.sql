CREATE TABLE ls_ledger_book (
  id INTEGER NOT NULL,
  code VARCHAR(64) NOT NULL,
  functional_currency VARCHAR(3) NOT NULL,
  timezone VARCHAR(64) NOT NULL,
  hash_version INTEGER NOT NULL,
  genesis_hash BLOB NOT NULL,
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
  request_hash BLOB NOT NULL,
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
  leaf_hash BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  chain_hash BLOB NOT NULL,
  CONSTRAINT pk_ls_ledger_entry PRIMARY KEY (book_id, seq),
  CONSTRAINT uq_ls_ledger_entry_event_id_source_book_id UNIQUE (event_id, source, book_id),
  CONSTRAINT ck_ls_ledger_entry_seq CHECK (seq >= 1),
  CONSTRAINT ck_ls_ledger_entry_second_person CHECK (kind NOT IN ('adjustment', 'correction', 'write_off', 'period_reopen') OR (reason IS NOT NULL AND created_by IS NOT NULL AND approved_by IS NOT NULL AND approved_by <> created_by))
);
--
CREATE TABLE ls_ledger_account (
  id INTEGER NOT NULL,
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
  chain_hash BLOB NOT NULL,
  frontier BLOB NOT NULL,
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
)
 WITHOUT ROWID;
--
CREATE INDEX ix_ls_ledger_posting_account ON ls_ledger_posting (account_id, currency, seq, line_no);
--
CREATE INDEX ix_ls_ledger_posting_line_ref ON ls_ledger_posting (line_ref, book_id);
--
CREATE TRIGGER ls_ledger_posting_seal BEFORE INSERT ON ls_ledger_posting
WHEN EXISTS (SELECT 1 FROM ls_ledger_entry e
             WHERE e.book_id = NEW.book_id AND e.seq = NEW.seq)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: the entry is sealed, no posting can be added');
END;
--
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
END;
--
CREATE TRIGGER ls_ledger_book_no_update BEFORE UPDATE ON ls_ledger_book
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_book is append-only');
END;
--
CREATE TRIGGER ls_ledger_book_no_delete BEFORE DELETE ON ls_ledger_book
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_book is append-only');
END;
--
CREATE TRIGGER ls_ledger_account_no_update BEFORE UPDATE ON ls_ledger_account
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_account is append-only');
END;
--
CREATE TRIGGER ls_ledger_account_no_delete BEFORE DELETE ON ls_ledger_account
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_account is append-only');
END;
--
CREATE TRIGGER ls_ledger_entry_no_update BEFORE UPDATE ON ls_ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_entry is append-only');
END;
--
CREATE TRIGGER ls_ledger_entry_no_delete BEFORE DELETE ON ls_ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_entry is append-only');
END;
--
CREATE TRIGGER ls_ledger_posting_no_update BEFORE UPDATE ON ls_ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_posting is append-only');
END;
--
CREATE TRIGGER ls_ledger_posting_no_delete BEFORE DELETE ON ls_ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_posting is append-only');
END;
--
CREATE TRIGGER ls_ledger_head_no_delete BEFORE DELETE ON ls_ledger_head
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_head is append-only');
END;
