CREATE OR REPLACE FUNCTION ls_brand_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ls_brand is append-only'; END $$;
--
CREATE TRIGGER ls_brand_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON ls_brand FOR EACH STATEMENT EXECUTE FUNCTION ls_brand_refuse();
--
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
$$;
--
DO $$
BEGIN
  EXECUTE 'ALTER FUNCTION ls_ledger_posting_seal() SET search_path = '
          || quote_ident(current_schema()) || ', pg_temp';
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
DROP TRIGGER IF EXISTS ls_ledger_head_no_change ON ls_ledger_head;
--
CREATE TRIGGER ls_ledger_head_no_change BEFORE DELETE OR UPDATE OF book_id OR TRUNCATE ON ls_ledger_head
FOR EACH STATEMENT EXECUTE FUNCTION ls_ledger_refuse();
