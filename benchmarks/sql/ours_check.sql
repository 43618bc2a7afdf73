-- psql -v history=100000: one row; every number but the first must be 0.
WITH line AS (
    SELECT account, sequence, entry, amount, balance,
           lag(balance, 1, 0::bigint) OVER w AS before, lag(sequence, 1, 0::bigint) OVER w AS previous
    FROM postings WINDOW w AS (PARTITION BY account ORDER BY sequence)
)
SELECT (SELECT count(*) FROM journal WHERE kind = 'tip') - :history                      AS tips,
       (SELECT count(*) FROM (SELECT right(id, 3) FROM accounts GROUP BY 1 HAVING sum(balance) <> 0) c)
                                                                                         AS sum_bad,
       (SELECT count(*) FROM accounts WHERE balance < floor)                             AS negative_bad,
       (SELECT count(*) FROM accounts a
          LEFT JOIN (SELECT account, sum(amount) AS s, count(*) AS n FROM postings GROUP BY 1) p ON p.account = a.id
         WHERE a.balance <> COALESCE(p.s, 0) OR a.sequence <> COALESCE(p.n, 0))          AS account_bad,
       (SELECT count(*) FROM journal j
          LEFT JOIN (SELECT entry, count(*) AS n, sum(amount) AS s FROM postings GROUP BY 1) p ON p.entry = j.id
         WHERE COALESCE(p.n, 0) < 2 OR p.s <> 0)                                         AS entry_bad,
       (SELECT count(*) FROM line WHERE before + amount <> balance OR previous + 1 <> sequence)
                                                                                         AS chain_bad,
       (SELECT count(*) FROM idempotency_keys k
          LEFT JOIN postings p ON p.entry = k.answer::json ->> 'transaction'
           AND p.account = 'wallet:' || split_part(k.scope, ' ', 1) || ':TZT'
         WHERE k.scope LIKE '% SendTip' AND NOT k.refused
           AND p.balance IS DISTINCT FROM (k.answer::json ->> 'balance')::bigint)        AS answer_bad;
