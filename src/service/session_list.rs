//! The list of a caller's sessions. It shows when and where each session was used, but nothing that changes when a session
//! refreshes: a thief who learns of a refresh presents the replaced token within the overlap window.

use std::collections::HashMap;
use std::net::IpAddr;

use time::{Time, UtcOffset};

use super::authentication::Authenticated;
use super::error::ServiceError;
use super::use_cases::Service;
use crate::db::{events, live_sessions};
use crate::domain::Timestamp;
use crate::domain::client::Client;
use crate::domain::event::{EventKind, RecordedEvent};
use crate::domain::family::Family;
use crate::domain::ids::FamilyId;
use crate::domain::place::Place;

/// A live session, as its user may see it.
#[derive(Clone, Debug)]
pub struct ListedSession {
    pub id: FamilyId,
    /// Whether it is the caller's own.
    pub is_current: bool,
    pub created_at: Timestamp,
    /// For the caller's own session, when the access token was issued. For others, the hour of the last refresh.
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// The address of the last use. For the caller's own session, that is this request.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub also_used_from: Option<OtherPlace>,
    /// Who acts for the user in it.
    pub actor: Option<String>,
}

/// Where a session was used besides.
#[derive(Clone, Debug)]
pub struct OtherPlace {
    pub at: Timestamp,
    pub client: Client,
}

impl Service {
    /// The caller's live sessions, the most recently used first; `None` if the caller's own has ended. `client` is the
    /// one that asks.
    pub async fn list_sessions(
        &self,
        caller: &Authenticated,
        client: &Client,
    ) -> Result<Option<Vec<ListedSession>>, ServiceError> {
        let (user_id, own, now) = (caller.grant.user_id, caller.grant.family_id, self.clock.now());
        let (families, replays) = self
            .db
            .run(move |connection| {
                let replays = events::list_newest(connection, user_id, EventKind::REPLAYED_ELSEWHERE)?;
                Ok((live_sessions::list(connection, user_id, now)?, replays))
            })
            .await?;
        if !families.iter().any(|family| family.id == own) {
            // Notes that it has ended, if it has and did not expire.
            self.find_account(caller).await?;
            return Ok(None);
        }
        let mut replays: HashMap<_, _> = replays.into_iter().map(|event| (event.family_id, event)).collect();
        let listed = |family: Family| {
            let replay = replays.remove(&Some(family.id));
            let is_current = family.id == own;
            let ip = if is_current { client.ip } else { family.ip };
            ListedSession {
                id: family.id,
                is_current,
                created_at: family.created_at,
                last_used_at: if is_current { caller.issued_at } else { hour_of(family.state.rotated_at) },
                expires_at: family.state.expires_at,
                also_used_from: replay.map(|replay| OtherPlace::of(replay, ip)),
                ip,
                user_agent: family.user_agent,
                actor: family.content.actor,
            }
        };
        let mut sessions: Vec<ListedSession> = families.into_iter().map(listed).collect();
        // By what is shown, or the order would tell what is not.
        sessions.sort_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id.as_uuid())));
        Ok(Some(sessions))
    }
}

impl OtherPlace {
    /// A replay has two places, that of the rotation and its own. The user sees the one that is not at `ip`.
    fn of(replay: RecordedEvent, ip: Option<IpAddr>) -> Self {
        let network = |ip| Place::stored(ip, 0);
        let of_rotation: Option<IpAddr> = replay.detail["last_ip"].as_str().and_then(|ip| ip.parse().ok());
        let is_here = |other| network(other) == network(ip);
        let client = if is_here(replay.client.ip) && !is_here(of_rotation) {
            Client { ip: of_rotation, ..Client::default() }
        } else {
            replay.client
        };
        Self { at: replay.at, client }
    }
}

fn hour_of(moment: Timestamp) -> Timestamp {
    let moment = moment.to_offset(UtcOffset::UTC);
    moment.replace_time(Time::from_hms(moment.hour(), 0, 0).unwrap_or(Time::MIDNIGHT))
}
