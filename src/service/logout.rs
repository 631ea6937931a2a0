//! Logging out: the end of a family that its holder wanted.

use super::{Service, ServiceError, rng};
use crate::db::{Connection, DbError, events, families};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Revocation, RevocationReason};
use crate::domain::ids::{EventId, FamilyId};

impl Service {
    /// Ends the session of a presented refresh token, of whatever generation: the token may have been rotated away by a
    /// refresh in flight a moment ago. A token that is not ours, or of a session that has ended, changes nothing and is no
    /// error (RFC 7009 §2.2).
    ///
    /// # Errors
    /// [`ServiceError`]: the session may still be alive.
    pub async fn logout(&self, token: &[u8], delivery: Delivery, client: Client) -> Result<(), ServiceError> {
        let Ok(token) = self.refresh_tokens.verify(token) else { return Ok(()) };
        let now = self.clock.now();
        let end = move |connection: &mut Connection| {
            connection.transaction(|connection| end(connection, token.family_id, delivery, now, client))
        };
        Ok(self.db.run(end).await?)
    }
}

fn end(
    connection: &mut Connection,
    family_id: FamilyId,
    delivery: Delivery,
    now: Timestamp,
    client: Client,
) -> Result<(), DbError> {
    let Some(mut locked) = families::lock(connection, family_id)? else { return Ok(()) };
    let family = locked.family();
    if family.delivery != delivery || family.state.revoked.is_some() {
        return Ok(());
    }
    let event = Event {
        id: EventId::new(now, &mut rng()),
        at: now,
        user_id: family.user_id,
        family_id: Some(family.id),
        kind: EventKind::Logout,
        client,
    };
    locked.revoke(connection, Revocation { at: now, reason: RevocationReason::Logout })?;
    events::insert(connection, &event)
}
