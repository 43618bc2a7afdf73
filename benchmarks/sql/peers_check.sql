-- psql -v history=100000: one row; every *_bad must be 0.
SELECT (SELECT count(*) FROM transactions) - :history                                  AS tips,
       (SELECT sum(balance) FROM wallets) - (10000 * 1000000000::bigint + 50)          AS sum_bad,
       (SELECT count(*) FROM wallets WHERE balance < 0)                                AS negative_bad,
       (SELECT count(*) FROM wallets w
          LEFT JOIN (SELECT wallet_id, sum(delta) AS s FROM ledger_entries GROUP BY 1) l ON l.wallet_id = w.id
         WHERE w.balance <> COALESCE(l.s, 0)
               + CASE WHEN w.id <= 1000 THEN 0 WHEN w.id = 11001 THEN 50 ELSE 1000000000 END) AS wallet_ledger_bad,
       (SELECT count(*) FROM transactions t
          LEFT JOIN (SELECT transaction_id, count(*) AS n, sum(delta) AS s, max(delta) AS m
                       FROM ledger_entries GROUP BY 1) l ON l.transaction_id = t.id
         WHERE l.n IS DISTINCT FROM 2 OR l.s <> 0 OR l.m <> t.amount)                   AS tx_ledger_bad,
       (SELECT count(*) FROM (SELECT DISTINCT ON (wallet_id) wallet_id, balance_after
                                FROM ledger_entries ORDER BY wallet_id, id DESC) l
          JOIN wallets w ON w.id = l.wallet_id WHERE w.balance <> l.balance_after)      AS last_entry_bad,
       (SELECT count(*) FROM (SELECT delta, balance_after,
                                     lag(balance_after) OVER (PARTITION BY wallet_id ORDER BY id) AS prev
                                FROM ledger_entries) c
         WHERE prev IS NOT NULL AND prev + delta <> balance_after)                      AS chain_bad,
       (SELECT count(*) FROM transactions t JOIN ledger_entries l
            ON l.transaction_id = t.id AND l.wallet_id = t.sender_wallet_id
         WHERE l.balance_after <> t.sender_balance_after)                               AS replay_balance_bad;
