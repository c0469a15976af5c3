DROP INDEX ix_ls_inbox_due;
--
DROP INDEX ix_ls_inbox_state;
--
CREATE INDEX ix_ls_inbox_due ON ls_inbox (state, received_at, id);
--
DROP INDEX ix_ls_outbox_due;
--
DROP INDEX ix_ls_outbox_state;
--
CREATE INDEX ix_ls_outbox_due ON ls_outbox (state, created_at, id);
