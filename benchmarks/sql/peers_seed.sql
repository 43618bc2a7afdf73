-- psql -v history=100000 -v content=200000: creators are users 1..1000, fans 1001..11000, 11001 is poor (50 tokens).
INSERT INTO users (id, username, role)
SELECT g, CASE WHEN g <= 1000 THEN 'creator' ELSE 'fan' END || g,
       CASE WHEN g <= 1000 THEN 'creator' ELSE 'viewer' END
FROM generate_series(1, 11001) g;
INSERT INTO sessions (id, user_id, expires_at)
SELECT 'sess_' || lpad(g::text, 8, '0') || '_peerbenchpeerbenchpeer', g, now() + interval '30 days'
FROM generate_series(1, 11001) g;
INSERT INTO sessions (id, user_id, expires_at)
VALUES ('sess_expired', 1001, now() - interval '1 day');
INSERT INTO wallets (id, user_id, balance)
SELECT g, g, CASE WHEN g <= 1000 THEN 0 WHEN g = 11001 THEN 50 ELSE 1000000000 END
FROM generate_series(1, 11001) g;
-- A history of tips of 1 token each, spread evenly over fans and creators. Without it the planner meets empty
-- tables and every peer's cached plans (the foreign keys' too) scan tables that then grow under them.
INSERT INTO transactions (id, kind, sender_wallet_id, recipient_wallet_id, amount, sender_balance_after, context, context_id, idempotency_key, created_at)
SELECT md5('t' || n)::uuid, 'tip', 1001 + n % 10000, 1 + n % 1000, 1, 999999999 - n / 10000, 'stream', 'str_old', 'history-' || n,
       timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'
FROM generate_series(0, :history - 1) n;
INSERT INTO ledger_entries (transaction_id, wallet_id, delta, balance_after, created_at)
SELECT md5('t' || n)::uuid, v.w, v.d, v.b, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'
FROM generate_series(0, :history - 1) n
CROSS JOIN LATERAL (VALUES (1001 + n % 10000, -1, 999999999 - n / 10000), (1 + n % 1000, 1, 1 + n / 1000)) v (w, d, b)
ORDER BY n;
UPDATE wallets SET balance = CASE WHEN id <= 1000 THEN :history / 1000 ELSE balance - :history / 10000 END WHERE id <= 11000;
-- created_at at whole milliseconds, 1 s apart: a cursor can be computed from the id by the load script.
INSERT INTO content (id, creator_id, type, url, thumbnail_url, caption, is_premium, created_at)
SELECT g, 1 + (g * 7919) % 1000, (ARRAY['image', 'video', 'audio'])[1 + g % 3],
       'https://cdn.example.test/media/' || md5(g::text) || '.bin',
       'https://cdn.example.test/thumbs/' || md5(g::text) || '.jpg',
       'caption of content item number ' || g, g % 4 = 0,
       timestamptz '2026-01-01 00:00:00+00' + g * interval '1 second'
FROM generate_series(1, :content) g;
VACUUM (FULL) wallets;
VACUUM (ANALYZE);
CHECKPOINT;
