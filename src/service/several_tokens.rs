//! Several refresh tokens in one request. A browser may have several cookies of one name: one from before a setting
//! changed, or one that another subdomain planted.

use std::collections::HashMap;

use super::error::ServiceError;
use super::use_cases::Service;
use crate::db::live_sessions;
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// Which of several refresh tokens to use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen<'a> {
    /// None of them is valid.
    Nothing,
    One(&'a [u8]),
    /// They belong to several live sessions.
    Ambiguous,
}

impl Service {
    /// Chooses between refresh tokens that a client presented together: the newest one of a session, and of several
    /// sessions the only live one. Invalid tokens are ignored, so a planted cookie does not lock the user out. Queries
    /// the database only if there are several sessions.
    pub async fn choose<'a>(&self, tokens: &[&'a [u8]]) -> Result<Chosen<'a>, ServiceError> {
        let mut newest = self.newest_of_each(tokens);
        if newest.len() > 1 {
            let (ids, now) = (newest.keys().copied().collect::<Vec<FamilyId>>(), self.clock.now());
            match *self.db.run(move |connection| live_sessions::among(connection, &ids, now)).await? {
                // None is live, so any of them gets the same refusal.
                [] => {}
                [alive] => newest.retain(|&id, _| id == alive),
                _ => return Ok(Chosen::Ambiguous),
            }
        }
        Ok(newest.into_values().next().map_or(Chosen::Nothing, |(_, token)| Chosen::One(token)))
    }

    /// The newest of several refresh tokens if all of them belong to one session. Invalid tokens are ignored.
    pub fn newest_of_one_session<'a>(&self, tokens: &[&'a [u8]]) -> Option<&'a [u8]> {
        let newest = self.newest_of_each(tokens);
        if newest.len() == 1 { newest.into_values().next().map(|(_, token)| token) } else { None }
    }

    fn newest_of_each<'a>(&self, tokens: &[&'a [u8]]) -> HashMap<FamilyId, (Generation, &'a [u8])> {
        let mut newest: HashMap<FamilyId, (Generation, &[u8])> = HashMap::new();
        for &text in tokens {
            let Ok(token) = self.refresh_tokens.verify(text) else { continue };
            let so_far = newest.entry(token.family_id).or_insert((token.generation, text));
            if so_far.0 < token.generation {
                *so_far = (token.generation, text);
            }
        }
        newest
    }
}
