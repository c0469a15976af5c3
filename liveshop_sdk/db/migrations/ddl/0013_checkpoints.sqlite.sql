CREATE TABLE ls_ledger_checkpoint (
  book_id INTEGER NOT NULL,
  tree_size BIGINT NOT NULL,
  root_hash BLOB NOT NULL,
  chain_hash BLOB NOT NULL,
  frontier BLOB NOT NULL,
  note TEXT NOT NULL,
  anchors TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_ledger_checkpoint PRIMARY KEY (book_id, tree_size),
  CONSTRAINT ck_ls_ledger_checkpoint_tree_size CHECK (tree_size >= 0),
  CONSTRAINT fk_ls_ledger_checkpoint_book_id FOREIGN KEY(book_id) REFERENCES ls_ledger_book (id)
);
--
CREATE TRIGGER ls_ledger_checkpoint_no_update BEFORE UPDATE ON ls_ledger_checkpoint
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_checkpoint is append-only');
END;
--
CREATE TRIGGER ls_ledger_checkpoint_no_delete BEFORE DELETE ON ls_ledger_checkpoint
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_checkpoint is append-only');
END;
--
DROP TRIGGER IF EXISTS ls_ledger_checkpoint_no_replace;
--
CREATE TRIGGER ls_ledger_checkpoint_no_replace BEFORE INSERT ON ls_ledger_checkpoint WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_checkpoint old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_ledger_checkpoint old WHERE old.book_id = NEW.book_id AND old.tree_size = NEW.tree_size) BEGIN SELECT RAISE(ABORT, 'ls_ledger_checkpoint is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_ledger_checkpoint_of_a_book BEFORE INSERT ON ls_ledger_checkpoint
WHEN NOT EXISTS (SELECT 1 FROM ls_ledger_book b WHERE b.id = NEW.book_id)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_checkpoint refuses a row of no book');
END;
