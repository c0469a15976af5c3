CREATE TABLE ls_ledger_period (
	book_id INTEGER NOT NULL,
	code VARCHAR(7) NOT NULL,
	status VARCHAR(16) NOT NULL,
	closings INTEGER NOT NULL,
	close_seq BIGINT,
	trial_balance_hash BYTEA,
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
                 AND NOT (m.status = 'closing' AND f.kind IN ('tier_true_up', 'cap_true_up', 'guarantee_true_up', 'fx_realised'))) THEN
      RAISE EXCEPTION USING ERRCODE = '23514',
        MESSAGE = 'ls_ledger: the period of the entry is not open';
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;
--
DO $$
BEGIN
  EXECUTE 'ALTER FUNCTION ls_ledger_entry_seal() SET search_path = '
          || quote_ident(current_schema()) || ', pg_temp';
END
$$;
--
CREATE TRIGGER ls_ledger_period_balance_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_ledger_period_balance
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
--
CREATE TRIGGER ls_ledger_period_no_change BEFORE DELETE OR TRUNCATE ON ls_ledger_period
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
