WITH newest AS MATERIALIZED (
     SELECT family.id, presented.at, presented.idle_end, presented.ip,
            presented.user_agent_hash
       FROM unnest(
            (SELECT $1), (SELECT $2), (SELECT $3), (SELECT $4), (SELECT $5), (SELECT $6), (SELECT $7)
            ) AS presented (id, generation, delivery, at, idle_end, ip, user_agent_hash)
       JOIN token_families AS family
         ON family.id = presented.id
        AND family.generation = presented.generation
        AND family.delivery = presented.delivery
      WHERE family.revoked_at IS NULL
        AND family.idle_expires_at > presented.at
        AND family.expires_at > presented.at
        FOR NO KEY UPDATE OF family SKIP LOCKED)
UPDATE token_families AS family
   SET generation = family.generation + 1,
       rotated_at = newest.at,
       idle_expires_at = least(newest.idle_end, family.expires_at,
                               newest.at + make_interval(secs => family.idle_ttl)),
       ip = newest.ip,
       user_agent_hash = newest.user_agent_hash
  FROM newest
 WHERE family.id = newest.id
RETURNING family.id, family.generation, family.user_id, family.authenticated_at,
          family.idle_expires_at, family.expires_at, family.claims, family.amr, family.acr,
          family.actor, family.remember;
