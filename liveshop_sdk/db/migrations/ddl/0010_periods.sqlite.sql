CREATE TABLE ls_ledger_period (
	book_id INTEGER NOT NULL,
	code VARCHAR(7) NOT NULL,
	status VARCHAR(16) NOT NULL,
	closings INTEGER NOT NULL,
	close_seq BIGINT,
	trial_balance_hash BLOB,
	CONSTRAINT pk_ls_ledger_period PRIMARY KEY (book_id, code),
	CONSTRAINT ck_ls_ledger_period_status CHECK (status IN ('open', 'closing', 'closed', 'locked')),
	CONSTRAINT fk_ls_ledger_period_book_id FOREIGN KEY(book_id) REFERENCES ls_ledger_book (id)
);
--
CREATE TABLE ls_ledger_period_balance (
	book_id INTEGER NOT NULL,
	period VARCHAR(7) NOT NULL,
	closing_no INTEGER NOT NULL,
	path VARCHAR(120) NOT NULL,
	currency VARCHAR(3) NOT NULL,
	opening BIGINT NOT NULL,
	debit BIGINT NOT NULL,
	credit BIGINT NOT NULL,
	closing BIGINT NOT NULL,
	CONSTRAINT pk_ls_ledger_period_balance PRIMARY KEY (book_id, period, closing_no, path, currency)
);
--
ALTER TABLE ls_ledger_head ADD COLUMN open_from VARCHAR(7);
--
ALTER TABLE ls_ledger_head ADD COLUMN closing VARCHAR(7);
--
DROP TRIGGER IF EXISTS ls_ledger_entry_seal;
--
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
                  AND NOT (m.status = 'closing' AND NEW.kind IN ('tier_true_up', 'cap_true_up', 'guarantee_true_up', 'fx_realised')));
END;
--
CREATE TRIGGER ls_ledger_period_balance_no_update BEFORE UPDATE ON ls_ledger_period_balance
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_period_balance is append-only');
END;
--
CREATE TRIGGER ls_ledger_period_balance_no_delete BEFORE DELETE ON ls_ledger_period_balance
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_period_balance is append-only');
END;
--
CREATE TRIGGER ls_ledger_period_no_delete BEFORE DELETE ON ls_ledger_period
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_period is append-only');
END;
--
DROP TRIGGER IF EXISTS ls_ledger_period_balance_no_replace;
--
CREATE TRIGGER ls_ledger_period_balance_no_replace BEFORE INSERT ON ls_ledger_period_balance WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_period_balance old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_ledger_period_balance old WHERE old.book_id = NEW.book_id AND old.period = NEW.period AND old.closing_no = NEW.closing_no AND old.path = NEW.path AND old.currency = NEW.currency) BEGIN SELECT RAISE(ABORT, 'ls_ledger_period_balance is append-only, no row is replaced'); END;
