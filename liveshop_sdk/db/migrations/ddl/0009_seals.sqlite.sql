CREATE TRIGGER ls_brand_no_update BEFORE update ON ls_brand BEGIN SELECT RAISE(ABORT, 'ls_brand is append-only'); END;
--
CREATE TRIGGER ls_brand_no_delete BEFORE delete ON ls_brand BEGIN SELECT RAISE(ABORT, 'ls_brand is append-only'); END;
--
CREATE TRIGGER ls_brand_no_replace BEFORE INSERT ON ls_brand WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_brand old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_brand old WHERE old.code = NEW.code) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TRIGGER ls_fact_no_replace BEFORE INSERT ON ls_fact WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_fact old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_fact old WHERE old.platform = NEW.platform AND old.account = NEW.account AND old.fact_key = NEW.fact_key) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TRIGGER ls_touch_no_replace BEFORE INSERT ON ls_touch WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_touch old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_touch old WHERE old.checkout_id = NEW.checkout_id) BEGIN SELECT RAISE(ABORT, 'ls_touch is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_redemption_no_replace BEFORE INSERT ON ls_redemption WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_redemption old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_redemption old WHERE old.coupon_id = NEW.coupon_id AND old.order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'ls_redemption is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_agreement_no_replace BEFORE INSERT ON ls_agreement WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_agreement old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_agreement old WHERE old.brand = NEW.brand AND old.creator = NEW.creator AND old.version = NEW.version) BEGIN SELECT RAISE(IGNORE); END;
--
CREATE TRIGGER ls_attribution_no_replace BEFORE INSERT ON ls_attribution WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_attribution old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_attribution old WHERE old.platform = NEW.platform AND old.account = NEW.account AND old.order_ref = NEW.order_ref AND old.brand = NEW.brand) BEGIN SELECT RAISE(ABORT, 'ls_attribution is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_commission_line_no_replace BEFORE INSERT ON ls_commission_line WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_commission_line old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_commission_line old WHERE old.line_ref = NEW.line_ref) OR EXISTS (SELECT 1 FROM ls_commission_line old WHERE old.order_ref = NEW.order_ref AND old.account = NEW.account AND old.platform = NEW.platform AND old.brand = NEW.brand AND old.order_line = NEW.order_line AND old.creator = NEW.creator) BEGIN SELECT RAISE(ABORT, 'ls_commission_line is append-only, no row is replaced'); END;
--
DROP TRIGGER IF EXISTS ls_ledger_posting_seal;
--
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
END;
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
END;
--
CREATE TRIGGER ls_ledger_book_no_replace BEFORE INSERT ON ls_ledger_book WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_book old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_ledger_book old WHERE old.code = NEW.code) BEGIN SELECT RAISE(ABORT, 'ls_ledger_book is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_ledger_head_no_replace BEFORE INSERT ON ls_ledger_head WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_head old WHERE old.rowid = NEW.rowid))) BEGIN SELECT RAISE(ABORT, 'ls_ledger_head is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_ledger_account_no_replace BEFORE INSERT ON ls_ledger_account WHEN (NEW.rowid <> -1 AND (NEW.rowid < 1 OR EXISTS (SELECT 1 FROM ls_ledger_account old WHERE old.rowid = NEW.rowid))) OR EXISTS (SELECT 1 FROM ls_ledger_account old WHERE old.path = NEW.path AND old.book_id = NEW.book_id) BEGIN SELECT RAISE(ABORT, 'ls_ledger_account is append-only, no row is replaced'); END;
--
CREATE TRIGGER ls_ledger_head_of_a_book BEFORE INSERT ON ls_ledger_head
WHEN NOT EXISTS (SELECT 1 FROM ls_ledger_book b WHERE b.id = NEW.book_id)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_head refuses a row of no book');
END;
--
CREATE TRIGGER ls_ledger_account_of_a_book BEFORE INSERT ON ls_ledger_account
WHEN NOT EXISTS (SELECT 1 FROM ls_ledger_book b WHERE b.id = NEW.book_id)
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: ls_ledger_account refuses a row of no book');
END;
--
CREATE TRIGGER ls_ledger_head_stays BEFORE UPDATE ON ls_ledger_head
WHEN NEW.book_id IS NOT OLD.book_id
BEGIN
  SELECT RAISE(ABORT, 'ls_ledger: a head stays with its book');
END;
