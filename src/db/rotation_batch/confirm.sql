WITH news AS MATERIALIZED (
     SELECT family.id, seen.generation
       FROM unnest((SELECT $1), (SELECT $2)) AS seen (id, generation)
       JOIN token_families AS family
         ON family.id = seen.id
      WHERE family.confirmed < seen.generation
        AND family.generation >= seen.generation
        AND family.revoked_at IS NULL
        FOR NO KEY UPDATE OF family SKIP LOCKED)
UPDATE token_families AS family
   SET confirmed = news.generation
  FROM news
 WHERE family.id = news.id
RETURNING family.id;
