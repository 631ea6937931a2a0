WITH news AS MATERIALIZED (
     SELECT family.ctid AS place, seen.generation
       FROM unnest((SELECT $1), (SELECT $2)) AS seen (id, generation)
       JOIN token_families AS family
         ON family.id = seen.id
      WHERE family.confirmed < seen.generation
        AND family.generation >= seen.generation
        AND family.revoked_at IS NULL
        AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
        FOR NO KEY UPDATE OF family SKIP LOCKED)
UPDATE token_families AS family
   SET confirmed = news.generation
  FROM news
 WHERE family.ctid = news.place
RETURNING family.id;
