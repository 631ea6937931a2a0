UPDATE token_families AS family
   SET generation = family.generation + 1,
       rotated_at = $1,
       idle_expires_at = least($2, family.expires_at, $3 + make_interval(secs => family.idle_ttl)),
       ip = $4,
       user_agent_hash = $5
 WHERE family.id = (
       SELECT newest.id
         FROM token_families AS newest
        WHERE newest.id = $6
          AND newest.generation = $7
          AND newest.delivery = $8
          AND newest.revoked_at IS NULL
          AND least(newest.idle_expires_at, newest.expires_at) > $9
          FOR NO KEY UPDATE SKIP LOCKED)
RETURNING family.id, family.generation, family.user_id, family.authenticated_at,
          family.idle_expires_at, family.expires_at, family.claims, family.amr, family.acr,
          family.actor, family.remember;
