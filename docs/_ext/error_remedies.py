"""What to do about each error, by code; the page of errors is written from this."""

_DEFECT = "No call of the public API does this; if you see it, report it."

REMEDIES = {
    "checkpoint_file_differs": "Keep both files; see [what a checkpoint shows](proof.md).",
    "checkpoint_file_unwritable": "Mend the folder in `LIVESHOP_CHECKPOINT_DIR`; the next "
    "checkpoint writes what is missing there.",
    "checkpoint_invalid": "Give the note as it was written, and the public key that signed it.",
    "checkpoint_key_missing": "Do as the text says; keep the private half as you keep passwords.",
    "checkpoint_unknown": "Name a size that has one, or give the note in a file.",
    "replay_target": "Name a database without tables, or leave out `--into`.",
    "coupon_kind_unsupported": "Give a percentage or an amount off, or sell it through Shopify; "
    "the [guide](../guides/links-and-coupons.md#what-a-coupon-gives) says what is where.",
    "coupon_paused": "Wait until it is resumed: `liveshop coupons resume CODE`.",
    "stream_cancelled": "Schedule another stream, and issue links for that one.",
    "coupon_refused": "Choose another code, or remove what the platform named and create it again.",
    "period_invalid": "write the month as `YYYY-MM`, such as `2026-10`.",
    "period_closed": "date it in the first open month, or leave the date out.",
    "period_locked": "`liveshop ledger correct` posts the difference in an open month.",
    "period_not_closed": "close it first: `liveshop ledger close YYYY-MM`.",
    "period_not_over": "wait for the first day of the next month in the brand's time zone.",
    "period_order": "take the month that the text names first.",
    "person_missing": "say who asks (`--by`), who approves (`--approved-by`) and why (`--reason`).",
    "self_approval": "let another person approve.",
    "install_refused": "Mend what the text names, then begin again at `/shopify/install?shop=…`.",
    "root_invalid": "give both: the 64 digits that were noted, and the number of their entry.",
    "seq_unknown": "ask for an entry up to the book's last, which the error names.",
    "reconcile_window": "give a `--since` before `--until` that the platform still shows.",
    "release_too_early": "leave out `--as-of`; to release one order early, name it with `--order`.",
    "api_key_invalid": "Send the whole key as `Authorization: Bearer lsk_…`; if it is lost, "
    "expired or revoked, create another with `liveshop keys create`.",
    "api_key_over": "Create another with `liveshop keys create`.",
    "api_key_unknown": "Take the id from `liveshop keys list`.",
    "privacy_request_unknown": "Take the id from `liveshop privacy requests --all`.",
    "cursor_invalid": "Begin without `cursor`, with the filters you want.",
    "idempotency_key_invalid": "Send a fresh UUID with each write, the same with its retry.",
    "idempotency_key_reused": "Give another request a key of its own.",
    "rate_limited": "Wait as long as `Retry-After` says; `liveshop keys create --per-minute` "
    "sets the limit.",
    "scope_missing": "Use a key that was created with the scope the error names.",
    # invalid
    "webhook_url_invalid": "Give the https address your webhook route has in public, or set "
    "`LIVESHOP_BASE_URL` to it.",
    "account_unknown": "Use a path of the [chart of accounts](accounts.md#accounts).",
    "agreement_invalid": "Correct the term the text names; a hold has 0 to 366 days.",
    "payee_invalid": "Correct the field the text names; nothing of the old details was changed.",
    "payout_amount": "Name an amount within what the text expects.",
    "fx_rate_invalid": "Write two currencies and a rate above 0, as of an instant with an offset.",
    "account_unmapped": "Name the accounts in the file: `liveshop ledger mapping "
    "--format F` prints one to edit.",
    "export_range": "Leave out what the text names, or give what it asks for.",
    "export_row_refused": "Export that entry in another format, or give the rate it "
    "lacks; nothing is altered in files for machines.",
    "export_too_large": "Narrow the range with `--to-seq`, name a file with "
    "`--output`, or set `by_creator = false` in the mapping.",
    "mapping_invalid": "Correct what the text names; `liveshop ledger mapping "
    "--format F` prints a table that is right.",
    "amount_invalid": "Write it as the text says, in whole minor units.",
    "body_invalid": "Send one JSON document in UTF-8: no key twice, no `NaN`, bounded depth.",
    "brand_ambiguous": "Add `--brand CODE`, or `brand=` in Python.",
    "brand_currency": "Price it in the brand's currency, or add a brand in the other one.",
    "cart_invalid": "Keep to 1 to 50 products, 1 to 999 of each, and the largest total.",
    "code_invalid": "Use 3 to 32 of `A-Z`, `0-9` and `-`.",
    "coupon_invalid": "Correct the discount, the window or the limit the text names.",
    "currency_mismatch": "Keep one sum per currency.",
    "currency_unknown": "Write the ISO 4217 code in capitals.",
    "entry_invalid": "Correct the field the text names; a balance stays within ±(10**15 − 1).",
    "entry_kind_unknown": _DEFECT,
    "entry_unbalanced": _DEFECT,
    "expiry_invalid": "Name a life of 1 second to 366 days.",
    "export_invalid": "Use one of the formats the text names.",
    "fact_invalid": "Compare with the platform; replay the delivery once the cause is mended: "
    "`liveshop events dead`, `liveshop events replay ID`.",
    "instant_invalid": "Write date, time and offset.",
    "label_invalid": "Use up to 32 of `a-z`, `0-9`, `_` and `-`.",
    "mixed_currency": "Issue one link per currency.",
    "money_step": "Choose a price the platform can carry.",
    "name_invalid": "Use the letters the text allows.",
    "orders_invalid": "Correct that line: [the columns](../guides/agreements.md#orders-in-a-file).",
    "policy_invalid": "Correct the ranking, the look-back or the tie the text names.",
    "payout_file_invalid": "Make a file for each currency, with every item once.",
    "payout_row_refused": "Correct the field of the payee that the text names.",
    "posting_rule": _DEFECT,
    "product_not_on_platform": "Add the platform's id: "
    "`liveshop products update SKU --shopify-variant GID`.",
    "rate_invalid": "Write 0% to 100% with at most two decimals.",
    "record_invalid": "Correct what the text names.",
    "sandbox_amount": "Type what the text expects.",
    # not_found
    "rail_unknown": "Name one the text lists; Stripe needs its key, SEPA `LIVESHOP_PAYER_IBAN`.",
    "payee_unknown": "Add payment details: `liveshop creators payee HANDLE --rail RAIL …`.",
    "payout_unknown": "Check the id: `liveshop payouts status`.",
    "fx_rate_old": "Store one of these days: `liveshop fx set BASE QUOTE --rate R --source S`, "
    "then send again.",
    "fx_rate_unknown": "Store it: `liveshop fx set BASE QUOTE --rate R --source S`.",
    "export_run_unknown": "Give range, mapping and mode as they were: "
    "`liveshop ledger exports` lists them.",
    "book_unknown": "Check the brand: `liveshop brands list`.",
    "brand_not_found": "Check the code: `liveshop brands list`.",
    "coupon_unknown": "Check the code: `liveshop coupons list`.",
    "creator_not_found": "Check the handle: `liveshop creators list`.",
    "link_invalid": "Ask for the link again. The web answers `link_unknown` instead.",
    "link_not_found": "Check the id: `liveshop links list`.",
    "link_unknown": "Ask the creator for a new link; after a secret key was taken away, issue "
    "its links anew.",
    "not_replayable": "Check the ids: `liveshop events dead`; what is due needs no replay.",
    "agreement_not_found": "Check the version: `liveshop creators list --json`.",
    "order_unknown": "Check the reference; `liveshop events list` shows what waits for its order.",
    "platform_not_configured": "Send the webhooks of the platform in `LIVESHOP_PLATFORM`, "
    "or set another one.",
    "product_not_found": "Check the SKU: `liveshop products list`.",
    "sandbox_ref_unknown": "Use an id that the sandbox gave, or the id of a visit.",
    "seeding_not_found": "Check the id: `liveshop seeding list`.",
    "stream_not_found": "Check the code: `liveshop streams list`.",
    "visit_unknown": "Open the link again.",
    # conflict
    "payee_held": "Lift the hold: `liveshop creators payee HANDLE --rail RAIL --release`. "
    "Or fail the item.",
    "payout_state": "Look at the state the text names: [states](states.md).",
    "payout_busy": "Wait until the instant the text names; its sender may have died.",
    "over_payout": "Plan at most what is payable: `liveshop ledger balance --creator HANDLE`.",
    "fx_rate_exists": "Store the right rate as of a later instant.",
    "export_overlap": "Begin behind that run, or `--new`; to have the same file again: `--again`.",
    "account_floor": "Write off at most what is owed back: "
    "`liveshop ledger balance --creator HANDLE`.",
    "agreement_backdated": "Leave out `--effective-from`; what was posted keeps its terms.",
    "agreement_overlaps": "Begin with the latest version or after it: `liveshop creators list "
    "--json` shows when.",
    "policy_overlaps": "Leave out `--effective-from`, or name an instant after the latest policy.",
    "terms_differ": "Show the creator the version again and accept its `terms_hash`.",
    "agreement_exists": "Keep the terms, or append a version: `liveshop creators agree`.",
    "already_exists": "Use what is there, change it by the call the text names, "
    "or choose another code.",
    "book_differs": "Use the book's own currency and time zone, or another brand.",
    "bound_shop": "Call it on the shop itself, after your commit.",
    "brand_not_on_stream": "Schedule a stream with that brand, or leave the product out.",
    "coupon_exists": "Choose another code.",
    "coupon_foreign": "Use a coupon of the same creator and stream.",
    "customer_limit": "Nothing: this buyer may buy without the coupon.",
    "fact_conflict": "Compare both with the platform: `liveshop events dead`.",
    "idempotency_conflict": "Nothing is lost; correct the entry by another one.",
    "key_reused": "Use a new key for a new request.",
    "lease_lost": "Nothing: the other worker does it. Many of these mean batches that take "
    "too long.",
    "netting": _DEFECT,
    "no_agreement": "Agree terms: `liveshop creators add HANDLE --rate RATE --brand CODE`.",
    "not_host": "Name a host of the stream, or leave the stream out.",
    "not_open_yet": "Come back at `opens_at`; the link stays good.",
    "platform_ref_taken": "Take the id off the other product first.",
    "platform_not_ready": "Correct the key, token, scopes or account that `liveshop doctor` names.",
    "platform_refused": "Correct what the platform names, then repeat the call.",
    "sandbox_code_refused": "Pay without the code, or try another.",
    "live_mode": "Tell the story on the sandbox or a test account; live refunds and disputes "
    "come from the platform alone.",
    "story_refused": "Take a story or a sale that fits, as the text says.",
    "fees_not_shown": "Take fees from the platform's own reports of payouts.",
    "no_feed": "Run `liveshop reconcile --fix`, or let webhooks arrive by a tunnel.",
    "sandbox_only": "Do it at the platform itself.",
    "sandbox_refund_too_large": "Ask for what is left, or less.",
    "sandbox_state": "Follow the text; it says which step is possible.",
    "sold_out": "Wait 31 minutes for unpaid places, or share a link without the coupon.",
    "stream_over": "Issue it for a stream to come; a link may do without a stream.",
    "waiting_for_order": "Nothing: the sale wakes it; after 7 days the platform is asked once.",
    # gone
    "coupon_over": "Share a link without the coupon, or make a coupon under another code.",
    "link_expired": "Issue a new link.",
    "link_revoked": "Issue a new link.",
    # unavailable
    "checkout_delayed": "Try the same visit again with `again`, after `retry_after` seconds.",
    "coupon_pending": "Try again in a moment; `liveshop doctor` says why it takes longer.",
    "platform_busy": "Repeat the same call after `retry_after`, callers spread over some seconds.",
    "platform_unavailable": "Repeat the same call after `retry_after` seconds.",
    "storage_unavailable": "Do what the text says; `liveshop doctor` looks closer.",
    # configuration
    "extra_missing": "Install the extra the text names.",
    "engine_unsuitable": "Prepare the engine or open the transaction as the "
    "[guide](../guides/bring-your-own-engine.md) says.",
    "migration_needed": "Run `liveshop db upgrade`.",
    "pdf_font_invalid": "Name files of TrueType fonts, separated by commas; "
    "[statements](../guides/statements.md#letters) names some.",
    "port_unusable": "Name another port with `--port`, or stop what listens there.",
    "settings_invalid": "Correct every [setting](settings.md) the text names, then start again.",
    # tampered
    "export_differs": "Do not hand the new file out; run `liveshop ledger verify`, "
    "and compare the mapping and the version.",
    "ledger_tampered": "Stop posting, run `liveshop ledger verify`, and compare with a backup.",
    # webhook_refused
    "delivery_unreadable": "Nothing, if it was not the platform; else look at what it sent.",
    "signature_invalid": "Check the webhook secret, and that nothing on the way changes the body.",
    # of the web alone
    "bad_range": "Ask for the whole.",
    "bad_request": "Correct the request.",
    "fields_invalid": "Correct the fields that `details` names.",
    "forbidden": "Nothing of ours answers so; your app or a proxy in front does.",
    "form_outdated": "Open the page again and repeat it there.",
    "install_outdated": "Begin again at `/shopify/install`, in the same browser.",
    "internal": "Try again in a moment, and look into the log.",
    "method_not_allowed": "Use a method that `Allow` names.",
    "too_large": "Send less in one request.",
    "unsupported_media_type": "Send `Content-Type: application/json`.",
    # of the command line alone
    "usage": "Correct the option or argument; `--help` shows them.",
}
