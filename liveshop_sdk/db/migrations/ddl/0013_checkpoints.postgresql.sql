CREATE TABLE ls_ledger_checkpoint (
  book_id INTEGER NOT NULL,
  tree_size BIGINT NOT NULL,
  root_hash BYTEA NOT NULL,
  chain_hash BYTEA NOT NULL,
  frontier BYTEA NOT NULL,
  note TEXT NOT NULL,
  anchors TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT pk_ls_ledger_checkpoint PRIMARY KEY (book_id, tree_size),
  CONSTRAINT ck_ls_ledger_checkpoint_tree_size CHECK (tree_size >= 0),
  CONSTRAINT fk_ls_ledger_checkpoint_book_id FOREIGN KEY(book_id) REFERENCES ls_ledger_book (id)
);
--
CREATE TRIGGER ls_ledger_checkpoint_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_ledger_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
