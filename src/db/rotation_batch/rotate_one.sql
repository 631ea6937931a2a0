UPDATE token_families AS family
   SET generation = family.generation + 1,
       rotated_at = $1,
       idle_expires_at = least($2, family.expires_at),
       ip = $3,
       user_agent_hash = $4
 WHERE family.id = (
       SELECT newest.id
         FROM token_families AS newest
        WHERE newest.id = $5
          AND newest.generation = $6
          AND newest.delivery = $7
          AND newest.revoked_at IS NULL
          AND least(newest.idle_expires_at, newest.expires_at) > $8
          FOR NO KEY UPDATE SKIP LOCKED)
RETURNING family.id, family.generation, family.user_id, family.authenticated_at,
          family.idle_expires_at, family.expires_at;
